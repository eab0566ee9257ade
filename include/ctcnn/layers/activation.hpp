// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/copying.hpp>

namespace CTCNN_DETAIL {

/// A layer that applies an elementwise function to whatever arrives.
template <typename L, typename F>
struct Elementwise {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    struct At : CopyingLayer<S, S> {
        static constexpr LayerKind kind = LayerKind::elementwise;
        using layer = L;
        using Function = F;
    };
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// ReLU: max(0, x).
/// Shapes   any -> the same
/// As in    torch.nn.ReLU
struct ReLU : detail_::Elementwise<ReLU, detail_::kernels::ReLU> {
    static constexpr void describe(detail_::Description& text) { text.append("ReLU()"); }
};

/// Sigmoid: 1/(1 + e^-x).
/// Shapes   any -> the same
/// As in    torch.nn.Sigmoid
struct Sigmoid : detail_::Elementwise<Sigmoid, detail_::kernels::Sigmoid> {
    static constexpr void describe(detail_::Description& text) { text.append("Sigmoid()"); }
};

/// Tanh: (e^x - e^-x)/(e^x + e^-x).
/// Shapes   any -> the same
/// As in    torch.nn.Tanh
struct Tanh : detail_::Elementwise<Tanh, detail_::kernels::Tanh> {
    static constexpr void describe(detail_::Description& text) { text.append("Tanh()"); }
};

}  // namespace ctcnn
