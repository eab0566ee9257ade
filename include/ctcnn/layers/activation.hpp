// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/copying.hpp>

namespace ctcnn {

namespace detail {

/// A layer that applies an elementwise function to whatever arrives.
template <typename L, typename F>
struct Elementwise {
    template <std::size_t... Dims>
    static constexpr Mismatch check(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    struct At : CopyingLayer<S, S> {
        static constexpr LayerKind kind = LayerKind::elementwise;
        using layer = L;
        using Function = F;
    };
};

}  // namespace detail

/// ReLU: max(0, x).
/// Shapes   any -> the same
/// As in    torch.nn.ReLU
struct ReLU : detail::Elementwise<ReLU, kernels::ReLU> {
    static constexpr void describe(Description& text) { text.append("ReLU()"); }
};

/// Sigmoid: 1/(1 + e^-x).
/// Shapes   any -> the same
/// As in    torch.nn.Sigmoid
struct Sigmoid : detail::Elementwise<Sigmoid, kernels::Sigmoid> {
    static constexpr void describe(Description& text) { text.append("Sigmoid()"); }
};

/// Tanh: (e^x - e^-x)/(e^x + e^-x).
/// Shapes   any -> the same
/// As in    torch.nn.Tanh
struct Tanh : detail::Elementwise<Tanh, kernels::Tanh> {
    static constexpr void describe(Description& text) { text.append("Tanh()"); }
};

}  // namespace ctcnn
