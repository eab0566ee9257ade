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
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// BoundSoftmax: Softmax, or with Log LogSoftmax, over the first axis of a shape S.
template <typename L, bool Log, typename S>
struct BoundSoftmax : BoundLayer<L, S> {
    static constexpr bool gives_probabilities = !Log;

    static consteval OnnxNode onnx() { return OnnxNode{Log ? "LogSoftmax" : "Softmax"}.with("axis", 1); }

    template <typename Stage>
    static constexpr void forward(const typename Stage::T*, const typename Stage::V* input, typename Stage::V* output,
                                  typename Stage::V*, typename Stage::V*) {
        kernels::softmax_forward<Log, Channels<Stage>>(input, output);
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*) {
        kernels::softmax_backward<Log, Channels<Stage>>(grad_input, grad_output);
    }

private:
    template <typename Stage>
    using Channels = typename Stage::template WithLayouts<channels_first_t<typename Stage::In, S>,
                                                          channels_first_t<typename Stage::Out, S>>;
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
