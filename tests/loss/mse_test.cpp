// SPDX-License-Identifier: MIT
#include <ctcnn/loss/mse.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include "../golden/golden.hpp"
#include "draw.hpp"

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

TEST_CASE("the mean squared error of very many outputs is right to a few units in the last place") {
    const auto check = []<std::size_t Outputs>(std::integral_constant<std::size_t, Outputs>) {
        using V = Lanes<float>;
        Draw draw(7);
        std::vector<V> output(Outputs);
        std::vector<V> gradient(Outputs);
        std::vector<float> single(Outputs);
        double exact = 0;
        for (std::size_t k = 0; k < Outputs; ++k) {
            single[k] = draw.real(-1.f, 1.f);
            output[k] = broadcast<V>(single[k]);
            const double difference = static_cast<double>(single[k]) - (k == 3 ? 1 : 0);
            exact += difference * difference;
        }
        exact /= static_cast<double>(Outputs);
        const std::uint8_t label = 3;
        std::array<const std::uint8_t*, V::count> labels;
        labels.fill(&label);
        std::vector<float> gradient_of_one(Outputs);
        const float one = MSELoss::evaluate<Outputs, float>(single.data(), std::array<const std::uint8_t*, 1>{&label},
                                                            1.f, gradient_of_one.data());
        const V many = MSELoss::evaluate<Outputs>(output.data(), labels, broadcast<V>(1.f), gradient.data());
        // A few units of 2^-24: the squares, the sum (tests/core/sum_test.cpp) and the division.
        INFO(Outputs << " outputs");
        CHECK(std::abs(static_cast<double>(one) / exact - 1) < 4 * 0x1p-24);
        for (std::size_t lane = 0; lane < V::count; ++lane) {
            CHECK(std::abs(static_cast<double>(get_lane(many, lane)) / exact - 1) < 4 * 0x1p-24);
        }
    };
    check(std::integral_constant<std::size_t, 1'000>{});
    check(std::integral_constant<std::size_t, 1'000'000>{});
}
