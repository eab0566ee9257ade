// SPDX-License-Identifier: MIT
#include <ctcnn/layers/activation.hpp>

#include <string>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

template <typename L>
std::string described() {
    detail_::Description text;
    L::describe(text);
    return std::string(text.view());
}

struct Plain : Activation<Plain> {
    template <typename V>
    static constexpr V forward(V x) {
        return x;
    }
    template <typename V>
    static constexpr V backward(V, V grad) {
        return grad;
    }
};

template <typename L>
constexpr bool changes_its_input_in_place =
    L::template At<Shape<3, 4, 5>>::kind == detail_::LayerKind::elementwise &&
    typename L::template At<Shape<3, 4, 5>>::output_shape{} == Shape<3, 4, 5>{} && Accepts<L, Shape<7>> &&
    Accepts<L, Shape<2, 3>> && Accepts<L, Shape<2, 3, 4, 5>>;

static_assert(changes_its_input_in_place<ReLU> && changes_its_input_in_place<Sigmoid> &&
              changes_its_input_in_place<Tanh> && changes_its_input_in_place<LeakyReLU<>> &&
              changes_its_input_in_place<LeakyReLU<0.0>> && changes_its_input_in_place<ELU> &&
              changes_its_input_in_place<ELUWith<0.5>> && changes_its_input_in_place<SELU> &&
              changes_its_input_in_place<Softplus> && changes_its_input_in_place<Hardtanh> &&
              changes_its_input_in_place<HardtanhWith<-2.0, 0.5>> && changes_its_input_in_place<ReLU6> &&
              changes_its_input_in_place<Hardsigmoid> && changes_its_input_in_place<Plain>);

template <double Slope>
concept HasLeakyReLU = requires { typename LeakyReLU<Slope>; };
template <double Alpha>
concept HasELU = requires { typename ELUWith<Alpha>; };
template <double Min, double Max>
concept HasHardtanh = requires { typename HardtanhWith<Min, Max>; };
static_assert(HasLeakyReLU<0.0> && !HasLeakyReLU<-0.1>);
static_assert(HasELU<0.0> && !HasELU<-1.0>);
static_assert(HasHardtanh<0.0, 0.1> && !HasHardtanh<1.0, 1.0> && !HasHardtanh<1.0, -1.0>);

}  // namespace

TEST_CASE("activations are described as PyTorch prints them") {
    CHECK(described<ReLU>() == "ReLU()");
    CHECK(described<Sigmoid>() == "Sigmoid()");
    CHECK(described<Tanh>() == "Tanh()");
    CHECK(described<LeakyReLU<>>() == "LeakyReLU(negative_slope=0.01)");
    CHECK(described<LeakyReLU<1e-5>>() == "LeakyReLU(negative_slope=1e-05)");
    CHECK(described<ELU>() == "ELU(alpha=1.0)");
    CHECK(described<ELUWith<0.5>>() == "ELU(alpha=0.5)");
    CHECK(described<SELU>() == "SELU()");
    CHECK(described<Softplus>() == "Softplus(beta=1.0, threshold=20.0)");
    CHECK(described<Hardtanh>() == "Hardtanh(min_val=-1.0, max_val=1.0)");
    CHECK(described<HardtanhWith<-2.5, 3.0>>() == "Hardtanh(min_val=-2.5, max_val=3.0)");
    CHECK(described<ReLU6>() == "ReLU6()");
    CHECK(described<Hardsigmoid>() == "Hardsigmoid()");
    CHECK(described<Plain>() == "(no description)");
}
