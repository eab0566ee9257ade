// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/prepared/blocks.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

/// FlatInputs: the elements of an image in the order in which its buffer holds them, as runs of elements that lie side
/// by side. Borders, gaps, and channels that fill a block up belong to no run.
template <typename In>
class FlatInputs {
public:
    /// Calls f(offset, Index<length>{}) for each run.
    template <typename F>
    [[gnu::always_inline]] static constexpr void for_each_run(const F& f) {
        if constexpr (whole_planes > 0) {
            for (std::size_t p = 0; p < runs.planes; ++p) {
                for (std::size_t h = 0; h < runs.rows; ++h) {
                    f(In::origin + p * In::plane + h * In::row, Index<runs.length>{});
                }
            }
        }
        if constexpr (rest > 0) {
            for (std::size_t h = 0; h < In::height; ++h) {
                for (std::size_t w = 0; w < In::width; ++w) {
                    f(In::origin + whole_planes * In::plane + h * In::row + w * count, Index<rest>{});
                }
            }
        }
    }

    /// Which input of PyTorch's Flatten, c, h, w, lies at an offset.
    static constexpr std::size_t number_of(std::size_t offset) {
        const std::size_t plane = (offset - In::origin) / In::plane;
        const std::size_t place = (offset - In::origin) % In::plane;
        const std::size_t channel = plane * count + place % count;
        return (channel * In::height + place / In::row) * In::width + place % In::row / count;
    }

private:
    static constexpr std::size_t count = [] {
        if constexpr (is_blocked<In>) {
            return In::count;
        } else {
            return std::size_t{1};
        }
    }();
    static constexpr std::size_t whole_planes = In::channels / count;
    static constexpr std::size_t rest = In::channels % count;

    /// Rows that follow each other without a gap are one run, and planes too.
    struct Runs {
        std::size_t planes;
        std::size_t rows;
        std::size_t length;
    };
    static constexpr Runs runs = [] {
        Runs result{whole_planes, In::height, In::width * count};
        if (result.rows == 1 || In::row == result.length) {
            result.length *= result.rows;
            result.rows = 1;
        }
        if (result.planes == 1 || (result.rows == 1 && In::plane == result.length)) {
            result.length *= result.planes;
            result.planes = 1;
        }
        return result;
    }();
};

namespace detail {

/// Weights that are stored as elements: a vector each.
template <typename Weight, typename V>
struct StoredWeights {
    static_assert(std::is_same_v<Weight, scalar_t<V>>, "weights are stored as elements or, of floats, as bf16");
    using T = scalar_t<V>;

    /// Vectors that hold `columns` vectors of weights.
    static constexpr std::size_t vectors(std::size_t columns) { return columns; }
    static constexpr void put(T* packed, std::size_t column, std::size_t lane, T weight) {
        packed[column * V::count + lane] = weight;
    }
    [[gnu::always_inline]] static constexpr V get(const T* packed, std::size_t column) {
        return V::load(packed + column * V::count);
    }
};

/// Two bf16 in each lane, as one integer: the weight of an even column in its lower half, that of the next column in
/// its upper half. A shift or a mask makes floats of them, on processors of either byte order.
template <typename V>
    requires std::is_same_v<scalar_t<V>, float>
struct StoredWeights<bf16, V> {
    using Integers = typename V::IntegerVector;

    static constexpr std::size_t vectors(std::size_t columns) { return (columns + 1) / 2; }
    static constexpr void put(float* packed, std::size_t column, std::size_t lane, float weight) {
        float* place = packed + column / 2 * V::count + lane;
        std::uint32_t pair = 0;
        if (column % 2 != 0) {
            std::memcpy(&pair, place, sizeof(pair));
        }
        pair |= std::uint32_t{bf16::nearest(weight).bits} << (column % 2 * 16);
        std::memcpy(place, &pair, sizeof(pair));
    }
    [[gnu::always_inline]] static constexpr V get(const float* packed, std::size_t column) {
        Integers pairs;
        __builtin_memcpy(&pairs, packed + column / 2 * V::count, sizeof(pairs));
        pairs = column % 2 == 0 ? pairs << 16 : pairs & -65536;
        return {reinterpret_cast<typename V::Vector>(pairs)};
    }
};

}  // namespace detail

/// Linear: output(o) = f(bias(o) + sum over i of weight(o, i) * input(i)). The lanes run along the outputs, each input
/// is broadcast, and the weights are read once, from front to back: they come from a cache at the speed that it has.
/// (No instruction asks for them in advance. Those that do take half as long again.) The input may be any image: its
/// elements are taken as they lie, as Flatten names them, with weights that were packed in that order.
/// Weight   what the packed weights are stored as: T, or bf16 where T is float, which is rounded when it is packed; the
///          sums are those of T
/// Layouts  In (C, H, W) with C*H*W = Inputs, of any kind, or features; Out features (Outputs)
/// packed   weights [block of outputs][input][outputs of the block], bias [whole vectors]
template <std::size_t Inputs, std::size_t Outputs, typename Stage, typename Weight = typename Stage::T>
struct Linear {
    using In = typename Stage::In;
    using V = typename Stage::V;
    using T = scalar_t<V>;
    using Out = as_blocked_t<typename Stage::Out, V::count>;
    static_assert(In::channels * In::height * In::width == Inputs);
    static_assert(Out::channels == Outputs && Out::height * Out::width == 1);

private:
    using Stored = detail::StoredWeights<Weight, V>;
    using Order = FlatInputs<In>;
    /// Vectors of outputs, and how many of them a block has at most: 4 with two sums each. 8 sums hide the latency of a
    /// multiply-add, and leave a register for the input and one for weights even where there are 16. Blocks of 8
    /// vectors would be no faster, and give a team less to share.
    static constexpr std::size_t vectors = whole_vectors(Outputs, V::count) / V::count;
    static constexpr std::size_t sums = 8;
    static constexpr std::size_t columns = equal_portion(vectors, sums / 2);
    /// Elements of the weights of `taken` vectors of outputs.
    static constexpr std::size_t block_size(std::size_t taken) { return Inputs * Stored::vectors(taken) * V::count; }
    static constexpr std::size_t weights_size = vectors / columns * block_size(columns) + block_size(vectors % columns);

public:
    static constexpr std::size_t packed_size = weights_size + vectors * V::count;
    static constexpr std::size_t scratch_size = 0;

    static constexpr void pack(const T* weight, const T* bias, T* packed) {
        for (std::size_t first = 0; first < vectors; first += columns) {
            const std::size_t taken = std::min(columns, vectors - first);
            const std::size_t step = Stored::vectors(taken) * V::count;
            // One vector of outputs after the other: their rows of weights stay in a cache.
            for (std::size_t n = 0; n < Stored::vectors(taken) * columns_in_a_vector; ++n) {
                T* place = packed + first / columns * block_size(columns);
                Order::for_each_run([&](std::size_t offset, std::size_t length) {
                    for (std::size_t i = offset; i < offset + length; ++i) {
                        const std::size_t number = Order::number_of(i);
                        for (std::size_t lane = 0; lane < V::count; ++lane) {
                            const std::size_t o = (first + n) * V::count + lane;
                            const bool present = n < taken && o < Outputs;
                            Stored::put(place, n, lane, present ? weight[o * Inputs + number] : T{});
                        }
                        place += step;
                    }
                });
            }
        }
        for (std::size_t o = 0; o < vectors * V::count; ++o) {
            packed[weights_size + o] = bias != nullptr && o < Outputs ? bias[o] : T{};
        }
    }

    template <typename Team = Alone>
    [[gnu::noinline]] static constexpr void forward(const T* packed, const T* input, T* output, T*, Team&& team = {}) {
        auto items = team.items((vectors + columns - 1) / columns);
        for_each_piece<vectors, columns>([&](std::size_t first, auto taken) __attribute__((always_inline)) {
            items([&]() __attribute__((always_inline)) {
                add_products<taken()>(packed + first / columns * block_size(columns), input,
                                      output + Out::offset(first, 0, 0));
                finish(packed + weights_size, first, first + taken, output);
            });
        });
    }

private:
    static constexpr std::size_t columns_in_a_vector = std::is_same_v<Weight, T> ? 1 : 2;

    /// Bias and function of some vectors of outputs.
    [[gnu::always_inline]] static constexpr void finish(const T* bias, std::size_t first, std::size_t last, T* output) {
        for (std::size_t v = first; v < last; ++v) {
            T* place = output + Out::offset(v, 0, 0);
            V value = V::load(place) + V::load(bias + v * V::count);
            value = apply_function<typename Stage::Function>(value);
            ChannelMask<Out, V>(v).apply(value);
            value.store(place);
        }
    }

    /// The sums of a block of N vectors of outputs. Few vectors have several sums each, one for every
    /// so many inputs: one alone would wait for itself.
    template <std::size_t N>
    [[gnu::noinline]] static constexpr void add_products(const T* weights, const T* input, T* output) {
        constexpr std::size_t parts = sums / N;
        constexpr std::size_t step = Stored::vectors(N) * V::count;
        V sum[parts * N];
        clear_tile(sum, indices<parts * N>);
        Order::for_each_run([&](std::size_t offset, auto length) __attribute__((always_inline)) {
            constexpr std::size_t whole = length() / parts * parts;
            const T* x = input + offset;
            const auto add = [&](std::size_t part) __attribute__((always_inline)) {
                V held = broadcast<V>(x[part]);
                hold_in_register(held);
                unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                    V& target = sum[part * N + n];
                    target = multiply_add(Stored::get(weights + part * step, n), held, target);
                });
            };
#pragma GCC unroll 1
            for (std::size_t i = 0; i < whole; i += parts) {
                unroll<parts>(add);
                x += parts;
                weights += parts * step;
            }
            if constexpr (whole < length()) {
                unroll<length() - whole>(add);
                weights += (length() - whole) * step;
            }
        });
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
            V total = sum[n];
            unroll<parts - 1>([&](std::size_t part)
                                  __attribute__((always_inline)) { total = total + sum[(part + 1) * N + n]; });
            total.store(output + n * V::count);
        });
    }
};

}  // namespace CTCNN_DETAIL::kernels::prepared
