// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/spelling.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/graph/words.hpp>

namespace CTCNN_DETAIL::graph {

// Whether static_assert takes a text that is put together: in C++26, and as an extension before.
#if defined(__cpp_static_assert) && __cpp_static_assert >= 202306L
#define CTCNN_COMPOSES 1
#elif defined(__clang__) && !defined(__apple_build_version__) && __clang_major__ >= 20
#define CTCNN_COMPOSES 1
#elif defined(__GNUC__) && !defined(__clang__) && !defined(__EDG__) && __GNUC__ >= 14
#define CTCNN_COMPOSES 1
#else
#define CTCNN_COMPOSES 0
#endif

/// Message: the sentence of a refusal and all its words, "...; layer 7, Linear<256, 120>, received Shape<400>, wanted
/// 256: write Linear<400, 120>".
struct Message : Text<1024> {
    constexpr const char* data() const { return characters; }
    constexpr std::size_t size() const { return length; }

    template <typename T>
    constexpr void spell() {
        append_spelling<T>(*this);
    }

    /// A place reads as in the names of PyTorch's state_dict: layer 2.1 is layer 1 of the block at 2.
    template <std::size_t Index, typename Layer>
    constexpr void tell(std::type_identity<at_layer<Index, Layer>>, std::string_view before = "; layer ") {
        append(before);
        append_number(Index);
        append(", ");
        spell<Layer>();
        append(",");
    }
    template <std::size_t Index, typename InnerPlace>
    constexpr void tell(std::type_identity<in_block<Index, InnerPlace>>, std::string_view before = "; layer ") {
        append(before);
        append_number(Index);
        tell(std::type_identity<InnerPlace>{}, ".");
    }
    constexpr void tell(std::type_identity<the_sequence>, std::string_view before = ";") {
        append(before == "." ? "" : before);
    }
    template <typename S>
    constexpr void tell(std::type_identity<received<S>>) {
        append(" received ");
        spell<S>();
    }
    template <std::size_t Index, typename S>
    constexpr void tell(std::type_identity<branch_makes<Index, S>>) {
        append(", branch ");
        append_number(Index);
        append(" makes ");
        spell<S>();
    }
    template <std::size_t Number>
    constexpr void tell(std::type_identity<wanted<Number>>) {
        append(", wanted ");
        append_number(Number);
    }
    template <Name... Pieces>
    constexpr void tell(std::type_identity<says<Pieces...>>) {
        std::string_view before = ": ";
        ((append(before), append(Pieces.view()), before = " "), ...);
    }
    template <typename... Spelling>
    constexpr void tell(std::type_identity<corrected<Spelling...>>) {
        std::string_view before = ": write ";
        ((append(before), spell<Spelling>(), before = ", "), ...);
    }
    template <Name TensorName>
    constexpr void tell(std::type_identity<at_tensor<TensorName>>) {
        append("; tensor ");
        append(TensorName.view());
    }
    template <typename S>
    constexpr void tell(std::type_identity<in_network<S>>) {
        append(": ");
        spell<S>();
        append(" in the network");
    }
    template <typename S>
    constexpr void tell(std::type_identity<in_file<S>>) {
        append(", ");
        spell<S>();
        append(" in the file");
    }
    template <typename Other>
    constexpr void tell(std::type_identity<Other>) {}
};

/// The sentence and the words as one text.
template <typename... Words>
consteval Message compose(std::string_view sentence) {
    Message message;
    message.append(sentence);
    (message.tell(std::type_identity<Words>{}), ...);
    return message;
}

}  // namespace CTCNN_DETAIL::graph
