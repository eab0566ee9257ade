// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/pointwise.hpp>

#include <cstddef>

#include <ctcnn/core/lanes.hpp>

#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn::detail_;
using kernels::conv2d::Pointwise;

TEST_CASE("kernels of one pixel of lanes of floats equal the naive loops") {
    check_conv2d_cases<Pointwise, Lanes<float>, 360, portion(24), Conv2dCases::pointwise>();
}

TEST_CASE("kernels of one pixel of lanes of doubles equal the naive loops") {
    check_conv2d_cases<Pointwise, Lanes<double>, 370, portion(12), Conv2dCases::pointwise>();
}

// Where it pays: where many outputs share the transposed pixels, and the channels fill vectors.
namespace {
template <std::size_t In, std::size_t Out>
using PlanOf = kernels::conv2d::PointwisePlan<kernels::Conv2dGeometry{In, Out, 1, {}}, Lanes<float>>;
static_assert(PlanOf<64, 64>::pays && PlanOf<16, 32>::pays);
static_assert(!PlanOf<64, 4>::pays && !PlanOf<1, 64>::pays);

// No vector without channels, and panels that stay near.
constexpr std::size_t lanes = lane_count<Lanes<float>>;
static_assert(PlanOf<4 * lanes, 64>::vectors == 4 && PlanOf<4 * lanes + 1, 64>::vectors == 5);
static_assert(PlanOf<4 * lanes, 64>::panel_size * sizeof(Lanes<float>) <= kernels::near_bytes);
}  // namespace
