// SPDX-License-Identifier: MIT
#include <ctcnn/loss/mse.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include "../golden/golden.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr std::size_t outputs = 10;

template <Number V>
void check(golden::Tolerance tolerance) {
    using T = scalar_t<V>;
    using Target = Tensor<T, Shape<outputs>>;
    const golden::File file("losses");
    const auto targets = golden::tensors<Target>(file["targets"]);
    std::vector<double> losses;
    std::vector<double> gradients;
    for (std::size_t first = 0; first < targets.size(); first += lane_count<V>) {
        std::array<V, outputs> output{};
        std::array<V, outputs> gradient{};
        std::array<const Target*, lane_count<V>> wanted{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const std::size_t image = std::min(first + lane, targets.size() - 1);
            wanted[lane] = &targets[image];
            for (std::size_t k = 0; k < outputs; ++k) {
                set_lane(output[k], lane, static_cast<T>(file["logits"][image * outputs + k]));
            }
        }
        const V loss = MSELoss::evaluate<outputs>(output.data(), wanted, broadcast<V>(T(1)), gradient.data());
        for (std::size_t lane = 0; lane < std::min(lane_count<V>, targets.size() - first); ++lane) {
            losses.push_back(static_cast<double>(get_lane(loss, lane)));
            for (std::size_t k = 0; k < outputs; ++k) {
                gradients.push_back(static_cast<double>(get_lane(gradient[k], lane)));
            }
        }
    }
    const std::string lanes = std::to_string(lane_count<V>) + " lanes of " + std::to_string(sizeof(T)) + " bytes";
    golden::check_close("losses, " + lanes, losses, file["mse"], tolerance);
    golden::check_close("gradients, " + lanes, gradients, file["mse_gradients"], tolerance);
}

/// The loss and the gradient of the outputs 3 and 1.
template <typename Target>
constexpr std::array<double, 3> of_three_and_one(Target target, double scale) {
    const std::array<double, 2> output{3, 1};
    std::array<double, 2> gradient{};
    const double loss =
        MSELoss::evaluate<2, double>(output.data(), std::array<const Target*, 1>{&target}, scale, gradient.data());
    return {loss, gradient[0], gradient[1]};
}

}  // namespace

// (2^2 + 4^2) / 2, and 2 * difference / 2; the label 1 stands for (0, 1): (3^2 + 0) / 2.
static_assert(of_three_and_one(Tensor<double, Shape<2>>{1, 5}, 1) == std::array<double, 3>{10, 2, -4});
static_assert(of_three_and_one(std::uint8_t{1}, 1) == std::array<double, 3>{4.5, 3, 0});
// `scale` is for the gradient alone.
static_assert(of_three_and_one(std::uint8_t{1}, 0.5) == std::array<double, 3>{4.5, 1.5, 0});

TEST_CASE("the mean squared error is PyTorch's") {
    check<float>(golden::float_tolerance);
    check<Lanes<float>>(golden::float_tolerance);
    // A few roundings of double.
    check<double>({1e-14, 1e-14});
    check<Lanes<double>>({1e-14, 1e-14});
}
