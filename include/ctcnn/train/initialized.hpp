// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>

#include <ctcnn/core/target.hpp>
#include <ctcnn/model/names.hpp>

namespace CTCNN_DETAIL::train {

[[noreturn, gnu::cold]] inline void refuse_uninitialized(const model::PlacedLayer& layer) {
    std::string text = "the network was not initialized: all parameters of layer ";
    text.append(layer.name());
    text.append(
        " are 0, and it cannot learn from there; call initialize(net, KaimingUniform{}) or the like before fit");
    throw std::invalid_argument(text);
}

template <typename T>
[[gnu::noinline]] constexpr bool all_zero(const T* numbers, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        if (std::not_equal_to<T>{}(numbers[i], T(0))) {
            return false;
        }
    }
    return true;
}

/// Of each stage, whether its function lets no gradient through where its input is 0, as ReLU does.
template <typename Plan, typename T>
inline constexpr auto blocks_at_zero = [] {
    std::array<bool, Plan::stage_count> result{};
    Plan::for_each_stage([&](auto k) {
        using Function = typename Plan::template Stage<decltype(k)::value>::Function;
        const T slope = Function::backward(Function::forward(T(0)), T(1));
        result[k] = all_zero(&slope, 1);
    });
    return result;
}();

/// Refuses a network of which a layer cannot learn since all its parameters are 0: those of the next layer are 0 too,
/// so that no gradient comes back, or the same for all channels; or a ReLU follows. Otherwise a layer may begin with
/// zeros.
/// Throws   std::invalid_argument
template <typename Net>
[[gnu::cold]] void require_initialized(const Net& net) {
    using T = typename Net::scalar;
    using Plan = typename Net::plan;
    const model::PlacedLayer* zeros_before = nullptr;
    for (std::size_t k = 0; k < Plan::stage_count; ++k) {
        const model::PlacedLayer& layer = model::placed_layers<Net>[Plan::leaf_of(k)];
        if (layer.parameter_count == 0) {
            continue;
        }
        const T* parameters = net.parameters().data() + layer.parameter_offset;
        const bool zeros = all_zero(parameters, layer.parameter_count);
        if (zeros && zeros_before != nullptr) {
            refuse_uninitialized(*zeros_before);
        }
        if (zeros && blocks_at_zero<Plan, T>[k]) {
            refuse_uninitialized(layer);
        }
        zeros_before = zeros ? &layer : nullptr;
    }
}

}  // namespace CTCNN_DETAIL::train
