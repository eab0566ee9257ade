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
template <std::size_t In, std::size_t Out, typename V = Lanes<float>>
using PlanOf = kernels::conv2d::PointwisePlan<kernels::Conv2dGeometry{In, Out, 1, {}}, V>;
static_assert(PlanOf<64, 64>::pays && PlanOf<16, 32>::pays);
static_assert(!PlanOf<64, 4>::pays && !PlanOf<1, 64>::pays);
// By 14.1 and 15.4 percent.
static_assert(!PlanOf<29, 17, Lanes<float, 16>>::pays && PlanOf<30, 16, Lanes<float, 16>>::pays);
// 6 vectors of 16 channels: 64 products, and 5 shuffles with as many loads and stores.
using Six = PlanOf<90, 64, Lanes<float, 16>>;
static_assert(Six::cost == 6 * 16 * (64 + 2 * 5) && Six::direct_cost == 2 * 90 * 64);
static_assert(Six::panel == 3 && Six::panels == 2 && Six::pixels == kernels::near_bytes / (3 * 16 * 64));
static_assert(Six::panel_size == Six::pixels * 16 * 3);

constexpr Conv2dCase of_one_pixel(Extent padding) {
    return {.geometry = {64, 64, 1, {.padding = padding}},
            .input = {8, 8},
            .input_border = padding,
            .output_border = {0, 0},
            .bias = true,
            .relu = true};
}

// No vector without channels, and panels that stay near.
constexpr std::size_t lanes = lane_count<Lanes<float>>;
static_assert(PlanOf<4 * lanes, 64>::vectors == 4 && PlanOf<4 * lanes + 1, 64>::vectors == 5);
static_assert(PlanOf<4 * lanes, 64>::panel == 4 && PlanOf<4 * lanes + 1, 64>::panel == 3);
static_assert(Pointwise::possible<StageOf<Lanes<float>, of_one_pixel({0, 0})>> &&
              !Pointwise::possible<StageOf<Lanes<float>, of_one_pixel({1, 0})>>);
static_assert(PlanOf<4 * lanes, 64>::panel_size * sizeof(Lanes<float>) <= kernels::near_bytes);
}  // namespace
