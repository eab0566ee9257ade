// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/transpose_channels.hpp>

#include <array>
#include <cstddef>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr std::size_t plane = 3;
constexpr std::size_t next = 2;

/// Channel c of image n is 1 + c + 16 n, which is a bf16.
template <typename V>
std::array<V, V::count * plane> channels() {
    std::array<V, V::count * plane> result{};
    for (std::size_t c = 0; c < V::count; ++c) {
        for (std::size_t n = 0; n < V::count; ++n) {
            set_lane(result[c * plane], n, static_cast<scalar_t<V>>(1 + c + 16 * n));
        }
    }
    return result;
}

template <typename V>
void check(std::size_t count) {
    const auto input = channels<V>();
    std::array<V, V::count * next> vectors{};
    kernels::transpose_channels<V>(input.data(), plane, count, reinterpret_cast<scalar_t<V>*>(vectors.data()),
                                   next * V::count);
    for (std::size_t n = 0; n < V::count; ++n) {
        for (std::size_t c = 0; c < V::count; ++c) {
            CHECK(get_lane(vectors[n * next], c) == static_cast<scalar_t<V>>(c < count ? 1 + c + 16 * n : 0));
            CHECK(get_lane(vectors[n * next + 1], c) == 0);
        }
    }
}

// A template, so that what this processor has no instruction for is not compiled.
template <typename V>
void check_pairs(std::size_t count) {
    if constexpr (has_pair_products<V>) {
        const auto input = channels<V>();
        std::array<V, V::count / 2 * next> vectors{};
        kernels::transpose_channels<Bf16Pairs<V>>(input.data(), plane, count,
                                                  reinterpret_cast<scalar_t<V>*>(vectors.data()), next * V::count);
        for (std::size_t n = 0; n < V::count; ++n) {
            const Bf16Pairs<V> pairs{vectors[n / 2 * next].vector};
            const V numbers = n % 2 == 0 ? pairs.first() : pairs.second();
            for (std::size_t c = 0; c < V::count; ++c) {
                CHECK(get_lane(numbers, c) == static_cast<scalar_t<V>>(c < count ? 1 + c + 16 * n : 0));
            }
        }
    }
}

}  // namespace

TEST_CASE("a pixel's channels become a vector of each image") {
    for (const std::size_t count : {1U, 3U, 100U}) {
        check<Lanes<float>>(count);
        check<Lanes<double>>(count);
        check_pairs<Lanes<float>>(count);
    }
}
