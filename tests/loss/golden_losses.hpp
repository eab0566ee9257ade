// SPDX-License-Identifier: MIT
// Compares a loss with PyTorch's, for all images of tests/golden/more_losses.golden; and its gradient with differences.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/loss/weights.hpp>

#include "../golden/golden.hpp"

namespace golden_losses {

using namespace ctcnn;
using namespace ctcnn::detail_;

inline constexpr std::size_t outputs = 10;

inline const golden::File& file() {
    static const golden::File result("more_losses");
    return result;
}

/// The weights of the classes, exact in float.
inline Weights weights() {
    std::vector<float> numbers;
    for (const double number : file()["weights"]) {
        numbers.push_back(static_cast<float>(number));
    }
    return numbers;
}

/// Labels as the file has them; tensors of any of its records of targets.
template <typename Target>
std::vector<Target> targets_of(const std::string& name) {
    if constexpr (std::integral<Target>) {
        std::vector<Target> labels;
        for (const double label : file()[name]) {
            labels.push_back(static_cast<Target>(label));
        }
        return labels;
    } else {
        return golden::tensors<Target>(file()[name]);
    }
}

/// The losses and gradients of all images, with the images in the lanes of V.
template <Number V, typename Target, typename Loss>
void check_in(const Loss& loss, const std::string& target_name, const std::string& expected,
              golden::Tolerance tolerance) {
    using T = scalar_t<V>;
    const auto all = targets_of<Target>(target_name);
    std::vector<double> losses;
    std::vector<double> gradients;
    double weight = 0;
    for (std::size_t first = 0; first < all.size(); first += lane_count<V>) {
        std::array<V, outputs> output{};
        std::array<V, outputs> gradient{};
        gradient.fill(broadcast<V>(T(77)));
        std::array<const Target*, lane_count<V>> targets{};
        V scale{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const std::size_t image = std::min(first + lane, all.size() - 1);
            targets[lane] = &all[image];
            set_lane(scale, lane, lane % 2 == 0 ? T(1) : T(2));
            for (std::size_t k = 0; k < outputs; ++k) {
                set_lane(output[k], lane, static_cast<T>(file()["outputs"][image * outputs + k]));
            }
        }
        const V result = evaluate_loss<outputs>(loss, output.data(), targets, scale, gradient.data());
        for (std::size_t lane = 0; lane < std::min(lane_count<V>, all.size() - first); ++lane) {
            losses.push_back(static_cast<double>(get_lane(result, lane)));
            weight += target_weight(loss, *targets[lane]);
            for (std::size_t k = 0; k < outputs; ++k) {
                gradients.push_back(static_cast<double>(get_lane(gradient[k], lane) / get_lane(scale, lane)));
            }
        }
    }
    const std::string lanes =
        expected + ", " + std::to_string(lane_count<V>) + " lanes of " + std::to_string(sizeof(T)) + " bytes";
    golden::check_close("losses, " + lanes, losses, file()[expected], tolerance);
    golden::check_close("gradients, " + lanes, gradients, file()[expected + "_gradients"], tolerance);
    double sum = 0;
    for (const double one : losses) {
        sum += one;
    }
    golden::check_close("mean, " + lanes, {sum / weight}, file()["mean_" + expected], tolerance);
}

/// The same in both number types, one image at a time and in lanes.
template <typename Loss>
void check(const Loss& loss, const std::string& target_name, const std::string& expected) {
    const auto both = [&]<typename T>(T, golden::Tolerance tolerance) {
        using Target = Tensor<T, Shape<outputs>>;
        if (target_name == "labels") {
            if constexpr (requires { loss.ignore_index; }) {
                check_in<T, int>(loss, target_name, expected, tolerance);
                check_in<Lanes<T>, std::int8_t>(loss, target_name, expected, tolerance);
            }
        } else if constexpr (TileLoss<Loss, outputs, T, Target>) {
            check_in<T, Target>(loss, target_name, expected, tolerance);
            check_in<Lanes<T>, Target>(loss, target_name, expected, tolerance);
        }
    };
    both(float{}, golden::float_tolerance);
    // A few roundings of double, of numbers up to 1e4.
    both(double{}, {1e-14, 1e-14});
}

/// Compares the gradient of each output with a central difference in double. A step of 2^-17 is off by 2^-34 times the
/// third derivative, and by 2^-53/2^-17 times the loss.
template <typename Loss, typename Target>
void check_differences(const Loss& loss, const Target& target, const std::array<double, 4>& at) {
    const auto value = [&](std::array<double, 4> x, std::array<double, 4>& gradient) {
        return evaluate_loss<4, double>(loss, x.data(), std::array<const Target*, 1>{&target}, 1.0, gradient.data());
    };
    std::array<double, 4> gradient{};
    value(at, gradient);
    for (std::size_t k = 0; k < 4; ++k) {
        std::array<double, 4> unused{};
        auto above = at;
        auto below = at;
        above[k] += 0x1p-17;
        below[k] -= 0x1p-17;
        const double difference = (value(above, unused) - value(below, unused)) / 0x1p-16;
        INFO("output " << k);
        CHECK(std::abs(gradient[k] - difference) < 1e-9);
    }
}

}  // namespace golden_losses
