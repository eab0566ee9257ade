// SPDX-License-Identifier: MIT
#include <ctcnn/run/gather.hpp>

#include <array>
#include <cstddef>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

constexpr float untouched = -1;

/// Images whose elements are all different, and a buffer for them.
template <typename L, Number V>
struct Tile {
    static constexpr std::size_t lanes = lane_count<V>;
    static constexpr std::size_t image_size = L::channels * L::height * L::width;
    std::vector<float> pixels = std::vector<float>(lanes * image_size);
    std::array<const scalar_t<V>*, lanes> images{};
    std::vector<V> buffer = std::vector<V>(L::size, broadcast<V>(untouched));

    Tile() {
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] = static_cast<float>(i + 1);
        }
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            images[lane] = pixels.data() + lane * image_size;
        }
    }

    /// Whether the first `rows` rows are there, and everything else is as it was.
    bool has_rows(std::size_t rows) const {
        std::vector<V> expected(L::size, broadcast<V>(untouched));
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const float* pixel = images[lane];
            for (std::size_t c = 0; c < L::channels; ++c) {
                for (std::size_t h = 0; h < L::height; ++h) {
                    for (std::size_t w = 0; w < L::width; ++w, ++pixel) {
                        if (h < rows) {
                            set_lane(expected[L::offset(c, h, w)], lane, *pixel);
                        }
                    }
                }
            }
        }
        for (std::size_t i = 0; i < L::size * lanes; ++i) {
            if (!(get_lane(buffer[i / lanes], i % lanes) == get_lane(expected[i / lanes], i % lanes))) {
                return false;
            }
        }
        return true;
    }
};

template <typename L, Number V>
void check() {
    INFO(L::width << " columns, a border of " << L::border.width);
    Tile<L, V> tile;
    run::Gathering<L, V> rows(tile.images, tile.buffer.data());
    CHECK(tile.has_rows(0));
    for (const std::size_t count : {std::size_t{1}, std::size_t{3}, std::size_t{2}}) {
        rows.rows_before(count);
        CHECK(tile.has_rows(count == 2 ? 3 : count));  // rows that are there stay
    }
    rows.rows_before(L::height);
    CHECK(tile.has_rows(L::height));

    Tile<L, V> at_once;
    run::gather<L, V>(at_once.images, at_once.buffer.data());
    CHECK(at_once.has_rows(L::height));
}

}  // namespace

TEST_CASE("image n of a tile goes into lane n, row by row as they are asked for", "[run]") {
    using V = Lanes<float>;
    // Rows shorter than the lanes, as long, longer, and not a multiple of them; with a border and without.
    check<Layout<2, 5, V::count - 1>, V>();
    check<Layout<2, 5, V::count, 1, 2>, V>();
    check<Layout<3, 4, 2 * V::count + 3>, V>();
    check<Layout<3, 4, 2 * V::count + 3, 2, 1>, V>();
    check<Layout<2, 5, 7, 1, 1>, float>();
    check<Layout<2, 5, 7>, float>();
}

namespace {
constexpr bool in_constant_expression() {
    using L = Layout<1, 2, 2, 1, 1>;
    const std::array<float, 4> image{1, 2, 3, 4};
    std::array<float, L::size> buffer{};
    run::gather<L, float>({image.data()}, buffer.data());
    return buffer == std::array<float, L::size>{0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0};
}
static_assert(in_constant_expression());
}  // namespace
