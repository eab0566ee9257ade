// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>

namespace ctcnn {

// The words that a refusal is spelled with in a compiler's message.

/// The layer that refuses: its place, counted from 0, and its spelling.
template <std::size_t Index, typename Layer>
struct at_layer {};
/// The same inside a block: the block's place, then the layer's place inside it.
template <std::size_t Index, typename InnerPlace>
struct in_block {};
/// Where no layer is to blame: the network or the block itself, as in in_block<2, the_sequence>.
struct the_sequence {};
/// In place of a layer: branches that do not fit each other. The layer is the one around them.
struct the_branches {};
/// The shape that branch number Index makes.
template <std::size_t Index, typename Shape>
struct branch_makes {};
/// The shape that arrived there.
template <typename Shape>
struct received {};
/// The number that would fit, where a number is at fault.
template <std::size_t Number>
struct wanted {};
/// What a layer says in its own words, or the member that it lacks. clang shows the first 36 characters of a text, and
/// gets it in pieces.
template <detail_::Name... Pieces>
struct says {};
/// Where an embedded file does not fit: the tensor, and its shape in the network and in the file. One that is not there
/// has no shape: absent.
template <detail_::Name TensorName>
struct at_tensor {};
template <typename Shape>
struct in_network {};
template <typename Shape>
struct in_file {};
struct absent {};
/// The error itself, in graph/refusal.hpp. A last word may say what to write instead: corrected (core/mismatch.hpp).
template <Reason R, typename... Words>
struct refused;

}  // namespace ctcnn

namespace CTCNN_DETAIL::graph {

/// Refusal: a network's first mismatch, with words about it: at_layer or in_block, received, wanted. Naming it is
/// harmless.
template <Reason R, typename... Words>
struct Refusal {
    static constexpr Mismatch mismatch{R};
};

/// No refusal.
struct Accepted {
    static constexpr Mismatch mismatch{};
};

/// The first piece of a text, up to a blank.
constexpr std::string_view first_piece(std::string_view text) {
#if defined(__clang__)
    constexpr std::size_t most = 36;
#else
    constexpr std::size_t most = static_cast<std::size_t>(-1);
#endif
    if (text.size() <= most) {
        return text;
    }
    const std::size_t blank = text.substr(0, most + 1).find_last_of(' ');
    return text.substr(0, blank == text.npos ? most : blank);
}

/// The words of a layer's refusal from character Begin on, behind the pieces before.
template <typename L, typename S, std::size_t Begin = 0, Name... Before>
consteval auto says_of() {
    constexpr std::string_view text = mismatch_of<L, S>().words.substr(Begin);
    constexpr std::string_view piece = first_piece(text);
    constexpr std::size_t end = piece.size() + (piece.size() < text.size() && text[piece.size()] == ' ' ? 1 : 0);
    if constexpr (end < text.size()) {
        return says_of<L, S, Begin + end, Before..., Name<piece.size()>(piece)>();
    } else {
        return says<Before..., Name<piece.size()>(piece)>{};
    }
}

}  // namespace CTCNN_DETAIL::graph
