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

// The lanes run along the channels where that takes less than nine tenths of the vectors.
template <std::size_t Width, std::size_t Out>
constexpr bool along_channels =
    kernels::conv2d::has_wide_channels<kernels::Conv2dGeometry{1, Out, 1, {}}, Layout<Out, 3, Width>, float>;
static_assert(vector_bytes != 16 || (along_channels<7, 4> && along_channels<10, 4> && !along_channels<11, 4>));
static_assert(vector_bytes != 16 || (!along_channels<18, 4> && !along_channels<7, 6>));
// Neighbouring outputs do not read neighbouring inputs: always, unless 48 KB on the stack would not do.
template <std::size_t In, std::size_t Groups = 1>
constexpr bool strided = kernels::conv2d::has_wide_channels<kernels::Conv2dGeometry{In, 64, Groups, {.stride = {1, 2}}},
                                                            Layout<64, 8, 64>, float>;
static_assert(kernels::conv2d::largest_stack_bytes == 4 * (128 * 64 + 64 * 64));
static_assert(strided<128> && !strided<129> && !strided<64, 2>);

// Weights of a row of the kernel, and the sums of as many pixels as find room beside them: in rows that are cut, or of
// several rows.
template <std::size_t In, std::size_t Out, std::size_t Height, std::size_t Width, std::size_t Size>
using TileOf = kernels::conv2d::WideChannelsTile<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Height, Width}}}, Size,
                                                 Size, float>;
using LeNet = TileOf<6, 16, 5, 5, 10>;
static_assert(LeNet::vectors == 1 && LeNet::width == (vector_registers == 32 ? 10 : 5) &&
              LeNet::height == (vector_registers == 32 ? 2 : 1));
using TwoVectors = TileOf<2, 32, 3, 2, 10>;
static_assert(TwoVectors::vectors == 2 && TwoVectors::room == (vector_registers == 32 ? 13 : 5));
static_assert(TileOf<2, 32, 3, 3, 10>::vectors == 1);
static_assert(TileOf<2, 32, 1, 14, 40>::room == (vector_registers == 32 ? 16 : 4));
static_assert(TileOf<2, 32, 1, 3, 40>::width == (vector_registers == 32 ? 14 : 10) &&
              TileOf<2, 32, 1, 3, 17>::width == 9);

}  // namespace

TEST_CASE("single images to many channels of narrow images equal the naive loops") {
    check_wide_channels<2, 16>();
    check_wide_channels<3, 32>();
    check_wide_channels<4, 48>();
}

TEST_CASE("single images to many channels whose taps lie far apart equal the naive loops") {
    constexpr Conv2dCase c{.geometry = {1, 16, 1, {.kernel = {1, 2}, .stride = {1, 2}, .dilation = {1, 8000}}},
                           .input = {1, 8020},
                           .input_border = {0, 0},
                           .output_border = {0, 0},
                           .bias = true,
                           .relu = false};
    check_case<float, c>(Draw(171, 16));
}

TEST_CASE("single images to many channels with kernels wider than the registers equal the naive loops") {
    constexpr Conv2dCase c{.geometry = {2, 16, 1, {.kernel = {1, 300}, .stride = {1, 160}, .padding = {0, 2}}},
                           .input = {1, 2000},
                           .input_border = {0, 2},
                           .output_border = {0, 0},
                           .bias = true,
                           .relu = true};
    check_case<float, c>(Draw(172, 16));
}

TEST_CASE("single images of floats equal the naive loops") { check_cases<float, 100, portion(28)>(); }

TEST_CASE("single images of doubles equal the naive loops") { check_cases<double, 110, portion(28)>(); }
