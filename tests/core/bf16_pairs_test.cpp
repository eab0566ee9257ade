// SPDX-License-Identifier: MIT
#include <ctcnn/core/bf16_pairs.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"
#include "draw.hpp"

using ctcnn::bf16;
using ctcnn::detail_::Lanes;

namespace {

using V = Lanes<float>;
using Pairs = ctcnn::detail_::Bf16Pairs<V>;

std::array<bf16, 2> halves_of(float place) {
    std::array<bf16, 2> pair;
    std::memcpy(&pair, &place, sizeof(pair));
    return pair;
}

// A template, so that what this processor has no instruction for is not compiled.
template <typename P>
void check_products() {
    if constexpr (P::exist) {
        float infinite;
        P::put(std::numeric_limits<float>::infinity(), 3, infinite);
        float tiny;
        P::put(0, 2, tiny);
        std::array<float, V::count> places;
        for (std::size_t lane = 0; lane < V::count; ++lane) {
            P::put(static_cast<float>(lane), -1, places[lane]);
        }
        const auto products = [&](float pair) {
            std::array<float, V::count> sums;
            multiply_add(P::broadcast(pair), P::load(places.data()), V::broadcast(0.5f)).store(sums.data());
            return sums;
        };
        for (std::size_t lane = 0; lane < V::count; ++lane) {
            // Each pair stays what it is, also one whose bits are no float's: an infinity, and what is below all floats.
            CHECK(products(tiny)[lane] == -1.5f);
            CHECK((lane == 0 ? std::isnan(products(infinite)[lane]) : std::isinf(products(infinite)[lane])));
        }
        float both;
        P::put(3, 5, both);
        for (std::size_t lane = 0; lane < V::count; ++lane) {
            CHECK(products(both)[lane] == 3 * static_cast<float>(lane) - 4.5f);
        }
    }
}

template <typename P>
void check_rounding() {
    if constexpr (P::exist) {
        Draw draw(1);
        for (const std::size_t vectors : {1U, 2U, 5U}) {
            std::array<float, 5 * V::count> numbers;
            for (float& number : numbers) {
                number = draw.real<float>(-100, 100);
            }
            numbers[1] = std::numeric_limits<float>::quiet_NaN();
            numbers[2] = -std::numeric_limits<float>::infinity();
            numbers[3] = 1 + 0x1p-8f;  // in the middle of two bf16
            std::array<float, 3 * V::count> pairs;
            P::round(numbers.data(), vectors, pairs.data());
            for (std::size_t n = 0; n < vectors * V::count; ++n) {
                const bf16 rounded = halves_of(pairs[n / 2])[n % 2];
                CHECK((n == 1 ? std::isnan(rounded.widened()) : rounded.bits == bf16::nearest(numbers[n]).bits));
            }
            for (std::size_t n = vectors * V::count; n < (vectors + 1) / 2 * 2 * V::count; ++n) {
                CHECK(halves_of(pairs[n / 2])[n % 2].bits == 0);
            }
        }
    }
}

template <typename P>
void check_pairs_of_vectors() {
    if constexpr (P::exist) {
        Draw draw(2);
        std::array<float, 2 * V::count> numbers;
        for (float& number : numbers) {
            number = draw.real<float>(-100, 100);
        }
        const V first = V::load(numbers.data());
        const V second = V::load(numbers.data() + V::count);
        std::array<float, V::count> neighbours;
        P::round(first, second).store(neighbours.data());
        std::array<float, V::count> halves;
        P::store_rounded(first, second, halves.data() + V::count / 2, halves.data());
        CHECK(std::equal(neighbours.begin(), neighbours.begin() + V::count / 2, halves.begin() + V::count / 2));
        CHECK(std::equal(neighbours.begin() + V::count / 2, neighbours.end(), halves.begin()));
        std::array<float, V::count> zipped;
        P::zip(first, second).store(zipped.data());
        for (std::size_t lane = 0; lane < V::count; ++lane) {
            for (std::size_t n = 0; n < 2; ++n) {
                CHECK(halves_of(neighbours[lane])[n].bits == bf16::nearest(numbers[2 * lane + n]).bits);
                CHECK(halves_of(zipped[lane])[n].bits == bf16::nearest(numbers[n * V::count + lane]).bits);
            }
            const P pairs = P::load(zipped.data());
            CHECK(get_lane(pairs.first(), lane) == bf16::nearest(numbers[lane]).widened());
            CHECK(get_lane(pairs.second(), lane) == bf16::nearest(numbers[V::count + lane]).widened());
        }
    }
}

// A kernel of factors sees floats and pairs alike.
template <typename Factor>
void check_factors(float place, float expected) {
    using namespace ctcnn::detail_;
    std::array<float, V::count> places;
    places.fill(place);
    V sum = multiply_add(broadcast_factor<Factor>(places[1]), load_factor<Factor>(places.data()), V::broadcast(1));
    sum = multiply_add(broadcast_factor<Factor>(places[1]), factor_in<Factor>(V::load(places.data())), sum);
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        CHECK(get_lane(sum, lane) == expected);
    }
}
template <typename P>
void check_pair_factors() {
    if constexpr (P::exist) {
        float place;
        P::put(3, 2, place);
        check_factors<P>(place, 27);
    }
}
static_assert(std::is_same_v<ctcnn::detail_::sum_t<V>, V> && std::is_same_v<ctcnn::detail_::sum_t<Pairs>, V>);
static_assert(ctcnn::detail_::terms<V> == 1 && ctcnn::detail_::terms<float> == 1 && ctcnn::detail_::terms<Pairs> == 2);
static_assert(ctcnn::detail_::broadcast_factor<float>(3) == 3 && ctcnn::detail_::factor_in<float>(3) == 3);

}  // namespace

TEST_CASE("a pair is two neighbouring bf16") {
    float place;
    Pairs::put(1.5f, -3, place);
    CHECK(halves_of(place)[0].bits == bf16::nearest(1.5f).bits);
    CHECK(halves_of(place)[1].bits == bf16::nearest(-3).bits);
}

TEST_CASE("multiply_add adds the products of both numbers of a pair") { check_products<Pairs>(); }

TEST_CASE("floats are rounded to pairs as one by one") {
    check_rounding<Pairs>();
    check_pairs_of_vectors<Pairs>();
}

TEST_CASE("factors are floats or pairs") {
    check_factors<V>(3, 19);
    check_pair_factors<Pairs>();
}
