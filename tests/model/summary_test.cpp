// SPDX-License-Identifier: MIT
#include <ctcnn/model/summary.hpp>

#include <string>
#include <string_view>

#include <catch.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/sequential.hpp>

namespace {

using namespace ctcnn;
using namespace ctcnn::detail_;

using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<400, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>;

static_assert(summary<LeNet>() ==
              R"(Layer                                      Output    Param #  Mult-adds    Bytes
--------------------------------------------------------------------------------
 0 Conv2d(1, 6, kernel_size=5, padding=2)  6x28x28       156    117,600      624
 1 Sigmoid()                               6x28x28         -          -        -
 2 AvgPool2d(kernel_size=2)                6x14x14         -          -        -
 3 Conv2d(6, 16, kernel_size=5)            16x10x10    2,416    240,000    9,664
 4 Sigmoid()                               16x10x10        -          -        -
 5 AvgPool2d(kernel_size=2)                16x5x5          -          -        -
 6 Flatten()                               400             -          -        -
 7 Linear(400, 120)                        120        48,120     48,000  192,480
 8 Sigmoid()                               120             -          -        -
 9 Linear(120, 84)                         84         10,164     10,080   40,656
10 Sigmoid()                               84              -          -        -
11 Linear(84, 10)                          10            850        840    3,400
--------------------------------------------------------------------------------
Total                                                 61,706    416,520  246,824
Workspace of one image: 23,520 bytes to infer, 293,624 bytes to train
)");

// Blocks are opened, also a block that begins with a block; lazy layers show the sizes that they have found.
using Nested = Sequential<
    Input<3, 8, 8>,
    Sequential<Sequential<LazyConv2d<4, Kernel<3, 2>, Stride<2>, NoBias>, ReLU>, MaxPool2d<Kernel<2>, Stride<1>>>,
    Flatten, Sequential<Tanh, LazyLinear<10>>>;

static_assert(summary<Nested>() ==
              R"(Layer                                                         Output  Param #  Mult-adds  Bytes
-----------------------------------------------------------------------------------------------
0 Sequential
  0 Sequential
    0 Conv2d(3, 4, kernel_size=(3, 2), stride=2, bias=False)  4x3x4        72        864    288
    1 ReLU()                                                  4x3x4         -          -      -
  1 MaxPool2d(kernel_size=2, stride=1)                        4x2x3         -          -      -
1 Flatten()                                                   24            -          -      -
2 Sequential
  0 Tanh()                                                    24            -          -      -
  1 Linear(24, 10)                                            10          250        240  1,000
-----------------------------------------------------------------------------------------------
Total                                                                     322      1,104  1,288
Workspace of one image: 960 bytes to infer, 2,808 bytes to train
)");

static_assert(summary<Sequential<Input<7>, ReLU>>() ==
              R"(Layer     Output  Param #  Mult-adds  Bytes
-------------------------------------------
0 ReLU()  7             -          -      -
-------------------------------------------
Total                   0          0      0
Workspace of one image: 56 bytes to infer, 84 bytes to train
)");

// Indices up to 9, 99 and above have one, two and three digits.
template <std::size_t Layers>
struct Counted {
    static constexpr std::size_t layer_count = Layers;
};
template <std::size_t Layers>
constexpr std::size_t width = model::detail::SummaryRows<Counted<Layers>>::index_width;
static_assert(width<1> == 1 && width<10> == 1 && width<11> == 2 && width<100> == 2 && width<101> == 3);

// The table takes as many characters as it says where no line is shorter than the others.
static_assert([] {
    using Table = model::detail::SummaryTable<model::detail::SummaryRows<LeNet>>;
    Text<Table::characters> text;
    Table::append_to(text);
    return text.length == Table::characters;
}());

/// The description of a layer on what it is made for.
template <typename L>
constexpr Description described() {
    Description text;
    L::describe(text);
    return text;
}

static_assert(described<Conv2d<4, 8, Groups<2>, Dilation<2, 1>, Padding<0, 3>, Kernel<3>, NoBias>>().view() ==
              "Conv2d(4, 8, kernel_size=3, padding=(0, 3), dilation=(2, 1), groups=2, bias=False)");
static_assert(described<Linear<2, 3, NoBias>>().view() == "Linear(2, 3, bias=False)");
static_assert(described<MaxPool2d<Padding<1>, Kernel<3, 2>>>().view() == "MaxPool2d(kernel_size=(3, 2), padding=1)");
static_assert(described<AvgPool2d<Kernel<2>, Stride<2>>>().view() == "AvgPool2d(kernel_size=2)");

/// A layer of someone else, which says nothing about itself.
struct Silent : ReLU {
    template <typename S>
    struct At : ReLU::At<S> {
        using layer = Silent;
    };

private:
    static constexpr void describe(Description&) {}
};

TEST_CASE("the bytes of a summary are those of the network's number type", "[summary]") {
    using Small = Sequential<Input<2>, Linear<2, 3>>;
    const std::string as_float(summary<Small>());
    const std::string as_double(summary<Small::with_scalar<double>>());
    CHECK(as_float.find("Linear(2, 3)  3             9          6     36\n") != std::string::npos);
    CHECK(as_double.find("Linear(2, 3)  3             9          6     72\n") != std::string::npos);
    CHECK(as_double.find("Workspace of one image: 40 bytes to infer") != std::string::npos);
}

TEST_CASE("a layer without a description is shown as one", "[summary]") {
    const std::string_view text = summary<Sequential<Input<5>, Silent>>();
    CHECK(text.find("0 (no description)  5 ") != std::string_view::npos);
}

TEST_CASE("every line of the summary of LeNet fits into 80 columns", "[summary]") {
    std::string_view rest = summary<LeNet>();
    std::size_t lines = 0;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        REQUIRE(end != std::string_view::npos);
        CHECK(end <= 80);
        rest.remove_prefix(end + 1);
        ++lines;
    }
    CHECK(lines == 17);
}

}  // namespace
