// SPDX-License-Identifier: MIT
// Kernels that map each channel by a matrix for its rows and one for its columns (padding, resizing, means), against
// sums over the whole matrices, for a random case each.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

namespace linear_maps {

using ctcnn::detail_::Extent;
using ctcnn::detail_::Number;

/// The element of a matrix: how much an output of an axis takes of an input.
using Matrix = std::function<double(std::size_t output, std::size_t input)>;

/// The sizes of a case, and what it has besides.
struct Sizes {
    std::size_t channels;
    Extent input;
    Extent output;
    Extent input_border;
    Extent output_border;
    bool relu;  // applied to the output, and taken as the function that made the input
};

/// What is drawn for each case in the same way.
constexpr Sizes draw_sizes(Draw& draw, Extent input, Extent output) {
    return {draw.whole(1, 4),
            input,
            output,
            draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 2),
            draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 2),
            draw.once_in(3)};
}

template <Sizes S>
using In =
    ctcnn::detail_::Layout<S.channels, S.input.height, S.input.width, S.input_border.height, S.input_border.width>;
template <Sizes S>
using Out =
    ctcnn::detail_::Layout<S.channels, S.output.height, S.output.width, S.output_border.height, S.output_border.width>;
template <Sizes S>
using Function = std::conditional_t<S.relu, ctcnn::detail_::kernels::ReLU, ctcnn::detail_::NoFunction>;

/// A value, and the sum of the magnitudes that it was added from.
struct Sum {
    double value = 0;
    double magnitude = 0;
};

/// Each output of a map that has the matrices of `rows` and `columns`, or of the transposed one.
template <typename T>
std::vector<Sum> apply(const Matrix& rows, const Matrix& columns, std::size_t channels, Extent from, Extent to,
                       const std::vector<T>& image, bool transposed) {
    std::vector<Sum> result;
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t h = 0; h < to.height; ++h) {
            for (std::size_t w = 0; w < to.width; ++w) {
                Sum sum;
                for (std::size_t i = 0; i < from.height; ++i) {
                    for (std::size_t j = 0; j < from.width; ++j) {
                        const double weight = transposed ? rows(i, h) * columns(j, w) : rows(h, i) * columns(w, j);
                        const double part = weight * static_cast<double>(image[naive::at(from, c, i, j)]);
                        sum.value += part;
                        sum.magnitude += std::abs(part);
                    }
                }
                result.push_back(sum);
            }
        }
    }
    return result;
}

/// The elements of one lane that a kernel has written, each replaced by the expected one if it is within `units` of
/// half a unit in the last place of its magnitude: what is left to compare is what lies around the image.
template <Number V>
void accept(Buffer<V>& buffer, const Place& place, std::size_t lane,
            const std::vector<ctcnn::detail_::scalar_t<V>>& expected, const std::vector<Sum>& sums, double units) {
    using T = ctcnn::detail_::scalar_t<V>;
    constexpr double half_unit = std::is_same_v<T, float> ? 0x1p-24 : 0x1p-53;
    std::size_t next = 0;
    for (std::size_t c = 0; c < place.channels; ++c) {
        for (std::size_t h = 0; h < place.size.height; ++h) {
            for (std::size_t w = 0; w < place.size.width; ++w, ++next) {
                const std::size_t at =
                    (c * place.rows() + place.border.height + h) * place.columns() + place.border.width + w;
                const T found = ctcnn::detail_::get_lane(buffer.data()[at], lane);
                const double off = std::abs(static_cast<double>(found) - static_cast<double>(expected[next]));
                INFO("element " << next << ": " << found << ", expected " << expected[next]);
                CHECK(off <= units * half_unit * sums[next].magnitude);
                buffer.set(at, lane, expected[next]);
            }
        }
    }
}

/// Runs forward and backward of a kernel on small integers. `units`: the roundings that a result may have; with 0 it
/// has to be exact.
template <Number V>
void check(const Sizes& sizes, void (*forward)(const V*, V*), void (*backward)(V*, const V*), const Matrix& rows,
           const Matrix& columns, double units, Draw numbers) {
    using T = ctcnn::detail_::scalar_t<V>;
    INFO("channels " << sizes.channels << ", image " << text(sizes.input) << " -> " << text(sizes.output)
                     << ", borders " << text(sizes.input_border) << " and " << text(sizes.output_border) << ", relu "
                     << sizes.relu);
    const Place in{sizes.channels, sizes.input, sizes.input_border};
    const Place out{sizes.channels, sizes.output, sizes.output_border};
    Buffer<V> input(in.numbers());
    Buffer<V> output(out.numbers());
    Buffer<V> grad_output(out.numbers());
    std::vector<std::vector<T>> images;
    std::vector<std::vector<T>> gradients;
    for (std::size_t lane = 0; lane < ctcnn::detail_::lane_count<V>; ++lane) {
        images.push_back(numbers.integers<T>(sizes.channels * sizes.input.height * sizes.input.width));
        gradients.push_back(numbers.integers<T>(sizes.channels * sizes.output.height * sizes.output.width));
        in.put(input, lane, images.back());
        out.put(grad_output, lane, gradients.back());
    }
    const auto compare = [&](Buffer<V>& found, const Place& place, const auto& sums_of, const auto& finish) {
        Buffer<V> expected(place.numbers());
        for (std::size_t lane = 0; lane < ctcnn::detail_::lane_count<V>; ++lane) {
            const std::vector<Sum> sums = sums_of(lane);
            std::vector<T> values;
            for (std::size_t i = 0; i < sums.size(); ++i) {
                // -0 is 0 here: what a sum of zeros is depends on how many of them there are.
                values.push_back(finish(lane, i, static_cast<T>(sums[i].value)) + T(0));
            }
            place.put(expected, lane, values);
            accept(found, place, lane, values, sums, units);
        }
        CHECK(found == expected);
    };
    forward(input.data(), output.data());
    compare(
        output, out,
        [&](std::size_t lane) {
            return apply(rows, columns, sizes.channels, sizes.input, sizes.output, images[lane], false);
        },
        [&](std::size_t, std::size_t, T value) { return sizes.relu ? naive::relu_forward(value) : value; });
    backward(input.data(), grad_output.data());
    compare(
        input, in,
        [&](std::size_t lane) {
            return apply(rows, columns, sizes.channels, sizes.output, sizes.input, gradients[lane], true);
        },
        [&](std::size_t lane, std::size_t i, T value) {
            return sizes.relu ? naive::relu_backward(images[lane][i], value) : value;
        });
}

/// Calls f(case, a number) with the cases 0, ..., Count - 1 and a number of each kind.
template <std::size_t Count, typename F>
void for_each_case(const F& f) {
    [&]<std::size_t... Case>(std::index_sequence<Case...>) {
        const auto all = [&](auto number) { (f(std::integral_constant<std::size_t, Case>{}, number), ...); };
        all(float{});
        all(double{});
        all(ctcnn::detail_::Lanes<float>{});
        all(ctcnn::detail_::Lanes<double>{});
    }(std::make_index_sequence<Count>{});
}

}  // namespace linear_maps
