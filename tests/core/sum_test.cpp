// SPDX-License-Identifier: MIT
#include <ctcnn/core/sum.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn::detail_;

namespace {

/// The terms that a sum asks for, in order.
constexpr bool asks_in_order(std::size_t first, std::size_t count) {
    std::size_t next = first;
    bool in_order = true;
    pairwise_sum<int>(first, count, [&](int sum, std::size_t i) {
        in_order = in_order && i == next++;
        return sum;
    });
    return in_order && next == first + count;
}

/// A sum that knows in which order it was added.
struct Ordered {
    unsigned number = 0;

    friend constexpr Ordered operator+(Ordered a, Ordered b) { return {31 * a.number + 17 * b.number + 1}; }
};
constexpr Ordered add(Ordered sum, std::size_t i) { return sum + Ordered{static_cast<unsigned>(i)}; }

/// As the definition says: halves, and up to 8 terms one after the other.
constexpr Ordered in_halves(std::size_t first, std::size_t count) {
    if (count > 8) {
        const std::size_t half = (count + 1) / 2;
        return in_halves(first, half) + in_halves(first + half, count - half);
    }
    Ordered sum;
    for (std::size_t i = first; i < first + count; ++i) {
        sum = add(sum, i);
    }
    return sum;
}
template <std::size_t... Most>
constexpr bool adds_halves(std::size_t counts) {
    bool same = true;
    for (std::size_t count = 0; count < counts; ++count) {
        same = same && pairwise_sum<Ordered, Most...>(3, count, add).number == in_halves(3, count).number;
    }
    return same;
}

}  // namespace

static_assert(adds_halves(100) && adds_halves<8>(9) && adds_halves<9>(10) && adds_halves<16>(17) &&
              adds_halves<17>(18));
static_assert(pairwise_sum<int>(0, 0, [](int, std::size_t) { return 1; }) == 0);
static_assert(pairwise_sum<int>(3, 100, [](int sum, std::size_t i) { return sum + static_cast<int>(i); }) ==
              102 * 103 / 2 - 3);
static_assert(asks_in_order(0, 1) && asks_in_order(5, 8) && asks_in_order(2, 9) && asks_in_order(7, 1000));

TEST_CASE("rounding errors of a sum grow with the logarithm of its length") {
    Draw draw(1);
    for (const std::size_t count : {10u, 1'000u, 100'000u, 1'000'000u}) {
        std::vector<float> terms(count);
        double exact = 0;
        for (float& term : terms) {
            term = draw.real(0.f, 1.f);
            exact += static_cast<double>(term);
        }
        const float sum = pairwise_sum<float>(0, count, [&](float part, std::size_t i) { return part + terms[i]; });
        const double unit = std::ldexp(1.0, std::ilogb(exact) - std::numeric_limits<float>::digits + 1);
        INFO(count << " terms");
        // Each of at most 8 + log2(count) roundings is off by half a unit at most, and few of them in the same
        // direction. One running sum of a million terms is off by hundreds of units.
        CHECK(std::abs(static_cast<double>(sum) - exact) <= 3 * unit);
    }
}
