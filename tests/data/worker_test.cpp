// SPDX-License-Identifier: MIT
#include <ctcnn/data/worker.hpp>

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
