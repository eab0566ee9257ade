// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>

// The arguments of a layer as PyTorch spells them.
namespace CTCNN_DETAIL {

/// "1, 6"
constexpr void describe_sizes(Description& text, std::size_t in, std::size_t out) {
    text.append_number(in);
    text.append(", ");
    text.append_number(out);
}

/// "kernel_size=5" or "kernel_size=(3, 2)", after a comma unless it is the first argument.
constexpr void describe_extent(Description& text, std::string_view name, Extent extent) {
    if (!text.view().ends_with('(')) {
        text.append(", ");
    }
    text.append(name);
    text.append(extent.height == extent.width ? "=" : "=(");
    text.append_number(extent.height);
    if (extent.height != extent.width) {
        text.append(", ");
        text.append_number(extent.width);
        text.append(")");
    }
}

/// "alpha=1.0", after a comma unless it is the first argument.
constexpr void describe_real(Description& text, std::string_view name, double number) {
    if (!text.view().ends_with('(')) {
        text.append(", ");
    }
    text.append(name);
    text.append("=");
    text.append_real(number);
}

/// The options that differ from PyTorch's defaults: "kernel_size=5, padding=2". `default_stride` is the kernel for
/// pooling.
constexpr void describe_options(Description& text, const LayerOptions& options, Extent default_stride = {1, 1}) {
    if (!options.kernel.has_zero()) {
        describe_extent(text, "kernel_size", options.kernel);
    }
    if (options.stride != default_stride) {
        describe_extent(text, "stride", options.stride);
    }
    if (options.padding != Extent{0, 0}) {
        describe_extent(text, "padding", options.padding);
    }
    if (options.dilation != Extent{1, 1}) {
        describe_extent(text, "dilation", options.dilation);
    }
    if (options.groups != 1) {
        text.append(", groups=");
        text.append_number(options.groups);
    }
    if (!options.bias) {
        text.append(", bias=False");
    }
}

}  // namespace CTCNN_DETAIL
