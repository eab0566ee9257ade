// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/run/forward.hpp>

namespace ctcnn {

template <typename... Layers>
class CTCNN_TAG Sequential;

}  // namespace ctcnn

namespace CTCNN_API {

/// compiled_apart: whether the kernels of a network are compiled in one source file, and not wherever it is used. True
/// where a program says it, behind the name of the network:
///     template <>
///     inline constexpr bool ctcnn::compiled_apart<LeNet> = true;
/// One source file of the program holds the kernels: template struct ctcnn::Compiled<LeNet>; (train/compiled.hpp).
/// Such a network does not work in constant expressions.
template <typename Net>
inline constexpr bool compiled_apart = false;

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::run {

/// The same of a network that is spelled Sequential<InputLayer, Layers...>: one of floats.
template <typename Plan, typename T>
inline constexpr bool is_apart = false;
template <graph::Mode M, graph::Planes P, typename InputLayer, typename... Layers>
inline constexpr bool is_apart<graph::Plan<M, P, InputLayer, Layers...>, float> =
    compiled_apart<Sequential<InputLayer, Layers...>>;

/// What of a network is compiled apart: declared here, defined in run/apart_kernels.hpp.
namespace apart {

template <typename Plan, typename T>
const T* infer_image(const T* parameters, const T* image, InferenceWorkspace<Plan, T>& workspace);

}  // namespace apart

/// The functions of run/forward.hpp, wherever they are compiled.
namespace placed {

template <typename Plan, std::floating_point T>
[[gnu::always_inline]] constexpr const T* infer_image(const T* parameters, const T* image,
                                                      InferenceWorkspace<Plan, T>& workspace) {
    if constexpr (is_apart<Plan, T>) {
        return apart::infer_image<Plan>(parameters, image, workspace);
    } else {
        return run::infer_image<Plan>(parameters, image, workspace);
    }
}

}  // namespace placed

}  // namespace CTCNN_DETAIL::run
