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

/// Whether a layer whose parameters are all 0 gives zeros: PReLU does not, and who knows of a layer of a program's own.
constexpr bool gives_zeros(const model::PlacedLayer& layer) {
    return layer.parameter_count != 0 && layer.tensor_count == 0 &&
           (layer.fan_in != 0 || std::equal_to<double>{}(layer.initial[0], 1));
}

/// Refuses a network of which a layer cannot learn since all its parameters are 0: a ReLU follows; or whatever reads
/// its output, through layers without parameters, is a layer whose parameters are all 0 too and whose input is the same
/// for all channels, so that no gradient comes back, or the same for all channels. Otherwise a layer may begin with
/// zeros, such as the last one inside Residual: the next layer then learns from what is added.
/// Throws   std::invalid_argument
template <typename Net>
[[gnu::cold]] void require_initialized(const Net& net) {
    using T = typename Net::scalar;
    using Plan = typename Net::plan;
    constexpr std::size_t stages = Plan::stage_count;
    std::array<bool, stages> gives_zero{};
    std::array<bool, stages + 1> alike{};    // what is the same for all images and all channels
    std::array<bool, stages + 1> reached{};  // what a gradient reaches, or will
    for (std::size_t k = 0; k < stages; ++k) {
        const model::PlacedLayer& layer = model::placed_layers<Net>[Plan::leaf_of(k)];
        const bool zeros = all_zero(net.parameters().data() + layer.parameter_offset, layer.parameter_count);
        gives_zero[k] = zeros && train::gives_zeros(layer);
        alike[k + 1] = zeros;
        for (std::size_t n = 0; n < Plan::graph.stages[k].inputs; ++n) {
            alike[k + 1] = alike[k + 1] && alike[Plan::input_of(k, n)];
        }
        alike[k + 1] = alike[k + 1] || gives_zero[k];
    }
    reached[stages] = true;
    for (std::size_t k = stages; k-- > 0;) {
        for (std::size_t n = 0; n < Plan::graph.stages[k].inputs; ++n) {
            const std::size_t input = Plan::input_of(k, n);
            reached[input] = reached[input] || (reached[k + 1] && !(gives_zero[k] && alike[input]));
        }
    }
    for (std::size_t k = 0; k < stages; ++k) {
        if (gives_zero[k] && (!reached[k + 1] || blocks_at_zero<Plan, T>[k])) {
            refuse_uninitialized(model::placed_layers<Net>[Plan::leaf_of(k)]);
        }
    }
}

}  // namespace CTCNN_DETAIL::train
