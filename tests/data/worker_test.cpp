// SPDX-License-Identifier: MIT
#include <ctcnn/data/worker.hpp>

#include <stdexcept>
#include <vector>

#include "catch.hpp"

using ctcnn::detail_::Worker;

TEST_CASE("a worker ends one task before it begins the next, and before it goes") {
    std::vector<int> done;
    {
        Worker worker;
        for (int task = 0; task < 100; ++task) {
            worker.run([&done, task] { done.push_back(task); });
        }
        worker.wait();
        CHECK(done.size() == 100);
        worker.run([&done] { done.push_back(100); });
    }
    REQUIRE(done.size() == 101);
    for (int task = 0; task <= 100; ++task) {
        CHECK(done[static_cast<std::size_t>(task)] == task);
    }
}

TEST_CASE("what a task throws is thrown once, where its end is waited for") {
    const auto fail = [] { throw std::runtime_error("task"); };
    int done = 0;
    {
        Worker worker;
        worker.run(fail);
        CHECK_THROWS_AS(worker.wait(), std::runtime_error);
        worker.wait();
        worker.run(fail);
        CHECK_THROWS_AS(worker.run([&done] { ++done; }), std::runtime_error);
        worker.run([&done] { ++done; });
        worker.wait();
        worker.run(fail);  // no one waits for it
    }
    CHECK(done == 1);
}
