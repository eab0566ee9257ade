// SPDX-License-Identifier: MIT
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <vector>

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
    static_assert(!RegisterBlock{1, 7, 2}.is_held(16));
    // A vector, a number that passes by and, where vectors have 16 bytes, a product.
    static_assert(RegisterBlock{1, 13, 1}.is_held(16) && !RegisterBlock{1, 15, 1}.is_held(16));
    static_assert(RegisterBlock{1, 14, 1}.is_held(16) == (ctcnn::detail_::vector_bytes > 16));
    // Nine weights and 16 sums.
    static_assert(RegisterBlock{2, 8, 1, 9}.is_held(32));
    static_assert(!RegisterBlock{2, 12, 1, 9}.is_held(32));
}

TEST_CASE("pieces differ by a unit at most") {
    for (const std::size_t unit : std::initializer_list<std::size_t>{1, 2}) {
        for (std::size_t count = unit; count <= 40; count += unit) {
            for (std::size_t most = unit; most <= 14; most += unit) {
                const Cut cut = cut_evenly(count, most, unit);
                CAPTURE(count, most, unit);
                CHECK(cut.large * cut.large_count + cut.other * cut.other_count == count);
                CHECK(cut.large <= most);
                CHECK(cut.large == cut.other + unit);
                CHECK(cut.large_count > 0);
                CHECK((cut.other > 0 || cut.other_count == 0));
                CHECK(cut.large_count + cut.other_count == (count + most - 1) / most);
            }
        }
    }
    std::vector<std::size_t> begins;
    std::vector<std::size_t> sizes;
    for_each_even_piece<17, 6>([&](std::size_t begin, std::size_t size) {
        begins.push_back(begin);
        sizes.push_back(size);
    });
    CHECK(begins == std::vector<std::size_t>{0, 6, 12});
    CHECK(sizes == std::vector<std::size_t>{6, 6, 5});
}

TEST_CASE("the cycles of a step count the smaller blocks at the edges") {
    constexpr auto cycles = [](Extent image, std::size_t vectors, RegisterBlock block) {
        return sixteenths_of_step<Pooling::none>(image, vectors, block);
    };
    static_assert(cycles({1, 8}, 2, {1, 8, 2}) == 16 * 16);
    static_assert(cycles({3, 8}, 4, {1, 4, 4}) == 16 * 3 * 2 * 16);
    // 9 + 8 columns.
    static_assert(cycles({2, 17}, 2, {1, 9, 2}) == 16 * 2 * (18 + 16));
    // 6 sums take as long as 8, and 8 longer than two thirds of 12.
    static_assert(cycles({1, 3}, 2, {1, 3, 2}) == cycles({1, 4}, 2, {1, 4, 2}));
    static_assert(3 * cycles({1, 4}, 2, {1, 4, 2}) > 2 * cycles({1, 6}, 2, {1, 6, 2}));
    static_assert(cycles({1, 4}, 2, {1, 4, 2}) == 16 * 8 + 2 * 4 && cycles({1, 5}, 2, {1, 5, 2}) == 16 * 10 + 2 * 2);
    static_assert(cycles({1, 6}, 2, {1, 6, 2}) == 16 * 12 && cycles({1, 1}, 13, {1, 1, 13}) == 16 * 14);
    static_assert(cycles({1, 12}, 1, {1, 12, 1, 3}) == 16 * 12);
}

TEST_CASE("register blocks have enough sums, also at the edges") {
    // Usual widths of images, 64 channels.
    for (const std::size_t width : std::initializer_list<std::size_t>{4, 5, 7, 8, 12, 14, 16, 24, 26, 28, 32}) {
        for (const std::size_t registers : std::initializer_list<std::size_t>{16, 32}) {
            const Extent image{width, width};
            const RegisterBlock block = chosen(image, 4, registers);
            CAPTURE(width, registers, block.rows, block.columns, block.vectors);
            CHECK(block.is_held(registers));
            // At most one cycle in seven is lost, at 7 columns and 16 registers of 16 bytes.
            CHECK(6 * sixteenths_of_step<Pooling::none>(image, 4, block) <= 7 * 16 * width * width * 4);
        }
    }
    static_assert(chosen({24, 26}, 2, 32) == RegisterBlock{1, 13, 2});
    static_assert(chosen({28, 28}, 2, 32) == RegisterBlock{1, 14, 2});
    static_assert(chosen({24, 24}, 2, 16) == RegisterBlock{1, 6, 2});
    // Narrow images are taken in several rows.
    static_assert(chosen({4, 4}, 2, 32).rows > 1);
    static_assert(chosen({17, 1}, 1, 16) == RegisterBlock{9, 1, 1} && chosen({2, 2}, 6, 32) == RegisterBlock{2, 2, 6});
    static_assert(chosen({32, 32}, 4, 16) == RegisterBlock{2, 3, 2} &&
                  chosen({32, 32}, 4, 32) == RegisterBlock{1, 4, 4});
    static_assert(chosen({7, 7}, 4, 32) == RegisterBlock{1, 7, 2} && chosen({13, 13}, 3, 32) == RegisterBlock{1, 7, 3});
    // At most 8 vectors of a pixel, and not one of 9.
    static_assert(chosen({1, 1}, 16, 32) == RegisterBlock{1, 1, 8} && chosen({1, 1}, 9, 32) == RegisterBlock{1, 1, 5});
    static_assert(choose_block<Pooling::none>({5, 5}, 1, 9, 32) == RegisterBlock{3, 5, 1, 9});
    static_assert(choose_block<Pooling::max2x2>({24, 26}, 2, 1, 32) == RegisterBlock{6, 2, 2});
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
