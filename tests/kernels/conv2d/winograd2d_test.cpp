// SPDX-License-Identifier: MIT
// Convolutions by minimal filtering of both axes are exact where their divisions are: with 6 points on both axes on
// multiples of 243 * 243.
#include <ctcnn/kernels/conv2d/winograd2d.hpp>

#include <cstddef>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>

#include "../float_and_double.hpp"
#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using kernels::conv2d::Direct;
using kernels::conv2d::Winograd2d;

TEST_CASE("minimal filtering of both axes equals the naive loops") {
    check_conv2d_cases<Winograd2d, Lanes<double>, 150, portion(24), Conv2dCases::filtering_both_axes>(243 * 243);
    check_conv2d_cases<Winograd2d, Lanes<double, 16>, 151, portion(8), Conv2dCases::filtering_both_axes>(243 * 243);
}
