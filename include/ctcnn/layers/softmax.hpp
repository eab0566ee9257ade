// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/softmax.hpp>

namespace CTCNN_DETAIL {

/// BoundSoftmax: Softmax, or with Log LogSoftmax, over the first axis of a shape S.
template <typename L, bool Log, typename S>
struct BoundSoftmax {
    static constexpr LayerKind kind = LayerKind::compute;

    using layer = L;
    using input_shape = S;
    using output_shape = S;
    using weight_shape = NoParameter;
    using bias_shape = NoParameter;
    static constexpr std::uint64_t multiply_adds = 0;
    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;
    static constexpr bool gives_probabilities = !Log;

    static consteval OnnxNode onnx() { return OnnxNode{Log ? "LogSoftmax" : "Softmax"}.with("axis", 1); }

    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward(const scalar_t<V>*, const V* input, V* output, V*, V*) {
        kernels::softmax_forward<Log, Axis<InLayout>, Axis<OutLayout>, Activation>(input, output);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward_input(const scalar_t<V>*, V* grad_input, const V* grad_output, const V*, V*) {
        kernels::softmax_backward<Log, Axis<InLayout>, Axis<OutLayout>, Before>(grad_input, grad_output);
    }

private:
    template <typename In>
    using Axis = channels_first_t<In, S>;
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// Softmax: e^x divided by its sum over the features, or over the channels of each pixel. CrossEntropyLoss has a
/// softmax of its own: a network that is trained with it ends before this layer.
/// Shapes   any -> the same
/// As in    torch.nn.Softmax(dim=1)
struct Softmax {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    using At = detail_::BoundSoftmax<Softmax, false, S>;

    static constexpr void describe(detail_::Description& text) { text.append("Softmax(dim=1)"); }
};

/// LogSoftmax: the logarithm of Softmax, computed without the loss of small probabilities.
/// Shapes   any -> the same
/// As in    torch.nn.LogSoftmax(dim=1)
struct LogSoftmax {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    using At = detail_::BoundSoftmax<LogSoftmax, true, S>;

    static constexpr void describe(detail_::Description& text) { text.append("LogSoftmax(dim=1)"); }
};

}  // namespace ctcnn
