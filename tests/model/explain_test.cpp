// SPDX-License-Identifier: MIT
#include <ctcnn/model/explain.hpp>

#include <string_view>

#include <catch.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/custom.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/model/summary.hpp>

namespace {

using namespace ctcnn;

using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<256, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>;
static_assert(explain<LeNet>() ==
              R"(Layer                                      Output       Param #  Mult-adds  Bytes
---------------------------------------------------------------------------------
 0 Conv2d(1, 6, kernel_size=5, padding=2)  6x28x28          156    117,600    624
 1 Sigmoid()                               6x28x28            -          -      -
 2 AvgPool2d(kernel_size=2)                6x14x14            -          -      -
 3 Conv2d(6, 16, kernel_size=5)            16x10x10       2,416    240,000  9,664
 4 Sigmoid()                               16x10x10           -          -      -
 5 AvgPool2d(kernel_size=2)                16x5x5             -          -      -
 6 Flatten()                               400                -          -      -
---------------------------------------------------------------------------------
 7 Linear(256, 120)                        refuses 400
[in_features] the layer's first number must be the number of features that arrive: change it to the size of the Shape received, or use LazyLinear; layer 7, Linear<256, 120>, received Shape<400>, wanted 256: write Linear<400, 120>
)");

// In a block; blocks that begin with the refused layer; a block that is refused itself.
static_assert(explain<Input<8>, Sequential<ReLU, Sequential<Tanh, Linear<7, 4>>>, ReLU>() ==
              R"(Layer               Output     Param #  Mult-adds  Bytes
--------------------------------------------------------
0 Sequential
  0 ReLU()          8                -          -      -
  1 Sequential
    0 Tanh()        8                -          -      -
--------------------------------------------------------
    1 Linear(7, 4)  refuses 8
[in_features] the layer's first number must be the number of features that arrive: change it to the size of the Shape received, or use LazyLinear; layer 0.1.1, Linear<7, 4>, received Shape<8>, wanted 7: write Linear<8, 4>
)");
static_assert(explain<Input<8>, Sequential<Sequential<LazyConv2d<4, Kernel<3>>>>>() ==
              R"(Layer                           Output     Param #  Mult-adds  Bytes
--------------------------------------------------------------------
0 Sequential
  0 Sequential
--------------------------------------------------------------------
    0 LazyConv2d<4, Kernel<3>>  refuses 8
[image_rank] this layer works on images <C, H, W>, and something else arrives: move it before Flatten, or begin the network with Input<C, H, W>; layer 0.0.0, LazyConv2d<4, Kernel<3>>, received Shape<8>
)");
static_assert(explain<Input<8>, ReLU, Sequential<>, Linear<8, 4>>() ==
              R"(Layer         Output     Param #  Mult-adds  Bytes
--------------------------------------------------
0 ReLU()      8                -          -      -
--------------------------------------------------
1 Sequential  refuses 8
[empty_network] a network needs at least one layer: put one behind Input, as in Sequential<Input<784>, Linear<784, 10>>; layer 1 received Shape<8>
)");

// In branches: the layers of those before the refused one, and its own before it.
using Conv = Conv2d<4, 4, Kernel<3>, Padding<1>>;
static_assert(explain<Input<4, 6, 6>, Named<"stem", Conv>,
                      Residual<Conv, ReLU, Shortcut<Conv2d<4, 4, Kernel<1>>, Conv2d<3, 4, Kernel<1>>>>, ReLU>() ==
              R"(Layer                                        Output         Param #  Mult-adds  Bytes
-------------------------------------------------------------------------------------
stem Conv2d(4, 4, kernel_size=3, padding=1)  4x6x6              148      5,184    592
1 Residual
  0 Conv2d(4, 4, kernel_size=3, padding=1)   4x6x6              148      5,184    592
  1 ReLU()                                   4x6x6                -          -      -
  shortcut Sequential
    0 Conv2d(4, 4, kernel_size=1)            4x6x6               20        576     80
-------------------------------------------------------------------------------------
    1 Conv2d(3, 4, kernel_size=1)            refuses 4x6x6
[in_channels] the layer's number of input channels must be the number of channels that arrive: change it to the first size of the Shape received, or use LazyConv2d in place of Conv2d; layer 1.2.1, Conv2d<3, 4, Kernel<1>>, received Shape<4, 6, 6>, wanted 3: write Conv2d<4, 4, Kernel<1>>
)");
static_assert(explain<Input<1, 6, 6>, Add<Residual<ReLU, Conv2d<1, 1, Kernel<1>>>,
                                          Named<"head", Sequential<ReLU, Concat<Linear<3, 2>, ReLU>>>>>() ==
              R"(Layer                              Output         Param #  Mult-adds  Bytes
---------------------------------------------------------------------------
0 Add
  0 Residual
    0 ReLU()                       1x6x6                -          -      -
    1 Conv2d(1, 1, kernel_size=1)  1x6x6                2         36      8
  head Sequential
    0 ReLU()                       1x6x6                -          -      -
    1 Concat
---------------------------------------------------------------------------
      0 Linear(3, 2)               refuses 1x6x6
[feature_rank] this layer works on features <F>, and something else arrives: put Flatten before it; layer 0.1.1.0, Linear<3, 2>, received Shape<1, 6, 6>: write Flatten, Linear<36, 2>
)");
// How the name in Named is spelled depends on the compiler.
static_assert(explain<Input<1, 6, 6>, ReLU, Named<"merge", Concat<ReLU>>>().starts_with(
    R"(Layer         Output         Param #  Mult-adds  Bytes
------------------------------------------------------
0 ReLU()      1x6x6                -          -      -
------------------------------------------------------
merge Concat  refuses 1x6x6
[too_few_branches] Add, Multiply and Concat need two branches or more, and Residual a layer or more: a branch is a layer or a Sequential without Input, and Identity hands on what arrives; layer 1, Named<)"));

// What is no layer at all; the order of the axes; no layers; no Input.
static_assert(explain<Input<8>, Linear<8, 4>, int>() ==
              R"(Layer           Output     Param #  Mult-adds  Bytes
----------------------------------------------------
0 Linear(8, 4)  4               36         32    144
----------------------------------------------------
1 int           refuses 4
[not_a_layer] this argument is not a layer: after Input only layers may follow, such as Conv2d, Linear, ReLU or a block (a Sequential without Input); options such as Kernel<3> go inside a layer's own <...>; layer 1, int, received Shape<4>
)");
static_assert(explain<Input<64, 1, 8, 8>, Conv2d<1, 4, Kernel<3>>>().find("[batch_axis] ") != std::string_view::npos);
static_assert(explain<Input<64, 1, 8, 8>, Conv2d<1, 4, Kernel<3>>>().ends_with(
    "; layer 0, Conv2d<1, 4, Kernel<3>>, received Shape<64, 1, 8, 8>: write Input<1, 8, 8>\n"));
static_assert(explain<Input<2, 0>, Flatten>().find("Sequential  refuses 2x0\n[zero_input] ") != std::string_view::npos);
static_assert(explain<Input<8>>().find("\n[empty_network] a network needs") != std::string_view::npos);
static_assert(explain<>().starts_with("[empty_network] "));
static_assert(explain<Linear<8, 4>, ReLU>().starts_with("[missing_input] "));
static_assert(explain<Sequential<Linear<8, 4>, ReLU>>().starts_with("[missing_input] "));

// A class that is derived from a network.
using Small = Sequential<Input<8>, Linear<8, 4>, ReLU>;
struct Derived : Small {};
static_assert(explain<Derived>() == summary<Small>() && explain<Small>() == summary<Small>());
static_assert(explain<Small::with_scalar<double>>() == summary<Small::with_scalar<double>>());

// The reasons of layers of a program's own.
struct Even : CustomLayer<Even> {
    template <std::size_t F>
    static consteval Mismatch check(Shape<F>) {
        if (F % 2 != 0) {
            return {"[odd_features] Even needs an even number of features, and an odd one arrives"};
        }
        return {};
    }
    static constexpr void forward(auto x, auto y) { y[0] = x[0]; }
};
static_assert(explain<Input<8>, Linear<8, 3>, Even>().ends_with(
    "received Shape<3>: [odd_features] Even needs an even number of features, and an odd one arrives\n"));
static_assert(explain<Input<8>, Even>().ends_with(
    "received Shape<8>: static constexpr void backward(auto x, auto grad_y, auto grad_x)\n"));

// A network that works.
using Right = Sequential<Input<8>, Linear<8, 4>, Sequential<ReLU, Linear<4, 2>>>;
static_assert(explain<Right>() == summary<Right>());
static_assert(explain<Input<8>, Linear<8, 4>, Sequential<ReLU, Linear<4, 2>>>() == summary<Right>());
static_assert(explain<Right::with_scalar<double>>() == summary<Right::with_scalar<double>>());

}  // namespace

TEST_CASE("explain is a text of the program") {
    CHECK(explain<LeNet>().size() > 1000);
    CHECK(explain<LeNet>().ends_with(": write Linear<400, 120>\n"));
}
