// SPDX-License-Identifier: MIT
// Unflatten in networks. Its numbers are in tests/train/golden_layers_test.cpp, its gradient in gradient_test.cpp.
#include <ctcnn/layers/unflatten.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pad2d.hpp>
#include <ctcnn/layers/pool1d.hpp>
#include <ctcnn/layers/upsample.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

static_assert(std::is_same_v<Unflatten<2, 3, 4>::At<Shape<24>>::output_shape, Shape<2, 3, 4>>);
static_assert((Unflatten<2, 3, 4>::check)(Shape<23>{}) == Mismatch{Reason::unflatten_size, 24});
static_assert((Unflatten<2, 3, 4>::check)(Shape<2, 3, 4>{}) == Mismatch{Reason::feature_rank});
static_assert((Unflatten<2, 0, 4>::check)(Shape<24>{}) == Mismatch{Reason::zero_size});
static_assert(std::is_same_v<Unflatten<2, 3, 4>::correction<Shape<36>>, corrected<Unflatten<3, 3, 4>>>);
static_assert(std::is_same_v<Unflatten<2, 3, 4>::correction<Shape<3, 12>>, corrected<Flatten, Unflatten<3, 3, 4>>>);

// A sequence.
static_assert(std::is_same_v<Unflatten<2, 3>::At<Shape<6>>::output_shape, Shape<2, 3>>);
static_assert((Unflatten<2, 3>::check)(Shape<5>{}) == Mismatch{Reason::unflatten_size, 6});
static_assert((Unflatten<2, 0>::check)(Shape<5>{}) == Mismatch{Reason::zero_size});
static_assert(std::is_same_v<Unflatten<2, 3>::correction<Shape<9>>, corrected<Unflatten<3, 3>>>);
constexpr Sequential<Input<4>, Unflatten<2, 2>, MaxPool1d<Kernel<2>>> sequence{};
static_assert(sequence({1, 2, 4, 3}) == Tensor<float, Shape<2, 1>>{2, 4});

constexpr Sequential<Input<4>, Unflatten<1, 2, 2>, Upsample<Scale<2, 1>>> doubled{};
static_assert(doubled({1, 2, 3, 4}) == Tensor<float, Shape<1, 4, 2>>{1, 2, 1, 2, 3, 4, 3, 4});
// To features and back.
constexpr Sequential<Input<2, 1, 2>, Flatten, Unflatten<1, 2, 2>, Flatten> turned{};
static_assert(turned({1, 2, 3, 4}) == Tensor<float, Shape<4>>{1, 2, 3, 4});

/// Linear<3, 2 * 4 * 5>, Unflatten<2, 4, 5>, Conv2d<2, 3, Kernel<3>, ...> on small integers, whose sums are exact:
/// outputs of one image and the gradient of the parameters over 5 images, against the naive loops.
template <typename Net, std::size_t Padding>
void check_decoder() {
    const naive::Conv2d conv{2, 3, 1, {4, 5}, {{3, 3}, {1, 1}, {Padding, Padding}, {1, 1}}};
    Draw draw(1060);
    const std::vector<float> weight = draw.integers<float>(40 * 3);
    const std::vector<float> bias = draw.integers<float>(40);
    const std::vector<float> filters = draw.integers<float>(conv.weight_size());
    const std::vector<float> conv_bias = draw.integers<float>(3);
    Net net{};
    std::size_t next = 0;
    for (const auto* part : {&weight, &bias, &filters, &conv_bias}) {
        for (const float number : *part) {
            net.parameters()[next++] = number;
        }
    }
    REQUIRE(next == Net::parameter_count);

    constexpr std::size_t count = 5;
    std::vector<typename Net::input_tensor> images(count);
    std::vector<typename Net::output_tensor> targets(count);
    std::vector<double> expected(Net::parameter_count);
    for (std::size_t n = 0; n < count; ++n) {
        const std::vector<float> features = draw.integers<float>(3);
        images[n] = {features[0], features[1], features[2]};
        const std::vector<float> image = naive::linear_forward(40, features, weight, bias);
        const std::vector<float> output = naive::conv2d_forward(conv, image, filters, conv_bias);
        const auto found = net(images[n]);
        CHECK(std::vector<float>(found.values.begin(), found.values.end()) == output);
        // The loss is the mean of squared differences: with outputs off by the size of an image's outputs times a
        // small integer, the gradient with respect to an output is that integer times 2.
        std::vector<double> grad_output;
        for (std::size_t i = 0; i < output.size(); ++i) {
            const float step = static_cast<float>(draw.whole(0, 2)) - 1;
            targets[n].values[i] = output[i] - step * static_cast<float>(output.size());
            grad_output.push_back(2 * static_cast<double>(step));
        }
        const std::vector<double> wide_image(image.begin(), image.end());
        const std::vector<double> wide_features(features.begin(), features.end());
        const std::vector<double> grad_image =
            naive::conv2d_backward_input(conv, std::vector<double>(filters.begin(), filters.end()), grad_output);
        std::vector<double> gradient = naive::linear_backward_weight(wide_features, grad_image);
        gradient.insert(gradient.end(), grad_image.begin(), grad_image.end());
        const std::vector<double> of_filters = naive::conv2d_backward_weight(conv, wide_image, grad_output);
        gradient.insert(gradient.end(), of_filters.begin(), of_filters.end());
        const std::vector<double> of_bias = naive::conv2d_backward_bias(conv, grad_output);
        gradient.insert(gradient.end(), of_bias.begin(), of_bias.end());
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            expected[i] += gradient[i] / static_cast<double>(count);
        }
    }
    const auto result = value_and_grad(net, MSELoss{}, images, targets);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        INFO("parameter " << i << ": " << result.gradients.parameters()[i] << ", expected " << expected[i]);
        // Values stay below 1e3; what is rounded are quotients by 5 and by the outputs of an image, and their sums of
        // up to 60 terms: a few units of 1e3 * 2^-24.
        CHECK(std::abs(static_cast<double>(result.gradients.parameters()[i]) - expected[i]) <= 1e-3);
    }
}

}  // namespace

TEST_CASE("a decoder without padding computes what the naive loops compute") {
    check_decoder<Sequential<Input<3>, Linear<3, 40>, Unflatten<2, 4, 5>, Conv2d<2, 3, Kernel<3>>>, 0>();
}

TEST_CASE("a decoder with zeros around its image computes what the naive loops compute") {
    check_decoder<Sequential<Input<3>, Linear<3, 40>, Unflatten<2, 4, 5>, ZeroPad2d<1>, Conv2d<2, 3, Kernel<3>>>, 1>();
}

TEST_CASE("a decoder with padding computes what the naive loops compute") {
    check_decoder<Sequential<Input<3>, Linear<3, 40>, Unflatten<2, 4, 5>, Conv2d<2, 3, Kernel<3>, Padding<1>>>, 1>();
}

TEST_CASE("Unflatten is described as in PyTorch") {
    Description text;
    Unflatten<1, 2, 3>::describe(text);
    CHECK(std::string(text.view()) == "Unflatten(dim=1, unflattened_size=(1, 2, 3))");
    Description sequence_text;
    Unflatten<4, 5>::describe(sequence_text);
    CHECK(std::string(sequence_text.view()) == "Unflatten(dim=1, unflattened_size=(4, 5))");
}
