// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/storage.hpp>
#include <ctcnn/core/target.hpp>

// A loss of the library is a function of tiles of images:
//     evaluate<Outputs>(outputs, targets, scale, grad_output)
//         the loss of each lane's image; grad_output receives scale times its gradient with respect to the outputs
// A loss of a program's own may instead be a function of one image:
//     loss(outputs, target, gradient)
//         outputs is a std::span<const T, Outputs>, target a label or a tensor; gradient, a std::span<T, Outputs>, is 0
//         before the call, and receives the derivative of the result with respect to each output
// Of the first kind, one may also have
//     target_weight(label)        the part of a label in the mean, 1 if there is no such function
//     ignore_index                the label of images that do not count, and that needs no output
//     label_count(outputs)        how many labels there are, if not as many as outputs
namespace CTCNN_DETAIL {

/// TileLoss: a loss that has the first function.
template <typename Loss, std::size_t Outputs, typename V, typename Target>
concept TileLoss =
    requires(const Loss& loss, const V* outputs, const std::array<const Target*, lane_count<V>>& targets, V scale,
             V* grad_output) { loss.template evaluate<Outputs>(outputs, targets, scale, grad_output); };

/// ImageLoss: a loss that has the second one.
template <typename Loss, std::size_t Outputs, typename T, typename Target>
concept ImageLoss = requires(const Loss& loss, std::span<const T, Outputs> outputs, const Target& target,
                             std::span<T, Outputs> gradient) { T(loss(outputs, target, gradient)); };

/// Whether a target is the label that a loss, or a metric, leaves out.
template <typename Criterion, typename Target>
constexpr bool ignores([[maybe_unused]] const Criterion& criterion, [[maybe_unused]] const Target& target) {
    if constexpr (std::integral<Target> && requires { criterion.ignore_index; }) {
        return static_cast<std::int64_t>(target) == criterion.ignore_index;
    } else {
        return false;
    }
}

/// How many labels there are for a network.
template <typename Criterion>
constexpr std::size_t label_count(const Criterion&, std::size_t outputs) {
    if constexpr (requires { Criterion::label_count(outputs); }) {
        return Criterion::label_count(outputs);
    } else {
        return outputs;
    }
}

/// The part of a target in the mean.
template <typename Loss, typename Target>
constexpr double target_weight([[maybe_unused]] const Loss& loss, [[maybe_unused]] const Target& target) {
    if constexpr (requires { loss.target_weight(target); }) {
        return static_cast<double>(loss.target_weight(target));
    } else {
        return 1;
    }
}

/// The loss of each lane's image, by either function.
template <std::size_t Outputs, Number V, typename Loss, typename Target>
[[gnu::always_inline]] constexpr V evaluate_loss(const Loss& loss, const V* outputs,
                                                 const std::array<const Target*, lane_count<V>>& targets, V scale,
                                                 V* grad_output) {
    if constexpr (TileLoss<Loss, Outputs, V, Target>) {
        return loss.template evaluate<Outputs>(outputs, targets, scale, grad_output);
    } else {
        using T = scalar_t<V>;
        struct Image {
            std::array<T, Outputs> outputs;
            std::array<T, Outputs> gradient;
        };
        Held<Image, most_inside_workspace> held;
        Image& image = held.get();
        V result{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            for (std::size_t k = 0; k < Outputs; ++k) {
                image.outputs[k] = get_lane(outputs[k], lane);
                image.gradient[k] = 0;
            }
            set_lane(result, lane,
                     loss(std::span<const T, Outputs>(image.outputs), *targets[lane],
                          std::span<T, Outputs>(image.gradient)));
            for (std::size_t k = 0; k < Outputs; ++k) {
                set_lane(grad_output[k], lane, get_lane(scale, lane) * image.gradient[k]);
            }
        }
        return result;
    }
}

}  // namespace CTCNN_DETAIL
