// SPDX-License-Identifier: MIT
// One image at a time; conv2d_lanes_test.cpp has the tiles of images.
#include <ctcnn/kernels/conv2d.hpp>

#include <array>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/conv2d_backward.hpp>

#include "catch.hpp"
#include "conv2d_cases.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

// The figures of a textbook, and their gradients, in constant expressions.
constexpr kernels::Conv2dGeometry two_by_two{1, 1, 1, {.kernel = {2, 2}}};
constexpr kernels::Conv2dGeometry padded{1, 1, 1, {.kernel = {2, 2}, .padding = {1, 1}}};
constexpr std::array<float, 4> weight{0, 1, 2, 3};

static_assert([] {
    using In = Layout<1, 3, 3>;
    using Out = Layout<1, 2, 2>;
    const std::array<float, 9> input{1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::array<float, 4> output{};
    kernels::conv2d_forward<two_by_two, In, Out, NoFunction>(input.data(), weight.data(), nullptr, output.data());
    const std::array<float, 4> grad_output{1, 10, 100, 1000};
    std::array<float, 9> grad_input{};
    kernels::conv2d_backward_input<two_by_two, In, Out, NoFunction>(grad_input.data(), weight.data(),
                                                                    grad_output.data());
    std::array<float, 4> grad_weight{};
    float grad_bias = 0;
    kernels::conv2d_backward_weight<two_by_two, In, Out>(input.data(), grad_output.data(), false, grad_weight.data(),
                                                         &grad_bias);
    return output == std::array<float, 4>{25, 31, 43, 49} &&
           grad_input == std::array<float, 9>{0, 1, 10, 2, 123, 1030, 200, 2300, 3000} &&
           grad_weight == std::array<float, 4>{5421, 6532, 8754, 9865} && grad_bias == 1111;
}());
static_assert([] {
    const std::array<float, 25> input{0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 7, 8, 9, 0, 0, 0, 0, 0, 0};
    std::array<float, 16> output{};
    kernels::conv2d_forward<padded, Layout<1, 3, 3, 1, 1>, Layout<1, 4, 4>, NoFunction>(input.data(), weight.data(),
                                                                                        nullptr, output.data());
    return output == std::array<float, 16>{3, 8, 13, 6, 13, 25, 31, 12, 25, 43, 49, 18, 7, 8, 9, 0};
}());

// Narrow images with many output channels: the lanes run along the channels, and several rows are computed at a time.
template <std::size_t In, std::size_t Out>
void check_wide_channels() {
    constexpr Conv2dCase c{.geometry = {In, Out, 1, {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}}},
                           .input = {11, 6},
                           .input_border = {1, 1},
                           .output_border = {0, 2},
                           .bias = In % 2 == 0,
                           .relu = true};
    check_conv2d(c, conv2d_kernels<float, c>(), Draw(170, Out));
}

}  // namespace

TEST_CASE("convolutions to many channels of narrow images equal the naive loops") {
    check_wide_channels<2, 16>();
    check_wide_channels<3, 32>();
    check_wide_channels<4, 48>();
}

TEST_CASE("convolutions of floats equal the naive loops") { check_conv2d_cases<float, 100, portion(28)>(); }

TEST_CASE("convolutions of doubles equal the naive loops") { check_conv2d_cases<double, 110, portion(28)>(); }
