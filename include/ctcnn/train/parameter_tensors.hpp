// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/parameter_tensor.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/names.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_DETAIL::train {

/// What a tensor is: by what its layer says about its first values. Weight and bias of a layer that normalises begin
/// with 1 and 0.
constexpr ParameterKind kind_of(const NamedTensor& tensor, const model::PlacedLayer& layer) {
    std::size_t within = tensor.offset - layer.parameter_offset;
    bool is_drawn = within == 0 && layer.fan_in != 0;
    for (std::size_t t = 0; t < layer.tensor_count; ++t) {
        const LayerTensor& own = layer.tensors[t];
        if (within == 0 && own.count() != 0) {
            is_drawn = own.fan_in != 0 && own.fan_out != 0;
            break;
        }
        within -= own.count();
    }
    if (is_drawn) {
        return ParameterKind::weight;
    }
    constexpr double one = 1;
    if (layer.tensor_count == 0 && layer.fan_in == 0 && !(layer.initial[0] < one) && !(one < layer.initial[0])) {
        return ParameterKind::norm;
    }
    return tensor.name.ends_with("bias") ? ParameterKind::bias : ParameterKind::other;
}

/// The tensors of a network's parameters, in their order.
template <typename Net>
inline constexpr auto parameter_tensors = [] {
    constexpr auto& names = Net::names();
    constexpr std::size_t count = [] {
        std::size_t learned = 0;
        for (const NamedTensor& tensor : names) {
            learned += tensor.offset < Net::parameter_count ? std::size_t{1} : 0;
        }
        return learned;
    }();
    std::array<ParameterTensor, count> tensors{};
    std::size_t n = 0;
    for (const NamedTensor& tensor : names) {
        if (tensor.offset >= Net::parameter_count) {
            continue;
        }
        for (const model::PlacedLayer& layer : model::placed_layers<Net>) {
            if (layer.parameter_offset <= tensor.offset &&
                tensor.offset < layer.parameter_offset + layer.parameter_count) {
                tensors[n++] = {tensor.name, tensor.shape, tensor.offset, tensor.count, kind_of(tensor, layer)};
                break;
            }
        }
    }
    return tensors;
}();

}  // namespace CTCNN_DETAIL::train
