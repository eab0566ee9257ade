// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// ByDefinition: the formulas as loops, a product at a time; the reference for the other ways.
struct ByDefinition : Way {
    static constexpr const char* name = "by definition";
    static constexpr bool has(Direction direction) { return direction != Direction::backward; }
    template <typename Stage>
    static constexpr bool possible = true;
    template <typename Stage>
    static constexpr bool profitable(Direction) {
        return true;
    }

    template <typename Stage, typename Bias>
    static constexpr void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                                  typename Stage::V* output, typename Stage::V*) {
        using V = typename Stage::V;
        constexpr const Conv2dGeometry& G = Stage::geometry;
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            for (std::size_t h = 0; h < Stage::Out::height; ++h) {
                for (std::size_t w = 0; w < Stage::Out::width; ++w) {
                    V sum{};
                    for (std::size_t i = 0; i < G.group_inputs(); ++i) {
                        for (std::size_t k = 0; k < G.taps(); ++k) {
                            sum = multiply_add(broadcast<V>(weight[G.weight(o, i, 0, k)]),
                                               input[pixel<Stage>(o, i, k, h, w)], sum);
                        }
                    }
                    output[Stage::Out::offset(o, h, w)] =
                        Stage::Function::forward(with_bias<Bias>(sum, bias_of<V>(bias, o)));
                }
            }
        }
    }
    template <typename Stage>
    static constexpr void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                                         const typename Stage::V* grad_output, typename Stage::V*) {
        using V = typename Stage::V;
        using Out = typename Stage::Out;
        constexpr const Conv2dGeometry& G = Stage::geometry;
        constexpr const Window& window = G.window;
        for (std::size_t c = 0; c < G.in_channels; ++c) {
            for (std::size_t h = 0; h < Stage::In::height; ++h) {
                for (std::size_t w = 0; w < Stage::In::width; ++w) {
                    V sum{};
                    for (std::size_t k = 0; k < G.taps(); ++k) {
                        const Tap row = tap_at(h, k / window.kernel.width, window.stride.height, window.padding.height,
                                               window.dilation.height, Out::height);
                        const Tap column = tap_at(w, k % window.kernel.width, window.stride.width, window.padding.width,
                                                  window.dilation.width, Out::width);
                        const std::size_t first = c / G.group_inputs() * G.group_outputs();
                        for (std::size_t o = first; row.valid && column.valid && o < first + G.group_outputs(); ++o) {
                            sum = multiply_add(broadcast<V>(weight[G.weight(o, c % G.group_inputs(), 0, k)]),
                                               grad_output[Out::offset(o, row.output, column.output)], sum);
                        }
                    }
                    V& element = grad_input[Stage::In::offset(c, h, w)];
                    element = Stage::Function::backward(element, sum);
                }
            }
        }
    }
    template <typename Stage>
    static constexpr void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                              bool add, typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                              typename Stage::V*) {
        using V = typename Stage::V;
        constexpr const Conv2dGeometry& G = Stage::geometry;
        const auto sum_of = [](const auto& term) {
            V sum{};
            for (std::size_t h = 0; h < Stage::Out::height; ++h) {
                for (std::size_t w = 0; w < Stage::Out::width; ++w) {
                    sum += term(h, w);
                }
            }
            return sum_lanes(sum);
        };
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            for (std::size_t i = 0; i < G.group_inputs(); ++i) {
                for (std::size_t k = 0; k < G.taps(); ++k) {
                    const auto sum = sum_of([&](std::size_t h, std::size_t w) {
                        return grad_output[Stage::Out::offset(o, h, w)] * input[pixel<Stage>(o, i, k, h, w)];
                    });
                    auto& element = grad_weight[G.weight(o, i, 0, k)];
                    element = add ? element + sum : sum;
                }
            }
            if (grad_bias != nullptr) {
                const auto sum =
                    sum_of([&](std::size_t h, std::size_t w) { return grad_output[Stage::Out::offset(o, h, w)]; });
                grad_bias[o] = add ? grad_bias[o] + sum : sum;
            }
        }
    }

private:
    /// Where the element of the input lies that output (o, h, w) multiplies by weight (o, i, k), k = kh * Kw + kw.
    template <typename Stage>
    static constexpr std::size_t pixel(std::size_t o, std::size_t i, std::size_t k, std::size_t h, std::size_t w) {
        constexpr const Conv2dGeometry& G = Stage::geometry;
        constexpr const Window& window = G.window;
        return Stage::corner + (o / G.group_outputs() * G.group_inputs() + i) * Stage::In::plane +
               (h * window.stride.height + k / window.kernel.width * window.dilation.height) * Stage::In::row +
               w * window.stride.width + k % window.kernel.width * window.dilation.width;
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d
