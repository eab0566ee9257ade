// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/target.hpp>

// Channels that fill the last block up are zero in every image of a prepared network. Functions that map zero to zero
// keep them so. Behind the others they are masked, and behind sums, which a NaN or an infinity of the input may have
// reached.
namespace CTCNN_DETAIL::kernels::prepared {

template <typename L, std::size_t Count>
struct AsBlocked {
    static_assert(is_blocked<L>, "an image whose channels lie one after the other has to be converted first");
    using type = L;
};
template <std::size_t Features, std::size_t Count>
struct AsBlocked<Layout<Features, 1, 1>, Count> {
    using type = BlockedLayout<Count, Features, 1, 1>;
};

/// A blocked image as it is; features as a blocked image of one pixel, which lies the same.
template <typename L, std::size_t Count>
using as_blocked_t = typename AsBlocked<L, Count>::type;

/// Whether a function maps zero to zero. Of one that is no constant expression, nobody knows.
template <typename Function, typename T>
inline constexpr bool keeps_zero = [] {
    if constexpr (requires { typename std::bool_constant<(Function::forward(T{}) >= T{})>; }) {
        return Function::forward(T{}) >= T{} && Function::forward(T{}) <= T{};
    } else {
        return false;
    }
}();

/// ChannelMask: the lanes of a block that are channels of an image. `Needed`: whether the others may be something else
/// than zero.
template <typename L, typename V, bool Needed = true>
class ChannelMask {
public:
    [[gnu::always_inline]] constexpr explicit ChannelMask([[maybe_unused]] std::size_t block) {
        if constexpr (masks) {
            mask_ = block + 1 == L::blocks ? last : ~Integers{};
        }
    }

    /// Zero in the lanes that are no channels.
    [[gnu::always_inline]] constexpr void apply([[maybe_unused]] V& value) const {
        if constexpr (masks) {
            value.vector = __builtin_bit_cast(typename V::Vector, __builtin_bit_cast(Integers, value.vector) & mask_);
        }
    }

private:
    using Integers = typename V::IntegerVector;
    static constexpr std::size_t rest = L::channels % V::count;
    static constexpr bool masks = Needed && rest != 0;

    static constexpr Integers last = [] {
        std::array<typename V::Integer, V::count> mask{};
        std::fill_n(mask.begin(), rest, -1);
        return __builtin_bit_cast(Integers, mask);
    }();

    struct Nothing {};
    std::conditional_t<masks, Integers, Nothing> mask_{};
};

}  // namespace CTCNN_DETAIL::kernels::prepared
