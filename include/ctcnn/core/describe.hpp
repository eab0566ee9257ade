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

/// "affine=False", after a comma unless it is the first argument.
constexpr void describe_word(Description& text, std::string_view word) {
    if (!text.view().ends_with('(')) {
        text.append(", ");
    }
    text.append(word);
}

/// "kernel_size=5" or "kernel_size=(3, 2)", after a comma unless it is the first argument.
constexpr void describe_extent(Description& text, std::string_view name, Extent extent) {
    describe_word(text, name);
    text.append(extent.height == extent.width ? "=" : "=(");
    text.append_number(extent.height);
    if (extent.height != extent.width) {
        text.append(", ");
        text.append_number(extent.width);
        text.append(")");
    }
}

/// The options of a layer that normalises, as far as they differ from PyTorch's defaults: "eps=0.001, affine=False".
/// `no_affine` is what NoAffine is in PyTorch.
constexpr void describe_norm(Description& text, const LayerOptions& options,
                             std::string_view no_affine = "affine=False") {
    if (options.eps < 1e-5 || options.eps > 1e-5) {
        describe_word(text, "eps=");
        text.append_real(options.eps);
    }
    if (options.momentum < 0.1 || options.momentum > 0.1) {
        describe_word(text, "momentum=");
        text.append_real(options.momentum);
    }
    if (!options.affine) {
        describe_word(text, no_affine);
    }
    if (!options.bias) {
        describe_word(text, "bias=False");
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
    if (options.output_padding != Extent{0, 0}) {
        describe_extent(text, "output_padding", options.output_padding);
    }
    if (options.groups != 1) {
        text.append(", groups=");
        text.append_number(options.groups);
    }
    if (!options.bias) {
        text.append(", bias=False");
    }
    if (options.ceil_mode) {
        text.append(", ceil_mode=True");
    }
    if (!options.counts_padding) {
        text.append(", count_include_pad=False");
    }
}

}  // namespace CTCNN_DETAIL
