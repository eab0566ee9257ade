// SPDX-License-Identifier: MIT
//
// Infinity and NaN, wherever they come from: no step is taken, and the message says where they are. This file is also
// compiled with -Ofast, where compilers take for granted that there are none.
#include <ctcnn/train/fit.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/group_norm.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/averaged.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include "catch.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;

namespace {

// Written as bits, since -Ofast takes the numbers of <limits> for something else.
constexpr std::uint32_t nan_bits = 0x7fc00000;
constexpr std::uint32_t infinity_bits = 0x7f800000;
constexpr std::uint32_t minus_infinity_bits = 0xff800000;

void put(float& number, std::uint32_t bits) {
    const volatile std::uint32_t unknown = bits;
    const std::uint32_t copy = unknown;
    std::memcpy(&number, &copy, sizeof(number));
}
bool is_finite(const float& number) {  // clang takes a value that is passed for a finite one
    std::uint32_t bits = 0;
    std::memcpy(&bits, &number, sizeof(bits));
    return (bits & infinity_bits) != infinity_bits;
}

template <typename Net>
Dataset<typename Net::input_shape> images_of(std::size_t count) {
    std::vector<typename Net::input_tensor> images(count);
    std::vector<std::uint8_t> labels(count);
    for (std::size_t n = 0; n < count; ++n) {
        labels[n] = static_cast<std::uint8_t>(n % Net::output_shape::size);
        for (std::size_t i = 0; i < Net::input_shape::size; ++i) {
            images[n].values[i] = static_cast<float>((7 * i + 13 * n) % 17) / 16;
        }
    }
    return {images, labels};
}

template <typename Net>
Net initialized() {
    Net net{};
    initialize(net, KaimingUniform{});
    return net;
}

template <typename Net>
bool same(const Net& a, const Net& b) {
    return std::memcmp(a.parameters().data(), b.parameters().data(), Net::parameter_bytes) == 0;
}

/// An image with such a pixel stops the training before the step, or takes no part: that of a -infinity that no maximum
/// is.
template <typename Net>
void check_pixels(bool minus_infinity_vanishes = false) {
    const auto good = images_of<Net>(40);
    for (const std::uint32_t bits : {nan_bits, infinity_bits, minus_infinity_bits}) {
        for (const std::size_t pixel : {0u, 14u, 35u}) {
            for (const std::size_t threads : {1u, 2u}) {
                INFO("bits " << bits << ", pixel " << pixel << ", " << threads << " threads");
                std::vector<typename Net::input_tensor> images(good.images().begin(), good.images().end());
                put(images[33].values[pixel], bits);
                const Dataset<typename Net::input_shape> bad(
                    images, std::vector<std::uint8_t>(good.labels().begin(), good.labels().end()));
                Net net = initialized<Net>();
                const Net before = net;
                std::string text;
                try {
                    fit(net, bad, SGD{.lr = 0.1f}, {.batch_size = 40, .threads = threads, .shuffle = false});
                } catch (const LossNotFinite& error) {
                    text = error.what();
                }
                if (bits == minus_infinity_bits && minus_infinity_vanishes) {
                    CHECK(text.empty());
                    for (const float parameter : net.parameters()) {
                        CHECK(is_finite(parameter));
                    }
                } else {
                    CHECK_THAT(text, ContainsSubstring("in step 1 of epoch 1: image 33 holds"));
                    CHECK(same(net, before));
                }
            }
        }
    }
}

template <typename... Layers>
using Behind = Sequential<Input<1, 6, 6>, Layers..., Flatten, LazyLinear<3>>;
using Convolution = Conv2d<1, 2, Kernel<3>, Padding<1>>;

}  // namespace

TEST_CASE("an image that is not finite stops the training before the step, whatever layer it meets") {
    SECTION("Linear") { check_pixels<Behind<>>(); }
    SECTION("ReLU") { check_pixels<Behind<ReLU>>(true); }
    SECTION("Sigmoid behind a convolution") { check_pixels<Behind<Convolution, Sigmoid>>(); }
    SECTION("Tanh behind a convolution") { check_pixels<Behind<Convolution, Tanh>>(); }
    SECTION("ReLU behind a convolution") { check_pixels<Behind<Convolution, ReLU>>(); }
    SECTION("maximum pooling, windows side by side") { check_pixels<Behind<MaxPool2d<Kernel<2>>>>(true); }
    SECTION("maximum pooling, windows that overlap") {
        check_pixels<Behind<MaxPool2d<Kernel<3>, Padding<1>, Stride<1>>>>(true);
    }
    SECTION("maximum pooling of large windows") { check_pixels<Behind<MaxPool2d<Kernel<6>>>>(true); }
    SECTION("average pooling") { check_pixels<Behind<AvgPool2d<Kernel<2>>>>(); }
    SECTION("average pooling, windows that overlap") { check_pixels<Behind<AvgPool2d<Kernel<3>, Stride<1>>>>(); }
    SECTION("BatchNorm2d") { check_pixels<Behind<BatchNorm2d<1>>>(); }
    SECTION("BatchNorm2d behind a convolution") { check_pixels<Behind<Convolution, BatchNorm2d<2>, ReLU>>(); }
    SECTION("GroupNorm") { check_pixels<Behind<GroupNorm<1, 1>>>(); }
    SECTION("a convolution with other steps") { check_pixels<Behind<Conv2d<1, 2, Kernel<2>, Stride<2>>>>(); }
    SECTION("a convolution that is filtered with fewer multiplications") {
        using Net = Sequential<Input<1, 6, 6>, Conv2d<1, 8, Kernel<1>>, Conv2d<8, 8, Kernel<3>, Padding<1>>, Sigmoid,
                               Flatten, LazyLinear<3>>;
        check_pixels<Net>();
    }
}

TEST_CASE("a saturated function hides an infinite pixel from the loss, but not from the gradient") {
    using Net = Sequential<Input<1, 6, 6>, Flatten, Linear<36, 4>, Sigmoid, Linear<4, 3>>;
    const auto good = images_of<Net>(16);
    std::vector<Net::input_tensor> images(good.images().begin(), good.images().end());
    put(images[5].values[7], infinity_bits);
    Net net = initialized<Net>();
    const auto step = value_and_grad(net, CrossEntropyLoss{}, images, good.labels());
    CHECK(is_finite(step.loss));
    CHECK_FALSE(is_finite(step.gradients.layer<1>().weight(0, 7)));
    check_pixels<Net>();
}

TEST_CASE("a gradient that overflows stops the training before the step") {
    using Net = Sequential<Input<2>, Linear<2, 2>>;
    Net net{};
    net.layer<0>().weight(0, 0) = 1e-33f;
    const Net before = net;
    const std::vector<Net::input_tensor> images(4, Net::input_tensor{1e38f, 0});
    const Dataset<Shape<2>> data(images, std::vector<std::uint8_t>(4, 1));
    std::string text;
    std::string layer;
    try {
        fit(net, data, SGD{.lr = 1e-30f}, {}, MSELoss{});
    } catch (const LossNotFinite& error) {
        text = error.what();
        layer = error.layer();
    }
    CHECK_THAT(text,
               ContainsSubstring("the gradient is not finite in step 1 of epoch 1: the gradient of layer 0 holds"));
    CHECK(layer == "0");
    CHECK(same(net, before));
}

TEST_CASE("the layer whose output is infinite is named, though a sum has taken the place of a term") {
    // The sums of the outer Add and the inner one lie in the place of "first".
    using Inner = Add<Named<"first", Conv2d<1, 2, Kernel<1>>>, Named<"second", Conv2d<1, 2, Kernel<1>>>>;
    using Net = Sequential<Input<1, 3, 3>,
                           Add<Inner, Named<"third", Conv2d<1, 2, Kernel<1>>>, Conv2d<1, 2, Kernel<3>, Padding<1>>>,
                           Flatten, Linear<18, 3>>;
    static_assert(Net::plan::becomes_sum(1) && Net::plan::first_in_place(Net::plan::stage_count - 1) == 1);
    constexpr std::size_t convolution = 4;  // weights and biases of a layer of the inner Add
    const std::vector<Net::input_tensor> images(20, Net::input_tensor{1, 2, 3, 4, 5, 6, 7, 8, 9});
    const Dataset<Net::input_shape> data(images, std::vector<std::uint8_t>(20, 1));
    for (const auto& [offset, name] : {std::pair<std::size_t, const char*>{0, "0.0.first"},
                                       {convolution, "0.0.second"},
                                       {2 * convolution, "0.third"},
                                       {3 * convolution, "0.2"}}) {
        INFO(name);
        Net net = initialized<Net>();
        net.parameters()[offset] = 3e38f;
        std::string layer;
        try {
            fit(net, data, SGD{.lr = 0.1f}, {});
        } catch (const LossNotFinite& error) {
            layer = error.layer();
        }
        CHECK(layer == name);
    }
}

TEST_CASE("a loss that is NaN has gradients that are NaN") {
    using Net = Sequential<Input<3>, Linear<3, 4>, ReLU, Linear<4, 2>>;
    Net net = initialized<Net>();
    put(net.layer<0>().bias(2), nan_bits);
    const std::vector<Net::input_tensor> images(5, Net::input_tensor{1, 2, 3});
    const std::vector<std::uint8_t> labels(5, 1);
    const auto step = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    CHECK_FALSE(is_finite(step.loss));
    // All that depends on the output, which is NaN.
    for (const float number : step.gradients.layer<2>().bias.span()) {
        CHECK_FALSE(is_finite(number));
    }
    CHECK_FALSE(is_finite(step.gradients.layer<0>().weight(2, 0)));
    CHECK_FALSE(is_finite(step.gradients.layer<0>().bias(2)));
}

TEST_CASE("an undefined answer is not a class") {
    using Net = Sequential<Input<4>, Linear<4, 3>>;
    Net net = initialized<Net>();
    std::vector<Net::input_tensor> images(40, Net::input_tensor{1, 2, 3, 4});
    const std::vector<std::uint8_t> labels(40, static_cast<std::uint8_t>(predict(net, images[0])));
    put(images[17].values[3], nan_bits);
    put(images[18].values[0], infinity_bits);
    const Evaluation evaluation = evaluate(net, Dataset<Shape<4>>(images, labels));
    CHECK(evaluation.undefined == 1);  // An infinite output is the largest, or it is not.
    CHECK(evaluation.accuracy <= 39.0 / 40);
    CHECK(evaluation.accuracy >= 38.0 / 40);
    const std::vector<std::size_t> answers = predict(net, images);
    CHECK(answers[16] == labels[16]);
    CHECK(answers[17] == no_class);
    CHECK(predict(net, images[17]) == no_class);
    Workspace<Net> workspace;
    CHECK(predict(net, images[17], workspace) == no_class);
    CHECK(predict(net, images[16], workspace) == labels[16]);

    // A parameter spoils its output for all images.
    put(net.layer<0>().bias(1), nan_bits);
    const Evaluation none = evaluate(net, Dataset<Shape<4>>(images, labels));
    CHECK(none.undefined == 40);
    CHECK(none.accuracy == 0);
    CHECK(predict(net, images) == std::vector<std::size_t>(40, no_class));
}

TEST_CASE("a variance that is infinite reaches no running statistics, although loss and gradient are finite") {
    using Net = Sequential<Input<4>, Linear<4, 3>, Named<"norm", BatchNorm1d<3>>, ReLU, Linear<3, 3>>;
    const auto good = images_of<Net>(40);
    std::vector<Net::input_tensor> images(good.images().begin(), good.images().end());
    images[33].values[2] = 1e25f;  // Its square is no float.
    const Dataset<Net::input_shape> bad(images, std::vector<std::uint8_t>(good.labels().begin(), good.labels().end()));
    Net net = initialized<Net>();
    const Net before = net;
    const auto is_as_before = [&] {
        return std::memcmp(&before, &net, sizeof(Net)) == 0;  // with the running statistics
    };
    for (const std::size_t threads : {1u, 2u}) {
        try {
            fit(net, bad, SGD{}, {.threads = threads});
            FAIL("the step was taken");
        } catch (const LossNotFinite& error) {
            CHECK(error.layer() == "norm");
            CHECK(error.step() == 1);
            CHECK_THAT(error.what(), ContainsSubstring("the mean or the variance in layer norm is infinity or NaN"));
        }
        CHECK(is_as_before());
    }
    Trainer trainer(net, SGD{});
    CHECK_THROWS_AS(trainer.step(bad), LossNotFinite);
    CHECK(trainer.steps() == 0);
    CHECK(is_as_before());
    CHECK_THROWS_AS(update_bn(net, bad, 20), LossNotFinite);
    CHECK(is_as_before());

    put(images[33].values[2], nan_bits);
    const Dataset<Net::input_shape> undefined(images,
                                              std::vector<std::uint8_t>(good.labels().begin(), good.labels().end()));
    CHECK_THROWS_WITH(update_bn(net, undefined, 20), ContainsSubstring("image 33 holds"));
    CHECK(is_as_before());
    update_bn(net, good, 20);
    CHECK(!is_as_before());
}

TEST_CASE("a batch whose labels all have the weight 0 is told") {
    using Net = Sequential<Input<4>, Linear<4, 3>>;
    Net net = initialized<Net>();
    const Net before = net;
    const Dataset<Net::input_shape> data = images_of<Net>(40).first(1);  // of class 0
    const CrossEntropyLoss weightless{.weight = {0, 1, 1}};
    CHECK_THROWS_WITH(fit(net, data, SGD{}, {}, weightless),
                      "the loss is not finite in step 1 of epoch 1: the weights of all labels of the batch are 0; "
                      "leave such images out, or ignore their label with ignore_index");
    CHECK(same(net, before));
    // An image that is not finite comes first.
    std::vector<Net::input_tensor> images(data.images().begin(), data.images().end());
    put(images[0].values[2], nan_bits);
    const Dataset<Net::input_shape> bad(images, std::vector<int>{0});
    CHECK_THROWS_WITH(fit(net, bad, SGD{}, {}, weightless), ContainsSubstring("image 0 holds"));
    // Another image of the batch has a weight.
    fit(net, images_of<Net>(2), SGD{}, {}, weightless);
    CHECK(!same(net, before));
}

TEST_CASE("running statistics that are NaN before a training are told") {
    using Net = Sequential<Input<4>, Linear<4, 3>, BatchNorm1d<3>>;
    Net net = initialized<Net>();
    put(net.buffers()[4], nan_bits);
    try {
        fit(net, images_of<Net>(40), SGD{});
        FAIL("nothing was said");
    } catch (const LossNotFinite& error) {
        CHECK(error.layer() == "1");
        CHECK_THAT(error.what(), ContainsSubstring("the running statistics are not finite") &&
                                     ContainsSubstring("those of layer 1 hold infinity or NaN"));
    }
}
