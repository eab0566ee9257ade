// SPDX-License-Identifier: MIT
#include <ctcnn/core/tile_view.hpp>

#include <array>
#include <cstddef>
#include <tuple>

#include "aborts.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr auto positions = [] {
    std::array<std::array<std::size_t, 3>, 12> all{};
    std::size_t n = 0;
    for (const auto [c, h, w] : Positions<Shape<2, 3, 2>>{}) {
        all[n++] = {c, h, w};
    }
    return n == 12 ? all : decltype(all){};
}();
static_assert(positions[0] == std::array<std::size_t, 3>{0, 0, 0});
static_assert(positions[1] == std::array<std::size_t, 3>{0, 0, 1});
static_assert(positions[2] == std::array<std::size_t, 3>{0, 1, 0});
static_assert(positions[6] == std::array<std::size_t, 3>{1, 0, 0});
static_assert(positions[11] == std::array<std::size_t, 3>{1, 2, 1});

/// An image whose elements are their numbers, in a buffer with a border.
template <typename S, typename L>
constexpr bool finds_elements() {
    std::array<float, L::size> buffer{};
    const TileView<float, S, L> write(buffer.data());
    const TileView<const float, S, L> read(buffer.data());
    for (std::size_t i = 0; i < S::size; ++i) {
        write[i] = static_cast<float>(i + 1);
    }
    bool right = true;
    std::size_t i = 0;
    for (std::size_t c = 0; c < L::channels; ++c) {
        for (std::size_t h = 0; h < L::height; ++h) {
            for (std::size_t w = 0; w < L::width; ++w, ++i) {
                right = right && buffer[L::offset(c, h, w)] == static_cast<float>(i + 1) && &read[i] == &write[i];
            }
        }
    }
    std::size_t written = 0;
    for (const float number : buffer) {
        written += number != 0 ? 1u : 0u;
    }
    return right && i == S::size && written == S::size && read.size() == S::size;
}
static_assert(finds_elements<Shape<2, 3, 4>, Layout<2, 3, 4>>());
static_assert(finds_elements<Shape<2, 3, 4>, Layout<2, 3, 4, 1, 2>>());
static_assert(finds_elements<Shape<2, 3, 4>, Layout<2, 3, 4, 0, 1>>());
static_assert(finds_elements<Shape<24>, Layout<24, 1, 1>>());
static_assert(finds_elements<Shape<6, 4>, Layout<24, 1, 1>>());
static_assert(finds_elements<Shape<6, 4>, Layout<6, 1, 4, 0, 1>>());
static_assert(finds_elements<Shape<2, 3, 2, 2>, Layout<24, 1, 1>>());

/// view(index...) is view[number of the element].
template <typename S, typename L>
constexpr bool indices_agree() {
    std::array<float, L::size> buffer{};
    const TileView<float, S, L> view(buffer.data());
    std::size_t i = 0;
    bool right = true;
    for (const auto& index : view.indices()) {
        right = right && std::apply([&](auto... place) { return &view(place...) == &view[i]; }, index);
        ++i;
    }
    return right && i == S::size;
}
static_assert(indices_agree<Shape<2, 3, 4>, Layout<2, 3, 4>>());
static_assert(indices_agree<Shape<2, 3, 4>, Layout<2, 3, 4, 2, 1>>());
static_assert(indices_agree<Shape<24>, Layout<24, 1, 1>>());
static_assert(indices_agree<Shape<6, 4>, Layout<6, 1, 4, 0, 1>>());
static_assert(indices_agree<Shape<2, 3, 2, 2>, Layout<24, 1, 1>>());

constexpr std::array<float, 6> numbers{1, 2, 3, 4, 5, 6};
static_assert(ParameterView<float, Shape<2, 3>>(numbers.data())(1, 2) == 6);
static_assert(ParameterView<float, Shape<2, 3>>(numbers.data())[3] == 4);
static_assert(TileView<const double, Shape<1>, Layout<1, 1, 1>>::constant(0.5) == 0.5);

/// 1 and then many terms too small to change it, one by one.
template <typename V>
constexpr V sum_of_small_terms(std::size_t count, scalar_t<V> small) {
    std::array<V, 4> sums{};
    const GradientView<V, Shape<2>> gradient(sums.data());
    gradient(1) += broadcast<V>(1);
    for (std::size_t n = 0; n < count; ++n) {
        gradient(1) += broadcast<V>(small);
    }
    gradient[1] -= broadcast<V>(1);
    return sums[2] + sums[3];
}
static_assert(sum_of_small_terms<float>(1000, 0x1p-26f) == 1000 * 0x1p-26f);

}  // namespace

TEST_CASE("a gradient is summed without losing terms, in lanes as alone") {
    // Read at run time: compilers would try to find the sum of so many terms themselves.
    const volatile std::size_t count = 1'000'000;
    CHECK(sum_of_small_terms<float>(count, 0x1p-26f) == 1'000'000 * 0x1p-26f);
    const auto sum = sum_of_small_terms<Lanes<float>>(count, 0x1p-26f);
    CHECK(get_lane(sum, 0) == 1'000'000 * 0x1p-26f);
    CHECK(get_lane(sum, lane_count<Lanes<float>> - 1) == 1'000'000 * 0x1p-26f);
}

TEST_CASE("a parameter is the same in all lanes") {
    using V = Lanes<float>;
    const ParameterView<V, Shape<2, 3>> view(numbers.data());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        CHECK(get_lane(view(1, 0), lane) == 4);
        CHECK(get_lane(view.constant(2.5), lane) == 2.5f);
    }
}

#if CTCNN_TEST_ABORTS
TEST_CASE("an index outside a view ends the program") {
    std::array<float, 12> elements{};
    const volatile std::size_t two = 2;
    const TileView<float, Shape<2, 3, 1>, Layout<2, 3, 1>> image(elements.data());
    const TileView<float, Shape<2, 3>, Layout<6, 1, 1>> rows(elements.data());
    const ParameterView<float, Shape<2, 3>> parameter(elements.data());
    const GradientView<float, Shape<2, 3>> gradient(elements.data());
    CHECK(aborts([&] { image(two, 0, 0) = 1; }));
    CHECK(aborts([&] { image[3 * two] = 1; }));
    CHECK(aborts([&] { rows(0, two + 1) = 1; }));
    CHECK(aborts([&] { static_cast<void>(parameter[3 * two]); }));
    CHECK(aborts([&] { static_cast<void>(parameter(0, two + 1)); }));
    CHECK(aborts([&] { gradient[3 * two] += 1; }));
    CHECK(!aborts([&] {
        image(1, two, 0) = image[2 * two + 1] + rows(1, two) + parameter[2 * two + 1] + parameter(1, two);
        gradient[2 * two + 1] += 1;
    }));
}
#endif
