// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include <ctcnn/core/bf16_pairs.hpp>
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
    /// What products multiply, where a kernel has loops for others than V.
    using Factor = V;
    using InFloats = Stage;

    template <typename F>
    using WithFunction = Stage<In, Out, F, V>;
    template <typename Input, typename Output>
    using WithLayouts = Stage<Input, Output, Function, V>;
};

/// PairStage: a stage whose kernels may round the factors of their products to pairs of bf16.
template <typename InLayout, typename OutLayout, typename FusedFunction, Number Element>
struct PairStage : Stage<InLayout, OutLayout, FusedFunction, Element> {
    using Factor = Bf16Pairs<Element>;
    using InFloats = Stage<InLayout, OutLayout, FusedFunction, Element>;

    template <typename F>
    using WithFunction = PairStage<InLayout, OutLayout, F, Element>;
    template <typename Input, typename Output>
    using WithLayouts = PairStage<Input, Output, FusedFunction, Element>;
};

/// InBf16: in the place of a network's Input, says that its stages are PairStages where the processor multiplies pairs.
template <typename InputLayer>
struct InBf16 : InputLayer {};

/// StageFor: the stages of a network with this Input.
template <typename InputLayer>
struct StageFor {
    template <typename In, typename Out, typename Function, Number V>
    using type = Stage<In, Out, Function, V>;
    template <Number V>
    static constexpr bool has_pairs = false;
};
template <typename InputLayer>
struct StageFor<InBf16<InputLayer>> {
    template <Number V>
    static constexpr bool has_pairs = has_pair_products<V>;
    template <typename In, typename Out, typename Function, Number V>
    using type = std::conditional_t<has_pairs<V>, PairStage<In, Out, Function, V>, Stage<In, Out, Function, V>>;
};

}  // namespace CTCNN_DETAIL
