// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/parameter_tensor.hpp>
#include <ctcnn/core/target.hpp>

// What an optimizer may have that treats tensors differently, or updates them as a whole.
namespace CTCNN_DETAIL {

/// TensorOptimizer: its step takes a part of one tensor; or the whole tensor, if the optimizer says whole_tensors, with
/// scratch memory of scratch_size<T>(tensor) numbers.
template <typename Optimizer, typename T>
concept TensorOptimizer =
    requires(const Optimizer& optimizer, const ParameterTensor& tensor, std::span<T> parameters,
             std::span<const T> gradients, std::array<std::span<T>, Optimizer::state_count> state) {
        optimizer.step(tensor, parameters, gradients, state, std::uint64_t{1}, parameters);
    };

template <typename Optimizer>
inline constexpr bool whole_tensors = [] {
    if constexpr (requires { Optimizer::whole_tensors; }) {
        return Optimizer::whole_tensors;
    } else {
        return false;
    }
}();

/// Whether the optimizer leaves a tensor as it is.
template <typename Optimizer>
constexpr bool is_frozen(const ParameterTensor& tensor) {
    if constexpr (requires { Optimizer::is_frozen(tensor); }) {
        return Optimizer::is_frozen(tensor);
    } else {
        return false;
    }
}

template <typename Optimizer, typename T>
constexpr std::size_t scratch_size(const ParameterTensor& tensor) {
    if constexpr (requires { Optimizer::template scratch_size<T>(tensor); }) {
        return Optimizer::template scratch_size<T>(tensor);
    } else if constexpr (requires { Optimizer::scratch_size(tensor); }) {
        return Optimizer::scratch_size(tensor);
    } else {
        return 0;
    }
}

/// A step of any optimizer on a tensor, or on a part of it.
template <typename T, typename Optimizer, std::size_t States>
constexpr void step_tensor(const Optimizer& optimizer, const ParameterTensor& tensor, std::span<T> parameters,
                           std::span<const T> gradients, const std::array<std::span<T>, States>& state,
                           std::uint64_t number, std::span<T> scratch) {
    if constexpr (TensorOptimizer<Optimizer, T>) {
        optimizer.step(tensor, parameters, gradients, state, number, scratch);
    } else {
        optimizer.step(parameters, gradients, state, number);
    }
}

}  // namespace CTCNN_DETAIL
