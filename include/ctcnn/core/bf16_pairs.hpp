// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/processor.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Bf16Pairs: the factors of sums V of floats, two bf16 in each lane: a multiply_add adds the products of both. In
/// memory, a pair takes the place of a float.
template <typename V>
struct Bf16Pairs {
    typename V::Vector vector;

    /// Whether the processor has such a multiply_add.
    static constexpr bool exist = processor::has_pair_products && std::is_same_v<V, Lanes<float>>;

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
            V result;
            processor::round_to_pairs(result.vector, low.vector, high.vector);
            result.store(pairs + n / 2 * V::count);
        }
    }

    [[gnu::always_inline]] friend V multiply_add(Bf16Pairs a, Bf16Pairs b, V sum) {
        processor::add_pair_products(sum.vector, a.vector, b.vector);
        return sum;
    }
    [[gnu::always_inline]] friend void hold_in_register(Bf16Pairs& pairs) { processor::hold(pairs.vector); }
};

}  // namespace CTCNN_DETAIL
