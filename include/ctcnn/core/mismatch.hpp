// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace ctcnn {

/// Reason: why a layer or a network is refused; none if it is not. Each word is also the name of its sentence in
/// graph/refusal.hpp, of its compile-fail tests, and of its entry in docs/errors.md.
enum class Reason : unsigned char {
    none,
    empty_network,
    missing_input,
    misplaced_input,
    zero_input,
    batch_axis,
    channels_last,
    not_a_layer,
    unknown_option,
    repeated_option,
    missing_kernel,
    zero_kernel,
    zero_stride,
    zero_dilation,
    zero_groups,
    zero_channels,
    number_too_large,
    image_rank,
    feature_rank,
    in_channels,
    in_features,
    kernel_too_large,
    pooling_padding,
    groups_divide,
    branch_shapes,
    concat_shapes,
    multiply_shapes,
    too_few_branches,
    bad_name,
    bad_probability,
    normalized_shape,
    sequence_rank,
    output_padding,
    transposed_padding,
    embedded_tensor,
    missing_scale,
    zero_size,
    unflatten_size,
    own_reason,
    incomplete_layer,
};

/// Mismatch: a layer's answer to a shape. Where a number is at fault, `wanted` is what it would have to be. A layer
/// outside the library may refuse in its own words: `return {"the number of features must be even"};`.
struct Mismatch {
    Reason reason = Reason::none;
    std::size_t wanted = 0;
    std::string_view words{};

    constexpr Mismatch() = default;
    constexpr Mismatch(Reason why, std::size_t number = 0) : reason(why), wanted(number) {}
    constexpr Mismatch(std::string_view sentence, Reason why = Reason::own_reason) : reason(why), words(sentence) {}

    constexpr explicit operator bool() const { return reason != Reason::none; }
    friend constexpr bool operator==(const Mismatch&, const Mismatch&) = default;
};

/// What to write instead, in the message of a refusal: corrected<Linear<400, 120>>, corrected<Flatten, Linear<400,
/// 120>>.
template <typename... Spelling>
struct corrected {};

}  // namespace ctcnn

namespace CTCNN_DETAIL {

/// No size and no option may be greater. A computed number that has fallen below 0 would be.
inline constexpr std::size_t largest_number = 2'147'483'647;

}  // namespace CTCNN_DETAIL
