// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/message.hpp>
#include <ctcnn/graph/words.hpp>

namespace CTCNN_DETAIL::graph {

/// A word that makes no error of a refusal: refused<Reason::in_features, sentence_alone>::sentence is its text.
struct sentence_alone {};

/// What the specializations of refused share: a condition that does not hold. Where texts cannot be put together, clang
/// shows the words as the condition's arguments.
struct NeverFits {
    template <typename... Words>
    static constexpr bool fits = (std::is_same_v<Words, sentence_alone> && ...);
};
#if CTCNN_COMPOSES
template <typename... Words>
using Unsaid = std::conditional_t<(std::is_same_v<Words, sentence_alone> && ...), sentence_alone, void>;
#define CTCNN_WORDS detail_::graph::Unsaid<Words...>
#define CTCNN_MESSAGE(text) detail_::graph::compose<Words...>(text)
#else
#define CTCNN_WORDS Words...
#define CTCNN_MESSAGE(text) text
#endif

// A static_assert takes only a literal, and others want the sentence as a constant: what stands between the parentheses
// of CTCNN_TEXT ends the assertion, and is the sentence of the class, too.
#define CTCNN_TEXT(text)  \
    CTCNN_MESSAGE(text)); \
    static constexpr std::string_view sentence = (text

}  // namespace CTCNN_DETAIL::graph

namespace ctcnn {

// refused: the one place where a wrong network becomes an error. The arguments name the layer, what arrived there, what
// was wanted and what would fit; the text says what to change.

#if CTCNN_COMPOSES
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wc++26-extensions"
#endif
// clang-format off: a text in one piece can be found by searching for it.
template <typename... Words>
struct refused<Reason::empty_network, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[empty_network] a network needs at least one layer: put one behind Input, as in Sequential<Input<784>, Linear<784, 10>>"));
};
template <typename... Words>
struct refused<Reason::missing_input, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[missing_input] a Sequential without Input is a block, not a network: write Input<C, H, W> or Input<Features> as its first argument"));
};
template <typename... Words>
struct refused<Reason::misplaced_input, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[misplaced_input] Input may only be the first argument of a network: remove this one"));
};
template <typename... Words>
struct refused<Reason::zero_input, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[zero_input] Input has no axes, or an axis of size 0: write Input<C, H, W> or Input<Features> with sizes of 1 or more"));
};
template <typename... Words>
struct refused<Reason::batch_axis, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[batch_axis] Input is the shape of one image and has no batch axis: remove its first number"));
};
template <typename... Words>
struct refused<Reason::channels_last, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[channels_last] the sizes of Input are channels, height, width, in this order, and here the channels are last: write Input<C, H, W>"));
};
template <typename... Words>
struct refused<Reason::not_a_layer, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[not_a_layer] this argument is not a layer: after Input only layers may follow, such as Conv2d, Linear, ReLU or a block (a Sequential without Input); options such as Kernel<3> go inside a layer's own <...>"));
};
template <typename... Words>
struct refused<Reason::unknown_option, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[unknown_option] this layer does not take one of its options: remove it (Conv2d takes Kernel, Padding, Stride, Dilation, Groups, NoBias, and ConvTranspose2d also OutputPadding; pooling takes Kernel, Stride, Padding, CeilMode, and AvgPool2d also NoCountPadding; Upsample takes Scale, Nearest, Bilinear; Linear takes NoBias; layers that normalise take Eps, NoAffine, and BatchNorm also Momentum; layers of sequences take one size)"));
};
template <typename... Words>
struct refused<Reason::repeated_option, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[repeated_option] this layer has the same option twice: remove one of the two"));
};
template <typename... Words>
struct refused<Reason::missing_kernel, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[missing_kernel] this layer needs a Kernel: add Kernel<size> or Kernel<height, width>"));
};
template <typename... Words>
struct refused<Reason::zero_kernel, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[zero_kernel] a kernel size is 0: write Kernel<1> or larger"));
};
template <typename... Words>
struct refused<Reason::zero_stride, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[zero_stride] a stride is 0: write Stride<1> or larger"));
};
template <typename... Words>
struct refused<Reason::zero_dilation, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[zero_dilation] a dilation is 0: write Dilation<1>, which leaves no gaps, or larger"));
};
template <typename... Words>
struct refused<Reason::zero_groups, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[zero_groups] the number of groups is 0: write Groups<1> or larger"));
};
template <typename... Words>
struct refused<Reason::zero_channels, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[zero_channels] a number of channels or features is 0: write 1 or more"));
};
template <typename... Words>
struct refused<Reason::number_too_large, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[number_too_large] a number of this layer, or a size of Input, is above 2147483647, or together they are more than memory can hold: write smaller ones; a computed number may have fallen below 0"));
};
template <typename... Words>
struct refused<Reason::image_rank, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[image_rank] this layer works on images <C, H, W>, and something else arrives: move it before Flatten, or begin the network with Input<C, H, W>"));
};
template <typename... Words>
struct refused<Reason::feature_rank, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[feature_rank] this layer works on features <F>, and something else arrives: put Flatten before it"));
};
template <typename... Words>
struct refused<Reason::in_channels, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[in_channels] the layer's number of input channels must be the number of channels that arrive: change it to the first size of the Shape received, or use LazyConv2d in place of Conv2d"));
};
template <typename... Words>
struct refused<Reason::in_features, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[in_features] the layer's first number must be the number of features that arrive: change it to the size of the Shape received, or use LazyLinear"));
};
template <typename... Words>
struct refused<Reason::kernel_too_large, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[kernel_too_large] the kernel is larger than the padded image that arrives: make Kernel or Dilation smaller or Padding larger, or remove a pooling layer before it"));
};
template <typename... Words>
struct refused<Reason::pooling_padding, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[pooling_padding] the padding of a pooling layer may be at most half of its kernel, else a window would see padding alone: make Padding smaller or Kernel larger"));
};
template <typename... Words>
struct refused<Reason::groups_divide, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[groups_divide] the number of groups must divide each number of channels: choose a divisor of each"));
};
template <typename... Words>
struct refused<Reason::normalized_shape, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[normalized_shape] LayerNorm normalises the whole shape that arrives, and names another one: write the Shape received, or LayerNorm<>, which takes any"));
};
template <typename... Words>
struct refused<Reason::sequence_rank, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[sequence_rank] this layer works on sequences <C, L>, and something else arrives: move it before Flatten, or begin the network with Input<C, L>"));
};
template <typename... Words>
struct refused<Reason::output_padding, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[output_padding] OutputPadding must be smaller than Stride or Dilation: make it smaller, or make the kernel larger"));
};
template <typename... Words>
struct refused<Reason::transposed_padding, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[transposed_padding] the padding of a transposed convolution is taken off its output, and leaves nothing of it: make Padding smaller"));
};
template <typename... Words>
struct refused<Reason::branch_shapes, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[branch_shapes] the branches of Add, or the layers and the shortcut of Residual, make different shapes, and only equal ones can be added: give Residual a Shortcut<Conv2d<in, out, Kernel<1>, Stride<s>>> that makes the shape of its layers, or change a branch"));
};
template <typename... Words>
struct refused<Reason::concat_shapes, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[concat_shapes] the branches of Concat are put together along the channels: they must make images of the same height and width, or all of them features"));
};
template <typename... Words>
struct refused<Reason::multiply_shapes, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[multiply_shapes] the branches of Multiply must make the same shape, or <C, 1, 1> where others make <C, H, W>"));
};
template <typename... Words>
struct refused<Reason::too_few_branches, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[too_few_branches] Add, Multiply and Concat need two branches or more, and Residual a layer or more: a branch is a layer or a Sequential without Input, and Identity hands on what arrives"));
};
template <typename... Words>
struct refused<Reason::bad_name, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[bad_name] a name of Named is empty, has a dot, is a number, or stands twice in one block: choose another, such as stem"));
};
template <typename... Words>
struct refused<Reason::bad_probability, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[bad_probability] the probability of Dropout must be from 0 to 1: write Dropout<0.5> or the like"));
};
template <typename... Words>
struct refused<Reason::own_reason, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[own_reason] this layer refuses the shape that arrives for a reason of its own, which says<...> shows"));
};
template <typename... Words>
struct refused<Reason::incomplete_layer, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[incomplete_layer] this layer lacks a member, or has it in another form: declare in the layer what says<...> shows"));
};
template <typename... Words>
struct refused<Reason::embedded_tensor, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[embedded_tensor] the embedded file is not one of this network: a tensor has another shape in the file, or is in one of the two alone; name the network that was saved, or embed a file of this network"));
};
template <typename... Words>
struct refused<Reason::missing_scale, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[missing_scale] this layer needs a Scale: add Scale<factor> or Scale<of the height, of the width>"));
};
template <typename... Words>
struct refused<Reason::zero_size, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[zero_size] the image that this layer makes would have no pixels: write sizes, or a Scale, of 1 or more"));
};
template <typename... Words>
struct refused<Reason::unflatten_size, Words...> : detail_::graph::NeverFits {
    static_assert(fits<CTCNN_WORDS>, CTCNN_TEXT("[unflatten_size] Unflatten<C, H, W> needs C*H*W features, Unflatten<C, L> C*L, and another number arrives: change its sizes, or the number of features that the layer before it makes"));
};
// clang-format on
#if CTCNN_COMPOSES
#pragma GCC diagnostic pop
#endif
#undef CTCNN_TEXT
#undef CTCNN_MESSAGE
#undef CTCNN_WORDS
#undef CTCNN_COMPOSES

}  // namespace ctcnn
