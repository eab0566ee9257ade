// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/single_image.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using kernels::conv2d::SingleImage;

namespace {

/// As a stage takes it: by SingleImage where that is possible. Where it filters, on multiples of 360.
template <std::floating_point T, Conv2dCase c>
void check_case(Draw numbers) {
    using Stage = StageOf<T, c>;
    if constexpr (SingleImage::possible<Stage>) {
        check_conv2d(c, conv2d_kernels<SingleImage, T, c>(SingleImage::WinogradPlan<Stage>::pays ? 360 : 1), numbers);
    }
}

template <std::floating_point T, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    [&]<std::size_t... Case>(std::index_sequence<Case...>) {
        (check_case<T, conv2d_case(Seed, Case)>(Draw(Seed + 1, Case)), ...);
    }(std::make_index_sequence<Count>{});
}

// Narrow images with many output channels: the lanes run along the channels, and several rows are computed at a time.
template <std::size_t In, std::size_t Out>
void check_wide_channels() {
    constexpr Conv2dCase c{.geometry = {In, Out, 1, {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}}},
                           .input = {11, 6},
                           .input_border = {1, 1},
                           .output_border = {0, 2},
                           .bias = In % 2 == 0,
                           .relu = true};
    check_case<float, c>(Draw(170, Out));
}

}  // namespace

TEST_CASE("single images to many channels of narrow images equal the naive loops") {
    check_wide_channels<2, 16>();
    check_wide_channels<3, 32>();
    check_wide_channels<4, 48>();
}

TEST_CASE("single images of floats equal the naive loops") { check_cases<float, 100, portion(28)>(); }

TEST_CASE("single images of doubles equal the naive loops") { check_cases<double, 110, portion(28)>(); }
