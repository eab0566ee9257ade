// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/kernels/linear.hpp>

namespace CTCNN_DETAIL::run {

/// Rows: what batched gradients are computed from: for each stage that has one, its inputs and the gradients of its
/// outputs, a row for each image.
/// Layouts  inputs (images, row_length(inputs)), grad_outputs (images, row_length(outputs)), of each stage one after
///          the other
template <typename Plan, Number V>
class Rows {
public:
    using T = scalar_t<V>;

    constexpr explicit Rows(std::size_t tiles)
        : images_(tiles * lane_count<V>), numbers_(images_ * offsets[Plan::stage_count]) {}

    template <std::size_t K>
    constexpr T* inputs() {
        return numbers_.data() + images_ * offsets[K];
    }
    template <std::size_t K>
    constexpr T* grad_outputs() {
        return inputs<K>() + images_ * input_row<K>;
    }

    /// Stores what stage K has of a tile, an image in each lane.
    template <std::size_t K>
    constexpr void store(std::size_t tile, const V* input, const V* grad_output) {
        const std::size_t image = tile * lane_count<V>;
        kernels::store_rows<Layer<K>::input_shape::size>(input, inputs<K>() + image * input_row<K>);
        kernels::store_rows<Layer<K>::output_shape::size>(grad_output, grad_outputs<K>() + image * output_row<K>);
    }

private:
    template <std::size_t K>
    using Layer = typename Plan::template Stage<K>::Layer;
    template <std::size_t K>
    static constexpr std::size_t input_row = kernels::row_length<V>(Layer<K>::input_shape::size);
    template <std::size_t K>
    static constexpr std::size_t output_row = kernels::row_length<V>(Layer<K>::output_shape::size);

    /// Where the rows of each stage begin, in numbers for each image.
    static constexpr auto offsets = []<std::size_t... K>(std::index_sequence<K...>) {
        return graph::running_sums(std::array<std::size_t, Plan::stage_count>{
            (Plan::template batched<K> ? input_row<K> + output_row<K> : 0)...});
    }(std::make_index_sequence<Plan::stage_count>{});

    std::size_t images_;
    AlignedVector<T> numbers_;
};

}  // namespace CTCNN_DETAIL::run
