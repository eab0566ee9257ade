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
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

namespace detail {

/// The first `count` of the elements that lie side by side; the other lanes are zero.
template <typename V>
[[gnu::always_inline]] constexpr V load_first(const scalar_t<V>* elements, std::size_t count) {
    if (count >= V::count) {
        return V::load(elements);
    }
    scalar_t<V> lanes[V::count]{};
    std::copy_n(elements, count, lanes);
    return V::load(lanes);
}
template <typename V>
[[gnu::always_inline]] constexpr void store_first(const V& value, scalar_t<V>* elements, std::size_t count) {
    if (count >= V::count) {
        value.store(elements);
        return;
    }
    scalar_t<V> lanes[V::count];
    value.store(lanes);
    std::copy_n(lanes, count, elements);
}

/// Squares: how the elements of some channels are turned: as squares of so many channels and pixels. Where rows of both
/// layouts follow each other without a gap, the image is one row.
template <std::size_t Channels, typename Planar, typename Blocked>
struct Squares {
    static constexpr bool one_row = Planar::row == Planar::width && Blocked::row == Blocked::width * Blocked::count;
    static constexpr std::size_t rows = one_row ? 1 : Planar::height;
    static constexpr std::size_t width = one_row ? Planar::height * Planar::width : Planar::width;
    static constexpr std::size_t size = std::min(std::bit_ceil(Channels), std::bit_floor(width));

    /// Calls f(row, column) for squares of neighbouring pixels: the last one of a row overlaps the one before.
    template <typename F>
    [[gnu::always_inline]] static constexpr void for_each(const F& f) {
        for (std::size_t h = 0; h < rows; ++h) {
            for (std::size_t w = 0; w < width; w += size) {
                f(h, std::min(w, width - size));
            }
        }
    }
};

/// Channels of a planar image, the first of which `input` points to, become a block.
template <std::size_t Channels, typename In, typename Out, typename V>
[[gnu::noinline]] constexpr void block_from_planes(const scalar_t<V>* input, scalar_t<V>* output) {
    using Square = Squares<Channels, In, Out>;
    constexpr std::size_t size = Square::size;
    Square::for_each([&](std::size_t h, std::size_t w) __attribute__((always_inline)) {
        const auto* from = input + In::offset(0, h, w);
        auto* to = output + Out::offset(0, h, w);
        if constexpr ((Channels + size - 1) / size * size < V::count || size <= 2) {
            unroll<size>([&](std::size_t i) __attribute__((always_inline)) { V{}.store(to + i * V::count); });
        }
        if constexpr (size <= 2) {
            for (std::size_t c = 0; c < Channels; ++c) {
                unroll<size>([&](std::size_t i)
                                 __attribute__((always_inline)) { to[i * V::count + c] = from[c * In::plane + i]; });
            }
        } else {
            for_each_piece<Channels, size>([&](std::size_t first, auto present) __attribute__((always_inline)) {
                using Part = Lanes<scalar_t<V>, size>;
                std::array<Part, size> turned;
                unroll<size>([&](std::size_t c) __attribute__((always_inline)) {
                    turned[c] = c < present() ? Part::load(from + (first + c) * In::plane) : Part{};
                });
                transpose(turned);
                unroll<size>([&](std::size_t i)
                                 __attribute__((always_inline)) { turned[i].store(to + i * V::count + first); });
            });
        }
    });
}

/// The reverse.
template <std::size_t Channels, typename In, typename Out, typename V>
[[gnu::noinline]] constexpr void planes_from_block(const scalar_t<V>* input, scalar_t<V>* output) {
    using Square = Squares<Channels, Out, In>;
    constexpr std::size_t size = Square::size;
    Square::for_each([&](std::size_t h, std::size_t w) __attribute__((always_inline)) {
        const auto* from = input + In::offset(0, h, w);
        auto* to = output + Out::offset(0, h, w);
        if constexpr (size <= 2) {
            for (std::size_t c = 0; c < Channels; ++c) {
                unroll<size>([&](std::size_t i)
                                 __attribute__((always_inline)) { to[c * Out::plane + i] = from[i * V::count + c]; });
            }
        } else {
            for_each_piece<Channels, size>([&](std::size_t first, auto present) __attribute__((always_inline)) {
                using Part = Lanes<scalar_t<V>, size>;
                std::array<Part, size> turned;
                unroll<size>([&](std::size_t i) __attribute__((always_inline)) {
                    turned[i] = Part::load(from + i * V::count + first);
                });
                transpose(turned);
                unroll<present()>([&](std::size_t c) __attribute__((always_inline)) {
                    turned[c].store(to + (first + c) * Out::plane);
                });
            });
        }
    });
}

/// Calls f(first channel, block, number of channels) for each block of an image.
template <typename Blocked, typename F>
[[gnu::always_inline]] constexpr void for_each_block(const F& f) {
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
    static constexpr void pack(const T*, const T*, T*) {}

    template <typename Team = Alone>
    [[gnu::noinline]] static constexpr void forward(const T*, const T* input, T* output, T*, Team&& team = {}) {
        if constexpr (is_blocked<In> && is_blocked<Out>) {
            for_each_item(team, Out::blocks, [&](std::size_t block) {
                for (std::size_t h = 0; h < Out::height; ++h) {
                    std::copy_n(input + In::offset(block, h, 0), Out::width * Out::count,
                                output + Out::offset(block, h, 0));
                }
            });
        } else if constexpr (is_blocked<Out>) {
            auto items = team.items(Out::blocks);
            detail::for_each_block<Out>([&](std::size_t c, std::size_t block, auto channels) {
                items([&] {
                    if constexpr (is_row_of_channels<In>) {
                        detail::load_first<V>(input + c, channels).store(output + Out::offset(block, 0, 0));
                    } else {
                        detail::block_from_planes<channels(), In, Out, V>(input + c * In::plane,
                                                                          output + block * Out::plane);
                    }
                });
            });
        } else if constexpr (is_blocked<In>) {
            auto items = team.items(In::blocks);
            detail::for_each_block<In>([&](std::size_t c, std::size_t block, auto channels) {
                items([&] {
                    if constexpr (is_row_of_channels<Out>) {
                        detail::store_first(V::load(input + In::offset(block, 0, 0)), output + c, channels);
                    } else {
                        detail::planes_from_block<channels(), In, Out, V>(input + block * In::plane,
                                                                          output + c * Out::plane);
                    }
                });
            });
        } else if constexpr (In::contiguous && Out::contiguous) {
            team.items(1)([&] { std::copy_n(input, In::size, output); });
        } else {
            for_each_item(team, Out::channels, [&](std::size_t c) {
                for (std::size_t h = 0; h < Out::height; ++h) {
                    std::copy_n(input + In::offset(c, h, 0), Out::width, output + Out::offset(c, h, 0));
                }
            });
        }
    }

private:
    template <typename L>
    static constexpr bool is_row_of_channels = L::height * L::width == 1 && L::plane == 1;
};

}  // namespace CTCNN_DETAIL::kernels::prepared
