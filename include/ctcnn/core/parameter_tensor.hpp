// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// What a tensor of parameters is: a weight, whose initial values an initializer draws; a bias; what belongs to a layer
/// that normalises; or none of these, such as the slopes of PReLU.
enum class ParameterKind { weight, bias, norm, other };

/// ParameterTensor: one tensor of a network's parameters, as an optimizer sees it that updates whole tensors or treats
/// them differently.
struct ParameterTensor {
    std::string_view name;   ///< as in Net::names(): "3.1.bias"
    detail_::Indices shape;  ///< {6, 1, 5, 5}
    std::size_t offset;      ///< of its first element in parameters()
    std::size_t count;       ///< of its elements
    ParameterKind kind;
};

}  // namespace CTCNN_API
