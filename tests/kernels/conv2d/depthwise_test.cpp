// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/depthwise.hpp>

#include <ctcnn/core/lanes.hpp>

#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn::detail_;
using kernels::conv2d::Depthwise;

TEST_CASE("a filter for each channel of lanes of floats equals the naive loops") {
    check_conv2d_cases<Depthwise, Lanes<float>, 320, portion(18), Conv2dCases::depthwise>();
}

TEST_CASE("a filter for each channel of lanes of doubles equals the naive loops") {
    check_conv2d_cases<Depthwise, Lanes<double>, 330, portion(8), Conv2dCases::depthwise>();
}

TEST_CASE("a filter for each channel of single images equals the naive loops") {
    check_conv2d_cases<Depthwise, float, 340, portion(6), Conv2dCases::depthwise>();
}

// In a row of 28 columns there are blocks that have all sources, and others at the end.
namespace {
constexpr Conv2dCase wide(std::size_t stride) {
    return {.geometry = {2, 2, 2, {.kernel = {3, 3}, .stride = {stride, stride}, .padding = {1, 1}}},
            .input = {7, 28},
            .input_border = {1, 1},
            .output_border = {0, 0},
            .bias = true,
            .relu = true};
}
template <Conv2dCase c>
void check_wide() {
    using Stage = StageOf<Lanes<float>, c>;
    using Pieces = kernels::conv2d::DepthwisePieces<Stage::geometry, typename Stage::In, typename Stage::Out>;
    static_assert(Pieces::inner.count() > 0 && Pieces::inner.last < Pieces::count);
    check_conv2d(c, conv2d_kernels<Depthwise, Lanes<float>, c>(), Draw(350, c.geometry.window.stride.width));
}
}  // namespace

TEST_CASE("a filter for each channel of wide images equals the naive loops") {
    check_wide<wide(1)>();
    check_wide<wide(2)>();
}
