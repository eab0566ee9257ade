// SPDX-License-Identifier: MIT
// Prepared convolutions against the naive loops, on small integers, where every order of additions gives the same.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

namespace prepared_test {

using ctcnn::detail_::Extent;
using ctcnn::detail_::kernels::Conv2dGeometry;
using ctcnn::detail_::kernels::prepared::Pooling;

struct Case {
    Conv2dGeometry geometry;
    Extent input;
    Extent wider{0, 0};  // by how much the input's border is wider than the padding
    Extent out_border{0, 0};
    bool bias = true;

    constexpr Extent output(Pooling pooling) const {
        const Extent extent = ctcnn::detail_::output_extent(geometry.window, input.height, input.width);
        return pooling == Pooling::none ? extent : Extent{extent.height / 2, extent.width / 2};
    }
};

template <typename V, Case C, Pooling P, typename Function, bool Planar>
struct StageOfCase {
    static constexpr Extent border{C.geometry.window.padding.height + C.wider.height,
                                   C.geometry.window.padding.width + C.wider.width};
    static constexpr Extent output = C.output(P);
    using Blocked = ctcnn::detail_::BlockedLayout<V::count, C.geometry.in_channels, C.input.height, C.input.width,
                                                  border.height, border.width, C.wider.height, C.wider.width>;
    // A gap of 3 elements behind each channel.
    using Plane =
        ctcnn::detail_::Layout<C.geometry.in_channels, C.input.height, C.input.width, border.height, border.width, 3>;
    using In = std::conditional_t<Planar, Plane, Blocked>;
    using Out = ctcnn::detail_::BlockedLayout<V::count, C.geometry.out_channels, output.height, output.width,
                                              C.out_border.height, C.out_border.width>;
    using type = ctcnn::detail_::Stage<In, Out, Function, V>;
};

/// Where an element of a channel lies in a blocked or planar layout. Rows and columns may lie in the border.
template <typename L>
std::size_t place_of(std::size_t c, std::ptrdiff_t h, std::ptrdiff_t w) {
    std::size_t step = 1;
    std::size_t channel = L::offset(0, 0, 0) + c * L::plane;
    if constexpr (ctcnn::detail_::is_blocked<L>) {
        step = L::count;
        channel = L::offset_of_channel(c, 0, 0);
    }
    return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(channel) + h * static_cast<std::ptrdiff_t>(L::row) +
                                    w * static_cast<std::ptrdiff_t>(step));
}

/// What a kernel has to compute: (channels, output), row by row.
template <typename V, typename Function, typename T>
std::vector<T> expected_output(const Case& c, Pooling pooling, const std::vector<T>& input,
                               const std::vector<T>& weight, const std::vector<T>& bias) {
    const naive::Conv2d conv{c.geometry.in_channels, c.geometry.out_channels, c.geometry.groups, c.input,
                             c.geometry.window};
    std::vector<T> full = naive::conv2d_forward(conv, input, weight, bias);
    // The function of vectors: that of scalars may round another way.
    std::transform(full.begin(), full.end(), full.begin(), [](T value) {
        V result = Function::forward(V::broadcast(value));
        return ctcnn::detail_::get_lane(result, 0);
    });
    if (pooling == Pooling::none) {
        return full;
    }
    const Extent extent = conv.output();
    const Extent size = c.output(pooling);
    std::vector<T> pooled;
    for (std::size_t o = 0; o < c.geometry.out_channels; ++o) {
        for (std::size_t h = 0; h < size.height; ++h) {
            for (std::size_t w = 0; w < size.width; ++w) {
                const T* first = full.data() + naive::at(extent, o, 2 * h, 2 * w);
                const T* second = first + extent.width;
                pooled.push_back(pooling == Pooling::max2x2
                                     ? std::max({first[0], first[1], second[0], second[1]})
                                     : (first[0] + first[1] + (second[0] + second[1])) * static_cast<T>(0.25));
            }
        }
    }
    return pooled;
}

/// Runs kernel K, which computes a case. What it need not read is NaN: all of the input but its pixels and the padding.
/// Only the pixels of the output may change, and the lanes of channels that there are not are zero.
/// `whole_pairs`: the lane behind an odd number of channels is read, too, and is zero.
template <typename K, Case C, Pooling P, typename Function>
void compare(std::uint64_t seed, bool whole_pairs = false) {
    using T = typename K::T;
    using In = typename K::In;
    using Out = typename K::Out;
    static_assert(ctcnn::detail_::kernels::prepared::PreparedKernel<K>);
    static_assert(K::packed_size % K::V::count == 0);
    CAPTURE(seed, C.geometry.in_channels, C.geometry.out_channels, C.geometry.groups, C.input.height, C.input.width,
            C.geometry.window.kernel.height, C.geometry.window.kernel.width, K::V::count);
    Draw draw(seed, 0);
    const auto image = draw.integers<T>(C.geometry.in_channels * C.input.height * C.input.width);
    const auto weight = draw.integers<T>(C.geometry.weights());
    const auto bias = draw.integers<T>(C.bias ? C.geometry.out_channels : 0);

    ctcnn::detail_::AlignedVector<T> input(In::size, std::numeric_limits<T>::quiet_NaN());
    const auto rows = static_cast<std::ptrdiff_t>(C.input.height);
    const auto columns = static_cast<std::ptrdiff_t>(C.input.width);
    const auto above = static_cast<std::ptrdiff_t>(C.geometry.window.padding.height);
    const auto left = static_cast<std::ptrdiff_t>(C.geometry.window.padding.width);
    for (std::size_t c = 0; c < C.geometry.in_channels + (whole_pairs ? C.geometry.in_channels % 2 : 0); ++c) {
        for (std::ptrdiff_t h = -above; h < rows + above; ++h) {
            for (std::ptrdiff_t w = -left; w < columns + left; ++w) {
                const bool inside = c < C.geometry.in_channels && h >= 0 && h < rows && w >= 0 && w < columns;
                input[place_of<In>(c, h, w)] =
                    inside ? image[naive::at(C.input, c, static_cast<std::size_t>(h), static_cast<std::size_t>(w))]
                           : T(0);
            }
        }
    }
    // packed is one vector longer than it need be, which stays what it is.
    const T untouched = 1234567;
    ctcnn::detail_::AlignedVector<T> packed(K::packed_size + K::V::count, untouched);
    ctcnn::detail_::AlignedVector<T> scratch(K::scratch_size + 1);
    ctcnn::detail_::AlignedVector<T> output(Out::size, untouched);
    K::pack(weight.data(), C.bias ? bias.data() : nullptr, packed.data());
    CHECK(std::all_of(packed.end() - K::V::count, packed.end(), [&](T value) { return !(value < untouched); }));
    CHECK(std::all_of(packed.begin(), packed.end() - K::V::count, [&](T value) { return value < untouched; }));
    K::forward(packed.data(), input.data(), output.data(), scratch.data());

    std::vector<T> wanted(Out::size, untouched);
    for (std::size_t block = 0; block < Out::blocks; ++block) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            for (std::size_t w = 0; w < Out::width; ++w) {
                std::fill_n(wanted.begin() + static_cast<std::ptrdiff_t>(Out::offset(block, h, w)), Out::count, T(0));
            }
        }
    }
    const std::vector<T> result = expected_output<typename K::V, Function>(C, P, image, weight, bias);
    for (std::size_t c = 0; c < Out::channels; ++c) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            for (std::size_t w = 0; w < Out::width; ++w) {
                wanted[Out::offset_of_channel(c, h, w)] = result[naive::at({Out::height, Out::width}, c, h, w)];
            }
        }
    }
    const auto difference = std::mismatch(wanted.begin(), wanted.end(), output.begin()).first - wanted.begin();
    CHECK(static_cast<std::size_t>(difference) == Out::size);
    if (static_cast<std::size_t>(difference) < Out::size) {
        CHECK(output[static_cast<std::size_t>(difference)] == wanted[static_cast<std::size_t>(difference)]);
    }
}

}  // namespace prepared_test
