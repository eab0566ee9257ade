// SPDX-License-Identifier: MIT
#include <ctcnn/layers/map.hpp>

#include <string>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

template <typename L>
std::string described() {
    detail_::Description text;
    L::describe(text);
    return std::string(text.view());
}

template <typename L>
constexpr bool keeps_its_input = L::template At<Shape<3, 4, 5>>::kind == detail_::LayerKind::compute &&
                                 typename L::template At<Shape<3, 4, 5>>::output_shape{} == Shape<3, 4, 5>{} &&
                                 Accepts<L, Shape<7>> && Accepts<L, Shape<2, 3>> && Accepts<L, Shape<2, 3, 4, 5>>;
static_assert(keeps_its_input<GELU> && keeps_its_input<GELUTanh> && keeps_its_input<SiLU> &&
              keeps_its_input<Hardswish> && keeps_its_input<SoftplusWith<2.0>>);

template <double Beta>
concept HasSoftplus = requires { typename SoftplusWith<Beta>; };
static_assert(HasSoftplus<0.5> && !HasSoftplus<0.0> && !HasSoftplus<-1.0>);

template <typename L>
concept HasOperator = requires { L::template At<Shape<3>>::onnx(); };
static_assert(HasOperator<GELU> && HasOperator<GELUTanh> && HasOperator<SiLU> && HasOperator<Hardswish>);
static_assert(HasOperator<SoftplusWith<2.0>> && !HasOperator<SoftplusWith<2.0, 10.0>>);

/// In a constant expression: between functions that are applied in passing, behind one and before another.
using Between = Sequential<Input<1, 1, 3>, ReLU, Hardswish, HardtanhWith<-1.0, 2.0>, Hardswish, Hardswish>;
constexpr auto between = Between{}({-1, 1, 4});
static_assert(between(0, 0, 0) == 0);
// 4 -> 4 -> 2 -> 2 * 5/6 = 5/3 -> 5/3 * 14/18 = 35/27
static_assert(between(0, 0, 2) > 1.2962f && between(0, 0, 2) < 1.2964f);

/// A border of zeros behind it, and several images at once.
using Padded = Sequential<Input<1, 2, 2>, SiLU, Conv2d<1, 1, Kernel<3>, Padding<1>>, Flatten, Linear<4, 1>>;
constexpr Padded padded = [] {
    Padded net{};
    for (float& parameter : net.parameters()) {
        parameter = 1;
    }
    return net;
}();
// Each output of the convolution sees all four pixels: 4 (4 silu(1) + 1) + 1.
static_assert(padded({1, 1, 1, 1})(0) > 4 * (4 * 0.73105f + 1) + 1 &&
              padded({1, 1, 1, 1})(0) < 4 * (4 * 0.73107f + 1) + 1);

}  // namespace

TEST_CASE("functions of the input are described as PyTorch prints them") {
    CHECK(described<GELU>() == "GELU(approximate='none')");
    CHECK(described<GELUTanh>() == "GELU(approximate='tanh')");
    CHECK(described<SiLU>() == "SiLU()");
    CHECK(described<Hardswish>() == "Hardswish()");
    CHECK(described<SoftplusWith<2.0>>() == "Softplus(beta=2.0, threshold=20.0)");
    CHECK(described<SoftplusWith<0.5, 10.0>>() == "Softplus(beta=0.5, threshold=10.0)");
}
