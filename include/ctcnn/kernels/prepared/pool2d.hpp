// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/mean2d.hpp>
#include <ctcnn/kernels/prepared/blocks.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

namespace detail {

/// The windows of an axis. Those that are as long as any, and an equal step apart, are the outputs whole.first, ...,
/// whole.last - 1: code that knows length and step does these.
template <typename Axis>
struct WindowsOf {
    std::array<Range, Axis::outputs> support{};
    std::size_t length = 0;
    std::size_t step = 0;
    Range whole{0, 0};

    consteval WindowsOf() {
        for (std::size_t o = 0; o < Axis::outputs; ++o) {
            support[o] = Axis::support(o);
            length = std::max(length, support[o].count());
        }
        while (support[whole.first].count() != length) {
            ++whole.first;
        }
        whole.last = whole.first + 1;
        if (whole.last < Axis::outputs) {
            step = support[whole.last].first - support[whole.first].first;
        }
        while (whole.last < Axis::outputs && support[whole.last].count() == length &&
               support[whole.last].first == support[whole.last - 1].first + step) {
            ++whole.last;
        }
    }
};

template <typename Axis>
inline constexpr WindowsOf<Axis> windows_of{};

/// Windows of so many elements have theirs joined one after the other.
inline constexpr std::size_t few = 16;

/// output(c, h, w) = Reduce(input of the window). Reduce has
///     join(a, b)                      of elements of a small window, one after the other
///     all(count, count, pixel)        of any window, where pixel(row, column) is an element
///     finish(value, h, w)             of a window and its place
template <typename Rows, typename Columns, typename Reduce, typename Stage>
struct WindowPool {
    using V = typename Stage::V;
    using T = scalar_t<V>;
    using In = as_blocked_t<typename Stage::In, V::count>;
    using Out = as_blocked_t<typename Stage::Out, V::count>;
    static_assert(Rows::inputs == In::height && Columns::inputs == In::width && In::channels == Out::channels);
    static_assert(Rows::outputs == Out::height && Columns::outputs == Out::width);

    static constexpr std::size_t packed_size = 0;
    static constexpr std::size_t scratch_size = 0;
    static constexpr void pack(const T*, const T*, T*) {}

    template <typename Team = Alone>
    [[gnu::noinline]] static constexpr void forward(const T*, const T* input, T* output, T*, Team&& team = {}) {
        constexpr const auto& rows = windows_of<Rows>;
        constexpr const auto& columns = windows_of<Columns>;
        constexpr bool is_small = rows.length * columns.length <= few;
        auto items = team.items(Out::blocks, Out::height);
        for (std::size_t block = 0; block < Out::blocks; ++block) {
            const Mask mask(block);
            for (std::size_t h = 0; h < Out::height; ++h) {
                items([&]() __attribute__((always_inline)) {
                    const T* row = input + In::offset(block, rows.support[h].first, 0);
                    T* to = output + Out::offset(block, h, 0);
                    if (!is_small || rows.support[h].count() != rows.length) {
                        any_windows(row, to, h, {0, Out::width}, mask);
                    } else if constexpr (is_small) {
                        any_windows(row, to, h, {0, columns.whole.first}, mask);
                        const T* pixels = row + columns.support[columns.whole.first].first * V::count;
                        for (std::size_t w = columns.whole.first; w < columns.whole.last; ++w) {
                            V value = V::load(pixels);
                            unroll<rows.length * columns.length - 1>([&](std::size_t n) __attribute__((always_inline)) {
                                value = Reduce::join(value, V::load(pixels + (n + 1) / columns.length * In::row +
                                                                    (n + 1) % columns.length * V::count));
                            });
                            store(Reduce::finish(value, h, w), to + w * V::count, mask);
                            pixels += columns.step * V::count;
                        }
                        any_windows(row, to, h, {columns.whole.last, Out::width}, mask);
                    }
                });
            }
        }
    }

private:
    using Mask = ChannelMask<Out, V, !keeps_zero<typename Stage::Function, T>>;

    [[gnu::always_inline]] static constexpr void store(V value, T* place, const Mask& mask) {
        value = apply_function<typename Stage::Function>(value);
        mask.apply(value);
        value.store(place);
    }

    /// Windows of any length, of one row of the output.
    static constexpr void any_windows(const T* row, T* to, std::size_t h, Range range, const Mask& mask) {
        for (std::size_t w = range.first; w < range.last; ++w) {
            const Range columns = windows_of<Columns>.support[w];
            const T* corner = row + columns.first * V::count;
            const V value = Reduce::all(windows_of<Rows>.support[h].count(), columns.count(),
                                        [corner](std::size_t kh, std::size_t kw) __attribute__((always_inline)) {
                                            return V::load(corner + kh * In::row + kw * V::count);
                                        });
            store(Reduce::finish(value, h, w), to + w * V::count, mask);
        }
    }
};

/// The largest element, NaN if there is one.
template <typename V>
struct Largest {
    [[gnu::always_inline]] static constexpr V join(V a, V b) { return larger(a, b); }
    template <typename Pixel>
    [[gnu::always_inline]] static constexpr V all(std::size_t rows, std::size_t columns, const Pixel& pixel) {
        V value = pixel(0, 0);
        for (std::size_t kh = 0; kh < rows; ++kh) {
            for (std::size_t kw = 0; kw < columns; ++kw) {
                value = larger(value, pixel(kh, kw));
            }
        }
        return value;
    }
    [[gnu::always_inline]] static constexpr V finish(V value, std::size_t, std::size_t) { return value; }
};

/// The sum, divided by the numbers of elements that the axes count.
template <typename Rows, typename Columns, typename V>
struct Mean {
    using T = scalar_t<V>;

    [[gnu::always_inline]] static constexpr V join(V a, V b) { return a + b; }
    template <typename Pixel>
    [[gnu::always_inline]] static constexpr V all(std::size_t rows, std::size_t columns, const Pixel& pixel) {
        return sum_of<windows_of<Rows>.length>(rows, [&](std::size_t kh) __attribute__((always_inline)) {
            return sum_of<windows_of<Columns>.length>(
                columns, [&](std::size_t kw) __attribute__((always_inline)) { return pixel(kh, kw); });
        });
    }
    [[gnu::always_inline]] static constexpr V finish(V sum, std::size_t h, std::size_t w) {
        if constexpr (is_even) {
            return sum * broadcast<V>(T{1} / static_cast<T>(row_counts[0] * column_counts[0]));
        } else {
            return sum * broadcast<V>(T{1} / static_cast<T>(row_counts[h] * column_counts[w]));
        }
    }

private:
    /// Where there are `Most` terms at most, too few for pairs, a loop alone: compilers inline it.
    template <std::size_t Most, typename Term>
    [[gnu::always_inline]] static constexpr V sum_of(std::size_t count, const Term& term) {
        if constexpr (Most > 8) {
            return pairwise_sum<V>(0, count, [&](V sum, std::size_t i) { return sum + term(i); });
        }
        V sum{};
        for (std::size_t i = 0; i < count; ++i) {
            sum = sum + term(i);
        }
        return sum;
    }

    /// How many elements each window of an axis counts, which may be more than it has: each weighs 1 divided by that.
    template <typename Axis>
    static consteval std::array<std::size_t, Axis::outputs> counts() {
        std::array<std::size_t, Axis::outputs> result{};
        for (std::size_t o = 0; o < Axis::outputs; ++o) {
            result[o] = static_cast<std::size_t>(1 / Axis::weight(o, Axis::support(o).first) + 0.5);
        }
        return result;
    }
    static constexpr auto row_counts = counts<Rows>();
    static constexpr auto column_counts = counts<Columns>();
    static constexpr bool is_even =
        std::count(row_counts.begin(), row_counts.end(), row_counts[0]) == Rows::outputs &&
        std::count(column_counts.begin(), column_counts.end(), column_counts[0]) == Columns::outputs;
};

/// The windows of a pooling, as axes. They leave padding out.
template <Window W, typename In, typename Out, bool CountsPadding>
struct PoolAxes {
    using Rows = WindowMean<In::height, W.kernel.height, W.stride.height, W.padding.height, Out::height, CountsPadding>;
    using Columns = WindowMean<In::width, W.kernel.width, W.stride.width, W.padding.width, Out::width, CountsPadding>;
};

}  // namespace detail

/// MaxPool2d: output(c, h, w) = f(largest input of the window); padding never wins, NaN does.
/// Layouts  In (C, Hi, Wi), blocked; Out (C, Ho, Wo), blocked, or features
template <Window W, typename Stage>
struct MaxPool2d
    : detail::WindowPool<typename detail::PoolAxes<W, typename Stage::In, typename Stage::Out, false>::Rows,
                         typename detail::PoolAxes<W, typename Stage::In, typename Stage::Out, false>::Columns,
                         detail::Largest<typename Stage::V>, Stage> {};

/// MeanPool2d: output(c, h, w) = f(mean of the inputs of the window). Rows and Columns are maps of mean2d.hpp: windows
/// of AvgPool2d or AdaptiveAvgPool2d. Long sums are added in pairs.
/// Layouts  In (C, Hi, Wi), blocked; Out (C, Ho, Wo), blocked, or features
template <typename Rows, typename Columns, typename Stage>
struct MeanPool2d : detail::WindowPool<Rows, Columns, detail::Mean<Rows, Columns, typename Stage::V>, Stage> {};

/// The means of AvgPool2d.
template <Window W, bool CountsPadding, typename Stage>
using AvgPool2d =
    MeanPool2d<typename detail::PoolAxes<W, typename Stage::In, typename Stage::Out, CountsPadding>::Rows,
               typename detail::PoolAxes<W, typename Stage::In, typename Stage::Out, CountsPadding>::Columns, Stage>;

/// The mean of each channel.
template <typename Stage>
using GlobalMean2d = MeanPool2d<AdaptiveMean<Stage::In::height, 1>, AdaptiveMean<Stage::In::width, 1>, Stage>;

}  // namespace CTCNN_DETAIL::kernels::prepared
