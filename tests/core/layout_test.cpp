// SPDX-License-Identifier: MIT
#include <ctcnn/core/layout.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shape.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using Plain = Layout<6, 14, 10>;
static_assert(Plain::row == 10 && Plain::plane == 140 && Plain::size == 840 && Plain::origin == 0);
static_assert(Plain::offset(0, 0, 0) == 0 && Plain::offset(5, 13, 9) == 839);

using Bordered = Layout<2, 3, 4, 2, 1>;
static_assert(Bordered::row == 6 && Bordered::plane == 42 && Bordered::size == 84 && Bordered::origin == 13);
static_assert(Bordered::offset(0, 0, 0) == 13 && Bordered::offset(1, 2, 3) == 42 + 13 + 12 + 3);

// A gap lies behind each channel, the last one too.
using Apart = Layout<2, 3, 4, 2, 1, 5>;
static_assert(Apart::row == 6 && Apart::plane == 47 && Apart::size == 94 && Apart::origin == 13);
static_assert(Apart::offset(0, 2, 3) == Bordered::offset(0, 2, 3) && Apart::offset(1, 0, 0) == 47 + 13);
static_assert(Plain::contiguous && !Bordered::contiguous && !Layout<2, 3, 4, 0, 0, 1>::contiguous);

static_assert(std::is_same_v<layout_t<Shape<6, 14, 10>>, Plain>);
static_assert(std::is_same_v<layout_t<Shape<2, 3, 4>, 2, 1>, Bordered>);
static_assert(std::is_same_v<layout_t<Shape<2, 3, 4>, 2, 1, 5>, Apart>);
// A sequence is an image of one row.
static_assert(std::is_same_v<layout_t<Shape<2, 3>>, Layout<2, 1, 3>>);
static_assert(std::is_same_v<layout_t<Shape<2, 3>, 0, 1>, Layout<2, 1, 3, 0, 1>>);
// Any other shape lies flat.
static_assert(std::is_same_v<layout_t<Shape<400>>, Layout<400, 1, 1>>);
static_assert(std::is_same_v<layout_t<Shape<2, 3, 4, 5>>, Layout<120, 1, 1>>);

/// Whether the elements of the image are cleared, and the others are not.
template <typename L>
constexpr bool clears_elements() {
    std::array<int, L::size> buffer{};
    buffer.fill(1);
    clear_elements<L>(buffer.data());
    std::size_t zeros = 0;
    for (const int number : buffer) {
        zeros += number == 0 ? std::size_t{1} : 0;
    }
    bool right = zeros == L::channels * L::height * L::width;
    for (std::size_t i = 0; i < L::channels * L::height * L::width; ++i) {
        right = right && buffer[L::offset(i / L::width / L::height, i / L::width % L::height, i % L::width)] == 0;
    }
    return right;
}
static_assert(clears_elements<Layout<2, 3, 4>>() && clears_elements<Layout<2, 3, 4, 2, 1, 5>>());

/// Clears a buffer that is full of ones, and counts for each element whether it belongs to the image.
template <typename L, Number V>
void check_clear_border() {
    using T = scalar_t<V>;
    constexpr std::size_t guard = 8;
    std::vector<V> buffer(L::size + 2 * guard, broadcast<V>(T(1)));
    clear_border<L>(buffer.data() + guard);

    std::vector<bool> kept(buffer.size());
    for (std::size_t i = 0; i < guard; ++i) {
        kept[i] = true;
        kept[buffer.size() - 1 - i] = true;
    }
    std::size_t next = guard;
    for (std::size_t c = 0; c < L::channels; ++c) {
        for (std::size_t row = 0; row < L::height + 2 * L::border.height; ++row) {
            for (std::size_t column = 0; column < L::width + 2 * L::border.width; ++column) {
                kept[next++] = row >= L::border.height && row < L::border.height + L::height &&
                               column >= L::border.width && column < L::border.width + L::width;
            }
        }
        for (std::size_t i = 0; i < L::gap; ++i) {
            kept[next++] = true;
        }
    }
    INFO("border " << L::border.height << "x" << L::border.width);
    for (std::size_t i = 0; i < buffer.size(); ++i) {
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            CHECK(get_lane(buffer[i], lane) == (kept[i] ? T(1) : T(0)));
        }
    }
    // The same elements as offset() names.
    for (std::size_t c = 0; c < L::channels; ++c) {
        for (std::size_t h = 0; h < L::height; ++h) {
            for (std::size_t w = 0; w < L::width; ++w) {
                CHECK(kept[guard + L::offset(c, h, w)]);
            }
        }
    }
}

template <Number V>
void check_borders() {
    check_clear_border<Layout<3, 4, 5>, V>();
    check_clear_border<Layout<3, 4, 5, 1, 1>, V>();
    check_clear_border<Layout<3, 4, 5, 3, 2>, V>();
    check_clear_border<Layout<3, 4, 5, 0, 2>, V>();
    check_clear_border<Layout<3, 4, 5, 2, 0>, V>();
    check_clear_border<Layout<1, 1, 1, 1, 1>, V>();
    check_clear_border<Layout<2, 1, 7, 0, 1>, V>();
    check_clear_border<Layout<2, 7, 1, 1, 0>, V>();
    check_clear_border<Layout<3, 4, 5, 0, 0, 2>, V>();
    check_clear_border<Layout<3, 4, 5, 3, 2, 1>, V>();
}

// In a constant expression too: the corner of the middle pixel is a zero, the pixel stays.
static_assert([] {
    std::array<float, 9> buffer{1, 1, 1, 1, 1, 1, 1, 1, 1};
    clear_border<Layout<1, 1, 1, 1, 1>>(buffer.data());
    return buffer;
}() == std::array<float, 9>{0, 0, 0, 0, 1, 0, 0, 0, 0});

}  // namespace

TEST_CASE("the border is cleared, and nothing else") {
    check_borders<float>();
    check_borders<double>();
    check_borders<Lanes<float>>();
    check_borders<Lanes<double>>();
}
