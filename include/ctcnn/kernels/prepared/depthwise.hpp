// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/prepared/register_block.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Depthwise: a convolution of one image that filters each channel by itself. The lanes are channels. The weights of the
// kernel, or of a part of one of its rows, are held in registers beside the sums, and a vector of the input that is
// loaded serves all taps that meet it.
namespace CTCNN_DETAIL::kernels::prepared {

/// Depthwise: a convolution of a blocked image with one output channel for each input channel, with any kernel, stride
/// and dilation.
/// Packed    Epilogue; weights (blocks, Kh, Kw, Count)
template <Conv2dGeometry G, typename S, Pooling P = Pooling::none>
struct Depthwise {
    using In = typename S::In;
    using Out = typename S::Out;
    using V = typename S::V;
    using T = typename S::T;

private:
    using End = Epilogue<S, P>;
    static constexpr Window window = G.window;
    static constexpr Extent kernel = window.kernel;
    static constexpr Extent stride = window.stride;
    static constexpr Extent dilation = window.dilation;
    static constexpr std::size_t count = V::count;
    static_assert(G.groups == G.in_channels && G.groups == G.out_channels);
    static_assert(In::channels == G.in_channels && Out::channels == G.out_channels);
    static_assert(In::count == count && Out::count == count);
    static_assert(In::border.height >= window.padding.height && In::border.width >= window.padding.width);

    // Beside the weights there are at least 8 sums and a number that passes by. The kernel is held while sums are
    // stored, too, which takes two registers more.
    static constexpr bool holds_kernel = RegisterBlock{1, 8, 1, G.taps()}.is_held(vector_registers - 2);
    static constexpr std::size_t portion =
        equal_portion(kernel.width, vector_registers - 10);  // of a row of the kernel
    static constexpr Extent image = computed<Out, P>;
    static constexpr RegisterBlock block =
        holds_kernel ? choose_block<P>(image, 1, G.taps(), vector_registers - 2) : choose_block<P>(image, 1, portion);
    static constexpr std::size_t corner = In::origin - window.padding.height * In::row - window.padding.width * count;

public:
    static constexpr std::size_t packed_size = End::packed_size + Out::blocks * G.taps() * count;
    static constexpr std::size_t scratch_size = 0;

    static constexpr void pack(const T* weight, const T* bias, T* packed) {
        End::pack(bias, packed);
        T* place = packed + End::packed_size;
        for (std::size_t b = 0; b < Out::blocks; ++b) {
            for (std::size_t k = 0; k < G.taps(); ++k) {
                for (std::size_t c = b * count; c < (b + 1) * count; ++c) {
                    *place++ = c < G.groups ? weight[c * G.taps() + k] : T(0);
                }
            }
        }
    }

    template <typename Team = Alone>
    static constexpr void forward(const T* packed, const T* input, T* output, T*, Team&& team = {}) {
        constexpr Cut cut = cut_evenly(image.width, block.columns, pooled<P>);
        constexpr std::size_t rest = cut.large * cut.large_count;
        auto items = team.items(Out::blocks, even_pieces(image.height, block.rows, pooled<P>));
        for (std::size_t b = 0; b < Out::blocks; ++b) {
            const T* weight = packed + End::packed_size + b * G.taps() * count;
            for_each_even_piece<image.height, block.rows, pooled<P>>([&](std::size_t h, auto R) {
                const T* row = input + corner + b * In::plane + h * stride.height * In::row;
                T* target = output + Out::offset(b, h / pooled<P>, 0);
                items([&] {
                    compute<RegisterBlock{R, cut.large, 1, block.taps}>(row, weight, packed + b * count, target,
                                                                        cut.large_count);
                    if constexpr (cut.other_count != 0) {
                        compute<RegisterBlock{R, cut.other, 1, block.taps}>(
                            row + rest * stride.width * count, weight, packed + b * count,
                            target + rest / pooled<P> * count, cut.other_count);
                    }
                });
            });
        }
    }

private:
    /// So many register blocks side by side. Not inlined: what surrounds it would take registers from the sums.
    template <RegisterBlock B>
    [[gnu::noinline]] static constexpr void compute(const T* input, const T* weight, const T* bias, T* output,
                                                    std::size_t times) {
        constexpr std::size_t held = holds_kernel ? G.taps() : 1;
        V factor[held];
        if constexpr (holds_kernel) {
            unroll<held>([&](std::size_t k) __attribute__((always_inline)) {
                factor[k] = V::load(weight + k * count);
                hold_in_register(factor[k]);
            });
        }
#pragma GCC unroll 1
        for (; times > 0; --times) {
            V sum[B.sums()];
            clear_tile(sum, indices<B.sums()>);
            const T* x = forget_origin(input);
            if constexpr (holds_kernel) {
                add_taps<B, kernel.height, kernel.width>(sum, x, factor);
            } else {
                const T* next = weight;
#pragma GCC unroll 1
                for (std::size_t kh = 0; kh < kernel.height; ++kh) {
                    for_each_piece<kernel.width, portion>([&](std::size_t kw,
                                                              auto size) __attribute__((always_inline)) {
                        constexpr std::size_t taps = decltype(size)::value;
                        V row[taps];
                        unroll<taps>([&](std::size_t k) __attribute__((always_inline)) {
                            row[k] = V::load(next + k * count);
                            hold_in_register(row[k]);
                        });
                        next += taps * count;
                        add_taps<B, 1, taps>(
                            sum, forget_origin(x + kh * dilation.height * In::row + kw * dilation.width * count), row);
                    });
                }
            }
            End::template finish<B>(sum, bias, output);
            input += B.columns * stride.width * count;
            output += B.columns / pooled<P> * count;
        }
    }

    /// Adds the products of Height x Width taps, whose weights are factor[row * Width + column]; x points to the vector
    /// that the first of them meets for the first sum.
    template <RegisterBlock B, std::size_t Height, std::size_t Width>
    [[gnu::always_inline]] static constexpr void add_taps(V* sum, const T* x, const V* factor) {
        using Rows = conv2d::PlacesMet<Height, dilation.height, B.rows, stride.height>;
        using Columns = conv2d::PlacesMet<Width, dilation.width, B.columns, stride.width>;
        unroll<Rows::count * Columns::count>([&](std::size_t place) __attribute__((always_inline)) {
            const std::size_t row = Rows::at(place / Columns::count);
            const std::size_t column = Columns::at(place % Columns::count);
            if (meets(row, Height, dilation.height, stride.height, B.rows) &&
                meets(column, Width, dilation.width, stride.width, B.columns)) {
                V passing = V::load(x + row * In::row + column * count);
                hold_in_register(passing);
                unroll<Height * Width>([&](std::size_t k) __attribute__((always_inline)) {
                    const std::size_t first_row = row - k / Width * dilation.height;  // or far beyond the last
                    const std::size_t first_column = column - k % Width * dilation.width;
                    if (first_row % stride.height == 0 && first_row / stride.height < B.rows &&
                        first_column % stride.width == 0 && first_column / stride.width < B.columns) {
                        V& target = sum[first_row / stride.height * B.columns + first_column / stride.width];
                        target = multiply_add(passing, factor[k], target);
                    }
                });
            }
        });
    }
    /// Whether a row or column of the input meets a tap of one of so many sums.
    [[gnu::always_inline]] static constexpr bool meets(std::size_t place, std::size_t taps, std::size_t apart,
                                                       std::size_t step, std::size_t sums) {
        for (std::size_t k = 0; k < taps && k * apart <= place; ++k) {
            if ((place - k * apart) % step == 0 && (place - k * apart) / step < sums) {
                return true;
            }
        }
        return false;
    }
};

/// Whether Depthwise can compute a convolution, and the cycles that it takes a core with one multiply-add a cycle.
template <Conv2dGeometry G, std::size_t Height, std::size_t Width, std::size_t Count>
struct DepthwisePlan {
    static constexpr bool possible = G.groups == G.in_channels && G.groups == G.out_channels;
    static constexpr std::size_t cost = [] {
        const Extent image = output_extent(G.window, Height, Width);
        const std::size_t blocks = (G.out_channels + Count - 1) / Count;
        // The input comes from the L2 cache, a vector in about two cycles. A sum needs about two cycles more for its
        // bias, its function and its store.
        const std::size_t inputs = std::min(G.window.stride.height * G.window.stride.width, G.taps());
        return blocks * image.height * image.width * (std::max(G.taps(), 2 * inputs) + 2);
    }();
};

}  // namespace CTCNN_DETAIL::kernels::prepared
