// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/dropout.hpp>
#include <ctcnn/layers/copying.hpp>

namespace CTCNN_DETAIL {

/// BoundDropout: zeros at random in training, and what arrives in inference. Planes: whole channels at a time.
template <typename L, double P, bool Planes, typename S>
struct BoundDropout : CopyingLayer<L, S> {
    static constexpr LayerKind kind = LayerKind::random;
    /// A random number decides on so many elements: a plane, or one.
    static constexpr std::size_t together = Planes ? S::size / S::dim(0) : 1;
    static constexpr std::size_t saved_size = S::size / together;

    static consteval OnnxNode onnx() { return OnnxNode{"Identity"}; }

    /// `saved` receives what the elements were multiplied with, 0 or 1 / (1 - p).
    template <typename Stage, typename Draws>
    static constexpr void forward_random(const Draws& draws, const typename Stage::V* input, typename Stage::V* output,
                                         typename Stage::V* saved) {
        kernels::dropout_factors<saved_size>(P, draws, saved);
        kernels::dropout_forward<together, Stage>(input, saved, output);
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V* saved,
                                         typename Stage::V*) {
        kernels::dropout_backward<together, Stage>(grad_input, saved, grad_output);
    }
};

consteval Reason dropout_reason(double p) { return p >= 0 && p <= 1 ? Reason::none : Reason::bad_probability; }

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// Dropout: in training, each element becomes 0 with probability P, and is multiplied by 1 / (1 - P) otherwise; in
/// inference, nothing happens. The random numbers depend on seed, step, image and element (Randomness), and not on the
/// number of threads.
/// Shapes   any -> the same
/// Refuses  bad_probability
/// As in    torch.nn.Dropout
/// Source   Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014)
template <double P = 0.5>
struct Dropout {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {detail_::dropout_reason(P)};
    }
    template <typename S>
    using At = detail_::BoundDropout<Dropout, P, false, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("Dropout(p=");
        text.append_real(P);
        text.append(")");
    }
};

/// Dropout2d: Dropout of whole channels.
/// Shapes   (C, H, W) -> (C, H, W)
/// Refuses  bad_probability · image_rank
/// As in    torch.nn.Dropout2d
template <double P = 0.5>
struct Dropout2d {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        if (detail_::dropout_reason(P) != Reason::none) {
            return {detail_::dropout_reason(P)};
        }
        return {sizeof...(Dims) == 3 ? Reason::none : Reason::image_rank};
    }
    template <typename S>
    using At = detail_::BoundDropout<Dropout2d, P, true, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("Dropout2d(p=");
        text.append_real(P);
        text.append(")");
    }
};

}  // namespace ctcnn
