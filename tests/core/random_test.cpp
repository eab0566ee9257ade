// SPDX-License-Identifier: MIT
#include <ctcnn/core/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers that the authors of Philox publish (Random123, kat_vectors, "philox4x32 10"). The counter is
// (position, stream) and the key the seed, each with its lower half first.
constexpr std::uint64_t ones = 0xffffffffffffffff;
static_assert(Philox(0, 0).block(0) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(Philox(ones, ones).block(ones) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(Philox(0x299f31d0a4093822, 0x0370734413198a2e).block(0x85a308d3243f6a88) ==
              Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

// The numbers of a stream are the words of its blocks, in order.
static_assert(Philox(0).bits(0) == 0x6627e8d5 && Philox(0).bits(3) == 0x9b00dbd8);
static_assert(Philox(7, 3).bits(6) == Philox(7, 3).block(1)[2]);

// 0x6627e8 is 6694888.
static_assert(Philox(0).uniform(0) == 6694888 * 0x1p-24);
static_assert(Philox(0).uniform(0, 2.0f, 4.0f) == 2.0f + 2.0f * (6694888 * 0x1p-24f));
static_assert(Philox(0).below(0, 1) == 0);
static_assert(Philox(0).below(0, 1000) == (0x6627e8d5ull * 1000) >> 32);

template <std::size_t Count>
constexpr std::array<int, Count> shuffled(const Philox& random) {
    std::array<int, Count> values{};
    std::iota(values.begin(), values.end(), 0);
    shuffle(std::span<int>(values), random);
    return values;
}

// From an implementation of Philox and the shuffle in another language.
static_assert(shuffled<10>(Philox(42)) == std::array{2, 0, 4, 8, 1, 7, 3, 9, 5, 6});
static_assert(shuffled<10>(Philox(42, 1)) == std::array{6, 3, 2, 5, 9, 0, 7, 8, 1, 4});
static_assert(shuffled<10>(Philox(43)) == std::array{9, 5, 3, 0, 7, 6, 4, 1, 2, 8});
static_assert(shuffled<1>(Philox(42)) == std::array{0});

/// Pearson's statistic of 65536 draws among equally likely values.
double chi_square(const Philox& random, std::uint32_t values) {
    constexpr std::uint64_t draws = 65536;
    std::vector<std::uint64_t> counts(values);
    for (std::uint64_t n = 0; n < draws; ++n) {
        ++counts[random.below(n, values)];
    }
    const double expected = static_cast<double>(draws) / values;
    double sum = 0;
    for (const std::uint64_t count : counts) {
        const double excess = static_cast<double>(count) - expected;
        sum += excess * excess / expected;
    }
    return sum;
}

}  // namespace

TEST_CASE("random numbers are the same at run time as in constant expressions") {
    volatile std::uint64_t seed = 0x299f31d0a4093822;  // not known to the compiler
    const Philox random(seed, 0x0370734413198a2e);
    CHECK(random.block(0x85a308d3243f6a88) == Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("every bit of seed, stream and position counts") {
    std::set<Block> blocks{Philox(0).block(0)};
    for (int bit = 0; bit < 64; ++bit) {
        const std::uint64_t flipped = std::uint64_t{1} << bit;
        blocks.insert(Philox(flipped).block(0));
        blocks.insert(Philox(0, flipped).block(0));
        blocks.insert(Philox(0).block(flipped));
    }
    CHECK(blocks.size() == 1 + 3 * 64);
}

TEST_CASE("random numbers are spread evenly") {
    // With k degrees of freedom the statistic has mean k and standard deviation sqrt(2 k); the bounds are 4 of them
    // away. The seeds are fixed, so this passes always or never.
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        CHECK(chi_square(Philox(seed), 256) > 255 - 4 * 22.6);
        CHECK(chi_square(Philox(seed), 256) < 255 + 4 * 22.6);
        CHECK(chi_square(Philox(seed), 10) < 9 + 4 * 4.3);
    }
}

TEST_CASE("uniform numbers stay in their interval") {
    const Philox random(4);
    double sum = 0;
    double smallest = 1;
    double largest = 0;
    constexpr std::uint64_t draws = 100'000;
    for (std::uint64_t n = 0; n < draws; ++n) {
        const double number = random.uniform(n);
        CHECK((number >= 0 && number < 1 && static_cast<double>(static_cast<float>(number)) == number));
        sum += number;
        smallest = std::min(smallest, number);
        largest = std::max(largest, number);
    }
    // The mean has a standard deviation of 1 / sqrt(12 draws) = 0.0009; 4 of them. Of so many numbers, one in 1e43
    // series leaves the first or the last thousandth empty.
    CHECK(sum / draws == Approx(0.5).margin(0.0036));
    CHECK(smallest < 0.001);
    CHECK(largest > 0.999);
}

TEST_CASE("a shuffle is a permutation, the same one every time") {
    const auto once = shuffled<1000>(Philox(5));
    CHECK(once == shuffled<1000>(Philox(5)));
    CHECK(once != shuffled<1000>(Philox(6)));
    auto sorted = once;
    std::sort(sorted.begin(), sorted.end());
    std::array<int, 1000> in_order{};
    std::iota(in_order.begin(), in_order.end(), 0);
    CHECK(sorted == in_order);
    CHECK(once != in_order);
}

TEST_CASE("each of the orders of three is as likely as the others") {
    std::array<int, 27> counts{};
    constexpr int draws = 6000;
    for (std::uint64_t stream = 0; stream < draws; ++stream) {
        const auto order = shuffled<3>(Philox(7, stream));
        ++counts[static_cast<std::size_t>(9 * order[0] + 3 * order[1] + order[2])];
    }
    // 1000 of each of the 6 are expected; the standard deviation is sqrt(6000 * 5/36) = 28.9, the bounds are 4 of them
    // away.
    for (const std::size_t order : {5u, 7u, 11u, 15u, 19u, 21u}) {
        CHECK(counts[order] > 1000 - 116);
        CHECK(counts[order] < 1000 + 116);
    }
}

TEST_CASE("an empty range can be shuffled") {
    std::vector<int> none;
    shuffle(std::span<int>(none), Philox(1));
    CHECK(none.empty());
}
