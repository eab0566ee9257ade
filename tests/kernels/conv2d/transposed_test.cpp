// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/transposed.hpp>

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>

#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn::detail_;
using kernels::conv2d::Transposed;

TEST_CASE("gradients from transposed pixels of lanes of floats equal the naive loops") {
    check_conv2d_cases<Transposed, Lanes<float>, 380, portion(18), Conv2dCases::transposed>();
}

TEST_CASE("gradients from transposed pixels of lanes of doubles equal the naive loops") {
    check_conv2d_cases<Transposed, Lanes<double>, 390, portion(9), Conv2dCases::transposed>();
}

// Where it pays: where the channels fill vectors, and the pixels are many for each weight. Large images go in portions.
namespace {
template <std::size_t In, std::size_t Out, std::size_t Size>
using PlanOf = kernels::conv2d::TransposedPlan<
    kernels::ConvStage<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {3, 3}, .padding = {1, 1}}},
                       Stage<Layout<In, Size, Size, 1, 1>, Layout<Out, Size, Size>, NoFunction, Lanes<float>>>>;
static_assert(lane_count<Lanes<float>> != 16 || (PlanOf<64, 64, 8>::pays && PlanOf<32, 32, 16>::pays));
static_assert(!PlanOf<3, 16, 32>::pays && !PlanOf<6, 16, 14>::pays);
static_assert(lane_count<Lanes<float>> != 16 || (PlanOf<64, 64, 8>::rows < 8 && PlanOf<1, 1, 8>::rows == 8));
}  // namespace
