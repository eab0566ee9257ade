// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/kernels/linear.hpp>
#include <ctcnn/kernels/pairs.hpp>

namespace CTCNN_DETAIL::run {

/// Rows: what batched gradients are computed from: for each stage that has one, its inputs and the gradients of its
/// outputs, a row for each image, or for two whose numbers are pairs of bf16.
/// Layouts  inputs (rows, row_length(inputs)), grad_outputs (rows, row_length(outputs)), of each stage one after the
///          other
template <typename Plan, Number V>
class Rows {
public:
    using T = scalar_t<V>;

    constexpr explicit Rows(std::size_t tiles) : tiles_(tiles), numbers_(tiles_ * offsets[Plan::stage_count]) {}

    template <std::size_t K>
    constexpr T* inputs() {
        return numbers_.data() + tiles_ * offsets[K];
    }
    template <std::size_t K>
    constexpr T* grad_outputs() {
        return inputs<K>() + tiles_ * rows<K> * input_row<K>;
    }

    /// Stores what stage K has of a tile, an image in each lane.
    template <std::size_t K>
    constexpr void store(std::size_t tile, const V* input, const V* grad_output) {
        constexpr std::size_t features = Layer<K>::input_shape::size;
        constexpr std::size_t outputs = Layer<K>::output_shape::size;
        T* of_inputs = inputs<K>() + tile * rows<K> * input_row<K>;
        T* of_gradients = grad_outputs<K>() + tile * rows<K> * output_row<K>;
        if constexpr (terms<Factor<K>> == 2) {
            kernels::store_pair_rows<features>(input, of_inputs, input_row<K>);
            kernels::store_pair_rows<outputs>(grad_output, of_gradients, output_row<K>);
        } else {
            kernels::store_rows<features>(input, of_inputs);
            kernels::store_rows<outputs>(grad_output, of_gradients);
        }
    }

private:
    template <std::size_t K>
    using Layer = typename Plan::template Stage<K>::Layer;
    template <std::size_t K>
    using Factor = typename Layer<K>::template Factor<typename Plan::template Stage<K>::template Forward<V>>;
    /// How many rows a tile has.
    template <std::size_t K>
    static constexpr std::size_t rows = lane_count<V> / terms<Factor<K>>;
    template <std::size_t K>
    static constexpr std::size_t input_row = kernels::row_length<V>(Layer<K>::input_shape::size);
    template <std::size_t K>
    static constexpr std::size_t output_row = kernels::row_length<V>(Layer<K>::output_shape::size);
    template <std::size_t K>
    static consteval std::size_t numbers_of() {
        if constexpr (Plan::template batched<K>) {
            return rows<K> * (input_row<K> + output_row<K>);
        } else {
            return 0;
        }
    }

    /// Where the rows of each stage begin, in numbers for each tile.
    static constexpr auto offsets = []<std::size_t... K>(std::index_sequence<K...>) {
        return graph::running_sums(std::array<std::size_t, Plan::stage_count>{numbers_of<K>()...});
    }(std::make_index_sequence<Plan::stage_count>{});

    std::size_t tiles_;
    AlignedVector<T> numbers_;
};

}  // namespace CTCNN_DETAIL::run
