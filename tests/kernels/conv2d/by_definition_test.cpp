// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/by_definition.hpp>

#include <ctcnn/core/lanes.hpp>

#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn::detail_;
using kernels::conv2d::ByDefinition;

TEST_CASE("the reference for single images equals the naive loops") {
    check_conv2d_cases<ByDefinition, float, 290, portion(24)>();
}

TEST_CASE("the reference for tiles of images equals the naive loops") {
    check_conv2d_cases<ByDefinition, Lanes<float>, 300, portion(24)>();
    check_conv2d_cases<ByDefinition, Lanes<double>, 310, portion(8)>();
}
