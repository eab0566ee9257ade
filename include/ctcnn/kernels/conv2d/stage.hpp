// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>

namespace CTCNN_DETAIL::kernels {

/// ConvStage: a convolution at its place in a network: its geometry, and the stage.
template <Conv2dGeometry G, typename Stage>
struct ConvStage : Stage {
    static constexpr Conv2dGeometry geometry = G;

    using WithoutFunction = ConvStage<G, typename Stage::template WithFunction<NoFunction>>;
    using InFloats = ConvStage<G, typename Stage::InFloats>;

    /// Where the kernel begins for the first output, in the border of the input.
    static constexpr std::size_t corner =
        Stage::In::origin - G.window.padding.height * Stage::In::row - G.window.padding.width;
};

namespace conv2d {

/// What a convolution computes. backward is backward_input and backward_parameters at once.
enum class Direction { forward, backward_input, backward_parameters, backward };

/// Way: one algorithm for convolutions, the base of all of them. A way has
///     name
///     has(Direction)             which of the functions below it has
///     possible<Stage>            whether it computes right results there
///     profitable<Stage>(Direction)   whether it is the one to take there, if no way before it in the list is
///     scratch_size<Stage>        how many elements V its functions need for the time of a call
///     stack_size<Stage>          how many elements they put on the stack in arrays
///     by_rows                    whether forward_rows stands in place of forward
///     shares(Direction)          whether a crew can share the direction: its function then gets the crew as its last
///                                argument; forward_rows only if it has scratch memory, else each member asks for some
///                                rows, wherever they begin
///     in_pairs                   whether it reads pairs of weights (PairedConvolution); its Stage is a PairStage then
/// and functions, where T is the type of a lane, bias T* or nullptr_t, grad_bias null where there is none:
///     forward<Stage>(const V* input, const T* weight, bias, V* output, V* scratch)
///     forward_rows<Stage>(the same, Range)   some rows of the output, asked for in order from the first one on; of the
///                                input, the rows before rows_needed are there; the scratch memory stays as it is from
///                                one call to the next
///     backward_input<Stage>(V* grad_input, const T* weight, const V* grad_output, V* scratch)
///                                `grad_input` holds the input when the call begins and its gradient when it ends
///     backward_parameters<Stage>(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias,
///                                V* scratch)    with `add`, the sums over all lanes are added to what is there
///     backward<Stage>(V* grad_input, const T* weight, const V* grad_output, bool add, T* grad_weight, T* grad_bias,
///                                V* scratch)    both
/// The input has a border of zeros at least as wide as the padding; that of the output is left alone.
struct Way {
    static constexpr bool by_rows = false;
    static constexpr bool shares(Direction) { return false; }
    static constexpr bool in_pairs = false;
    template <typename Stage>
    static constexpr std::size_t scratch_size = 0;
    template <typename Stage>
    static constexpr std::size_t stack_size = 0;
};

}  // namespace conv2d

}  // namespace CTCNN_DETAIL::kernels
