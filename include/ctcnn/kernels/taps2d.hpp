// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

// Linear maps of images that treat height and width one after the other, with weights that are known when the program
// is compiled: means over windows of different sizes, interpolation. A map of an axis is a type with
//     inputs, outputs                   the sizes of the axis
//     support(output) -> Range          the inputs that an output is made of; both ends grow with the output
//     weight(output, input) -> double   their weights, none of which is 0
namespace CTCNN_DETAIL::kernels {

/// Taps: a map of an axis as a table: element n is the sum of weights[begin[n] + i] times element first[n] + i.
template <typename T, std::size_t Outputs, std::size_t Count>
struct Taps {
    std::array<std::size_t, Outputs> first{};
    std::array<std::size_t, Outputs + 1> begin{};
    std::array<T, Count> weights{};
};

/// The number of weights.
template <typename Axis>
inline constexpr std::size_t taps_count = [] {
    std::size_t count = 0;
    for (std::size_t output = 0; output < Axis::outputs; ++output) {
        count += Axis::support(output).count();
    }
    return count;
}();

template <typename Axis, typename T>
inline constexpr auto taps = [] {
    Taps<T, Axis::outputs, taps_count<Axis>> table;
    std::size_t next = 0;
    for (std::size_t output = 0; output < Axis::outputs; ++output) {
        const Range support = Axis::support(output);
        table.first[output] = support.first;
        table.begin[output] = next;
        for (std::size_t input = support.first; input < support.last; ++input) {
            table.weights[next++] = static_cast<T>(Axis::weight(output, input));
        }
    }
    table.begin[Axis::outputs] = next;
    return table;
}();

/// The transposed map, which gradients take: the outputs that an input is part of lie side by side.
template <typename Axis, typename T>
inline constexpr auto transposed_taps = [] {
    Taps<T, Axis::inputs, taps_count<Axis>> table;
    std::size_t next = 0;
    std::size_t first = 0;
    for (std::size_t input = 0; input < Axis::inputs; ++input) {
        while (first < Axis::outputs && Axis::support(first).last <= input) {
            ++first;
        }
        table.first[input] = first;
        table.begin[input] = next;
        for (std::size_t output = first; output < Axis::outputs && Axis::support(output).first <= input; ++output) {
            table.weights[next++] = static_cast<T>(Axis::weight(output, input));
        }
    }
    table.begin[Axis::inputs] = next;
    return table;
}();

/// Applies a map of the rows and one of the columns to rows range.first, ..., range.last - 1 of the result:
/// store(element of the result, value).
template <typename From, typename To, Number V, typename Rows, typename Columns, typename Store>
[[gnu::always_inline]] constexpr void apply_taps(const Rows& rows, const Columns& columns, const V* from, V* to,
                                                 Range range, const Store& store) {
    for (std::size_t c = 0; c < To::channels; ++c) {
        for (std::size_t h = range.first; h < range.last; ++h) {
            for (std::size_t w = 0; w < To::width; ++w) {
                const V* corner = from + From::offset(c, rows.first[h], columns.first[w]);
                const std::size_t row = rows.begin[h];
                const std::size_t column = columns.begin[w];
                const V value = pairwise_sum<V>(0, rows.begin[h + 1] - row, [&](V sum, std::size_t i) {
                    const V of_row = pairwise_sum<V>(0, columns.begin[w + 1] - column, [&](V part, std::size_t j) {
                        return multiply_add(broadcast<V>(columns.weights[column + j]), corner[i * From::row + j], part);
                    });
                    return multiply_add(broadcast<V>(rows.weights[row + i]), of_row, sum);
                });
                store(to[To::offset(c, h, w)], value);
            }
        }
    }
}

/// Some rows of taps2d_forward.
template <typename Rows, typename Columns, typename Stage>
[[gnu::noinline]] constexpr void taps2d_forward_rows(const typename Stage::V* input, typename Stage::V* output,
                                                     Range range) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = scalar_t<V>;
    apply_taps<In, Out>(taps<Rows, T>, taps<Columns, T>, input, output, range,
                        [](V& element, V value) { element = Stage::Function::forward(value); });
}

/// taps2d_forward: output(c, h, w) = f(sum over i, j of Rows' weight(h, i) * Columns' weight(w, j) * input(c, i, j)).
/// Layouts  In (C, Hi, Wi); Out (C, Ho, Wo)
template <typename Rows, typename Columns, typename Stage>
constexpr void taps2d_forward(const typename Stage::V* input, typename Stage::V* output) {
    using Out = typename Stage::Out;
    taps2d_forward_rows<Rows, Columns, Stage>(input, output, {0, Out::height});
}

/// taps2d_backward: `grad_input` holds the input when the call begins and its gradient when it ends.
template <typename Rows, typename Columns, typename Stage>
[[gnu::noinline]] constexpr void taps2d_backward(typename Stage::V* grad_input, const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = scalar_t<V>;
    apply_taps<Out, In>(transposed_taps<Rows, T>, transposed_taps<Columns, T>, grad_output, grad_input, {0, In::height},
                        [](V& element, V value) { element = Stage::Function::backward(element, value); });
}

}  // namespace CTCNN_DETAIL::kernels
