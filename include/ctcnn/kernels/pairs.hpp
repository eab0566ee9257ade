// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/linear.hpp>
#include <ctcnn/kernels/transpose_channels.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Floats as pairs of bf16: the two factors of a pair belong to neighbours along the sum that the products go into. A
// pair takes the place of a float, and a sum of an odd number of products ends with a 0.
namespace CTCNN_DETAIL::kernels {

/// The number of pairs of so many numbers.
constexpr std::size_t pair_count(std::size_t numbers) { return (numbers + 1) / 2; }

/// pair_features: pairs of neighbouring features, an image in each lane.
/// Layouts  features (count), pairs (pair_count(count))
template <Number V>
[[gnu::noinline]] void pair_features(const V* features, std::size_t count, V* pairs) {
    for (std::size_t i = 0; i + 1 < count; i += 2) {
        *pairs++ = Bf16Pairs<V>::zip(features[i], features[i + 1]);
    }
    if (count % 2 != 0) {
        *pairs = Bf16Pairs<V>::zip(features[count - 1], V{});
    }
}

namespace detail {
/// The first `count` numbers of a place, and zeros.
template <Number V>
V load_part(const scalar_t<V>* place, std::size_t count) {
    std::array<scalar_t<V>, lane_count<V>> numbers{};
    for (std::size_t i = 0; i < count; ++i) {
        numbers[i] = place[i];
    }
    return V::load(numbers.data());
}
template <Number V>
void store_part(const V& numbers, std::size_t count, scalar_t<V>* place) {
    for (std::size_t i = 0; i < count; ++i) {
        place[i] = get_lane(numbers, i);
    }
}
}  // namespace detail

namespace detail {
/// Pairs of neighbouring images of so many features, those of a feature side by side; features lie `next` apart.
template <Number V>
[[gnu::noinline]] void store_pair_images(const V* features, std::size_t count, scalar_t<V>* pairs, std::size_t next) {
    for (std::size_t i = 0; i < count; i += 2, pairs += 2 * next) {
        const V both = Bf16Pairs<V>::round(features[i], i + 1 < count ? features[i + 1] : V{});
        std::memcpy(pairs, &both, sizeof(V) / 2);
        if (i + 1 < count) {
            std::memcpy(pairs + next, reinterpret_cast<const std::byte*>(&both) + sizeof(V) / 2, sizeof(V) / 2);
        }
    }
}
}  // namespace detail

/// PairPanels: as ImageRows (kernels/linear.hpp), where a row has pairs of two images. Some rows at a time lie
/// together; their inputs are cut into panels of two vectors, so that the loops read all in the order in which it lies.
/// Layouts  inputs (portions, panels, rows_near, 2 lanes), grad_outputs (portions, Outputs, rows_near)
template <std::size_t Inputs, std::size_t Outputs, Number V>
struct PairPanels {
    using Factor = Bf16Pairs<V>;
    using T = scalar_t<V>;
    static constexpr std::size_t lanes = lane_count<V>;
    static constexpr std::size_t width = 2 * lanes;
    static constexpr std::size_t row_numbers = (Inputs + width - 1) / width * width;
    static constexpr std::size_t rows_of_tile = lanes / 2;

    const T* inputs;
    const T* grad_outputs;

    static constexpr std::size_t input_numbers(std::size_t tiles) { return rows_of(tiles) * row_numbers; }
    static constexpr std::size_t gradient_numbers(std::size_t tiles) { return rows_of(tiles) * Outputs; }
    static void store(std::size_t tile, const V* input, const V* grad_output, T* inputs, T* grad_outputs) {
        const std::size_t row = tile * rows_of_tile % rows_near;
        const std::size_t before = tile * rows_of_tile - row;
        for (std::size_t i = 0; i < Inputs; i += lanes) {
            transpose_channels<Bf16Pairs<V>>(input + i, 1, Inputs - i,
                                             inputs + place_of(i, before) + row * width + i % width, 2 * lanes);
        }
        detail::store_pair_images(grad_output, Outputs, grad_outputs + before * Outputs + row, rows_near);
    }

    static constexpr std::size_t next_inputs = width;
    static constexpr std::size_t next_gradients = 1;
    static constexpr std::size_t next_output = rows_near;

    const T* inputs_from(std::size_t i, std::size_t row) const { return inputs + place_of(i, row); }
    const T* gradients_of(std::size_t o, std::size_t row) const { return grad_outputs + row * Outputs + o * rows_near; }

private:
    static constexpr std::size_t rows_of(std::size_t tiles) {
        return (tiles * rows_of_tile + rows_near - 1) / rows_near * rows_near;
    }
    /// Where the panel of input i begins of the portion that begins with a row.
    static constexpr std::size_t place_of(std::size_t i, std::size_t row) {
        return row * row_numbers + i / width * width * rows_near;
    }
};

/// linear_backward_bias (kernels/linear.hpp) of the rounded gradients.
template <std::size_t Inputs, std::size_t Outputs, Number V>
void linear_backward_bias(const PairPanels<Inputs, Outputs, V>& panels, std::size_t images, bool add,
                          scalar_t<V>* grad_bias) {
    constexpr std::size_t lanes = lane_count<V>;
    const std::size_t rows = pair_count(images);
    for (std::size_t o = 0; o < Outputs; ++o) {
        const V sum = pairwise_sum<V>(0, (rows + lanes - 1) / lanes, [&](V before, std::size_t vector) {
            const std::size_t row = vector * lanes;
            const scalar_t<V>* place = panels.gradients_of(o, row / rows_near * rows_near) + row % rows_near;
            const Bf16Pairs<V> pairs{
                (rows - row >= lanes ? V::load(place) : detail::load_part<V>(place, rows - row)).vector};
            return before + (pairs.first() + pairs.second());
        });
        const scalar_t<V> all = sum_lanes(sum);
        grad_bias[o] = add ? grad_bias[o] + all : all;
    }
}

/// pair_row: pairs of neighbours in a row of so many numbers.
/// Layouts  row (Count), pairs (pair_count(Count))
template <std::size_t Count, Number V>
void pair_row(const scalar_t<V>* row, scalar_t<V>* pairs) {
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t whole = Count / (2 * lanes) * (2 * lanes);
    for (std::size_t i = 0; i < whole; i += 2 * lanes) {
        Bf16Pairs<V>::round(V::load(row + i), V::load(row + i + lanes)).store(pairs + i / 2);
    }
    if constexpr (whole < Count) {
        constexpr std::size_t rest = Count - whole;
        const V low = detail::load_part<V>(row + whole, rest < lanes ? rest : lanes);
        const V high = rest > lanes ? detail::load_part<V>(row + whole + lanes, rest - lanes) : V{};
        detail::store_part(Bf16Pairs<V>::round(low, high), pair_count(rest), pairs + whole / 2);
    }
}

/// pair_rows: pairs of the numbers that stand under one another in two rows; no second row is one of zeros.
/// Layouts  rows (Count), pairs (Count)
template <std::size_t Count, Number V>
void pair_rows(const scalar_t<V>* first, const scalar_t<V>* second, scalar_t<V>* pairs) {
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t whole = Count / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
        Bf16Pairs<V>::zip(V::load(first + i), second != nullptr ? V::load(second + i) : V{}).store(pairs + i);
    }
    if constexpr (whole < Count) {
        constexpr std::size_t rest = Count - whole;
        const V low = detail::load_part<V>(first + whole, rest);
        const V high = second != nullptr ? detail::load_part<V>(second + whole, rest) : V{};
        detail::store_part(Bf16Pairs<V>::zip(low, high), rest, pairs + whole);
    }
}

/// PairedWeights: the parameters of a Linear as its kernels of pairs read them.
/// Layouts  forward (Outputs, pair_count(Inputs)), bias, backward (pair_count(Outputs), Inputs)
template <std::size_t Inputs, std::size_t Outputs, std::size_t Biases, Number V>
struct PairedWeights {
    using T = scalar_t<V>;
    using Weights = Shape<Outputs, pair_count(Inputs)>;
    static constexpr std::size_t backward = Weights::size + Biases;
    static constexpr std::size_t size = backward + pair_count(Outputs) * Inputs;

    static constexpr std::size_t rows = 32;  // in a part
    static constexpr std::size_t parts = (Outputs + rows - 1) / rows;

    /// Some of them; those for backward only if it is asked for.
    static void pack(const T* parameters, T* packed, std::size_t part, bool with_backward) {
        const std::size_t last = std::min(Outputs, (part + 1) * rows);
        for (std::size_t o = part * rows; o < last; ++o) {
            const T* row = parameters + o * Inputs;
            pair_row<Inputs, V>(row, packed + o * pair_count(Inputs));
            if (with_backward && o % 2 == 0) {
                pair_rows<Inputs, V>(row, o + 1 < Outputs ? row + Inputs : nullptr, packed + backward + o / 2 * Inputs);
            }
        }
        if (part == 0) {
            std::copy_n(parameters + Outputs * Inputs, Biases, packed + Weights::size);
        }
    }
};

}  // namespace CTCNN_DETAIL::kernels
