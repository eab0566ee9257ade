// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/copying.hpp>

namespace ctcnn {

/// Flatten: reads an image as features, channel by channel, row by row. No number moves.
/// Shapes   (C, H, W) -> (C*H*W)
/// As in    torch.nn.Flatten
struct Flatten {
    template <std::size_t... Dims>
    static constexpr Mismatch check(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    struct At : detail::CopyingLayer<S, Shape<S::size>> {
        static constexpr LayerKind kind = LayerKind::reshape;
        using layer = Flatten;
    };

    static constexpr void describe(Description& text) { text.append("Flatten()"); }
};

}  // namespace ctcnn
