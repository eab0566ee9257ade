// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/single_image.hpp>
#include <ctcnn/kernels/transpose_channels.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels {

namespace detail {
/// How many rows of weights, `row` numbers long, are taken at a time against `columns` vectors. Rows that lie whole
/// pages apart share one set of the L1 cache, which holds only a few of them.
template <typename T>
consteval std::size_t rows_at_once(std::size_t count, std::size_t columns, std::size_t row) {
    const std::size_t rows = choose_rows(count, columns);
    return row * sizeof(T) % 4096 == 0 ? std::min<std::size_t>(rows, 8) : rows;
}
}  // namespace detail

/// linear_forward: output(o) = f(bias(o) + sum over i of weight(o, i) * input(i)); bias may be nullptr.
/// Several tiles of images share each weight that is read; each is computed as if it were alone. Not inlined: training
/// and inference share it. Inputs and weights are Factors, that is V or pairs in the place of V (kernels/pairs.hpp).
/// Layouts  input (Inputs) of each tile, weight (Outputs, Inputs), output (Outputs) of each tile
template <std::size_t Inputs, std::size_t Outputs, typename Activation, Number V, std::size_t Tiles, typename Bias,
          typename Factor = V, typename Crew = OneThread>
[[gnu::noinline]] constexpr void linear_forward(std::array<const V*, Tiles> input, const scalar_t<V>* weight, Bias bias,
                                                std::array<V*, Tiles> output, Crew crew = {}) {
    if constexpr (!is_lanes<V> && lanes_within<scalar_t<V>>(Inputs) > 1) {
        static_assert(Tiles == 1);
        if (!__builtin_is_constant_evaluated()) {
            linear_forward_wide<Inputs, Outputs, V>(input[0], weight, bias, output[0]);
            if constexpr (!std::is_same_v<Activation, NoFunction>) {
                map_wide<Activation>(output[0], Outputs);
            }
            return;
        }
    }
    constexpr std::size_t most = detail::rows_at_once<scalar_t<V>>(Outputs, Tiles, Inputs);
    for_each_piece<Outputs, most>([&](std::size_t o, auto rows) {
        if (!crew.takes(o / most)) {
            return;
        }
        constexpr std::size_t M = decltype(rows)::value;
        V sum[M * Tiles];
        clear_tile(sum, indices<M * Tiles>);
        const scalar_t<V>* factor = weight + o * Inputs;
        for (std::size_t i = 0; i < Inputs; ++i) {
            add_outer_product<M, Tiles>(
                sum,
                [&](std::size_t m)
                    __attribute__((always_inline)) { return broadcast_factor<Factor>(factor[m * Inputs + i]); },
                [&](std::size_t n) __attribute__((always_inline)) { return factor_in<Factor>(input[n][i]); });
        }
        unroll<M * Tiles>([&](std::size_t n) __attribute__((always_inline)) {
            output[n % Tiles][o + n / Tiles] = with_bias<Bias>(sum[n], bias_of<V>(bias, o + n / Tiles));
        });
    });
    if constexpr (!std::is_same_v<Activation, NoFunction>) {
        crew.barrier();
        const Range own = crew.share(Outputs);
        for (V* row : output) {
            map_row<Activation>(row + own.first, own.count());
        }
    }
}

/// linear_backward_input: the gradient of the input, sum over o of weight(o, i) * grad_output(o). `grad_input` holds
/// the input when the call begins; Before is the elementwise function that made it, whose derivative is applied on the
/// way. Several tiles share each weight, as in linear_forward. Weights and gradients of the outputs are Factors.
template <std::size_t Inputs, std::size_t Outputs, typename Before, Number V, std::size_t Tiles, typename Factor = V,
          typename Crew = OneThread>
[[gnu::noinline]] constexpr void linear_backward_input(std::array<V*, Tiles> grad_input, const scalar_t<V>* weight,
                                                       std::array<const V*, Tiles> grad_output, Crew crew = {}) {
    constexpr std::size_t most = choose_rows(Inputs, Tiles);
    for_each_piece<Inputs, most>([&](std::size_t i, auto rows) {
        if (!crew.takes(i / most)) {
            return;
        }
        constexpr std::size_t M = decltype(rows)::value;
        V sum[M * Tiles];
        clear_tile(sum, indices<M * Tiles>);
        const scalar_t<V>* factor = weight + i;
        // Each step leads a whole row on, so no processor foresees which weights the piece after the next will want.
        const std::size_t ahead = std::min(2 * M, Inputs - M - i);
        for (std::size_t o = 0; o < Outputs; ++o) {
            prefetch(factor + o * Inputs + ahead);
            add_outer_product<M, Tiles>(
                sum,
                [&](std::size_t m)
                    __attribute__((always_inline)) { return broadcast_factor<Factor>(factor[o * Inputs + m]); },
                [&](std::size_t n) __attribute__((always_inline)) { return factor_in<Factor>(grad_output[n][o]); });
        }
        unroll<M * Tiles>([&](std::size_t n) __attribute__((always_inline)) {
            V& element = grad_input[n % Tiles][i + n / Tiles];
            element = Before::backward(element, sum[n]);
        });
    });
}

/// The length of a row that holds the features of one image: filled up to whole vectors, and to one more where rows
/// would lie whole pages apart, since their numbers would then share one set of the L1 cache.
template <Number V>
constexpr std::size_t row_length(std::size_t features) {
    const std::size_t length = (features + lane_count<V> - 1) / lane_count<V> * lane_count<V>;
    return length * sizeof(scalar_t<V>) % set_period == 0 ? length + lane_count<V> : length;
}

/// store_rows: turns a tile of images round: features (Features) with an image in each lane become one row for each
/// image, rows (lanes, row_length). Each row is filled up to a whole vector with zeros.
template <std::size_t Features, Number V>
constexpr void store_rows(const V* features, scalar_t<V>* rows) {
    if constexpr (is_lanes<V>) {
        for (std::size_t first = 0; first < Features; first += lane_count<V>) {
            transpose_channels<V>(features + first, 1, Features - first, rows + first, row_length<V>(Features));
        }
    } else {
        for (std::size_t i = 0; i < Features; ++i) {
            rows[i] = features[i];
        }
    }
}

/// How many rows of images linear_backward_weight takes at a time.
inline constexpr std::size_t rows_near = near_bytes / 256;

/// ImageRows: what the gradients of the parameters are sums of: rows of inputs and of gradients of the outputs, one for
/// each image.
/// Layouts  inputs (images, row_length(Inputs)), grad_outputs (images, row_length(Outputs))
template <std::size_t Inputs, std::size_t Outputs, Number V>
struct ImageRows {
    using Factor = V;
    using T = scalar_t<V>;

    const T* inputs;
    const T* grad_outputs;

    /// How many numbers there are of so many tiles.
    static constexpr std::size_t input_numbers(std::size_t tiles) { return tiles * lane_count<V> * next_inputs; }
    static constexpr std::size_t gradient_numbers(std::size_t tiles) { return tiles * lane_count<V> * next_gradients; }
    /// Stores what there is of a tile, an image in each lane.
    static constexpr void store(std::size_t tile, const V* input, const V* grad_output, T* inputs, T* grad_outputs) {
        store_rows<Inputs>(input, inputs + input_numbers(tile));
        store_rows<Outputs>(grad_output, grad_outputs + gradient_numbers(tile));
    }

    /// From a row to the next, and from an output to the next.
    static constexpr std::size_t next_inputs = row_length<V>(Inputs);
    static constexpr std::size_t next_gradients = row_length<V>(Outputs);
    static constexpr std::size_t next_output = 1;

    constexpr const T* inputs_from(std::size_t i, std::size_t row) const { return inputs + i + row * next_inputs; }
    constexpr const T* gradients_of(std::size_t o, std::size_t row) const {
        return grad_outputs + o + row * next_gradients;
    }
};

/// linear_backward_weight: grad_weight(o, i) = sum over n of grad_output(n, o) * input(n, i) for the inputs first, ...,
/// last - 1. With `add_first`, the sums are added to what is there. The images are the rows of ImageRows or PairPanels
/// (kernels/pairs.hpp), so a vector of V runs along the inputs and no lane is ever summed. They are taken in portions
/// (128 where registers have 64 bytes), whose gradients and two vectors of inputs stay near while all outputs pass by.
/// first and last are multiples of two vectors, or last is Inputs.
template <std::size_t Inputs, std::size_t Outputs, typename Rows, typename T>
constexpr void linear_backward_weight(const Rows& of_images, std::size_t images, std::size_t first, std::size_t last,
                                      bool add_first, T* grad_weight) {
    using Factor = typename Rows::Factor;
    using V = sum_t<Factor>;
    const std::size_t rows_of_images = (images + terms<Factor> - 1) / terms<Factor>;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t portion = rows_near;

    const auto columns_from = [&](std::size_t i, auto columns, std::size_t from, std::size_t to, bool add) {
        for_each_piece<Outputs, choose_rows(Outputs, 2)>([&](std::size_t o, auto rows) {
            constexpr std::size_t M = decltype(rows)::value;
            constexpr std::size_t N = decltype(columns)::value;
            V sum[M * N];
            clear_tile(sum, indices<M * N>);
            T* target = grad_weight + o * Inputs + i;
            const T* x = of_images.inputs_from(i, from);
            const T* g = of_images.gradients_of(o, from);
            for (std::size_t row = 0; row < to - from; ++row) {
                const T* pixels = forget_origin(x + row * Rows::next_inputs);
                const T* gradients = g + row * Rows::next_gradients;
                add_outer_product<M, N>(
                    sum,
                    [&](std::size_t m) __attribute__((always_inline)) {
                        return broadcast_factor<Factor>(gradients[m * Rows::next_output]);
                    },
                    [&](std::size_t n)
                        __attribute__((always_inline)) { return load_factor<Factor>(pixels + n * lanes); });
            }
            // The last vector of a row may reach over its end: what lies there is not stored.
            store_tile<M, N, V>(target, Inputs, sum, Inputs - i, add);
        });
    };
    for (std::size_t from = 0; from < rows_of_images; from += portion) {
        const std::size_t to = std::min(rows_of_images, from + portion);
        const bool add = add_first || from != 0;
        // Only the end of the row can be one vector alone.
        constexpr std::size_t pairs_end = (Inputs + lanes - 1) / (2 * lanes) * (2 * lanes);
        for (std::size_t i = first; i < std::min(last, pairs_end); i += 2 * lanes) {
            columns_from(i, Index<2>{}, from, to, add);
        }
        if constexpr (pairs_end < Inputs) {
            if (pairs_end < last) {
                columns_from(pairs_end, Index<1>{}, from, to, add);
            }
        }
    }
}

/// How many images sum_rows sums one by one.
inline constexpr std::size_t images_of_portion = 256;

/// sum_rows: sums(o) = sum over n of rows(n, o), in portions, so that rounding errors hardly grow with the number of
/// images; with `add`, added to what is there. One function, whatever the layer.
/// Layouts  rows (images, next), sums (count)
template <Number V>
[[gnu::noinline]] constexpr void sum_rows(const scalar_t<V>* rows, std::size_t next, std::size_t images, bool add,
                                          scalar_t<V>* sums, std::size_t count) {
    const std::size_t portions = (images + images_of_portion - 1) / images_of_portion;
    for (std::size_t o = 0; o < count; o += lane_count<V>) {
        const V all = pairwise_sum<V>(0, portions, [&](V before, std::size_t portion) {
            V sum{};
            const std::size_t end = std::min(images, (portion + 1) * images_of_portion);
            for (std::size_t image = portion * images_of_portion; image < end; ++image) {
                sum = sum + load_factor<V>(rows + image * next + o);
            }
            return before + sum;
        });
        store_tile<1, 1, V>(sums + o, count, &all, count - o, add);
    }
}

/// linear_backward_bias: grad_bias(o) = sum over n of grad_output(n, o); with `add`, added to what is there.
template <std::size_t Inputs, std::size_t Outputs, Number V>
constexpr void linear_backward_bias(const ImageRows<Inputs, Outputs, V>& rows, std::size_t images, bool add,
                                    scalar_t<V>* grad_bias) {
    sum_rows<V>(rows.grad_outputs, rows.next_gradients, images, add, grad_bias, Outputs);
}

}  // namespace CTCNN_DETAIL::kernels
