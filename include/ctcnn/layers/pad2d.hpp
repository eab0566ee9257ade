// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/pad2d.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// ZeroPad2d on images of shape S.
template <typename L, std::array<std::size_t, 4> sides, typename S>
struct BoundZeroPad2d : BoundLayer<L, S> {
    static constexpr std::size_t left = sides[0];
    static constexpr std::size_t right = sides[1];
    static constexpr std::size_t top = sides[2];
    static constexpr std::size_t bottom = sides[3];

    using output_shape = Shape<S::dim(0), saturating_sum<std::size_t>({S::dim(1), top, bottom}),
                               saturating_sum<std::size_t>({S::dim(2), left, right})>;
    /// What rows of the output need of the input.
    static constexpr Window window{.padding = {top, left}};
    template <typename Stage>
    static constexpr bool by_rows = is_lanes<typename Stage::V>;

    static consteval OnnxNode onnx() {
        return OnnxNode{"Pad"}.with_input("pads", OnnxConstant::Type::int64, {0, 0, top, left, 0, 0, bottom, right});
    }

    template <typename Stage>
    static constexpr void forward(const typename Stage::T*, const typename Stage::V* input, typename Stage::V* output,
                                  typename Stage::V*, typename Stage::V*) {
        kernels::zero_pad2d_forward<left, top, Stage>(input, output);
    }
    template <typename Stage>
    static constexpr void forward_rows(const typename Stage::T*, const typename Stage::V* input,
                                       typename Stage::V* output, typename Stage::V*, typename Stage::V*, Range rows) {
        kernels::zero_pad2d_forward_rows<left, top, Stage>(input, output, rows);
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*) {
        kernels::zero_pad2d_backward<left, top, Stage>(grad_input, grad_output);
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// ZeroPad2d: an image with zeros around it. ZeroPad2d<Left, Right, Top, Bottom>, or ZeroPad2d<Size> for all sides.
/// Shapes   (C, H, W) -> (C, Top + H + Bottom, Left + W + Right)
/// Refuses  number_too_large · image_rank
/// As in    torch.nn.ZeroPad2d
template <std::size_t... Sizes>
    requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 4)
struct ZeroPad2d {
    static constexpr std::array<std::size_t, 4> sides = [] {
        constexpr std::array<std::size_t, sizeof...(Sizes)> sizes{Sizes...};
        constexpr std::size_t step = sizes.size() / 4;
        return std::array<std::size_t, 4>{sizes[0], sizes[step], sizes[2 * step], sizes[3 * step]};
    }();

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        if ((false || ... || (Sizes > detail_::largest_number))) {
            return {Reason::number_too_large};
        }
        return {sizeof...(Dims) == 3 ? Reason::none : Reason::image_rank};
    }

    template <typename S>
    using At = detail_::BoundZeroPad2d<ZeroPad2d, sides, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("ZeroPad2d((");
        for (std::size_t side = 0; side < 4; ++side) {
            text.append(side == 0 ? "" : ", ");
            text.append_number(sides[side]);
        }
        text.append("))");
    }
};

}  // namespace ctcnn
