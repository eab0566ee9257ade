// SPDX-License-Identifier: MIT
#include <ctcnn/layers/prelu.hpp>

#include <array>
#include <string>
#include <type_traits>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

static_assert(Accepts<PReLU<>, Shape<5>> && Accepts<PReLU<>, Shape<5, 2, 2>>);
static_assert(Accepts<PReLU<5>, Shape<5>> && Accepts<PReLU<5>, Shape<5, 2, 2>> && Accepts<PReLU<5>, Shape<5, 2>>);
static_assert(!Accepts<PReLU<2>, Shape<5>> && !Accepts<PReLU<2>, Shape<5, 2, 2>> && !Accepts<PReLU<0>, Shape<5>>);
static_assert((PReLU<2>::check)(Shape<5>{}) == Mismatch{Reason::in_channels, 2});
static_assert((PReLU<0>::check)(Shape<5>{}) == Mismatch{Reason::zero_channels});
static_assert((PReLU<2'147'483'648>::check)(Shape<5>{}) == Mismatch{Reason::number_too_large});
static_assert((PReLU<2'147'483'647>::check)(Shape<5>{}) == Mismatch{Reason::in_channels, 2'147'483'647});

// What an error says to write instead.
static_assert(std::is_same_v<PReLU<2>::correction<Shape<5, 2, 2>>, corrected<PReLU<5>>>);

using Net = Sequential<Input<2, 1, 2>, PReLU<2>>;
static_assert(Net::parameter_count == 2 && Net::output_shape{} == Shape<2, 1, 2>{});
static_assert(Net::names()[0].name == "0.weight" && Net::names()[0].count == 2);
constexpr Net net = [] {
    Net result{};
    result.layer<0>().weight(0) = 0.5f;
    result.layer<0>().weight(1) = 2;
    return result;
}();
static_assert(net({-2, 3, -2, 3}) == Net::output_tensor{-1, 3, -4, 3});

/// Its gradient, in a constant expression: x g where x is not above 0.
constexpr auto step = value_and_grad(net, MSELoss{}, std::array<Net::input_tensor, 1>{Net::input_tensor{-2, 3, -2, 3}},
                                     std::array<Net::output_tensor, 1>{});
static_assert(step.gradients.parameters()[0] == 1 && step.gradients.parameters()[1] == 4);

}  // namespace

TEST_CASE("the weights of PReLU begin with 0.25") {
    Sequential<Input<3>, Linear<3, 4>, PReLU<4>, Linear<4, 2>, PReLU<>> mixed{};
    initialize(mixed, KaimingUniform{}, 5);
    for (const float weight : mixed.layer<1>().weight.span()) {
        CHECK(weight == 0.25f);
    }
    CHECK(mixed.layer<3>().weight(0) == 0.25f);
    CHECK(mixed.layer<2>().weight(0, 0) != 0.25f);
}

TEST_CASE("the weights of PReLU are learned") {
    // |x|/2 of x: a slope of -1/2 below 0, and one of 1/2 above it.
    using Magnitude = Sequential<Input<1>, PReLU<>, Linear<1, 1, NoBias>>;
    Magnitude learned{};
    initialize(learned, KaimingUniform{}, 1);
    const std::vector<Magnitude::input_tensor> x{{-1}, {-0.5f}, {0.5f}, {1}};
    const std::vector<Magnitude::output_tensor> y{{0.5f}, {0.25f}, {0.25f}, {0.5f}};
    for (int n = 0; n < 400; ++n) {
        const auto result = value_and_grad(learned, MSELoss{}, x, y);
        SGD{.lr = 0.5f}.step(learned.parameters(), result.gradients.parameters());
    }
    CHECK(learned.layer<0>().weight(0) == Approx(-1).epsilon(1e-3));
    CHECK(learned.layer<1>().weight(0, 0) == Approx(0.5).epsilon(1e-3));
}

TEST_CASE("PReLU is described as PyTorch prints it") {
    detail_::Description text;
    PReLU<8>::describe(text);
    CHECK(text.view() == "PReLU(num_parameters=8)");
}
