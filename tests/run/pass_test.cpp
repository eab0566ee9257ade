// SPDX-License-Identifier: MIT
#include <ctcnn/run/pass.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// The bits of images first, ..., first + N - 1, of N lanes, for elements 4 * block to 4 * block + 3.
template <Number V>
std::vector<std::uint32_t> bits(Randomness randomness, std::size_t layer, std::size_t first, std::size_t block) {
    std::vector<std::uint32_t> result(4 * lane_count<V>);
    std::size_t calls = 0;
    run::Draws<V>(randomness, layer, first).block(block, [&](std::size_t n, const auto& lanes) {
        CHECK(n == calls++);
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            result[lane * 4 + n] = lanes[lane];
        }
    });
    CHECK(calls == 4);
    return result;
}

struct Plan {
    static constexpr std::uint64_t multiply_adds = 0;
    static constexpr std::array<std::size_t, 4> statistics_offsets{0, 0, 6, 10};
    /// Functions are fused into the stages before them.
    static constexpr std::size_t leaf_of(std::size_t stage) { return 2 * stage; }
};

}  // namespace

TEST_CASE("the random numbers of an image do not depend on its lane or tile", "[run]") {
    using V = Lanes<float>;
    const std::vector<std::uint32_t> tile = bits<V>({3, 5}, 2, 32, 7);
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        const std::vector<std::uint32_t> alone = bits<float>({3, 5}, 2, 32 + lane, 7);
        for (std::size_t n = 0; n < 4; ++n) {
            CHECK(tile[lane * 4 + n] == alone[n]);
        }
    }
}

TEST_CASE("each seed, step, layer, image and element has random numbers of its own", "[run]") {
    std::set<std::vector<std::uint32_t>> different;
    std::size_t count = 0;
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}}) {
        for (const std::uint64_t step : {0u, 1u, 0x10000u}) {
            for (const std::size_t layer : {0u, 1u, 0xffffu}) {
                for (const std::size_t image : {0u, 1u, 16u}) {
                    for (const std::size_t block : {0u, 1u, 16u}) {
                        different.insert(bits<float>({seed, step}, layer, image, block));
                        ++count;
                    }
                }
            }
        }
    }
    CHECK(different.size() == count);
    CHECK(bits<float>({1, 2}, 3, 4, 5) == bits<float>({1, 2}, 3, 4, 5));
}

TEST_CASE("the bits are those of the generator at a fixed place, above what initialisation takes", "[run]") {
    static_assert(Randomness{}.seed == 0 && Randomness{}.step == 0);
    const Philox random(3, std::uint64_t{1} << 63 | std::uint64_t{5} << 16 | 2);
    const auto expected = random.block(std::uint64_t{32} << 32 | 7);
    CHECK(bits<float>({3, 5}, 2, 32, 7) == std::vector<std::uint32_t>(expected.begin(), expected.end()));
}

TEST_CASE("a pass leads each stage to its own statistics and random numbers", "[run]") {
    const std::array<float, 10> statistics{};
    const std::array<float, 10> sums{};
    const run::Pass<Plan, float> pass{{}, statistics.data(), sums.data(), 1, {3, 5}, 8, 64};
    CHECK(pass.statistics(1) == statistics.data());
    CHECK(pass.statistics(2) == statistics.data() + 6);
    CHECK(pass.gradient_sums(2) == sums.data() + 6);
    std::uint32_t first = 0;
    pass.random(2).block(7, [&](std::size_t n, const auto& lanes) { first = n == 0 ? lanes[0] : first; });
    CHECK(first == bits<float>({3, 5}, Plan::leaf_of(2), 8, 7)[0]);
}
