// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/processor.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Whether the processor multiplies pairs of bf16 and adds the products to a V.
template <typename V>
inline constexpr bool has_pair_products = processor::has_pair_products && std::is_same_v<V, Lanes<float>>;

/// Bf16Pairs: the factors of sums V of floats, two bf16 in each lane: a multiply_add adds the products of both. In
/// memory, a pair takes the place of a float.
template <typename V>
struct Bf16Pairs {
    typename V::Vector vector;

    /// Whether the processor has such a multiply_add.
    static constexpr bool exist = has_pair_products<V>;

    /// Every lane the same pair.
    [[gnu::always_inline]] static Bf16Pairs broadcast(const float& place) {
        std::int32_t pair;
        __builtin_memcpy(&pair, &place, sizeof(pair));
        return {reinterpret_cast<typename V::Vector>(pair - typename V::IntegerVector{})};
    }
    /// Pairs that lie side by side; any alignment.
    [[gnu::always_inline]] static Bf16Pairs load(const float* places) {
        Bf16Pairs result;
        __builtin_memcpy(&result.vector, places, sizeof(result.vector));
        return result;
    }

    /// The numbers of the pairs.
    [[gnu::always_inline]] V first() const {
        return {reinterpret_cast<typename V::Vector>(reinterpret_cast<typename V::IntegerVector>(vector) << 16)};
    }
    [[gnu::always_inline]] V second() const {
        return {reinterpret_cast<typename V::Vector>(reinterpret_cast<typename V::IntegerVector>(vector) & -65536)};
    }

    /// Rounds to pairs of the numbers in each lane.
    [[gnu::always_inline]] static V zip(V first, V second) {
        V result;
        processor::zip_to_pairs(result.vector, first.vector, second.vector);
        return result;
    }
    /// Rounds to pairs of the numbers in neighbouring lanes, those of `low` first.
    [[gnu::always_inline]] static V round(V low, V high) {
        V result;
        processor::round_to_pairs(result.vector, low.vector, high.vector);
        return result;
    }
    /// The same, each at a place of its own, where it takes half a vector.
    [[gnu::always_inline]] static void store_rounded(V low, V high, float* low_place, float* high_place) {
        const V both = round(low, high);
        constexpr std::size_t half = V::count / 2;
        [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
            const auto first = __builtin_shufflevector(both.vector, both.vector, Lane...);
            const auto second = __builtin_shufflevector(both.vector, both.vector, (half + Lane)...);
            __builtin_memcpy(low_place, &first, sizeof(first));
            __builtin_memcpy(high_place, &second, sizeof(second));
        }(std::make_index_sequence<half>{});
    }
    /// Rounds two numbers to a pair.
    static void put(float first, float second, float& place) {
        const std::uint16_t pair[] = {bf16::nearest(first).bits, bf16::nearest(second).bits};
        std::memcpy(&place, pair, sizeof(pair));
    }
    /// Rounds so many vectors of floats; neighbours are a pair. Whole vectors of pairs are written.
    static void round(const float* numbers, std::size_t vectors, float* pairs) {
        for (std::size_t n = 0; n < vectors; n += 2) {
            const V low = V::load(numbers + n * V::count);
            const V high = n + 1 < vectors ? V::load(numbers + (n + 1) * V::count) : V{};
            round(low, high).store(pairs + n / 2 * V::count);
        }
    }

    [[gnu::always_inline]] friend V multiply_add(Bf16Pairs a, Bf16Pairs b, V sum) {
        processor::add_pair_products(sum.vector, a.vector, b.vector);
        return sum;
    }
    [[gnu::always_inline]] friend void hold_in_register(Bf16Pairs& pairs) { processor::hold(pairs.vector); }
};

// A kernel of factors F: V, whose products are added to a V, or Bf16Pairs<V>, of which two are.

template <typename F>
struct SumOf {
    using type = F;
};
template <typename V>
struct SumOf<Bf16Pairs<V>> {
    using type = V;
};
/// What products of factors F are added to.
template <typename F>
using sum_t = typename SumOf<F>::type;

/// How many products of numbers a product of factors F has in each lane.
template <typename F>
inline constexpr std::size_t terms = 1;
template <typename V>
inline constexpr std::size_t terms<Bf16Pairs<V>> = 2;

/// Every lane what lies at a place.
template <typename F>
[[gnu::always_inline]] constexpr F broadcast_factor(const scalar_t<sum_t<F>>& place) {
    if constexpr (terms<F> == 2) {
        return F::broadcast(place);
    } else {
        return broadcast<F>(place);
    }
}
/// Factors that lie side by side; any alignment.
template <typename F>
[[gnu::always_inline]] constexpr F load_factor(const scalar_t<sum_t<F>>* places) {
    if constexpr (terms<F> == 2 || is_lanes<F>) {
        return F::load(places);
    } else {
        return *places;
    }
}
/// Factors that lie in the place of a V.
template <typename F>
[[gnu::always_inline]] constexpr F factor_in(const sum_t<F>& place) {
    if constexpr (terms<F> == 2) {
        return {place.vector};
    } else {
        return place;
    }
}

}  // namespace CTCNN_DETAIL
