// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/join.hpp>
#include <ctcnn/kernels/prepared/blocks.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

// What is done to each element alone. These kernels have no weights. The output of Map and Join may be an input of the
// same layout.
namespace CTCNN_DETAIL::kernels::prepared {

namespace detail {

/// Calls f(block, h, w, mask) for each vector of an image: the pixels of a block one after the other. A row is an
/// item. The mask is for
/// what the stage's function makes of the channels that fill the last block up.
template <typename Out, typename Function, typename V, typename Team, typename F>
[[gnu::always_inline]] constexpr void for_each_vector(Team& team, const F& f) {
    auto items = team.items(Out::blocks, Out::height);
    for (std::size_t block = 0; block < Out::blocks; ++block) {
        const ChannelMask<Out, V, !keeps_zero<Function, scalar_t<V>>> mask(block);
        for (std::size_t h = 0; h < Out::height; ++h) {
            items([&]() __attribute__((always_inline)) {
                for (std::size_t w = 0; w < Out::width; ++w) {
                    f(block, h, w, mask);
                }
            });
        }
    }
}

/// The vector of an input: a pixel of <C, 1, 1> stands for all.
template <typename In, typename Out, typename V>
[[gnu::always_inline]] constexpr V load_or_broadcast(const scalar_t<V>* input, std::size_t block, std::size_t h,
                                                     std::size_t w) {
    constexpr bool is_one_pixel = In::height * In::width == 1;
    static_assert(In::channels == Out::channels);
    static_assert(is_one_pixel || (In::height == Out::height && In::width == Out::width));
    return V::load(input + (is_one_pixel ? In::offset(block, 0, 0) : In::offset(block, h, w)));
}

}  // namespace detail

/// Map: output(c, h, w) = f(input(c, h, w)).
/// Layouts  In, Out (C, H, W), blocked, or features
template <typename Stage>
struct Map {
    using V = typename Stage::V;
    using T = scalar_t<V>;
    using In = as_blocked_t<typename Stage::In, V::count>;
    using Out = as_blocked_t<typename Stage::Out, V::count>;
    static_assert(In::channels == Out::channels && In::height == Out::height && In::width == Out::width);

    static constexpr std::size_t packed_size = 0;
    static constexpr std::size_t scratch_size = 0;
    static constexpr void pack(const T*, const T*, T*) {}

    template <typename Team = Alone>
    [[gnu::noinline]] static constexpr void forward(const T*, const T* input, T* output, T*, Team&& team = {}) {
        detail::for_each_vector<Out, typename Stage::Function, V>(
            team,
            [&](std::size_t block, std::size_t h, std::size_t w, const auto& mask) __attribute__((always_inline)) {
                V value = apply_function<typename Stage::Function>(V::load(input + In::offset(block, h, w)));
                mask.apply(value);
                value.store(output + Out::offset(block, h, w));
            });
    }
};

/// Join: output(c, h, w) = f(input 0 (c, h, w) join input 1 (c, h, w) join ...), where How is Sum or Product. As a
/// prepared kernel, but that forward takes an array of inputs.
/// Layouts  In List<...>: (C, H, W) or (C, 1, 1), which stands for all pixels, blocked or features; Out (C, H, W)
template <typename How, typename Stage>
struct Join {
    using V = typename Stage::V;
    using T = scalar_t<V>;
    using Out = as_blocked_t<typename Stage::Out, V::count>;
    static constexpr std::size_t inputs = Stage::In::size;

    static constexpr std::size_t packed_size = 0;
    static constexpr std::size_t scratch_size = 0;
    static constexpr void pack(const T*, const T*, T*) {}

    template <typename Team = Alone>
    static constexpr void forward(const T*, const std::array<const T*, inputs>& input, T* output, T*,
                                  Team&& team = {}) {
        join(typename Stage::In{}, std::make_index_sequence<inputs - 1>{}, input, output, team);
    }

private:
    template <typename First, typename... In, std::size_t... Input, typename Team>
    [[gnu::noinline]] static constexpr void join(List<First, In...>, std::index_sequence<Input...>,
                                                 const std::array<const T*, inputs>& input, T* output, Team& team) {
        detail::for_each_vector<Out, typename Stage::Function, V>(
            team,
            [&](std::size_t block, std::size_t h, std::size_t w, const auto& mask) __attribute__((always_inline)) {
                V value = detail::load_or_broadcast<as_blocked_t<First, V::count>, Out, V>(input[0], block, h, w);
                ((value = How::join(value, detail::load_or_broadcast<as_blocked_t<In, V::count>, Out, V>(
                                               input[Input + 1], block, h, w))),
                 ...);
                value = apply_function<typename Stage::Function>(value);
                mask.apply(value);
                value.store(output + Out::offset(block, h, w));
            });
    }
};

/// Concat: the channels of the inputs, one after the other, and f of each element. As a prepared kernel, but that
/// forward takes an array of inputs. What follows whole blocks is copied block by block; other channels move from lane
/// to lane.
/// Layouts  In List<...>: (C, H, W), blocked, or features; Out (sum of C, H, W)
template <typename Stage>
struct Concat {
    using V = typename Stage::V;
    using T = scalar_t<V>;
    using Out = as_blocked_t<typename Stage::Out, V::count>;
    static constexpr std::size_t inputs = Stage::In::size;

    static constexpr std::size_t packed_size = 0;
    static constexpr std::size_t scratch_size = 0;
    static constexpr void pack(const T*, const T*, T*) {}

    template <typename Team = Alone>
    static constexpr void forward(const T*, const std::array<const T*, inputs>& input, T* output, T*,
                                  Team&& team = {}) {
        // One item: inputs may have parts of the same block.
        team.items(1)([&] { concat(typename Stage::In{}, std::make_index_sequence<inputs>{}, input, output); });
    }

private:
    template <typename... In, std::size_t... Input>
    static constexpr void concat(List<In...>, std::index_sequence<Input...>, const std::array<const T*, inputs>& input,
                                 T* output) {
        static_assert((In::channels + ...) == Out::channels);
        constexpr std::size_t channels[] = {In::channels...};
        (copy<as_blocked_t<In, V::count>, first_channel<Input>(channels)>(input[Input], output), ...);
    }
    template <std::size_t Input>
    static consteval std::size_t first_channel(const std::size_t (&channels)[inputs]) {
        std::size_t first = 0;
        for (std::size_t i = 0; i < Input; ++i) {
            first += channels[i];
        }
        return first;
    }

    /// `Count` lanes of a from lane First on, and behind them the first lanes of b.
    template <std::size_t First, std::size_t Count>
    struct Behind {
        static constexpr int from(std::size_t lane) {
            return static_cast<int>(lane < Count ? First + lane : V::count + lane - Count);
        }
    };

    /// The lanes of a block from `shift` on hold the first channels of a block of the input, the lanes before them the
    /// last channels of the block before. A block is therefore written twice: first, the lanes from `shift` on are
    /// zero.
    template <typename In, std::size_t First>
    [[gnu::noinline]] static constexpr void copy(const T* input, T* output) {
        static_assert(In::height == Out::height && In::width == Out::width);
        constexpr std::size_t first_block = First / V::count;
        constexpr std::size_t shift = First % V::count;
        Alone alone;
        detail::for_each_vector<In, typename Stage::Function, V>(
            alone,
            [&](std::size_t block, std::size_t h, std::size_t w, const auto& mask) __attribute__((always_inline)) {
                V value = apply_function<typename Stage::Function>(V::load(input + In::offset(block, h, w)));
                mask.apply(value);
                T* place = output + Out::offset(first_block + block, h, w);
                if constexpr (shift == 0) {
                    value.store(place);
                } else {
                    constexpr std::make_index_sequence<V::count> lanes;
                    choose_lanes<Behind<0, shift>>(V::load(place), value, lanes).store(place);
                    if (first_block + block + 1 < Out::blocks) {
                        choose_lanes<Behind<V::count - shift, shift>>(value, V{}, lanes).store(place + Out::plane);
                    }
                }
            });
    }
};

}  // namespace CTCNN_DETAIL::kernels::prepared
