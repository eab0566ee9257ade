// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace ctcnn::kernels {

/// linear_forward: output(o) = f(bias(o) + sum over i of weight(o, i) * input(i)); bias may be null.
/// Layouts  input (Inputs), weight (Outputs, Inputs), output (Outputs)
template <std::size_t Inputs, std::size_t Outputs, typename Activation, Number V>
constexpr void linear_forward(const V* input, const scalar_t<V>* weight, const scalar_t<V>* bias, V* output) {
    for_each_piece<Outputs, choose_rows(Outputs, 1)>([&](std::size_t o, auto rows) {
        constexpr std::size_t M = decltype(rows)::value;
        V sum[M];
        unroll<M>([&](auto m) __attribute__((always_inline)) {
            sum[m] = bias == nullptr ? V{} : broadcast<V>(bias[o + m]);
        });
        const scalar_t<V>* factor = weight + o * Inputs;
        for (std::size_t i = 0; i < Inputs; ++i) {
            add_outer_product<M, 1>(
                sum,
                [&](auto m) __attribute__((always_inline)) { return broadcast<V>(factor[m * Inputs + i]); },
                [&](auto) __attribute__((always_inline)) { return input[i]; });
        }
        unroll<M>([&](auto m) __attribute__((always_inline)) { output[o + m] = Activation::forward(sum[m]); });
    });
}

/// linear_backward_input: the gradient of the input, sum over o of weight(o, i) * grad_output(o). `grad_input` holds the
/// input when the call begins; Before is the elementwise function that made it, whose derivative is applied on the way.
template <std::size_t Inputs, std::size_t Outputs, typename Before, Number V>
constexpr void linear_backward_input(V* grad_input, const scalar_t<V>* weight, const V* grad_output) {
    for_each_piece<Inputs, choose_rows(Inputs, 1)>([&](std::size_t i, auto rows) {
        constexpr std::size_t M = decltype(rows)::value;
        V sum[M];
        unroll<M>([&](auto m) __attribute__((always_inline)) { sum[m] = V{}; });
        const scalar_t<V>* factor = weight + i;
        for (std::size_t o = 0; o < Outputs; ++o) {
            add_outer_product<M, 1>(
                sum,
                [&](auto m) __attribute__((always_inline)) { return broadcast<V>(factor[o * Inputs + m]); },
                [&](auto) __attribute__((always_inline)) { return grad_output[o]; });
        }
        unroll<M>([&](auto m) __attribute__((always_inline)) {
            grad_input[i + m] = Before::backward(grad_input[i + m], sum[m]);
        });
    });
}

/// The length of a row that holds the features of one image: filled up to whole vectors.
template <Number V>
constexpr std::size_t row_length(std::size_t features) {
    return (features + lane_count<V> - 1) / lane_count<V> * lane_count<V>;
}

/// store_rows: turns a tile of images round: features (Features) with an image in each lane become one row for each
/// image, rows (lanes, row_length). The end of each row is filled with zeros.
template <std::size_t Features, Number V>
constexpr void store_rows(const V* features, scalar_t<V>* rows) {
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t length = row_length<V>(Features);
    if constexpr (is_lanes<V>) {
        for_each_piece<Features, lanes>([&](std::size_t first, auto size) {
            constexpr std::size_t count = decltype(size)::value;
            std::array<V, lanes> block;
            unroll<lanes>([&](auto i) __attribute__((always_inline)) {
                if constexpr (i < count) {
                    block[i] = features[first + i];
                } else {
                    block[i] = V{};
                }
            });
            transpose(block);
            unroll<lanes>([&](auto lane) __attribute__((always_inline)) {
                block[lane].store(rows + lane * length + first);
            });
        });
    } else {
        for (std::size_t i = 0; i < Features; ++i) {
            rows[i] = features[i];
        }
    }
}

/// linear_backward_weight: grad_weight(o, i) = sum over n of grad_output(n, o) * input(n, i) and grad_bias(o) = sum over n of
/// grad_output(n, o), for the outputs first, ..., last - 1. With `add`, the sums are added to what is there.
/// The images are the rows of `input` and `grad_output`, so a vector of V runs along the inputs and no lane is ever summed.
/// Layouts  input (images, row_length(Inputs)), grad_output (images, row_length(Outputs)); grad_bias may be null
template <std::size_t Inputs, std::size_t Outputs, Number V>
constexpr void linear_backward_weight(const scalar_t<V>* input, const scalar_t<V>* grad_output, std::size_t images,
                                      std::size_t first, std::size_t last, bool add, scalar_t<V>* grad_weight,
                                      scalar_t<V>* grad_bias) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t vectors = (Inputs + lanes - 1) / lanes;
    constexpr RegisterTile tile = choose_tile(Outputs, vectors);
    constexpr std::size_t input_row = row_length<V>(Inputs);
    constexpr std::size_t output_row = row_length<V>(Outputs);

    const auto rows_of_outputs = [&](std::size_t o, auto rows) {
        constexpr std::size_t M = decltype(rows)::value;
        for_each_piece<vectors, tile.columns>([&](std::size_t begin, auto columns) {
            constexpr std::size_t N = decltype(columns)::value;
            V sum[M * N];
            unroll<M * N>([&](auto j) __attribute__((always_inline)) { sum[j] = V{}; });
            const T* x = input + begin * lanes;
            const T* g = grad_output + o;
            for (std::size_t image = 0; image < images; ++image) {
                add_outer_product<M, N>(
                    sum, [&](auto m) __attribute__((always_inline)) { return broadcast<V>(g[m]); },
                    [&](auto n) __attribute__((always_inline)) {
                        if constexpr (is_lanes<V>) {
                            return V::load(x + n * lanes);
                        } else {
                            return x[n];
                        }
                    });
                x += input_row;
                g += output_row;
            }
            unroll<M>([&](auto m) __attribute__((always_inline)) {
                unroll<N>([&](auto n) __attribute__((always_inline)) {
                    const std::size_t i = (begin + n) * lanes;
                    T* target = grad_weight + (o + m) * Inputs + i;
                    const V value = sum[m * N + n];
                    if constexpr (is_lanes<V>) {
                        if (i + lanes <= Inputs) {
                            (add ? V::load(target) + value : value).store(target);
                            return;
                        }
                    }
                    for (std::size_t lane = 0; i + lane < Inputs && lane < lanes; ++lane) {
                        target[lane] = (add ? target[lane] : T(0)) + get_lane(value, lane);
                    }
                });
            });
        });
    };
    std::size_t o = first;
    for (; o + tile.rows <= last; o += tile.rows) {
        rows_of_outputs(o, Index<tile.rows>{});
    }
    if constexpr (tile.rows > 1) {
        for (; o < last; ++o) {
            rows_of_outputs(o, Index<1>{});
        }
    }
    if (grad_bias != nullptr) {
        for (o = first; o < last; ++o) {
            T sum = add ? grad_bias[o] : T(0);
            for (std::size_t image = 0; image < images; ++image) {
                sum += grad_output[image * output_row + o];
            }
            grad_bias[o] = sum;
        }
    }
}

}  // namespace ctcnn::kernels
