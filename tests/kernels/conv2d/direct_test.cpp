// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/direct.hpp>

#include <array>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>

#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using kernels::conv2d::Direct;

namespace {

// The figures of a textbook, and their gradients, in constant expressions.
constexpr kernels::Conv2dGeometry two_by_two{1, 1, 1, {.kernel = {2, 2}}};
constexpr kernels::Conv2dGeometry padded{1, 1, 1, {.kernel = {2, 2}, .padding = {1, 1}}};
constexpr std::array<float, 4> weight{0, 1, 2, 3};

static_assert([] {
    using Stage = kernels::ConvStage<two_by_two, Stage<Layout<1, 3, 3>, Layout<1, 2, 2>, NoFunction, float>>;
    const std::array<float, 9> input{1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::array<float, 4> output{};
    Direct::forward_rows<Stage>(input.data(), weight.data(), nullptr, output.data(), nullptr, {0, 2});
    const std::array<float, 4> grad_output{1, 10, 100, 1000};
    std::array<float, 9> grad_input{};
    Direct::backward_input<Stage>(grad_input.data(), weight.data(), grad_output.data(), nullptr);
    std::array<float, 4> grad_weight{};
    float grad_bias = 0;
    Direct::backward_parameters<Stage>(input.data(), grad_output.data(), false, grad_weight.data(), &grad_bias,
                                       nullptr);
    return output == std::array<float, 4>{25, 31, 43, 49} &&
           grad_input == std::array<float, 9>{0, 1, 10, 2, 123, 1030, 200, 2300, 3000} &&
           grad_weight == std::array<float, 4>{5421, 6532, 8754, 9865} && grad_bias == 1111;
}());
static_assert([] {
    const std::array<float, 25> input{0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 7, 8, 9, 0, 0, 0, 0, 0, 0};
    std::array<float, 16> output{};
    using Stage = kernels::ConvStage<padded, Stage<Layout<1, 3, 3, 1, 1>, Layout<1, 4, 4>, NoFunction, float>>;
    Direct::forward_rows<Stage>(input.data(), weight.data(), nullptr, output.data(), nullptr, {0, 4});
    return output == std::array<float, 16>{3, 8, 13, 6, 13, 25, 31, 12, 25, 43, 49, 18, 7, 8, 9, 0};
}());

}  // namespace

TEST_CASE("convolutions of floats equal the naive loops") { check_conv2d_cases<Direct, float, 100, portion(28)>(); }

TEST_CASE("convolutions of doubles equal the naive loops") { check_conv2d_cases<Direct, double, 110, portion(28)>(); }

TEST_CASE("convolutions of lanes of floats equal the naive loops") {
    check_conv2d_cases<Direct, Lanes<float>, 120, portion(28)>();
}

TEST_CASE("convolutions of lanes of doubles equal the naive loops") {
    check_conv2d_cases<Direct, Lanes<double>, 130, portion(28)>();
}
