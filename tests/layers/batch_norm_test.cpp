// SPDX-License-Identifier: MIT
// BatchNorm in training and in inference, against numbers of PyTorch, for batches that are no multiple of the lanes.
#include <ctcnn/layers/batch_norm.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/prepare.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include "../train/small.hpp"
#include "catch.hpp"

using namespace ctcnn;

namespace {

// The largest number of channels is accepted, so that it is the shape that is wrong.
static_assert((BatchNorm2d<2'147'483'647>::check)(Shape<1, 1, 1>{}) == Mismatch{Reason::in_channels, 2'147'483'647});
static_assert((BatchNorm2d<2'147'483'648>::check)(Shape<1, 1, 1>{}) == Mismatch{Reason::number_too_large});
static_assert((BatchNorm1d<0>::check)(Shape<1>{}) == Mismatch{Reason::zero_channels});
static_assert((BatchNorm2d<0>::check)(Shape<1, 1, 1>{}) == Mismatch{Reason::zero_channels});
static_assert((BatchNorm1d<2'147'483'647>::check)(Shape<1>{}) == Mismatch{Reason::in_features, 2'147'483'647});
static_assert(!(BatchNorm1d<3>::check)(Shape<3, 5>{}));
static_assert((BatchNorm1d<3>::check)(Shape<2, 3>{}) == Mismatch{Reason::in_channels, 3});
static_assert((BatchNorm1d<3>::check)(Shape<3, 5, 5>{}) == Mismatch{Reason::feature_rank});

// What an error says to write instead.
template <typename L, typename S>
concept Corrects = requires { typename L::template correction<S>; };
static_assert(std::is_same_v<BatchNorm2d<3>::correction<Shape<4, 5, 5>>, corrected<BatchNorm2d<4>>> &&
              !Corrects<BatchNorm2d<3>, Shape<4>>);
static_assert(std::is_same_v<BatchNorm1d<3>::correction<Shape<4>>, corrected<BatchNorm1d<4>>> &&
              std::is_same_v<BatchNorm1d<3>::correction<Shape<4, 5>>, corrected<BatchNorm1d<4>>> &&
              std::is_same_v<BatchNorm1d<3>::correction<Shape<4, 5, 5>>, corrected<BatchNorm2d<4>>> &&
              !Corrects<BatchNorm1d<3>, Shape<4, 5, 5, 5>>);

template <typename Norm>
using Images = Sequential<Input<1, 3, 4>, Conv2d<1, 3, Kernel<2>>, Norm, Tanh, Flatten,
                          Linear<18, 3>>::template with_scalar<double>;
using Features = Sequential<Input<12>, Linear<12, 3>, BatchNorm1d<3>, Tanh, Linear<3, 3>>::with_scalar<double>;

/// What PyTorch computes with the same parameters, images and steps, in float64: the loss of the last step, the running
/// statistics and the outputs for one image in inference behind it, and of each tensor the first element's gradient.
struct Expected {
    double loss;
    std::vector<double> running;
    std::vector<double> output;
    std::vector<double> gradients;
};

template <typename T>
constexpr T parameter(std::size_t k, bool vector) {
    return (static_cast<T>(k * 7 % 11) - 5) / 8 + (vector ? T(0.5) : T(0));
}

template <typename Net>
void check(const std::vector<std::size_t>& sizes, const Expected& expected, double within) {
    using T = typename Net::scalar;
    Net net{};
    initialize(net, KaimingUniform{});
    for (const NamedTensor& tensor : Net::names()) {
        for (std::size_t i = 0; i < tensor.count && (tensor.offset < Net::parameter_count); ++i) {
            net.parameters()[tensor.offset + i] = parameter<T>(tensor.offset + i, tensor.shape.size() == 1);
        }
    }
    std::size_t first = 0;
    LossAndGradients<Net> step{};
    for (const std::size_t size : sizes) {
        std::vector<typename Net::input_tensor> images(size);
        std::vector<int> labels(size);
        for (std::size_t n = 0; n < size; ++n) {
            for (std::size_t i = 0; i < 12; ++i) {
                const std::size_t image = first + n;
                images[n].span()[i] = (static_cast<T>((image * 5 + i * 3 + image * i) % 13) - 6) / 4;
            }
            labels[n] = static_cast<int>((first + n) % 3);
        }
        first += size;
        step = value_and_grad(net, CrossEntropyLoss{}, images, labels);
        for (std::size_t i = 0; i < Net::parameter_count; ++i) {
            net.parameters()[i] -= T(0.25) * step.gradients.parameters()[i];
        }
        std::copy(step.buffers.begin(), step.buffers.end(), net.buffers().begin());
    }
    typename Net::input_tensor image{};
    for (std::size_t i = 0; i < 12; ++i) {
        image.span()[i] = (static_cast<T>(i * 3 % 13) - 6) / 4;
    }
    const auto output = net(image);

    const auto close = [&](double value, double wanted) {
        INFO(value << " instead of " << wanted);
        CHECK(std::abs(value - wanted) <= within * (1 + std::abs(wanted)));
    };
    close(static_cast<double>(step.loss), expected.loss);
    for (std::size_t i = 0; i < expected.running.size(); ++i) {
        close(static_cast<double>(net.buffers()[i]), expected.running[i]);
    }
    for (std::size_t i = 0; i < expected.output.size(); ++i) {
        close(static_cast<double>(output.span()[i]), expected.output[i]);
    }
    std::size_t next = 0;
    for (const NamedTensor& tensor : Net::names()) {
        if (tensor.offset < Net::parameter_count) {
            close(static_cast<double>(step.gradients.parameters()[tensor.offset]), expected.gradients[next++]);
        }
    }
    CHECK(next == expected.gradients.size());
}

// Sums of less than 1000 terms, each rounded to 2^-53 or 2^-24, through three steps.
constexpr double in_double = 1e-13;
constexpr double in_float = 2e-5;

template <typename Net>
void check_both(const std::vector<std::size_t>& sizes, const Expected& expected) {
    check<Net>(sizes, expected, in_double);
    check<typename Net::template with_scalar<float>>(sizes, expected, in_float);
}

}  // namespace

TEST_CASE("images, three steps with 5, 16 and 19 of them") {
    check_both<Images<BatchNorm2d<3>>>(
        {5, 16, 19}, {1.2143593591858921,
                      {0.19256644781094664, 0.096359902922245833, 0.30388701353577208, 0.95612284440676454,
                       0.83503141442133022, 0.91374086540839017},
                      {0.26854902223433674, -0.57621943680429366, 0.54603287888839291},
                      {0.011942058491103814, 0, 0.11866917131846005, -0.071414151403459442, -0.00446581439911105,
                       0.040365980406500628}});
}

TEST_CASE("one image has enough elements of each channel") {
    check_both<Images<LazyBatchNorm2d<>>>({1, 1}, {1.6388541064529631,
                                                   {0.13973028643942406, 0.060565520453972191, 0.22757378067259165,
                                                    1.0941866637540469, 0.91028064424033284, 0.88241728554931897},
                                                   {0.79101688652633273, -0.051845497904135951, -0.70168615480488428},
                                                   {0.2345218891022024, 0, 0.66572686632421574, 0.17799059760030722,
                                                    0.58304253355543001, 0.74633396205159575}});
}

TEST_CASE("Eps, Momentum, NoAffine, and a last batch of 2") {
    using Norm = BatchNorm2d<3, Momentum<0.3>, NoAffine, Eps<0.01>>;
    check_both<Images<Norm>>({33, 2}, {1.2644613493178269,
                                       {0.25213134504256834, 0.22294860924742194, 0.57749464769647219,
                                        0.75329766572674794, 0.64913754268205059, 0.79453879135946304},
                                       {0.99882643003542559, 1.3148674818772179, -1.2640206900247914},
                                       {0.20374541403129076, 0, 0.43102373150185858, -0.008945243027697003}});
    CHECK(Images<Norm>::names().size() == 6);
    CHECK(Images<Norm>::names()[2].name == "1.running_mean");
}

TEST_CASE("features") {
    check_both<Features>({5, 16, 19}, {1.1203055360627081,
                                       {0.14701469578771792, 0.26634032761916659, 0.020147343306486289,
                                        1.1812242603456531, 1.0578996874958104, 1.1030129080916524},
                                       {0.47910450045075686, -0.073128809632505704, 0.39599870709280777},
                                       {-0.0038128002187936168, 0, 0.0004003615856791752, -0.0069638077820139855,
                                        -0.011157447577026441, -0.0040780258286314715}});
}

TEST_CASE("a sequence is an image of one row") {
    using Rows = Sequential<Input<2, 1, 9>, Conv2d<2, 3, Kernel<1, 2>, Padding<0, 1>>, BatchNorm2d<3>, Tanh,
                            Conv2d<3, 2, Kernel<1, 3>, Padding<0, 1>>>;
    using Sequences = Sequential<Input<2, 9>, Conv1d<2, 3, Kernel<2>, Padding<1>>, BatchNorm1d<3>, Tanh,
                                 Conv1d<3, 2, Kernel<3>, Padding<1>>>;
    Rows rows{};
    Sequences sequences{};
    initialize(rows, KaimingUniform{}, 3);
    initialize(sequences, KaimingUniform{}, 3);
    std::vector<Rows::input_tensor> images(21);
    std::vector<Sequences::input_tensor> signals(21);
    for (std::size_t n = 0; n < 21; ++n) {
        for (std::size_t i = 0; i < 18; ++i) {
            images[n].span()[i] = signals[n].span()[i] = (static_cast<float>((n * 5 + i * 3 + n * i) % 13) - 6) / 4;
        }
    }
    const auto of_rows = value_and_grad(rows, MSELoss{}, images, std::vector<Rows::output_tensor>(21));
    const auto of_sequences = value_and_grad(sequences, MSELoss{}, signals, std::vector<Sequences::output_tensor>(21));
    CHECK(of_rows.loss == of_sequences.loss);
    CHECK(std::ranges::equal(of_rows.gradients.parameters(), of_sequences.gradients.parameters()));
    CHECK(std::ranges::equal(of_rows.buffers, of_sequences.buffers));
    CHECK(std::ranges::equal(rows(images[1]).values, sequences(signals[1]).values));
    CHECK(std::ranges::equal(prepare(rows)(images[1]).values, prepare(sequences)(signals[1]).values));
}

TEST_CASE("the running variance of equal elements is not below 0") {
    using Net = Sequential<Input<1>, BatchNorm1d<1, Eps<0.1>, Momentum<1.0>>, Linear<1, 1>>;
    Net net{};
    const std::array<Net::input_tensor, 3> images{Net::input_tensor{5}, Net::input_tensor{5}, Net::input_tensor{5}};
    const std::array<Net::output_tensor, 3> targets{};
    const auto step = value_and_grad(net, MSELoss{}, images, targets);
    CHECK(step.buffers[0] == 5);
    CHECK(step.buffers[1] == 0);
}

TEST_CASE("one image has no variance of features") {
    const Features net{};
    const std::vector<Features::input_tensor> images(1);
    const std::vector<int> labels(1);
    CHECK_THROWS_AS(value_and_grad(net, CrossEntropyLoss{}, images, labels), std::invalid_argument);
    CHECK_THROWS_WITH(value_and_grad(net, CrossEntropyLoss{}, images, labels),
                      Catch::Matchers::ContainsSubstring("a batch has one image, and BatchNorm needs more"));
}

TEST_CASE("initialize sets weights and running_var to 1, biases and running_mean to 0") {
    using Net = Images<BatchNorm2d<3>>;
    Net net{};
    std::fill(net.buffers().begin(), net.buffers().end(), 7);
    initialize(net, KaimingUniform{});
    const auto norm = net.layer<1>();
    for (std::size_t c = 0; c < 3; ++c) {
        CHECK((norm.weight(c) == 1 && norm.bias(c) == 0 && norm.running_mean(c) == 0 && norm.running_var(c) == 1));
    }
    CHECK(&norm.running_mean(0) == net.buffers().data());
    CHECK(net.layer<0>().bias(0) != 0);
}

TEST_CASE("a step that is not finite moves no running statistics") {
    using Net = Sequential<Input<1, 6, 5>, Conv2d<1, 2, Kernel<3>>, BatchNorm2d<2>, Flatten, Linear<24, 3>>;
    small::Data data = small::data(64);
    std::vector<Net::input_tensor> images(data.images().begin(), data.images().end());
    std::vector<int> labels(data.labels().begin(), data.labels().end());
    images[40](0, 1, 1) = std::numeric_limits<float>::infinity();
    const Dataset<Net::input_shape> broken(images, labels);
    Net net{};
    initialize(net, KaimingUniform{});
    std::vector<float> before;
    std::vector<float> parameters;
    const auto keep = [&](const StepReport& report) {
        if (report.step == 2) {
            before.assign(net.buffers().begin(), net.buffers().end());
            parameters.assign(net.parameters().begin(), net.parameters().end());
        }
    };
    const FitOptions options{.batch_size = 16, .shuffle = false, .on_step = keep};
    CHECK_THROWS_AS(fit(net, broken, SGD{.lr = 0.1f}, options), LossNotFinite);
    REQUIRE(before.size() == 4);
    CHECK(std::equal(before.begin(), before.end(), net.buffers().begin()));
    CHECK(std::equal(parameters.begin(), parameters.end(), net.parameters().begin()));
    CHECK(before[0] != 0);
}
