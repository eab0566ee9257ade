// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::run {

/// How many multiply-adds an image takes where crews pay: the members wait for each other behind every stage, which
/// costs some microseconds.
inline constexpr std::uint64_t least_shared = 1'000'000;

/// Whether crews compute the tiles of a network where there are more threads than tiles. Not where compilers may round
/// the same sum differently in two functions.
template <typename Plan, Number V>
inline constexpr bool has_crews =
    is_lanes<V> && Plan::multiply_adds >= least_shared && !sums_may_be_rearranged && !has_excess_digits;

/// The crew of a tile, and a member's own scratch memory; where that is null, it is the tile's.
template <Number V>
struct Shared {
    Crew crew{};
    V* scratch = nullptr;
};
/// The same of a tile that one thread computes.
template <Number V>
struct Unshared {
    static constexpr OneThread crew{};
    static constexpr V* scratch = nullptr;
};
template <typename Plan, Number V>
using SharingFor = std::conditional_t<has_crews<Plan, V>, Shared<V>, Unshared<V>>;

template <typename Plan, Number V>
using CrewFor = std::conditional_t<has_crews<Plan, V>, Crew, OneThread>;

/// Scratch memory for a call: that of a tile, or of a member of its crew.
template <typename Sharing, Number V>
[[gnu::always_inline]] constexpr V* scratch_of(const Sharing& sharing, V* of_tile) {
    return sharing.scratch == nullptr ? of_tile : sharing.scratch;
}

/// Whether the functions of a layer get the crew.
template <typename Layer, typename Crew>
inline constexpr bool shares = false;
template <typename Layer>
    requires(Layer::shares)
inline constexpr bool shares<Layer, Crew> = true;

}  // namespace CTCNN_DETAIL::run
