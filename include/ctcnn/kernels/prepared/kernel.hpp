// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/target.hpp>

// A prepared kernel K computes one stage of a prepared network: one image, with weights that were packed once. It is a
// class template on what the layer is and on Stage<In, Out, Function, V>, where V is a vector whose lanes are
// neighbouring channels, pixels or features. Elements are T. K has
//     packed_size                                 elements of its packed weights, a multiple of a vector
//     scratch_size                                elements that a thread needs for the time of a call
//     pack(weight, bias, packed)                  once: the layer's parameters in PyTorch's order; a bias that is
//                                                 nullptr is zero. All of packed is written
//     forward(packed, input, output, scratch, team)   any number of times, by any number of threads
// A team are the threads of one call; it is Alone by default. All members make the same call. What is computed is cut
// into items, independent of each other, which they share; each has scratch_size elements of scratch, in whole cache
// lines. The output is complete when all have returned. Its bits do not depend on the team.
// packed, input, output and scratch begin on a cache line. In and Out are blocked layouts, or Layout where channels lie
// one after the other; features are whole vectors. A kernel writes all channels of a block, zeros where the image has
// none, and never the border; behind the features it writes zeros. It reads the border, which is zero.
// Kernels work in constant expressions, those of bf16 excepted.
namespace CTCNN_DETAIL::kernels::prepared {

using detail_::Pooling;

/// Alone: the team of a call on one thread, and what a team is:
///     member()       which one of its threads this is
///     size()         how many there are
///     is_even(n)     whether equal shares of n items are about equal
///     items(n, rows) the items of a loop over n things that have so many rows, or pieces of rows; items(f) calls f for
///                    the next one, or leaves it to another member. Members keep to their rows, so that what a core
///                    has written stays in its cache
///     items(n)       the same without rows
///     barrier()      waits for the items before it
struct Alone {
    struct Items {
        template <typename F>
        [[gnu::always_inline]] constexpr void operator()(const F& f) const {
            f();
        }
    };

    static constexpr std::size_t member() { return 0; }
    static constexpr std::size_t size() { return 1; }
    static constexpr bool is_even(std::size_t) { return true; }
    static constexpr Items items(std::size_t, std::size_t = 1) { return {}; }
    static constexpr void barrier() {}
};

/// So many elements, filled up to whole cache lines.
template <typename T>
constexpr std::size_t whole_lines(std::size_t size) {
    constexpr std::size_t line = alignment / sizeof(T);
    return (size + line - 1) / line * line;
}

/// A function of the network, of each lane. Such functions take vectors apart, which constant expressions cannot: there
/// it is called with one lane after the other.
template <typename Function, typename V>
[[gnu::always_inline]] constexpr V apply_function(const V& value) {
    if (__builtin_is_constant_evaluated()) {
        auto array = value.array();
        for (scalar_t<V>& lane : array.lanes) {
            lane = Function::forward(lane);
        }
        return V::of(array);
    }
    return Function::forward(value);
}

/// Calls f(0), ..., f(count - 1), each of them an item.
template <typename Team, typename F>
[[gnu::always_inline]] constexpr void for_each_item(Team& team, std::size_t count, const F& f) {
    auto items = team.items(count);
    for (std::size_t n = 0; n < count; ++n) {
        items([&]() __attribute__((always_inline)) { f(n); });
    }
}

/// PreparedKernel: see above.
template <typename K>
concept PreparedKernel = requires(const typename K::T* input, typename K::T* output) {
    { K::packed_size + std::size_t{0} } -> std::same_as<std::size_t>;
    { K::scratch_size + std::size_t{0} } -> std::same_as<std::size_t>;
    K::pack(input, input, output);
    K::forward(input, input, output, output);
};

}  // namespace CTCNN_DETAIL::kernels::prepared
