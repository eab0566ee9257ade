// SPDX-License-Identifier: MIT
#include <ctcnn/core/crew.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

/// The members of a crew of so many, each as it sees itself; none of them waits.
std::vector<Crew> members(std::size_t size) {
    std::vector<Crew> result;
    for (std::size_t member = 0; member < size; ++member) {
        result.emplace_back(member, size, nullptr, nullptr, nullptr);
    }
    return result;
}

// One thread takes everything.
static_assert(OneThread::share(7).first == 0 && OneThread::share(7).last == 7);
static_assert(OneThread::takes(6) && OneThread::turns(3).takes(2) && OneThread::turns_beside(3).takes(5));
static_assert(OneThread::is_first() && OneThread::size() == 1);
static_assert(Crew{}.share(7).count() == 7 && Crew{}.takes(6) && Crew{}.turns(3).takes(2) && Crew{}.is_first());

}  // namespace

TEST_CASE("the members of a crew share things out, each to one of them") {
    for (std::size_t size = 1; size <= 9; ++size) {
        for (std::size_t count = 0; count <= 20; ++count) {
            std::vector<int> shared(count), taken(count), in_blocks(count);
            std::size_t smallest = count;
            std::size_t largest = 0;
            for (const Crew& crew : members(size)) {
                const Range own = crew.share(count);
                for (std::size_t n = own.first; n < own.last; ++n) {
                    ++shared[n];
                }
                smallest = std::min(smallest, own.count());
                largest = std::max(largest, own.count());
                for (std::size_t n = 0; n < count; ++n) {
                    taken[n] += crew.takes(n) ? 1 : 0;
                    in_blocks[n] += crew.in_blocks(4).takes(n) ? 1 : 0;
                    CHECK(crew.in_blocks(4).takes(n) == crew.in_blocks(4).takes(n / 4 * 4));
                }
            }
            INFO(size << " members, " << count << " things");
            const std::vector<int> once(count, 1);
            CHECK(shared == once);
            CHECK(taken == once);
            CHECK(in_blocks == once);
            CHECK(largest - smallest <= 1);
        }
    }
}

TEST_CASE("the members of a crew share things out on two axes") {
    for (std::size_t size = 1; size <= 9; ++size) {
        for (std::size_t first = 1; first <= 10; ++first) {
            for (std::size_t second = 1; second <= 6; ++second) {
                std::vector<int> taken(first * second);
                for (const Crew& crew : members(size)) {
                    for (std::size_t n = 0; n < taken.size(); ++n) {
                        const bool takes =
                            crew.turns(first).takes(n / second) && crew.turns_beside(first).takes(n % second);
                        taken[n] += takes ? 1 : 0;
                    }
                }
                INFO(size << " members, " << first << " x " << second << " things");
                CHECK(taken == std::vector<int>(first * second, 1));
            }
        }
    }
}

TEST_CASE("each barrier of a crew waits until all members have come to it") {
    std::vector<std::uint32_t> waited;
    std::uint32_t arrivals = 0;
    const auto wait = [](void* shared, std::uint32_t count) {
        static_cast<std::vector<std::uint32_t>*>(shared)->push_back(count);
    };
    const Crew crew(1, 3, &waited, &arrivals, wait);
    crew.barrier();
    crew.barrier();
    CHECK(waited == std::vector<std::uint32_t>{3, 6});
    CHECK_FALSE(crew.is_first());
    CHECK(crew.size() == 3);
    Crew{}.barrier();  // nobody to wait for
}
