// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>

#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/target.hpp>

// A prepared kernel K computes one stage of a prepared network: one image, with weights that were packed once. It is a
// class template on what the layer is and on Stage<In, Out, Function, V>, where V is a vector whose lanes are
// neighbouring channels, pixels or features. Elements are T. K has
//     packed_size                                 elements of its packed weights, a multiple of a vector
//     scratch_size                                elements that it needs for the time of a call
//     pack(weight, bias, packed)                  once: the layer's parameters in PyTorch's order; a bias that is
//                                                 nullptr is zero. All of packed is written
//     forward(packed, input, output, scratch)     any number of times, by any number of threads
// packed, input, output and scratch begin on a cache line. In and Out are blocked layouts, or Layout where channels lie
// one after the other; features are whole vectors. A kernel writes all channels of a block, zeros where the image has
// none, and never the border; behind the features it writes zeros. It reads the border, which is zero.
namespace CTCNN_DETAIL::kernels::prepared {

using detail_::Pooling;

/// PreparedKernel: see above.
template <typename K>
concept PreparedKernel = requires(const typename K::T* input, typename K::T* output) {
    { K::packed_size + std::size_t{0} } -> std::same_as<std::size_t>;
    { K::scratch_size + std::size_t{0} } -> std::same_as<std::size_t>;
    K::pack(input, input, output);
    K::forward(input, input, output, output);
};

}  // namespace CTCNN_DETAIL::kernels::prepared
