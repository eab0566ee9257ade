// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/loss/weights.hpp>

// What losses share: elements of targets, and weights of classes.
namespace CTCNN_DETAIL {

template <typename Target>
inline constexpr bool is_tensor = false;
template <typename T, typename S>
inline constexpr bool is_tensor<Tensor<T, S>> = true;

/// Element k of a target. A label stands for the target that is 1 at the label and 0 elsewhere.
template <typename T, std::integral Label>
constexpr T target_element(Label label, std::size_t k) {
    return static_cast<std::size_t>(label) == k ? T(1) : T(0);
}
template <typename T, typename S>
constexpr T target_element(const Tensor<T, S>& target, std::size_t k) {
    return target.values[k];
}

/// Element k of each lane's target.
template <Number V, typename Target>
constexpr V target_in_lanes(const std::array<const Target*, lane_count<V>>& targets, std::size_t k) {
    V result{};
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        set_lane(result, lane, target_element<scalar_t<V>>(*targets[lane], k));
    }
    return result;
}

/// The sum over all outputs of what f(output, target, k) returns first; its second number is the derivative with
/// respect to the output, of which grad_output receives `scale` times.
template <std::size_t Outputs, Number V, typename Target, typename F>
constexpr V sum_over_outputs(const V* outputs, const std::array<const Target*, lane_count<V>>& targets, V scale,
                             V* grad_output, const F& f) {
    return pairwise_sum<V>(0, Outputs, [&](V sum, std::size_t k) {
        const auto [loss, slope] = f(outputs[k], target_in_lanes<V>(targets, k), k);
        grad_output[k] = scale * slope;
        return sum + loss;
    });
}

/// The same, of the mean over all outputs.
template <std::size_t Outputs, Number V, typename Target, typename F>
constexpr V mean_over_outputs(const V* outputs, const std::array<const Target*, lane_count<V>>& targets, V scale,
                              V* grad_output, const F& f) {
    const V part = broadcast<V>(scalar_t<V>(1) / static_cast<scalar_t<V>>(Outputs));
    return part * sum_over_outputs<Outputs>(outputs, targets, part * scale, grad_output, f);
}

/// -1, 0 or 1 as x is below 0, 0 or above; NaN stays NaN.
template <Number V>
constexpr V sign(V x) {
    const V zero{};
    const V one = broadcast<V>(1);
    return select_nan(x, x, select_less(x, zero, -one, select_less(zero, x, one, zero)));
}
template <Number V>
constexpr V magnitude(V x) {
    return select_less(x, V{}, -x, x);
}

/// What was given as weights of a loss and is not one number for each output, or not 0 or more.
[[noreturn, gnu::cold]] inline void refuse_weights(std::string_view name, std::size_t count, std::size_t outputs) {
    Text<160> text;
    text.append(name);
    text.append(" holds ");
    text.append_number(count);
    text.append(" numbers, and the network has ");
    text.append_number(outputs);
    text.append(outputs == 1 ? " output" : " outputs");
    text.append(": give one number for each output");
    throw std::invalid_argument(std::string(text.view()));
}
[[noreturn, gnu::cold]] inline void refuse_weight(std::string_view name, std::size_t index) {
    Text<160> text;
    text.append("number ");
    text.append_number(index);
    text.append(" of ");
    text.append(name);
    text.append(" is negative, infinite or NaN: choose 0 or more");
    throw std::invalid_argument(std::string(text.view()));
}

constexpr void validate_weights(std::string_view name, const Weights& weights) {
    for (std::size_t k = 0; k < weights.size(); ++k) {
        // NaN is found by its bits: comparisons with it mean nothing under -ffast-math.
        if (!(math::is_finite(weights[k]) && weights[k] >= 0)) {
            refuse_weight(name, k);
        }
    }
}
/// None, or one for each output.
constexpr void validate_weights(std::string_view name, const Weights& weights, std::size_t outputs) {
    if (!weights.empty() && weights.size() != outputs) {
        refuse_weights(name, weights.size(), outputs);
    }
}

/// The weight of an output; 1 where none are given.
constexpr float weight_of(const Weights& weights, std::size_t k) { return weights.empty() ? 1 : weights[k]; }

/// The weight of a label: 0 if it is the one to ignore.
constexpr float weight_of_label(const Weights& weights, std::int64_t ignore_index, std::int64_t label) {
    return label == ignore_index ? 0 : weight_of(weights, static_cast<std::size_t>(label));
}

}  // namespace CTCNN_DETAIL
