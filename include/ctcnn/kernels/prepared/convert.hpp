// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

namespace detail {

/// As many channels as lanes are turned at a time: the power of two that holds the channels of a block.
template <typename V, std::size_t Channels>
using TurnedLanes = Lanes<scalar_t<V>, std::bit_ceil(Channels < 3 ? 2 : Channels)>;

/// A vector whose other lanes are zero.
template <typename V, typename Part, std::size_t... Lane>
[[gnu::always_inline]] inline V widened(const Part& part, std::index_sequence<Lane...>) {
    return {__builtin_shufflevector(part.vector, typename Part::Vector{},
                                    static_cast<int>(Lane < Part::count ? Lane : Part::count)...)};
}

/// The first `count` of the elements that lie side by side; the other lanes are zero.
template <typename V>
[[gnu::always_inline]] inline V load_first(const scalar_t<V>* elements, std::size_t count) {
    if (count >= V::count) {
        return V::load(elements);
    }
    scalar_t<V> lanes[V::count]{};
    std::copy_n(elements, count, lanes);
    return V::load(lanes);
}
template <typename V>
[[gnu::always_inline]] inline void store_first(const V& value, scalar_t<V>* elements, std::size_t count) {
    if (count >= V::count) {
        value.store(elements);
        return;
    }
    scalar_t<V> lanes[V::count];
    value.store(lanes);
    std::copy_n(lanes, count, elements);
}

/// Calls turn(row, column, number of pixels) for pieces of neighbouring pixels, Size or fewer. Where rows of both
/// layouts follow each other without a gap, the image is one row. Pieces of wide rows have Size pixels: the last one
/// overlaps the one before.
template <typename Planar, typename Blocked, std::size_t Size, typename Turn>
[[gnu::always_inline]] inline void for_each_piece_of_pixels(const Turn& turn) {
    constexpr bool one_row = Planar::row == Planar::width && Blocked::row == Blocked::width * Blocked::count;
    constexpr std::size_t rows = one_row ? 1 : Planar::height;
    constexpr std::size_t width = one_row ? Planar::height * Planar::width : Planar::width;
    for (std::size_t h = 0; h < rows; ++h) {
        if constexpr (width >= Size) {
            for (std::size_t w = 0; w < width; w += Size) {
                turn(h, std::min(w, width - Size), Index<Size>{});
            }
        } else {
            turn(h, 0, Index<width>{});
        }
    }
}

/// Channels of a planar image, the first of which `input` points to, become a block.
template <std::size_t Channels, typename In, typename Out, typename V>
[[gnu::noinline]] void block_from_planes(const scalar_t<V>* input, scalar_t<V>* output) {
    using Part = TurnedLanes<V, Channels>;
    for_each_piece_of_pixels<In, Out, Part::count>(
        [&](std::size_t h, std::size_t w, auto size) __attribute__((always_inline)) {
            constexpr std::size_t pixels = decltype(size)::value;
            std::array<Part, Part::count> turned;
            unroll<Part::count>([&](std::size_t c) __attribute__((always_inline)) {
                turned[c] = c < Channels ? load_first<Part>(input + In::offset(c, h, w), pixels) : Part{};
            });
            transpose(turned);
            unroll<pixels>([&](std::size_t i) __attribute__((always_inline)) {
                widened<V>(turned[i], std::make_index_sequence<V::count>{}).store(output + Out::offset(0, h, w + i));
            });
        });
}

/// The reverse.
template <std::size_t Channels, typename In, typename Out, typename V>
[[gnu::noinline]] void planes_from_block(const scalar_t<V>* input, scalar_t<V>* output) {
    using Part = TurnedLanes<V, Channels>;
    for_each_piece_of_pixels<Out, In, Part::count>(
        [&](std::size_t h, std::size_t w, auto size) __attribute__((always_inline)) {
            constexpr std::size_t pixels = decltype(size)::value;
            std::array<Part, Part::count> turned;
            unroll<Part::count>([&](std::size_t i) __attribute__((always_inline)) {
                turned[i] = i < pixels ? Part::load(input + In::offset(0, h, w + i)) : Part{};
            });
            transpose(turned);
            unroll<Channels>([&](std::size_t c) __attribute__((always_inline)) {
                store_first(turned[c], output + Out::offset(c, h, w), pixels);
            });
        });
}

/// Calls f(first channel, block, number of channels) for each block of an image.
template <typename Blocked, typename F>
[[gnu::always_inline]] inline void for_each_block(const F& f) {
    for_each_piece<Blocked::channels, Blocked::count>(
        [&](std::size_t c, auto channels) __attribute__((always_inline)) { f(c, c / Blocked::count, channels); });
}

}  // namespace detail

/// Convert: an image moves from one layout into another: channels that lie one after the other (the images of programs,
/// the input of a first convolution) or blocks, with any borders and gaps. Of a Layout it reads and writes the elements
/// of the image and no other: features of a prepared network, with zeros behind them, are BlockedLayout<count, F, 1, 1>
/// here.
/// Layouts  In, Out (C, H, W), each blocked or a Layout
template <typename Stage>
struct Convert {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = scalar_t<V>;
    static_assert(In::channels == Out::channels && In::height == Out::height && In::width == Out::width);
    static_assert(std::is_same_v<typename Stage::Function, NoFunction>, "Map applies functions");

    static constexpr std::size_t packed_size = 0;
    static constexpr std::size_t scratch_size = 0;
    static void pack(const T*, const T*, T*) {}

    [[gnu::noinline]] static void forward(const T*, const T* input, T* output, T*) {
        if constexpr (is_blocked<In> && is_blocked<Out>) {
            for (std::size_t block = 0; block < Out::blocks; ++block) {
                for (std::size_t h = 0; h < Out::height; ++h) {
                    std::copy_n(input + In::offset(block, h, 0), Out::width * Out::count,
                                output + Out::offset(block, h, 0));
                }
            }
        } else if constexpr (is_blocked<Out>) {
            detail::for_each_block<Out>([&](std::size_t c, std::size_t block, auto channels) {
                if constexpr (is_row_of_channels<In>) {
                    detail::load_first<V>(input + c, channels).store(output + Out::offset(block, 0, 0));
                } else {
                    detail::block_from_planes<channels(), In, Out, V>(input + c * In::plane,
                                                                      output + block * Out::plane);
                }
            });
        } else if constexpr (is_blocked<In>) {
            detail::for_each_block<In>([&](std::size_t c, std::size_t block, auto channels) {
                if constexpr (is_row_of_channels<Out>) {
                    detail::store_first(V::load(input + In::offset(block, 0, 0)), output + c, channels);
                } else {
                    detail::planes_from_block<channels(), In, Out, V>(input + block * In::plane,
                                                                      output + c * Out::plane);
                }
            });
        } else if constexpr (In::contiguous && Out::contiguous) {
            std::copy_n(input, In::size, output);
        } else {
            for (std::size_t c = 0; c < Out::channels; ++c) {
                for (std::size_t h = 0; h < Out::height; ++h) {
                    std::copy_n(input + In::offset(c, h, 0), Out::width, output + Out::offset(c, h, 0));
                }
            }
        }
    }

private:
    template <typename L>
    static constexpr bool is_row_of_channels = L::height * L::width == 1 && L::plane == 1;
};

}  // namespace CTCNN_DETAIL::kernels::prepared
