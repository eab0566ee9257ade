// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/copying.hpp>

namespace ctcnn {

/// Flatten: reads an image as features, channel by channel, row by row. No number moves.
/// Shapes   (C, H, W) -> (C*H*W)
/// As in    torch.nn.Flatten
struct Flatten {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    struct At : detail_::CopyingLayer<Flatten, S, Shape<S::size>> {
        static constexpr detail_::LayerKind kind = detail_::LayerKind::reshape;

        static consteval detail_::OnnxNode onnx() { return detail_::OnnxNode{"Flatten"}.with("axis", 1); }
    };

    static constexpr void describe(detail_::Description& text) { text.append("Flatten()"); }
};

}  // namespace ctcnn
