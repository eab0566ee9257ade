// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

namespace CTCNN_DETAIL {

/// AnyConvolution: what convolutions share: their options, `allowed` besides those that all have, and their check.
template <std::size_t In, std::size_t Out, unsigned allowed, typename... Options>
struct AnyConvolution {
    static constexpr LayerOptions options =
        read_options<Options...>(allowed | Option::kernel | Option::padding | Option::stride | Option::dilation |
                                 Option::groups | Option::no_bias);

    static constexpr bool one_axis = (allowed & static_cast<unsigned>(Option::one_axis)) != 0;

    /// What they refuse whatever the size of the image.
    template <std::size_t... Dims>
    static consteval Mismatch mismatch(Shape<Dims...> shape) {
        if (options.reason != Reason::none) {
            return {options.reason};
        }
        if (In == 0 || Out == 0) {
            return {Reason::zero_channels};
        }
        if (In > largest_number || Out > largest_number) {
            return {Reason::number_too_large};
        }
        if (In % options.groups != 0 || Out % options.groups != 0) {
            return {Reason::groups_divide};
        }
        if (options.output_padding.height >= std::max(options.stride.height, options.dilation.height) ||
            options.output_padding.width >= std::max(options.stride.width, options.dilation.width)) {
            return {Reason::output_padding};
        }
        if (sizeof...(Dims) != (one_axis ? 2 : 3)) {
            return {one_axis ? Reason::sequence_rank : Reason::image_rank};
        }
        return shape.dim(0) == In ? Mismatch{} : Mismatch{Reason::in_channels, In};
    }

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        const Mismatch reason = mismatch(shape);
        if (reason) {
            return reason;
        }
        return fits(one_axis ? window_of(of_one_row(options)) : window_of(options), one_axis ? 1 : shape.dim(1),
                    shape.dim(one_axis ? 1 : 2))
                   ? Mismatch{}
                   : Mismatch{Reason::kernel_too_large};
    }

    static constexpr void describe_as(std::string_view name, Description& text) {
        text.append(name);
        describe_sizes(text, In, Out);
        describe_options(text, options);
        text.append(")");
    }
};

}  // namespace CTCNN_DETAIL
