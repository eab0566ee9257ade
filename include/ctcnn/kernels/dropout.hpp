// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels {

/// What the elements of all lanes are multiplied with: 0 with probability p, else 1 / (1 - p). The random number of an
/// element is below p, as a fraction of 2^32, for 0.
template <std::size_t Count, Number V, typename Draws>
[[gnu::noinline]] constexpr void dropout_factors(double p, const Draws& draws, V* factors) {
    using T = scalar_t<V>;
    const auto limit = static_cast<std::uint64_t>(p * 0x1p32);
    const T kept = p < 1 ? static_cast<T>(1 / (1 - p)) : T(0);
    for (std::size_t block = 0; 4 * block < Count; ++block) {
        draws.block(block, [&](std::size_t n, const std::array<std::uint32_t, lane_count<V>>& bits) {
            if (4 * block + n < Count) {
                for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                    set_lane(factors[4 * block + n], lane, bits[lane] < limit ? T(0) : kept);
                }
            }
        });
    }
}

/// output = f(input * factor); `Together` elements have the same factor.
template <std::size_t Together, typename Stage>
constexpr void dropout_forward(const typename Stage::V* input, const typename Stage::V* factors,
                               typename Stage::V* output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                const V factor = factors[((c * In::height + h) * In::width + w) / Together];
                output[Out::offset(c, h, w)] = Stage::Function::forward(input[In::offset(c, h, w)] * factor);
            }
        }
    }
}

/// The gradient is multiplied with the same factors. `grad_input` holds the input when the call begins.
template <std::size_t Together, typename Stage>
constexpr void dropout_backward(typename Stage::V* grad_input, const typename Stage::V* factors,
                                const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                const V factor = factors[((c * In::height + h) * In::width + w) / Together];
                V& element = grad_input[In::offset(c, h, w)];
                element = Stage::Function::backward(element, grad_output[Out::offset(c, h, w)] * factor);
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels
