// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
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

// Direct: a convolution of one image as sums of products, with any kernel, stride and dilation. The lanes are output
// channels. A register block holds the sums of some pixels and vectors; each element of the input is broadcast, and
// meets a vector of weights for each vector of sums. With weights that are bf16, and a processor that multiplies pairs
// of them, it is a pair of channels instead of an element.
namespace CTCNN_DETAIL::kernels::prepared {

/// The register block of a group of a convolution whose outputs are so many vectors. Where it has one vector, a load
/// of the input for each multiply-add would be too much: then the weights of a row of the kernel are held, too, if at
/// least 8 sums find room beside them.
template <Conv2dGeometry G, Pooling P>
constexpr RegisterBlock direct_block(Extent image, std::size_t vectors) {
    constexpr std::size_t kernel = G.window.kernel.width;
    const RegisterBlock block = choose_block<P>(image, vectors);
    if (block.vectors == 1 && kernel > 1 && kernel <= 8 && RegisterBlock{1, 8, 1, kernel}.is_held()) {
        return choose_block<P>(image, 1, kernel);
    }
    return block;
}

/// SumsOfProducts: the convolution of Direct and First. Input pixels are Step elements apart: blocks of Step channels.
/// Weight    bf16: the input and the weights are rounded to bf16 where the processor multiplies pairs of them; the sums
///           are those of T
/// Packed    Epilogue; weights (groups, blocks of B.vectors vectors of outputs, blocks of inputs, Kh, Kw / B.taps,
///           channels or pairs of channels that there are, B.taps, B.vectors * Count)
template <Conv2dGeometry G, typename S, Pooling P, std::size_t Step, typename Weight>
struct SumsOfProducts {
    using In = typename S::In;
    using Out = typename S::Out;
    using V = typename S::V;
    using T = typename S::T;

private:
    using End = Epilogue<S, P>;
    /// What is multiplied: elements, or pairs of bf16, which make an image half as large.
    static constexpr bool in_pairs = std::is_same_v<Weight, bf16> && Bf16Pairs<V>::exist;
    using Factor = std::conditional_t<in_pairs, Bf16Pairs<V>, V>;
    static constexpr std::size_t together = in_pairs ? 2 : 1;
    static_assert(Step % together == 0);
    static constexpr std::size_t pixel = Step / together;
    static constexpr std::size_t row = In::row / together;
    static constexpr std::size_t plane = In::plane / together;
    static constexpr std::size_t factors(std::size_t channels) { return (channels + together - 1) / together; }

    static constexpr Window window = G.window;
    static constexpr std::size_t count = V::count;
    static_assert(G.groups == 1 || (G.group_inputs() % Step == 0 && G.group_outputs() % count == 0));
    static_assert(In::channels == G.in_channels && Out::channels == G.out_channels && Out::count == count);
    static_assert(In::border.height >= window.padding.height && In::border.width >= window.padding.width);

    /// A kernel of one pixel sees an image whose rows lie end to end as one row.
    static constexpr bool is_flat = G.taps() == 1 && window.stride == Extent{1, 1} && window.padding == Extent{0, 0} &&
                                    P == Pooling::none && In::row == Out::width * Step &&
                                    Out::row == Out::width * count;
    static constexpr Extent image = is_flat ? Extent{1, Out::height* Out::width} : computed<Out, P>;
    static constexpr std::size_t vectors = (G.group_outputs() + count - 1) / count;  // of a group
    static constexpr RegisterBlock block = direct_block<G, P>(image, vectors);

    static constexpr std::size_t blocks = (G.group_inputs() + Step - 1) / Step;  // of the inputs of a group
    static constexpr std::size_t steps = factors(G.group_inputs()) * G.taps();   // multiply-adds of a sum
    static constexpr std::size_t corner =
        In::origin / together - window.padding.height * row - window.padding.width * pixel;

public:
    static constexpr std::size_t packed_size = End::packed_size + G.groups * vectors * count * steps;
    static constexpr std::size_t scratch_size = in_pairs ? (In::size / V::count + 1) / 2 * V::count : 0;

    static constexpr void pack(const T* weight, const T* bias, T* packed) {
        End::pack(bias, packed);
        packed += End::packed_size;
        for (std::size_t group = 0; group < G.groups; ++group) {
            for_each_even_piece<vectors, block.vectors>([&](std::size_t vector, std::size_t size) {
                for (std::size_t b = 0; b < blocks; ++b) {
                    for (std::size_t k = 0; k < G.taps(); k += block.taps) {
                        for (std::size_t i = b * Step; i < std::min((b + 1) * Step, G.group_inputs()); i += together) {
                            packed = pack_outputs(weight + group * G.group_outputs() * G.group_inputs() * G.taps(),
                                                  vector * count, size * count, i, k, packed);
                        }
                    }
                }
            });
        }
    }

    template <typename Team = Alone>
    static constexpr void forward(const T* packed, const T* input, T* output, [[maybe_unused]] T* scratch,
                                  Team&& team = {}) {
        if constexpr (in_pairs) {
            // Pairs of vectors in a few portions.
            constexpr std::size_t all = In::size / count;
            constexpr std::size_t portion = ((all + 1) / 2 + 7) / 8 * 2;
            for_each_item(team, (all + portion - 1) / portion, [&](std::size_t n) {
                Factor::round(input + n * portion * count, std::min(portion, all - n * portion),
                              scratch + n * portion / 2 * count);
            });
            team.barrier();
            input = scratch;
        }
        constexpr Cut cut = cut_evenly(image.width, block.columns, pooled<P>);
        constexpr std::size_t rest = cut.large * cut.large_count;
        const T* weight = packed + End::packed_size;
        auto items = team.items(G.groups * even_pieces(vectors, block.vectors),
                                even_pieces(image.height, block.rows, pooled<P>));
        for (std::size_t group = 0; group < G.groups; ++group) {
            const T* group_input = input + corner + group * blocks * plane;
            for_each_even_piece<vectors, block.vectors>([&](std::size_t vector, auto N) {
                const std::size_t first = group * vectors + vector;
                for_each_even_piece<image.height, block.rows, pooled<P>>([&](std::size_t h, auto R) {
                    const T* begin = group_input + h * window.stride.height * row;
                    T* target = output + Out::offset(first, h / pooled<P>, 0);
                    items([&] {
                        compute<RegisterBlock{R, cut.large, N, block.taps}>(begin, weight, packed + first * count,
                                                                            target, cut.large_count);
                        if constexpr (cut.other_count != 0) {
                            compute<RegisterBlock{R, cut.other, N, block.taps}>(
                                begin + rest * window.stride.width * pixel, weight, packed + first * count,
                                target + rest / pooled<P> * count, cut.other_count);
                        }
                    });
                });
                weight += N * count * steps;
            });
        }
    }

private:
    /// The weights of one input channel, or pair of them, and tap, or row of taps, for so many outputs of a group.
    /// Returns their end.
    static constexpr T* pack_outputs(const T* weight, std::size_t first, std::size_t outputs, std::size_t i,
                                     std::size_t k, T* packed) {
        for (std::size_t tap = k; tap < k + block.taps; ++tap) {
            for (std::size_t o = first; o < first + outputs; ++o) {
                const auto of_channel = [&](std::size_t channel) {
                    return o < G.group_outputs() && channel < G.group_inputs()
                               ? weight[(o * G.group_inputs() + channel) * G.taps() + tap]
                               : T(0);
                };
                if constexpr (in_pairs) {
                    Factor::put(of_channel(i), of_channel(i + 1), *packed);
                } else {
                    *packed = of_channel(i);
                }
                ++packed;
            }
        }
        return packed;
    }

    /// One input channel, or pair of them, and one column of the kernel, or all: x points to its pixel of the first
    /// sum.
    template <RegisterBlock B>
    [[gnu::always_inline]] static constexpr void add_products(V* sum, const T* x, const T* factor) {
        constexpr std::size_t stride = window.stride.width;
        if constexpr (B.taps == 1) {
            add_outer_product<B.pixels(), B.vectors>(
                sum,
                [&](std::size_t p) __attribute__((always_inline)) {
                    return Factor::broadcast(
                        x[p / B.columns * window.stride.height * row + p % B.columns * stride * pixel]);
                },
                [&](std::size_t n) __attribute__((always_inline)) { return Factor::load(factor + n * count); });
        } else {
            static_assert(B.vectors == 1);
            Factor held[B.taps];
            unroll<B.taps>([&](std::size_t k) __attribute__((always_inline)) {
                held[k] = Factor::load(factor + k * count);
                hold_in_register(held[k]);
            });
            using Columns = conv2d::PlacesMet<B.taps, window.dilation.width, B.columns, stride>;
            unroll<B.rows * Columns::count>([&](std::size_t place) __attribute__((always_inline)) {
                const std::size_t line = place / Columns::count;
                const std::size_t column = Columns::at(place % Columns::count);
                Factor passing = Factor::broadcast(x[line * window.stride.height * row + column * pixel]);
                if (is_shared<B>(column)) {
                    hold_in_register(passing);
                }
                unroll<B.taps>([&](std::size_t k) __attribute__((always_inline)) {
                    const std::size_t first = column - k * window.dilation.width;  // of the row, or far beyond it
                    if (first % stride == 0 && first / stride < B.columns) {
                        V& target = sum[line * B.columns + first / stride];
                        target = multiply_add(passing, held[k], target);
                    }
                });
            });
        }
    }
    /// Whether a column of the input serves several taps.
    template <RegisterBlock B>
    static constexpr bool is_shared(std::size_t column) {
        std::size_t times = 0;
        for (std::size_t k = 0; k < B.taps; ++k) {
            const std::size_t first = column - k * window.dilation.width;
            times += first % window.stride.width == 0 && first / window.stride.width < B.columns ? 1 : 0;
        }
        return times > 1;
    }

    /// So many register blocks side by side. Not inlined: what surrounds it would take registers from the sums.
    template <RegisterBlock B>
    [[gnu::noinline]] static constexpr void compute(const T* input, const T* weight, const T* bias, T* output,
                                                    std::size_t times) {
#pragma GCC unroll 1
        for (; times > 0; --times) {
            V sum[B.sums()];
            clear_tile(sum, indices<B.sums()>);
            const T* factor = weight;
#pragma GCC unroll 1
            for (std::size_t b = 0; b < blocks; ++b) {
                const std::size_t channels = b + 1 < blocks ? pixel : factors(G.group_inputs() - (blocks - 1) * Step);
#pragma GCC unroll 1
                for (std::size_t kh = 0; kh < window.kernel.height; ++kh) {
#pragma GCC unroll 1
                    for (std::size_t kw = 0; kw < window.kernel.width; kw += B.taps) {
                        const T* x = forget_origin(input + b * plane + kh * window.dilation.height * row +
                                                   kw * window.dilation.width * pixel);
#pragma GCC unroll 1
                        for (std::size_t c = 0; c < channels; ++c) {
                            add_products<B>(sum, x, factor);
                            ++x;
                            factor += B.taps * B.vectors * count;
                        }
                    }
                }
            }
            End::template finish<B>(sum, bias, output);
            input += B.columns * window.stride.width * pixel;
            output += B.columns / pooled<P> * count;
        }
    }
};

/// Direct: a convolution of a blocked image. Groups are whole blocks of input and output channels.
template <Conv2dGeometry G, typename S, Pooling P = Pooling::none>
struct Direct : SumsOfProducts<G, S, P, S::In::count, typename S::Weight> {};

/// Whether Direct can compute a convolution, and the cycles that it takes a core with one multiply-add a cycle.
template <Conv2dGeometry G, std::size_t Height, std::size_t Width, std::size_t Count>
struct DirectPlan {
    static constexpr bool possible = G.groups == 1 || (G.group_inputs() % Count == 0 && G.group_outputs() % Count == 0);
    static constexpr std::size_t cost = [] {
        constexpr Extent image = output_extent(G.window, Height, Width);
        constexpr std::size_t vectors = (G.group_outputs() + Count - 1) / Count;
        constexpr RegisterBlock block = direct_block<G, Pooling::none>(image, vectors);
        const std::size_t products =
            sixteenths_of_step<Pooling::none>(image, vectors, block) / 16 * G.group_inputs() * G.taps();
        // A sum needs about two cycles more for its bias, its function and its store.
        return G.groups * (products + 2 * image.height * image.width * vectors);
    }();
};

}  // namespace CTCNN_DETAIL::kernels::prepared
