// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>

// What a layer is, for everything that is not a layer: model/ meets layers through these words alone.
//
// A layer is an empty type with
//     check(Shape) -> Mismatch       whether it can work on what arrives, and if not, why; never an error. The library
//                                    writes (check), since some systems have a macro check(...). A type that has
//                                    custom_layer answers by answer<Shape>() instead, whatever its check takes
//     At<Shape>                      the layer on images of that shape, asked for only where check has no objection
//     describe(Description&)         writes its name and sizes as PyTorch does; without it, summary has no words for it
//     correction<Shape>              corrected<...>: what to write instead of a layer that refuses the shape because of
//                                    its numbers; may be left out, and is shown only if it works
//     with_bias                      a struct whose type is the layer with a bias, if a BatchNorm behind it can be
//                                    folded into it: output c is the sum of products with the weights of c, plus bias
//                                    c. Its At has is_transposed where the weight has the input's channels first
//     folds_into_layer_before        of BatchNorm: it is folded into such a layer; its At has eps
// and At<Shape> has
//     layer                          the layer; for a lazy one, the layer that it stands for
//     kind                           what the layer does with memory (LayerKind)
//     input_shape, output_shape
//     weight_shape, bias_shape       the parameters, in PyTorch's order; NoParameter where there is none
//     fan_in, fan_out                with a weight: how many inputs an output sums, and the reverse (for
//                                    initialisation); or
//     initial                        {weight, bias}, a std::array<double, 2>: what they begin with, if not at random
//     multiply_adds                  forward, one image, a std::uint64_t; the largest one where it cannot be counted
//     gives_probabilities            true if its outputs are what probabilities(net, x) answers, and a yes above 1/2
//                                    and not above 0; left out, false
//     onnx()                         its ONNX operator, an OnnxNode; left out, export_onnx refuses the layer
// and, to be run, where templates have one argument, Stage (core/stage.hpp),
//     elementwise: Function          its function, forward(input) and backward(output, grad_output)
//     all kinds:   input_border      the border of zeros that it needs around its input
//                  saved_size        how many numbers forward leaves for backward, for one image
//                  batched_gradient  whether the gradient of its weight is computed from rows, once for many tiles
//                  forward, backward_input; with parameters also backward_parameters, and backward for both at once;
//                                    without backward_parameters, backward takes its place, too;
//                                    with batched_gradient instead backward_weight and backward_bias, which work on
//                                    rows, of the form Rows<Stage>, and also forward_tiles and backward_input_tiles,
//                                    for several tiles of images at once; of memory these get scratch of each tile,
//                                    for such a layer has no border and saves nothing
//                  by_rows           whether it can compute some rows of its output, once the rows of the input that
//                                    its window needs for them are there; left out, no. If so, also window and
//                                    forward_rows, which gets the rows in order, each once
//                  scratch_size      how many elements V it needs for the time of a call, in forward_rows from the
//                                    first row to the last; left out, none. All stages share this memory, which these
//                                    functions get last, forward_rows before the rows
//                  shares            whether a crew (core/crew.hpp) can share forward, backward and their parts; left
//                                    out, no. If so, these and forward_tiles and backward_input_tiles get the crew as
//                                    their last argument, OneThread by default. With statistics of the batch, the
//                                    functions that see images always get it
//                  packed_size       of a PairStage: how many elements T its parameters are as its kernels read them,
//                                    if others than the network has; pack writes them, in pack_parts parts, and what
//                                    backward alone reads if it is asked for
//                  stack_size        how many elements T forward of one image puts on the stack in arrays; left out,
//                                    none
// and, to be run by prepare(net) with a kernel for that, else it runs as in net(x),
//     prepared<Count>                what the plan needs to know of it, PreparedFacts (core/prepared.hpp), where blocks
//                                    have Count channels
//     Prepared<Stage, Pooling>       the kernel (kernels/prepared/kernel.hpp) that also does the pooling behind it. The
//                                    V of the Stage are channels, pixels or features that lie side by side
namespace CTCNN_DETAIL {

/// What a layer does with memory: compute fills a new buffer; statistics does so, too, and in training with statistics
/// of the whole batch; random does so in training, and nothing in inference; elementwise changes the buffer of the
/// layer before it; reshape only reads it under another shape. add, multiply and concat read several buffers. block is
/// a sequence of layers, branches are several that read the same input, and a join of their ends.
enum class LayerKind { compute, statistics, random, elementwise, reshape, add, multiply, concat, block, branches };

/// The shape of a parameter that a layer does not have.
using NoParameter = Shape<0>;

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// Layer: a type that answers to a shape.
template <typename L>
concept Layer = requires { typename L::custom_layer; } || requires {
    { (L::check)(Shape<1>{}) } -> std::same_as<Mismatch>;
    { (L::check)(Shape<1, 1, 1>{}) } -> std::same_as<Mismatch>;
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL {

/// The most numbers that one object can hold.
inline constexpr std::size_t most_numbers = PTRDIFF_MAX / sizeof(float);

/// The size of a buffer with a border of zeros around each channel.
template <typename S>
consteval std::size_t bordered_size(Extent border) {
    if constexpr (S::rank == 3) {
        return saturating_product<std::size_t>({S::dim(0),
                                                saturating_sum<std::size_t>({S::dim(1), border.height, border.height}),
                                                saturating_sum<std::size_t>({S::dim(2), border.width, border.width})});
    } else if constexpr (S::rank == 2) {
        return saturating_product<std::size_t>({S::dim(0),
                                                saturating_sum<std::size_t>({1, border.height, border.height}),
                                                saturating_sum<std::size_t>({S::dim(1), border.width, border.width})});
    } else {
        return S::size;
    }
}

/// Whether a layer that is bound to its shape has more numbers than memory can hold or multiply-adds than can be
/// counted. Two of its buffers are one object. The layers of a block are asked one by one.
template <typename Bound>
consteval bool too_large() {
    if constexpr (Bound::kind == LayerKind::block || Bound::kind == LayerKind::branches) {
        return false;
    } else {
        return saturating_sum<std::size_t>({Bound::weight_shape::size, Bound::bias_shape::size}) > most_numbers ||
               bordered_size<typename Bound::input_shape>(Bound::input_border) > most_numbers / 2 ||
               Bound::output_shape::size > most_numbers / 2 || Bound::multiply_adds == uncountable<std::uint64_t>;
    }
}

/// The member that a layer bound to its shape lacks, or has in a wrong form, as it is declared; empty if it has all
/// that its kind needs.
template <typename Bound>
consteval std::string_view missing_member() {
    if constexpr (requires { typename Bound::custom_layer; }) {
        return Bound::missing();
    } else if constexpr (!requires { Bound::kind == LayerKind::compute; }) {
        return "static constexpr LayerKind kind";
    } else if constexpr (!requires { typename Bound::layer; }) {
        return "using layer";
    } else if constexpr (!requires { requires is_shape<typename Bound::input_shape>; }) {
        return "using input_shape = Shape<...>";
    } else if constexpr (!requires { requires is_shape<typename Bound::output_shape>; }) {
        return "using output_shape = Shape<...>";
    } else if constexpr (!requires { Bound::multiply_adds + std::uint64_t{0}; }) {
        return "static constexpr std::uint64_t multiply_adds";
    } else if constexpr (Bound::kind == LayerKind::elementwise) {
        if constexpr (!requires(float x) {
                          { Bound::Function::forward(x) } -> std::same_as<float>;
                      }) {
            return "template <typename V> static constexpr V forward(V x)";
        } else if constexpr (!requires(float x) {
                                 { Bound::Function::backward(x, x) } -> std::same_as<float>;
                             }) {
            return "template <typename V> static constexpr V backward(V y, V grad)";
        } else {
            return {};
        }
    } else if constexpr (Bound::kind == LayerKind::compute) {
        if constexpr (!requires { requires is_shape<typename Bound::weight_shape>; }) {
            return "using weight_shape = Shape<...>";
        } else if constexpr (!requires { requires is_shape<typename Bound::bias_shape>; }) {
            return "using bias_shape = Shape<...>";
        } else if constexpr (!requires { Bound::input_border == Extent{}; }) {
            return "static constexpr Extent input_border";
        } else if constexpr (!requires { Bound::saved_size + std::size_t{0}; }) {
            return "static constexpr std::size_t saved_size";
        } else if constexpr (!requires { !Bound::batched_gradient; }) {
            return "static constexpr bool batched_gradient";
        } else {
            return {};
        }
    } else {
        return {};
    }
}

/// Why a layer does not work on a shape: what its check says, what it lacks, or that it is too large.
template <typename L, typename S>
consteval Mismatch mismatch_of() {
    constexpr Mismatch mismatch = [] {
        if constexpr (requires { typename L::custom_layer; }) {
            return L::template answer<S>();
        } else {
            return (L::check)(S{});
        }
    }();
    if constexpr (mismatch) {
        return mismatch;
    } else if constexpr (!requires { typename L::template At<S>; }) {
        return {"template <typename S> struct At", Reason::incomplete_layer};
    } else {
        using Bound = typename L::template At<S>;
        constexpr std::string_view missing = missing_member<Bound>();
        if constexpr (!missing.empty()) {
            return {missing, Reason::incomplete_layer};
        } else if constexpr (too_large<Bound>()) {
            return {Reason::number_too_large};
        } else {
            return {};
        }
    }
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// Accepts: whether a layer can work on a shape; never an error. Accepts<Linear<400, 120>, Shape<400>> is true.
template <typename L, typename S>
concept Accepts = Layer<L> && is_shape<S> && !detail_::mismatch_of<L, S>();

}  // namespace CTCNN_API
