// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/copying.hpp>

namespace ctcnn {

/// Identity: what arrives. No number moves.
/// Shapes   any -> the same
/// As in    torch.nn.Identity
struct Identity {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    struct At : detail_::CopyingLayer<Identity, S> {
        static constexpr detail_::LayerKind kind = detail_::LayerKind::reshape;

        static consteval detail_::OnnxNode onnx() { return {"Identity"}; }
    };

    static constexpr void describe(detail_::Description& text) { text.append("Identity()"); }
};

}  // namespace ctcnn
