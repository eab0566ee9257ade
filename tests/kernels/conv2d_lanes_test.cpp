// SPDX-License-Identifier: MIT
// Tiles of images; conv2d_test.cpp has one image at a time.
#include <ctcnn/kernels/conv2d.hpp>

#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"
#include "conv2d_cases.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

TEST_CASE("convolutions of lanes of floats equal the naive loops") {
    check_conv2d_cases<Lanes<float>, 120, portion(28)>();
}

TEST_CASE("convolutions of lanes of doubles equal the naive loops") {
    check_conv2d_cases<Lanes<double>, 130, portion(28)>();
}
