// SPDX-License-Identifier: MIT
// Kernels that map each channel by a matrix for its rows and one for its columns (padding, resizing, means), against
// sums over the whole matrices, for a random case each.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/taps2d.hpp>

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

/// A case that has nothing besides.
struct SizesAlone {
    Sizes sizes;
};

/// The stage of a case.
template <Sizes S, Number V>
using StageOf = ctcnn::detail_::Stage<
    ctcnn::detail_::Layout<S.channels, S.input.height, S.input.width, S.input_border.height, S.input_border.width>,
    ctcnn::detail_::Layout<S.channels, S.output.height, S.output.width, S.output_border.height, S.output_border.width>,
    std::conditional_t<S.relu, ctcnn::detail_::kernels::ReLU, ctcnn::detail_::NoFunction>, V>;

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

/// What a case is compared with. `units`: the roundings that a result may have; with 0 it has to be exact.
struct Definition {
    std::string what;
    Matrix rows;
    Matrix columns;
    double units = 0;
};

template <Number V>
struct Kernels {
    void (*forward)(const V*, V*);
    void (*backward)(V*, const V*);
};

/// The kernels of a case whose axes are tables of weights.
template <typename Rows, typename Columns, Sizes S, Number V>
constexpr Kernels<V> taps_kernels() {
    using Stage = StageOf<S, V>;
    return {&ctcnn::detail_::kernels::taps2d_forward<Rows, Columns, Stage>,
            &ctcnn::detail_::kernels::taps2d_backward<Rows, Columns, Stage>};
}

/// Runs forward and backward of a case on small integers.
template <Number V>
void check(const Sizes& sizes, const Kernels<V>& kernels, const Definition& definition, Draw numbers) {
    using T = ctcnn::detail_::scalar_t<V>;
    INFO(definition.what << ", channels " << sizes.channels << ", image " << text(sizes.input) << " -> "
                         << text(sizes.output) << ", borders " << text(sizes.input_border) << " and "
                         << text(sizes.output_border) << ", relu " << sizes.relu);
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
            accept(found, place, lane, values, sums, definition.units);
        }
        CHECK(found == expected);
    };
    kernels.forward(input.data(), output.data());
    compare(
        output, out,
        [&](std::size_t lane) {
            return apply(definition.rows, definition.columns, sizes.channels, sizes.input, sizes.output, images[lane],
                         false);
        },
        [&](std::size_t, std::size_t, T value) { return sizes.relu ? naive::relu_forward(value) : value; });
    kernels.backward(input.data(), grad_output.data());
    compare(
        input, in,
        [&](std::size_t lane) {
            return apply(definition.rows, definition.columns, sizes.channels, sizes.output, sizes.input,
                         gradients[lane], true);
        },
        [&](std::size_t lane, std::size_t i, T value) {
            return sizes.relu ? naive::relu_backward(images[lane][i], value) : value;
        });
}

/// Checks the cases Cases::of(0), Cases::of(1), ...: Count of them with each kind of number. A case has `sizes`;
/// Cases::kernels_of<case, V>() are its kernels, and Cases::definition(case) says what they compute.
template <typename Cases, std::size_t Count>
void check_cases(std::uint64_t seed) {
    const auto check_all = [&]<typename V, std::size_t First>(V, std::integral_constant<std::size_t, First>) {
        const auto kernels = []<std::size_t... Case>(std::index_sequence<Case...>) {
            return std::array{Cases::template kernels_of<Cases::of(First + Case), V>()...};
        }(std::make_index_sequence<Count>{});
        for (std::size_t i = 0; i < Count; ++i) {
            const auto c = Cases::of(First + i);
            check<V>(c.sizes, kernels[i], Cases::definition(c), Draw(seed, First + i));
        }
    };
    check_all(float{}, std::integral_constant<std::size_t, 0>{});
    check_all(double{}, std::integral_constant<std::size_t, Count>{});
    check_all(ctcnn::detail_::Lanes<float>{}, std::integral_constant<std::size_t, 2 * Count>{});
    check_all(ctcnn::detail_::Lanes<double>{}, std::integral_constant<std::size_t, 3 * Count>{});
}

}  // namespace linear_maps
