// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/transposed.hpp>
#include <ctcnn/kernels/conv2d/winograd_plan.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// weight (Co, Ci, Kh, Kw) -> (points, Co, Ci, Kh), each point's filled up to whole numbers V.
template <typename Plan, Number V>
[[gnu::noinline]] void winograd_weight(const scalar_t<V>* weight, V* transformed) {
    using T = scalar_t<V>;
    constexpr std::size_t width = Plan::kernel.width;
    constexpr std::size_t count = Plan::at_point.weights();
    // The lanes are rows of the kernels.
    for (std::size_t i = 0; i < count; i += lane_count<V>) {
        const T* rows = weight + i * width;
        T last[lane_count<V> * width]{};
        if (count - i < lane_count<V>) {
            std::copy_n(rows, (count - i) * width, last);
            rows = last;
        }
        V columns[width];
        load_columns<width>(rows, columns);
        V values[Plan::count];
        Plan::Points::template evaluate<width>(columns, values);
        unroll<Plan::count>([&](std::size_t f) __attribute__((always_inline)) {
            transformed[f * Plan::template weight_numbers<V> + i / lane_count<V>] =
                values[f] * broadcast<V>(static_cast<T>(Plan::Points::scale[f]));
        });
    }
}

/// The way back for gradients, (points, Co, Ci, Kh) -> (Co, Ci, Kh, Kw).
template <typename Plan, Number V>
[[gnu::noinline]] void winograd_grad_weight(const V* transformed, bool add, scalar_t<V>* grad_weight) {
    using T = scalar_t<V>;
    constexpr std::size_t width = Plan::kernel.width;
    constexpr std::size_t count = Plan::at_point.weights();
    for (std::size_t i = 0; i < count; i += lane_count<V>) {
        V values[Plan::count];
        unroll<Plan::count>([&](std::size_t f) __attribute__((always_inline)) {
            values[f] = transformed[f * Plan::template weight_numbers<V> + i / lane_count<V>] *
                        broadcast<V>(static_cast<T>(Plan::Points::scale[f]));
        });
        V columns[width];
        Plan::Points::template collect<width>(values, columns);
        T rows[lane_count<V> * width];
        store_columns<width>(columns, rows);
        for (std::size_t n = 0; n < std::min(lane_count<V>, count - i) * width; ++n) {
            T& element = grad_weight[i * width + n];
            element = add ? element + rows[n] : rows[n];
        }
    }
}

/// The weights are scaled for all points. Where a piece has fewer, by this factor its values become those that they
/// should be multiplied with.
template <typename Plan, typename Points, Number V>
[[gnu::always_inline]] inline V rescaled(std::size_t f, V value) {
    if constexpr (Points::count == Plan::count) {
        return value;
    } else {
        return value * broadcast<V>(static_cast<scalar_t<V>>(Plan::Points::template scale_ratio<Points::count>[f]));
    }
}

/// A piece's columns of the input, (Ci, rows, points) -> (points, Ci, Pieces, rows), in the place of one piece. Forward
/// rescales the input; backward the gradients, which meet both weights and input.
template <typename Plan, typename Points, std::size_t Pieces, bool Rescale, Number V>
[[gnu::noinline]] void winograd_input(const V* input, std::size_t begin, V* transformed) {
    using In = typename Plan::In;
    constexpr const Conv2dGeometry& G = Plan::geometry;
    constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width;
    for (std::size_t c = 0; c < G.in_channels; ++c) {
        for (std::size_t h = 0; h < Plan::rows; ++h) {
            V x[Points::count];
            winograd::take<Points::count, Plan::template last_begin<Points>, Plan::columns>(
                input + corner + c * In::plane + h * In::row, begin, x);
            V values[Points::count];
            Points::points_of_inputs(x, values);
            unroll<Points::count>([&](std::size_t f) __attribute__((always_inline)) {
                transformed[f * Plan::template input_step<Pieces> + c * Plan::template Input<Pieces>::plane + h] =
                    Rescale ? rescaled<Plan, Points>(f, values[f]) : values[f];
            });
        }
    }
}

/// A piece's columns of the gradient of the output, (Co, Ho, m) -> (points, Co, portion, Ho), in the place of one
/// piece.
template <typename Plan, typename Points, Number V>
[[gnu::noinline]] void winograd_grad_output(const V* grad_output, std::size_t begin, V* transformed) {
    using Out = typename Plan::Out;
    constexpr std::size_t outputs = Plan::outputs_of(Points::count);
    for (std::size_t o = 0; o < Out::channels; ++o) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            V y[outputs];
            winograd::take<outputs, Plan::template last_begin<Points>, Out::width>(grad_output + Out::offset(o, h, 0),
                                                                                   begin, y);
            V values[Points::count];
            Points::template evaluate<outputs>(y, values);
            unroll<Points::count>([&](std::size_t f) __attribute__((always_inline)) {
                transformed[f * Plan::template output_step<Plan::portion> +
                            o * Plan::template Output<Plan::portion>::plane + h] = rescaled<Plan, Points>(f, values[f]);
            });
        }
    }
}

/// The way back for the gradient of the input, (points, Ci, portion, rows) -> (Ci, Hi, Wi). `shared` holds what the
/// piece before has left of the columns that it shares with this one, and then what this one leaves for the next.
template <typename Plan, typename Points, typename Before, Number V>
[[gnu::noinline]] void winograd_grad_input(const V* transformed, std::size_t begin, V* shared, V* grad_input) {
    using In = typename Plan::In;
    using Out = typename Plan::Out;
    constexpr const Conv2dGeometry& G = Plan::geometry;
    constexpr std::size_t padding = G.window.padding.width;
    constexpr std::size_t outputs = Plan::outputs_of(Points::count);
    const std::size_t finished = begin + outputs < Out::width ? outputs : Points::count;
    for (std::size_t c = 0; c < G.in_channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            const std::size_t row = h + G.window.padding.height;
            V values[Points::count];
            unroll<Points::count>([&](std::size_t f) __attribute__((always_inline)) {
                values[f] = transformed[f * Plan::template input_step<Plan::portion> +
                                        c * Plan::template Input<Plan::portion>::plane + row];
            });
            V x[Points::count];
            Points::inputs_of_points(values, x);
            V* part = shared + (c * Plan::rows + row) * Plan::shared;
            unroll<Plan::shared>([&](std::size_t n) __attribute__((always_inline)) {
                if (begin != 0) {
                    x[n] += part[n];
                }
            });
            unroll<Plan::shared>([&](std::size_t n) __attribute__((always_inline)) { part[n] = x[outputs + n]; });
            V* target = grad_input + In::offset(c, h, 0);
            unroll<Points::count>([&](std::size_t n) __attribute__((always_inline)) {
                if (n < finished && begin + n >= padding && begin + n - padding < In::width) {
                    V& element = target[begin + n - padding];
                    element = Before::backward(element, x[n]);
                }
            });
        }
    }
}

template <typename Stage, typename Bias>
void winograd_forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                      typename Stage::V* output, typename Stage::V* scratch) {
    using Out = typename Stage::Out;
    using Activation = typename Stage::Function;
    using V = typename Stage::V;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Plan = WinogradPlan<G, typename Stage::In, Out>;
    static_assert(Plan::possible);
    constexpr std::size_t input_step = Plan::template input_step<1>;
    constexpr std::size_t output_step = Plan::template output_step<1>;
    constexpr std::size_t weight_numbers = Plan::template weight_numbers<V>;
    V* weights = scratch;
    V* inputs = weights + Plan::count * weight_numbers;
    V* outputs = inputs + Plan::count * input_step;

    winograd_weight<Plan>(weight, weights);
    const auto filter = [&](auto points, std::size_t begin) {
        using Points = decltype(points);
        constexpr std::size_t columns = Plan::outputs_of(Points::count);
        winograd_input<Plan, Points, 1, true>(input, begin, inputs);
        for (std::size_t f = 0; f < Points::count; ++f) {
            direct_forward_rows<typename Plan::template Stage<1, V>>(
                inputs + f * input_step, reinterpret_cast<const scalar_t<V>*>(weights + f * weight_numbers), nullptr,
                outputs + f * output_step, {0, 1});
        }
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            const V end = bias_of<V>(bias, o);
            for (std::size_t h = 0; h < Out::height; ++h) {
                V values[Points::count];
                unroll<Points::count>([&](std::size_t f) __attribute__((always_inline)) {
                    values[f] = outputs[f * output_step + o * Plan::template Output<1>::plane + h];
                });
                V result[columns];
                Points::template collect<columns>(values, result);
                V* target = output + Out::offset(o, h, begin);
                unroll<columns>([&](std::size_t n) __attribute__((always_inline)) {
                    if (begin + n < Out::width) {
                        target[n] = Activation::forward(with_bias<Bias>(result[n], end));
                    }
                });
            }
        }
    };
    constexpr std::size_t last = (Plan::pieces - 1) * Plan::outputs;
    for (std::size_t begin = 0; begin < last; begin += Plan::outputs) {
        filter(typename Plan::Points{}, begin);
    }
    filter(typename Plan::LastPoints{}, last);
}

/// Both directions backward. The gradient of the weights is left out where grad_weight is null; that of the input where
/// the input is const, and then `weight` may be null.
template <typename Stage, typename Image>
void winograd_backward(Image* input, const typename Stage::T* weight, const typename Stage::V* grad_output, bool add,
                       typename Stage::T* grad_weight, typename Stage::T* grad_bias, typename Stage::V* scratch) {
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = typename Stage::T;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Plan = WinogradPlan<G, typename Stage::In, Out>;
    static_assert(Plan::possible);
    constexpr std::size_t portion = Plan::portion;
    using AtPoint = typename Plan::template Stage<portion, V>;
    constexpr std::size_t input_step = Plan::template input_step<portion>;
    constexpr std::size_t output_step = Plan::template output_step<portion>;
    constexpr std::size_t weight_numbers = Plan::template weight_numbers<V>;
    V* weights = scratch;
    V* grad_weights = weights + Plan::count * weight_numbers;
    V* inputs = grad_weights + Plan::count * weight_numbers;
    V* outputs = inputs + Plan::count * input_step;
    V* shared = outputs + Plan::count * output_step;
    [[maybe_unused]] V* transposed = shared + Plan::shared * Plan::template Input<1>::size;

    if constexpr (!std::is_const_v<Image>) {
        winograd_weight<Plan>(weight, weights);
    }
    for (std::size_t first = 0; first < Plan::pieces; first += portion) {
        const std::size_t here = std::min(portion, Plan::pieces - first);
        const bool last = first + here == Plan::pieces;
        // Calls f(points of the piece, piece) for the pieces of the portion.
        const auto for_each_piece_here = [&](const auto& f) {
            for (std::size_t piece = 0; piece < (last ? here - 1 : here); ++piece) {
                f(typename Plan::Points{}, piece);
            }
            if (last) {
                f(typename Plan::LastPoints{}, here - 1);
            }
        };
        for_each_piece_here([&](auto points, std::size_t piece) {
            const std::size_t begin = (first + piece) * Plan::outputs;
            if (grad_weight != nullptr) {
                winograd_input<Plan, decltype(points), portion, false, V>(input, begin, inputs + piece * Plan::rows);
            }
            winograd_grad_output<Plan, decltype(points)>(grad_output, begin, outputs + piece * Out::height);
        });
        for (std::size_t f = 0; f < Plan::count; ++f) {
            V* input_here = inputs + f * input_step;
            const V* output_here = outputs + f * output_step;
            // A row of this convolution is a piece.
            const Range present{0, last && f >= Plan::LastPoints::count ? here - 1 : here};
            if (grad_weight != nullptr) {
                T* target = reinterpret_cast<T*>(grad_weights + f * weight_numbers);
                if constexpr (Plan::template transposes<V>) {
                    transposed_backward_weight<AtPoint>(input_here, output_here, first != 0, target, transposed,
                                                        present);
                } else {
                    direct_backward_parameters<AtPoint>(input_here, output_here, first != 0, target, nullptr, present);
                }
            }
            if constexpr (!std::is_const_v<Image>) {
                direct_backward_input<AtPoint>(input_here, reinterpret_cast<const T*>(weights + f * weight_numbers),
                                               output_here, present);
            }
        }
        if constexpr (!std::is_const_v<Image>) {
            for_each_piece_here([&](auto points, std::size_t piece) {
                winograd_grad_input<Plan, decltype(points), typename Stage::Function>(
                    inputs + piece * Plan::rows, (first + piece) * Plan::outputs, shared, input);
            });
        }
    }
    if (grad_weight != nullptr) {
        winograd_grad_weight<Plan>(grad_weights, add, grad_weight);
    }
    backward_bias<Stage>(grad_output, add, grad_bias);
}

/// Winograd: rows are filtered with fewer multiplications, tiles of images with stride and dilation 1.
struct Winograd : Way {
    static constexpr const char* name = "winograd";
    template <typename Stage>
    using Plan = WinogradPlan<Stage::geometry, typename Stage::In, typename Stage::Out>;

    static constexpr bool has(Direction) { return true; }
    template <typename Stage>
    static constexpr bool possible = is_lanes<typename Stage::V> && Plan<Stage>::possible;
    template <typename Stage>
    static constexpr bool profitable(Direction) {
        return Plan<Stage>::pays;
    }
    template <typename Stage>
    static constexpr std::size_t scratch_size = Plan<Stage>::template scratch_numbers<typename Stage::V>;

    template <typename Stage, typename Bias>
    static void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V* scratch) {
        winograd_forward<Stage>(input, weight, bias, output, scratch);
    }
    template <typename Stage>
    static void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                               const typename Stage::V* grad_output, typename Stage::V* scratch) {
        winograd_backward<Stage>(grad_input, weight, grad_output, false, nullptr, nullptr, scratch);
    }
    template <typename Stage>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch) {
        winograd_backward<Stage>(input, nullptr, grad_output, add, grad_weight, grad_bias, scratch);
    }
    template <typename Stage>
    static void backward(typename Stage::V* grad_input, const typename Stage::T* weight,
                         const typename Stage::V* grad_output, bool add, typename Stage::T* grad_weight,
                         typename Stage::T* grad_bias, typename Stage::V* scratch) {
        winograd_backward<Stage>(grad_input, weight, grad_output, add, grad_weight, grad_bias, scratch);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d
