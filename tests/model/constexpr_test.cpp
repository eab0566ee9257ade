// SPDX-License-Identifier: MIT
// Networks compute and learn while the compiler runs. All of this file is done when it has compiled.
#include <ctcnn/ctcnn.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "catch.hpp"

using namespace ctcnn;

namespace {

/// The network with these parameters, in the order of PyTorch: weight, bias, layer by layer.
template <typename Net>
constexpr Net with_parameters(const std::array<float, Net::parameter_count>& parameters) {
    Net net{};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        net.parameters()[i] = parameters[i];
    }
    return net;
}

// The figures of the course -------------------------------------------------------------------------------------------

constexpr Tensor<float, Shape<1, 3, 3>> image{1, 2, 3,  //
                                              4, 5, 6,  //
                                              7, 8, 9};
constexpr std::array<float, 4> kernel{0, 1,  //
                                      2, 3};

// The convolution: the kernel moves over the image.
using Convolution = Sequential<Input<1, 3, 3>, Conv2d<1, 1, Kernel<2>, NoBias>>;
static_assert(with_parameters<Convolution>(kernel)(image) == Tensor<float, Shape<1, 2, 2>>{25, 31,  //
                                                                                           43, 49});

// Padding: a border of zeros keeps the edge of the image.
using Padded = Sequential<Input<1, 3, 3>, Conv2d<1, 1, Kernel<2>, Padding<1>, NoBias>>;
static_assert(with_parameters<Padded>(kernel)(image) == Tensor<float, Shape<1, 4, 4>>{3, 8, 13, 6,     //
                                                                                      13, 25, 31, 12,  //
                                                                                      25, 43, 49, 18,  //
                                                                                      7, 8, 9, 0});

// Stride: the kernel moves two pixels at a time.
using Strided = Sequential<Input<1, 3, 3>, Conv2d<1, 1, Kernel<2>, Padding<1>, Stride<2>, NoBias>>;
static_assert(with_parameters<Strided>(kernel)(image) == Tensor<float, Shape<1, 2, 2>>{3, 13,  //
                                                                                       25, 49});

// Channels: each has a kernel of its own, and their results are added.
using TwoChannels = Sequential<Input<2, 3, 3>, Conv2d<2, 1, Kernel<2>, NoBias>>;
static_assert(with_parameters<TwoChannels>({0, 1, 2, 3,                               //
                                            1, 2, 3, 4})({1, 2, 3, 4, 5, 6, 7, 8, 9,  //
                                                          0, 1, 2, 3, 4, 5, 6, 7, 8}) ==
              Tensor<float, Shape<1, 2, 2>>{52, 68,  //
                                            100, 116});

// Shapes, with a rectangular kernel, and with many channels.
using Rectangular = Sequential<Input<1, 8, 8>, Conv2d<1, 1, Kernel<3, 2>, Padding<1, 2>, Stride<2, 1>>>;
static_assert(Rectangular::output_shape{} == Shape<1, 4, 11>{});
using Channels = Sequential<Input<3, 12, 12>, Conv2d<3, 12, Kernel<3>>>;
static_assert(Channels::output_shape{} == Shape<12, 10, 10>{});

// Pooling: the largest, or the mean, of a window.
using LargestOfFour = Sequential<Input<1, 2, 2>, MaxPool2d<Kernel<2>>>;
using MeanOfFour = Sequential<Input<1, 2, 2>, AvgPool2d<Kernel<2>>>;
static_assert(LargestOfFour{}({1, 2, 4, 5})(0, 0, 0) == 5);
static_assert(MeanOfFour{}({1, 2, 4, 5})(0, 0, 0) == 3);
using Overlapping = Sequential<Input<1, 3, 3>, MaxPool2d<Kernel<2>, Stride<1>>>;
static_assert(Overlapping{}(image) == Tensor<float, Shape<1, 2, 2>>{5, 6,  //
                                                                    8, 9});

// A step of training --------------------------------------------------------------------------------------------------

// output = w * input + b with w = 2, b = 1, input 3: 7. The target is 5: loss (7 - 5)^2 = 4, gradient with respect to w
// 2*2*3, to b 2*2.
using Line = Sequential<Input<1>, Linear<1, 1>>;
constexpr Line line = with_parameters<Line>({2, 1});
constexpr std::array<Line::input_tensor, 1> three{{{3}}};
constexpr std::array<Line::output_tensor, 1> five{{{5}}};
constexpr auto step = value_and_grad(line, MSELoss{}, three, five);
static_assert(step.loss == 4);
static_assert(step.gradients.layer<0>().weight(0, 0) == 12);
static_assert(step.gradients.layer<0>().bias(0) == 4);

constexpr Line after_step = [] {
    Line net = line;
    SGD{.lr = 0.125f}.step(net.parameters(), step.gradients.parameters());
    return net;
}();
static_assert(after_step.layer<0>().weight(0, 0) == 2 - 0.125f * 12);
static_assert(after_step.layer<0>().bias(0) == 1 - 0.125f * 4);

// All kinds of layers, forward and backward: a step against the gradient makes the loss smaller.
using Everything = Sequential<Input<1, 5, 5>, Conv2d<1, 2, Kernel<3>, Padding<1>>, ReLU, MaxPool2d<Kernel<2>>,
                              Conv2d<2, 4, Kernel<2>, Groups<2>>, Tanh, AvgPool2d<Kernel<1>>, Flatten,
                              Sequential<Linear<4, 3>, Sigmoid>, Linear<3, 2>>;
constexpr std::array<float, 2> losses_around_a_step = [] {
    Everything net{};
    initialize(net, XavierUniform{}, 1);
    std::array<Everything::input_tensor, 2> images{};
    for (std::size_t i = 0; i < 25; ++i) {
        images[0].values[i] = static_cast<float>(i % 4);
        images[1].values[i] = static_cast<float>(i % 5);
    }
    const std::array<std::uint8_t, 2> labels{0, 1};
    const auto before = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    SGD{.lr = 0.5f}.step(net.parameters(), before.gradients.parameters());
    return std::array<float, 2>{before.loss, value_and_grad(net, CrossEntropyLoss{}, images, labels).loss};
}();
static_assert(losses_around_a_step[1] < losses_around_a_step[0]);

// XOR, learned by the compiler ----------------------------------------------------------------------------------------

using Xor = Sequential<Input<2>, Linear<2, 4>, Tanh, Linear<4, 2>>;

constexpr std::array<Xor::input_tensor, 4> questions{{{0, 0}, {0, 1}, {1, 0}, {1, 1}}};
constexpr std::array<std::uint8_t, 4> answers{0, 1, 1, 0};

constexpr Xor learn_xor() {
    Xor net{};
    initialize(net, XavierUniform{});
    for (int i = 0; i < 30; ++i) {
        const auto [loss, gradients] = value_and_grad(net, CrossEntropyLoss{}, questions, answers);
        SGD{.lr = 2}.step(net.parameters(), gradients.parameters());
    }
    return net;
}
constexpr Xor learned = learn_xor();

static_assert(predict(learned, questions[0]) == 0);
static_assert(predict(learned, questions[1]) == 1);
static_assert(predict(learned, questions[2]) == 1);
static_assert(predict(learned, questions[3]) == 0);

}  // namespace

// A network that is a temporary computes in a constant expression too, with biases and without.
using Biased = Sequential<Input<1, 4, 4>, Conv2d<1, 2, Kernel<2>>, ReLU, Flatten, Linear<18, 3>>;
using Unbiased = Sequential<Input<1, 4, 4>, Conv2d<1, 2, Kernel<2>, NoBias>, ReLU, Flatten, Linear<18, 3, NoBias>>;
static_assert(Biased{}(Tensor<float, Shape<1, 4, 4>>{}) == Tensor<float, Shape<3>>{});
static_assert(Unbiased{}(Tensor<float, Shape<1, 4, 4>>{}) == Tensor<float, Shape<3>>{});

TEST_CASE("what the compiler learned is there when the program runs") {
    for (std::size_t n = 0; n < questions.size(); ++n) {
        CHECK(predict(learned, questions[n]) == answers[n]);
    }
    // Not by luck: the answers are sure.
    CHECK(value_and_grad(learned, CrossEntropyLoss{}, questions, answers).loss < 0.05f);
}

TEST_CASE("the compiler's gradients are those of the run, up to rounding") {
    Line net = line;
    const auto run = value_and_grad(net, MSELoss{}, three, five);
    CHECK(run.loss == step.loss);
    CHECK(run.gradients.layer<0>().weight(0, 0) == 12);

    Xor start{};
    initialize(start, XavierUniform{});
    const auto lanes = value_and_grad(start, CrossEntropyLoss{}, questions, answers);
    constexpr auto constant = [] {
        Xor begin{};
        initialize(begin, XavierUniform{});
        return value_and_grad(begin, CrossEntropyLoss{}, questions, answers);
    }();
    for (std::size_t i = 0; i < Xor::parameter_count; ++i) {
        CHECK(static_cast<double>(lanes.gradients.parameters()[i]) ==
              Approx(static_cast<double>(constant.gradients.parameters()[i])).epsilon(1.3e-6).margin(1e-6));
    }
}
