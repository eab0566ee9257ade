// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>

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
/// The shape that arrived there.
template <typename Shape>
struct received {};
/// The number that would fit, where a number is at fault.
template <std::size_t Number>
struct wanted {};
/// The error itself, further down.
template <Reason R, typename... Words>
struct refused;

}  // namespace ctcnn

namespace CTCNN_DETAIL::model {

/// Refusal: a network's first mismatch, with words about it: at_layer or in_block, received, wanted. Naming it is harmless.
template <Reason R, typename... Words>
struct Refusal {
    static constexpr Mismatch mismatch{R};
    using error = refused<R, Words...>;
};

/// No refusal.
struct Accepted {
    static constexpr Mismatch mismatch{};
};

#if defined(__cpp_static_assert) && __cpp_static_assert >= 202306L
/// The text of a static_assert with the numbers in it, where compilers can put texts together.
struct Message {
    std::array<char, 512> text{};
    std::size_t length = 0;

    constexpr void append(std::string_view part) {
        for (const char c : part) {
            text[length++] = c;
        }
    }
    constexpr void append(std::size_t number) {
        if (number >= 10) {
            append(number / 10);
        }
        const char digit = static_cast<char>('0' + number % 10);
        append(std::string_view(&digit, 1));
    }
    constexpr const char* data() const { return text.data(); }
    constexpr std::size_t size() const { return length; }

    /// A place reads as in the names of PyTorch's state_dict: layer 2.1 is layer 1 of the block at 2.
    template <std::size_t Index, typename Layer>
    constexpr void tell(std::type_identity<at_layer<Index, Layer>>, std::string_view before = "; layer ") {
        append(before);
        append(Index);
    }
    template <std::size_t Index, typename InnerPlace>
    constexpr void tell(std::type_identity<in_block<Index, InnerPlace>>, std::string_view before = "; layer ") {
        append(before);
        append(Index);
        tell(std::type_identity<InnerPlace>{}, ".");
    }
    constexpr void tell(std::type_identity<the_sequence>, std::string_view before = ";") {
        append(before == "." ? "" : before);
    }
    template <std::size_t... Dims>
    constexpr void tell(std::type_identity<received<Shape<Dims...>>>) {
        append(" received Shape<");
        std::string_view before = "";
        ((append(before), append(Dims), before = ", "), ...);
        append(">");
    }
    template <std::size_t Number>
    constexpr void tell(std::type_identity<wanted<Number>>) {
        append(", wanted ");
        append(Number);
    }
    template <typename Other>
    constexpr void tell(std::type_identity<Other>) {}
};

template <typename... Words>
consteval Message compose(std::string_view sentence) {
    Message message;
    message.append(sentence);
    (message.tell(std::type_identity<Words>{}), ...);
    return message;
}
#define CTCNN_TEXT(text) detail_::model::compose<Words...>(text)
#else
#define CTCNN_TEXT(text) text
#endif

}  // namespace CTCNN_DETAIL::model

namespace ctcnn {

// clang-format off: a text in one piece can be found by searching for it.
/// refused: the one place where a wrong network becomes an error. The arguments name the layer, what arrived there and what
/// was wanted; the text says what to change.
template <Reason R, typename... Words>
struct refused {
    static_assert(R != Reason::empty_network,
                  CTCNN_TEXT("[empty_network] a network needs at least one layer: put one behind Input, as in Sequential<Input<784>, Linear<784, 10>>"));
    static_assert(R != Reason::missing_input,
                  CTCNN_TEXT("[missing_input] a Sequential without Input is a block, not a network: write Input<C, H, W> or Input<Features> as its first argument"));
    static_assert(R != Reason::misplaced_input,
                  CTCNN_TEXT("[misplaced_input] Input may only be the first argument of a network: remove this one"));
    static_assert(R != Reason::zero_input,
                  CTCNN_TEXT("[zero_input] Input has no axes, or an axis of size 0: write Input<C, H, W> or Input<Features> with sizes of 1 or more"));
    static_assert(R != Reason::not_a_layer,
                  CTCNN_TEXT("[not_a_layer] this argument is not a layer: after Input only layers may follow, such as Conv2d, Linear, ReLU or a block (a Sequential without Input); options such as Kernel<3> go inside a layer's own <...>"));
    static_assert(R != Reason::unknown_option,
                  CTCNN_TEXT("[unknown_option] this layer does not take one of its options: remove it (Conv2d takes Kernel, Padding, Stride, Dilation, Groups, NoBias; pooling takes Kernel, Stride, Padding; Linear takes NoBias)"));
    static_assert(R != Reason::repeated_option,
                  CTCNN_TEXT("[repeated_option] this layer has the same option twice: remove one of the two"));
    static_assert(R != Reason::missing_kernel,
                  CTCNN_TEXT("[missing_kernel] this layer needs a Kernel: add Kernel<size> or Kernel<height, width>"));
    static_assert(R != Reason::zero_kernel, CTCNN_TEXT("[zero_kernel] a kernel size is 0: write Kernel<1> or larger"));
    static_assert(R != Reason::zero_stride, CTCNN_TEXT("[zero_stride] a stride is 0: write Stride<1> or larger"));
    static_assert(R != Reason::zero_dilation,
                  CTCNN_TEXT("[zero_dilation] a dilation is 0: write Dilation<1>, which leaves no gaps, or larger"));
    static_assert(R != Reason::zero_groups, CTCNN_TEXT("[zero_groups] the number of groups is 0: write Groups<1> or larger"));
    static_assert(R != Reason::zero_channels,
                  CTCNN_TEXT("[zero_channels] a number of channels or features is 0: write 1 or more"));
    static_assert(R != Reason::number_too_large,
                  CTCNN_TEXT("[number_too_large] a number of this layer, or a size of Input, is above 2147483647: write a smaller one; a computed number may have fallen below 0"));
    static_assert(R != Reason::image_rank,
                  CTCNN_TEXT("[image_rank] this layer works on images <C, H, W>, and something else arrives: move it before Flatten, or begin the network with Input<C, H, W>"));
    static_assert(R != Reason::feature_rank,
                  CTCNN_TEXT("[feature_rank] this layer works on features <F>, and something else arrives: put Flatten before it"));
    static_assert(R != Reason::in_channels,
                  CTCNN_TEXT("[in_channels] the layer's first number must be the number of channels that arrive: change it to the first size of the Shape received, or use LazyConv2d"));
    static_assert(R != Reason::in_features,
                  CTCNN_TEXT("[in_features] the layer's first number must be the number of features that arrive: change it to the size of the Shape received, or use LazyLinear"));
    static_assert(R != Reason::kernel_too_large,
                  CTCNN_TEXT("[kernel_too_large] the kernel is larger than the padded image that arrives: make Kernel or Dilation smaller or Padding larger, or remove a pooling layer before it"));
    static_assert(R != Reason::pooling_padding,
                  CTCNN_TEXT("[pooling_padding] the padding of a pooling layer may be at most half of its kernel, else a window would see padding alone: make Padding smaller or Kernel larger"));
    static_assert(R != Reason::groups_divide,
                  CTCNN_TEXT("[groups_divide] Groups must divide both numbers of channels: choose a divisor of each"));
};
#undef CTCNN_TEXT
// clang-format on

}  // namespace ctcnn
