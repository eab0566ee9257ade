// SPDX-License-Identifier: MIT
#include <cstddef>
#include <initializer_list>
#include <limits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/prepared/register_block.hpp>

#include "catch.hpp"

using ctcnn::detail_::Extent;
using ctcnn::detail_::Lanes;
using namespace ctcnn::detail_::kernels::prepared;

namespace {

constexpr RegisterBlock chosen(Extent image, std::size_t vectors, std::size_t registers) {
    return choose_block<Pooling::none>(image, vectors, 1, registers);
}

}  // namespace

TEST_CASE("a register block fits into the registers") {
    static_assert(RegisterBlock{1, 14, 2}.is_held(32));
    static_assert(!RegisterBlock{1, 15, 2}.is_held(32));
    static_assert(RegisterBlock{1, 6, 2}.is_held(16));
    static_assert(!RegisterBlock{1, 4, 3}.is_held(16));
    // Nine weights and 16 sums.
    static_assert(RegisterBlock{2, 8, 1, 9}.is_held(32));
    static_assert(!RegisterBlock{2, 11, 1, 9}.is_held(32));
}

TEST_CASE("the cycles of a step count the smaller blocks at the edges") {
    static_assert(cycles_of_step({1, 8}, 2, {1, 8, 2}) == 16);
    static_assert(cycles_of_step({3, 8}, 4, {1, 4, 4}) == 3 * 2 * 16);
    // 12 + 5 columns.
    static_assert(cycles_of_step({2, 17}, 2, {1, 12, 2}) == 2 * (24 + 10));
    // A single column has 2 sums, and takes as long as 8.
    static_assert(cycles_of_step({1, 13}, 2, {1, 12, 2}) == 24 + 8);
}

TEST_CASE("register blocks leave nothing over") {
    const auto leaves_nothing = [](Extent image, std::size_t vectors, RegisterBlock block) {
        return image.height % block.rows == 0 && image.width % block.columns == 0 && vectors % block.vectors == 0;
    };
    for (const std::size_t width : std::initializer_list<std::size_t>{4, 5, 7, 8, 12, 14, 16, 24, 26, 28, 32}) {
        for (const std::size_t registers : std::initializer_list<std::size_t>{16, 32}) {
            CAPTURE(width, registers);
            CHECK(leaves_nothing({8, width}, 4, chosen({8, width}, 4, registers)));
        }
    }
    static_assert(chosen({24, 26}, 2, 32) == RegisterBlock{1, 13, 2});
    static_assert(chosen({28, 28}, 2, 32) == RegisterBlock{1, 14, 2});
    static_assert(chosen({24, 24}, 2, 16) == RegisterBlock{1, 6, 2});
    // Narrow images are taken in several rows.
    static_assert(chosen({4, 4}, 2, 32).rows > 1);
    // 17 columns are prime: no block has a single column.
    static_assert(17 % chosen({8, 17}, 4, 32).columns != 1);
}

TEST_CASE("register blocks have whole windows of pooling") {
    constexpr RegisterBlock block = choose_block<Pooling::max2x2>({24, 26}, 2);
    static_assert(block.rows % 2 == 0 && block.columns % 2 == 0 && block.is_held());
}

TEST_CASE("the largest of a window is NaN where a pixel is") {
    using V = Lanes<float>;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const V one = V::broadcast(1);
    const V two = V::broadcast(2);
    const V none = V::broadcast(nan);
    const auto first = [](const V& value) { return ctcnn::detail_::get_lane(value, 0); };
    CHECK(first(pool_window<Pooling::max2x2>(one, two, one, one)) == 2.0f);
    CHECK(first(pool_window<Pooling::average2x2>(one, two, one, two)) == 1.5f);
    for (std::size_t place = 0; place < 4; ++place) {
        const float result = first(pool_window<Pooling::max2x2>(place == 0 ? none : one, place == 1 ? none : two,
                                                                place == 2 ? none : two, place == 3 ? none : one));
        CHECK(result != result);
    }
}
