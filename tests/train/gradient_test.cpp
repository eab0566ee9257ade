// SPDX-License-Identifier: MIT
// The gradients of whole networks, in double, against central differences.
#include <ctcnn/train/value_and_grad.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/conv_transpose2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/group_norm.hpp>
#include <ctcnn/layers/layer_norm.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool1d.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/sequential.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

// The losses once more, as their definitions say.
template <typename Output>
double loss_of(CrossEntropyLoss, const Output& logits, std::uint8_t label) {
    double sum = 0;
    for (const double logit : logits.values) {
        sum += std::exp(logit);
    }
    return std::log(sum) - logits.values[label];
}
template <typename Output>
double loss_of(MSELoss, const Output& output, const Output& target) {
    double sum = 0;
    for (std::size_t k = 0; k < output.size(); ++k) {
        const double difference = output.values[k] - target.values[k];
        sum += difference * difference;
    }
    return sum / static_cast<double>(output.size());
}
template <typename Output>
double loss_of(MSELoss loss, const Output& output, std::uint8_t label) {
    Output target{};
    target.values[label] = 1;
    return loss_of(loss, output, target);
}

template <typename Net, typename Loss, typename Target>
double mean_loss(const Net& net, Loss loss, const std::vector<typename Net::input_tensor>& images,
                 const std::vector<Target>& targets) {
    double sum = 0;
    for (std::size_t n = 0; n < images.size(); ++n) {
        sum += loss_of(loss, net(images[n]), targets[n]);
    }
    return sum / static_cast<double>(images.size());
}

/// Every parameter's gradient is compared with (loss(p + h) - loss(p - h)) / 2h. With h = 1e-5 that formula is wrong by
/// some 1e-10 for its curvature, and by some 1e-11 for rounding: far less than the tolerance.
template <typename Net, typename Loss, typename Target>
void check_targets(const Net& start, Loss loss, const std::vector<typename Net::input_tensor>& images,
                   const std::vector<Target>& targets) {
    Net net = start;
    const auto [value, gradients] = value_and_grad(net, loss, images, targets);
    CHECK(value == Approx(mean_loss(net, loss, images, targets)).epsilon(1e-12));
    constexpr double h = 1e-5;
    double largest = 0;
    std::string wrong;
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        double& parameter = net.parameters()[i];
        const double kept = parameter;
        parameter = kept + h;
        const double above = mean_loss(net, loss, images, targets);
        parameter = kept - h;
        const double below = mean_loss(net, loss, images, targets);
        parameter = kept;
        const double reference = (above - below) / (2 * h);
        const double gradient = gradients.parameters()[i];
        largest = std::max(largest, std::abs(gradient));
        if (!(std::abs(gradient - reference) <= 1e-6 + 1e-4 * std::abs(reference))) {
            wrong += " " + std::to_string(i) + ": " + std::to_string(gradient) + " for " + std::to_string(reference);
        }
    }
    CHECK(wrong.empty());
    INFO("a gradient that is 0 everywhere would show nothing");
    CHECK(largest > 1e-2);
}

/// MSELoss with tensors; where the outputs are classes, also the losses with labels.
template <typename Float, bool Classes>
void check(std::uint64_t seed) {
    using Net = typename Float::template with_scalar<double>;
    Draw draw(seed);
    Net net{};
    for (double& parameter : net.parameters()) {
        parameter = draw.real(-0.6, 0.6);
    }
    // Neither one nor as many as there are lanes.
    std::vector<typename Net::input_tensor> images(3);
    std::vector<typename Net::output_tensor> tensors(images.size());
    std::vector<std::uint8_t> labels(images.size());
    for (std::size_t n = 0; n < images.size(); ++n) {
        for (double& pixel : images[n].values) {
            pixel = draw.real(-1.5, 1.5);
        }
        for (double& number : tensors[n].values) {
            number = draw.real(-2.0, 2.0);
        }
        labels[n] = static_cast<std::uint8_t>(draw.whole(0, Net::output_shape::size - 1));
    }
    check_targets(net, MSELoss{}, images, tensors);
    if constexpr (Classes) {
        check_targets(net, CrossEntropyLoss{}, images, labels);
        check_targets(net, MSELoss{}, images, labels);
    }
}

}  // namespace

TEST_CASE("nested blocks, groups, dilation, stride; all losses") {
    using Net =
        Sequential<Input<2, 6, 7>, Sequential<Conv2d<2, 4, Kernel<3>, Padding<1>, Groups<2>, NoBias>, Sequential<Tanh>>,
                   Sequential<Sequential<Conv2d<4, 3, Kernel<2>, Dilation<2>>, Sigmoid>,
                              Sequential<Conv2d<3, 2, Kernel<3, 2>, Stride<2, 1>, Padding<1>>>, Flatten>,
                   Sequential<LazyLinear<4>, Tanh>, Linear<4, 3, NoBias>>;
    check<Net, true>(1);
}

TEST_CASE("an activation first, and elementwise after elementwise") {
    using Net = Sequential<Input<1, 4, 5>, Tanh, Sigmoid, Conv2d<1, 3, Kernel<3>, Padding<1>>, Tanh, Sigmoid, ReLU,
                           Tanh, Conv2d<3, 2, Kernel<2>>, ReLU, ReLU, Tanh>;
    check<Net, false>(2);
}

TEST_CASE("Flatten in odd places") {
    using Net = Sequential<Input<1, 4, 4>, Conv2d<1, 2, Kernel<3>>, Flatten, Tanh, Flatten, Flatten, Linear<8, 5>,
                           Flatten, Sigmoid, Sequential<Flatten>, Linear<5, 3>, Flatten>;
    check<Net, false>(3);
    check<Sequential<Input<2, 2, 2>, Flatten, Linear<8, 2>>, false>(4);
}

TEST_CASE("first layers without parameters") {
    using Net = Sequential<Input<2, 7, 7>, AvgPool2d<Kernel<2>, Stride<1>>, MaxPool2d<Kernel<2>, Stride<1>>, Tanh,
                           Conv2d<2, 3, Kernel<3>, Padding<1>, Stride<2>>, MaxPool2d<Kernel<3>>, Flatten, Linear<3, 2>>;
    check<Net, false>(5);
}

TEST_CASE("overlapping pools, one after the other, with borders for the next convolution") {
    using Net =
        Sequential<Input<1, 7, 8>, Conv2d<1, 2, Kernel<3>, Padding<1>>, MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>,
                   AvgPool2d<Kernel<3, 2>, Stride<2, 1>, Padding<1>>, Tanh, Conv2d<2, 2, Kernel<3>, Padding<2, 1>>,
                   AvgPool2d<Kernel<2>, Stride<1>>, ReLU, MaxPool2d<Kernel<2, 3>, Stride<2, 1>, Padding<1>>>;
    check<Net, false>(6);
}

TEST_CASE("normalisation within one image, between convolutions and as the first layer") {
    using Net = Sequential<Input<4, 5, 4>, GroupNorm<2, 4, Eps<1e-2>>, Conv2d<4, 6, Kernel<3>, Padding<1>>, Tanh,
                           GroupNorm<3, 6>, Sigmoid, Conv2d<6, 2, Kernel<2>>, LayerNorm<NoBias>, Tanh,
                           Conv2d<2, 3, Kernel<3>, Padding<2, 1>>, LayerNorm<>, Conv2d<3, 2, Kernel<3>, Padding<1>>,
                           Tanh, GroupNorm<1, 2, NoAffine>, Conv2d<2, 2, Kernel<3>>, Flatten, LayerNorm<Eps<1e-3>>,
                           Tanh, LayerNorm<NoAffine>, Linear<8, 3>>;
    check<Net, true>(7);
    check<Sequential<Input<7>, LayerNorm<>, Linear<7, 4>, Tanh, GroupNorm<2, 4>>, true>(8);
}

TEST_CASE("transposed convolutions between other layers and as the first one") {
    using Net = Sequential<Input<2, 3, 4>, ConvTranspose2d<2, 4, Kernel<4>, Stride<2>, Padding<1>>, Tanh,
                           Conv2d<4, 4, Kernel<3>, Padding<1>, Stride<2>>, Sigmoid,
                           ConvTranspose2d<4, 2, Kernel<3, 2>, Stride<2, 3>, OutputPadding<1, 2>, Groups<2>, NoBias>,
                           Tanh, ConvTranspose2d<2, 1, Kernel<2>, Dilation<2>, Padding<2>>>;
    check<Net, false>(9);
}

TEST_CASE("layers of sequences") {
    using Net = Sequential<Input<2, 19>, Conv1d<2, 4, Kernel<3>, Padding<1>>, Tanh, MaxPool1d<Kernel<2>>,
                           Conv1d<4, 4, Kernel<3>, Dilation<2>, Padding<3>, Groups<2>, NoBias>, Sigmoid,
                           GroupNorm<2, 4>, AvgPool1d<Kernel<3>, Stride<2>, Padding<1>>,
                           Conv1d<4, 3, Kernel<2>, Stride<2>>, LayerNorm<>, Tanh, Flatten, LazyLinear<3>>;
    check<Net, true>(10);
}
