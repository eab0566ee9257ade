// SPDX-License-Identifier: MIT
#include "threads.hpp"

#include <algorithm>
#include <exception>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "screen.hpp"

namespace mnist {

namespace {

/// How many threads the system grants, at most as many as wanted.
std::size_t count_threads(std::size_t wanted) {
    std::vector<std::thread> threads;
    threads.reserve(wanted);
    // Room for what training allocates before its threads begin; it is used, since the compiler would leave it out
    // otherwise.
    const std::unique_ptr<volatile char[]> room(new volatile char[std::size_t{1} << 25]);
    room[0] = 0;
    std::latch counted(1);
    try {
        while (threads.size() + 1 < wanted) {
            threads.emplace_back([&counted] { counted.wait(); });
        }
    } catch (const std::exception&) {  // no more of them
    }
    counted.count_down();
    for (std::thread& thread : threads) {
        thread.join();
    }
    return threads.size() + 1;
}

}  // namespace

std::size_t choose_threads(std::size_t asked) {
    const std::size_t wanted = asked == 0 ? std::max<std::size_t>(1, std::thread::hardware_concurrency()) : asked;
    const std::size_t granted = count_threads(wanted);
    if (granted < asked) {
        throw std::runtime_error(format(
            "the system grants this program only %zu of %zu threads: ask for fewer with --threads, or allow it more "
            "(`ulimit -u`) and more memory (`ulimit -v`)",
            granted, asked));
    }
    return granted < wanted ? granted : asked;
}

}  // namespace mnist
