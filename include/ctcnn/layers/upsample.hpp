// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/taps2d.hpp>
#include <ctcnn/kernels/upsample2d.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// Upsample on images of shape S.
template <typename L, LayerOptions options, typename S>
struct BoundUpsample : BoundLayer<L, S> {
    static constexpr Extent scale = options.scale;

    using output_shape = Shape<S::dim(0), saturating_product<std::size_t>({S::dim(1), scale.height}),
                               saturating_product<std::size_t>({S::dim(2), scale.width})>;

    static consteval OnnxNode onnx() {
        const OnnxNode node = OnnxNode{"Resize"}.without_input().with_input("scales", OnnxConstant::Type::float32,
                                                                            {1, 1, scale.height, scale.width});
        return options.bilinear
                   ? node.with_word("mode", "linear").with_word("coordinate_transformation_mode", "half_pixel")
                   : node.with_word("mode", "nearest")
                         .with_word("coordinate_transformation_mode", "asymmetric")
                         .with_word("nearest_mode", "floor");
    }

    template <typename Stage>
    static constexpr void forward(const typename Stage::T*, const typename Stage::V* input, typename Stage::V* output,
                                  typename Stage::V*, typename Stage::V*) {
        if constexpr (options.bilinear) {
            kernels::taps2d_forward<Rows, Columns, Stage>(input, output);
        } else {
            kernels::upsample_nearest2d_forward<scale, Stage>(input, output);
        }
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*) {
        if constexpr (options.bilinear) {
            kernels::taps2d_backward<Rows, Columns, Stage>(grad_input, grad_output);
        } else {
            kernels::upsample_nearest2d_backward<scale, Stage>(grad_input, grad_output);
        }
    }

private:
    using Rows = kernels::BilinearAxis<S::dim(1), scale.height>;
    using Columns = kernels::BilinearAxis<S::dim(2), scale.width>;
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// Upsample: an image with Scale times as many rows and columns. Nearest repeats each pixel; Bilinear interpolates
/// between the centres of the pixels.
/// Options  Scale (required), Nearest (the default) or Bilinear
/// Shapes   (C, H, W) -> (C, H*Scale, W*Scale)
/// Refuses  unknown_option · repeated_option · missing_scale · zero_size · number_too_large · image_rank
/// As in    torch.nn.Upsample(scale_factor), mode "nearest" or "bilinear" with align_corners=False
template <typename... Options>
struct Upsample {
    static constexpr detail_::LayerOptions options =
        detail_::read_options<Options...>(detail_::Option::scale | detail_::Option::mode);

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        if (options.reason != Reason::none) {
            return {options.reason};
        }
        return {sizeof...(Dims) == 3 ? Reason::none : Reason::image_rank};
    }

    template <typename S>
    using At = detail_::BoundUpsample<Upsample, options, S>;

    static constexpr void describe(detail_::Description& text) {
        const detail_::Extent scale = options.scale;
        text.append(scale.height == scale.width ? "Upsample(scale_factor=" : "Upsample(scale_factor=(");
        text.append_number(scale.height);
        if (scale.height != scale.width) {
            text.append(".0, ");
            text.append_number(scale.width);
        }
        text.append(scale.height == scale.width ? ".0, mode='" : ".0), mode='");
        text.append(options.bilinear ? "bilinear')" : "nearest')");
    }
};

}  // namespace ctcnn
