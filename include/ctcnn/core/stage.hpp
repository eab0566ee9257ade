// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// The elementwise function of a stage that has none.
struct NoFunction {
    template <typename V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return input;
    }
    template <typename V>
    [[gnu::always_inline]] static constexpr V backward(V, V grad_output) {
        return grad_output;
    }
};

/// Stage: a layer at its place in a network, as its kernels see it: the layouts of its input and output, the
/// elementwise function that is fused with it, and what an element is. Forward applies the function to the output.
/// Backward, it is the function that made the input, whose derivative is applied to the gradient.
template <typename InLayout, typename OutLayout, typename FusedFunction, Number Element>
struct Stage {
    using In = InLayout;
    using Out = OutLayout;
    using Function = FusedFunction;
    using V = Element;
    using T = scalar_t<V>;
    /// What prepared kernels store large weights as.
    using Weight = T;

    template <typename F>
    using WithFunction = Stage<In, Out, F, V>;
    template <typename Input, typename Output>
    using WithLayouts = Stage<Input, Output, Function, V>;
};

}  // namespace CTCNN_DETAIL
