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

template <std::size_t In, std::size_t Out, std::size_t Kernel, std::size_t Size>
using SixteenLanes = kernels::ConvStage<
    kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}}},
    Stage<Layout<In, Size, Size>, Layout<Out, Size - Kernel + 1, Size - Kernel + 1>, NoFunction, Lanes<float, 16>>>;
template <std::size_t In, std::size_t Out, std::size_t Kernel, std::size_t Size>
using Sixteen = kernels::conv2d::TransposedPlan<SixteenLanes<In, Out, Kernel, Size>>;
// By 9.5 percent and by 10.2; by 9.99 and by 10.3.
static_assert(vector_registers != 16 || (!Sixteen<16, 14, 3, 14>::pays && Sixteen<15, 12, 2, 24>::pays));
static_assert(vector_registers != 32 || (!Sixteen<32, 24, 3, 28>::pays && Sixteen<16, 30, 3, 14>::pays));

// Some taps side by side where there is one vector of channels, 8 times as many bytes as are near L1, and all sums.
using Few = Sixteen<16, 32, 5, 36>;
static_assert(Few::vectors == 1 && Few::panels == 1 && Few::taps == 3 && Few::sums == 25 * 32);
static_assert(Few::row == 36 && Few::most_rows == (kernels::near_bytes == 32'768 ? 3 : 1) &&
              Few::rows == Few::most_rows);
static_assert(Few::size == (Few::rows + 4) * 36 * 16 + 25 * 32);
static_assert(Sixteen<80, 64, 3, 10>::vectors == 5 && Sixteen<80, 64, 3, 10>::panel == 3);
using Many = Sixteen<64, 64, 3, 10>;
static_assert(Many::panel == 4 && Many::panels == 1 && Many::taps == 1 && Many::sums == 9 * 64 * 4);
static_assert(Many::rows == (kernels::near_bytes == 32'768 ? 4 : 1));
static_assert(Many::size == (Many::rows + 2) * 10 * 16 * 4 + 9 * 64 * 4);
// Products of 3 x 3 taps and 64 pixels at the full speed of the registers; 16 lanes in 5 steps; sums go to memory and
// back. The direct way sums the lanes once.
constexpr std::size_t products = 64 * 16 * 3;
static_assert(vector_registers != 16 || kernels::near_bytes != 16'384 ||
              Many::cost == products * 64 * 12 + 8 * (3 * 10 * 64 * 2 * 5 + 16 * Many::sums));
static_assert(vector_registers != 32 || kernels::near_bytes != 32'768 ||
              Many::cost == products * 64 * 12 + 2 * (6 * 10 * 64 * 2 * 5 + 16 * Many::sums));
static_assert(Many::direct_cost == 64 * 64 * 3 * (64 * 3) + 12 * 9 * 64 * 64);

// Not of one tap, or of more than 25.
template <std::size_t In, std::size_t Height, std::size_t Width, std::size_t Size, std::size_t Groups = 1>
using Taps = kernels::ConvStage<
    kernels::Conv2dGeometry{In, 64, Groups, {.kernel = {Height, Width}}},
    Stage<Layout<In, Size, Size>, Layout<64, Size + 1 - Height, Size + 1 - Width>, NoFunction, Lanes<float, 16>>>;
static_assert(!Transposed::possible<Taps<64, 1, 1, 8>> && Transposed::possible<Taps<64, 1, 2, 8>> &&
              !Transposed::possible<Taps<64, 1, 2, 8, 2>>);
template <typename S>
constexpr bool profitable = Transposed::profitable<S>(kernels::conv2d::Direction::backward_parameters);
static_assert(profitable<Taps<64, 5, 5, 7>> && !profitable<Taps<16, 1, 26, 28>> && !profitable<Taps<64, 2, 13, 14>>);
static_assert(Transposed::Plan<Taps<16, 1, 26, 28>>::pays || Transposed::Plan<Taps<64, 2, 13, 14>>::pays);
static_assert(!PlanOf<3, 16, 32>::pays && !PlanOf<6, 16, 14>::pays);
static_assert(lane_count<Lanes<float>> != 16 || (PlanOf<64, 64, 8>::rows < 8 && PlanOf<1, 1, 8>::rows == 8));
}  // namespace
