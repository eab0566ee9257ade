// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/plan.hpp>

namespace CTCNN_DETAIL::run {

/// Rows: what batched gradients are computed from: for each stage that has one, its inputs and the gradients of its
/// outputs, a row for each image, or for each pair of images, in the form that the layer says.
template <typename Plan, Number V>
class Rows {
    template <std::size_t K>
    using Stage = typename Plan::template Stage<K>;
    template <std::size_t K>
    using OfStage = typename Stage<K>::Layer::template Rows<typename Stage<K>::template Forward<V>>;

public:
    using T = scalar_t<V>;

    constexpr explicit Rows(std::size_t tiles) : tiles_(tiles), numbers_(offset<Plan::stage_count>()) {}

    /// What stage K has.
    template <std::size_t K>
    constexpr OfStage<K> of() {
        return {inputs<K>(), grad_outputs<K>()};
    }

    /// Stores what stage K has of a tile, an image in each lane.
    template <std::size_t K>
    constexpr void store(std::size_t tile, const V* input, const V* grad_output) {
        OfStage<K>::store(tile, input, grad_output, inputs<K>(), grad_outputs<K>());
    }

private:
    template <std::size_t K>
    constexpr T* inputs() {
        return numbers_.data() + offset<K>();
    }
    template <std::size_t K>
    constexpr T* grad_outputs() {
        return inputs<K>() + OfStage<K>::input_numbers(tiles_);
    }
    /// Where the rows of stage K begin.
    template <std::size_t K>
    constexpr std::size_t offset() const {
        std::size_t sum = 0;
        Plan::template for_each_stage<0, K>([&](auto k) {
            if constexpr (Plan::template batched<decltype(k)::value>) {
                using Before = OfStage<decltype(k)::value>;
                sum += Before::input_numbers(tiles_) + Before::gradient_numbers(tiles_);
            }
        });
        return sum;
    }

    std::size_t tiles_;
    AlignedArray<T> numbers_;
};

}  // namespace CTCNN_DETAIL::run
