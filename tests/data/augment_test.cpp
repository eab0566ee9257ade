// SPDX-License-Identifier: MIT
#include <ctcnn/data/augment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <ctcnn/data/transforms.hpp>
#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit.hpp>

#include "../train/small.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;

namespace {

constexpr SGD sgd{.lr = 0.05f, .momentum = 0.9f};
/// 75 images in batches of 24: each batch has a tile that is not full, and the last batch has 3 images.
constexpr std::size_t images = 75;
const FitOptions options{.epochs = 2, .batch_size = 24, .seed = 5};

const RandomAffine affine{.degrees = 20, .translate = {0.2, 0.2}, .scale = {0.8, 1.2}, .shear = 10, .fill = 0.25};
const Normalize<> normalize{.mean = {0.25}, .std = {0.5}};

template <typename Net, typename Data>
Net fitted(const Data& data, const FitOptions& with) {
    Net net{};
    initialize(net, XavierUniform{.gain = 2}, 1);
    fit(net, data, sgd, with);
    return net;
}

/// A training in which each image is transformed before its step.
template <typename Net, typename... Transforms>
Net fitted_on_transformed(const small::Data& data, const FitOptions& with, const Transforms&... transforms) {
    Net net{};
    initialize(net, XavierUniform{.gain = 2}, 1);
    Trainer trainer(net, sgd, with);
    using Pipeline = detail_::Pipeline<Transforms...>;
    const Pipeline pipeline(transforms...);
    std::vector<float> scratch(Pipeline::template scratch_size<small::Net::input_shape>);
    for (std::size_t epoch = 0; epoch < with.epochs; ++epoch) {
        for (std::size_t first = 0; first < data.size(); first += with.batch_size) {
            const std::size_t count = std::min(with.batch_size, data.size() - first);
            std::vector<typename Net::input_tensor> batch(count);
            for (std::size_t n = 0; n < count; ++n) {
                pipeline.template apply<small::Net::input_shape>(data.images()[first + n].data(), batch[n].data(),
                                                                 scratch.data(), with.seed, trainer.steps() + 1, n);
            }
            trainer.step(batch, data.labels().subspan(first, count));
        }
    }
    return net;
}

using Normed = Sequential<Input<1, 6, 5>, Conv2d<1, 4, Kernel<3>, Padding<1>>, BatchNorm2d<4>, Tanh,
                          MaxPool2d<Kernel<2>>, Flatten, Linear<24, 3>>;

template <typename Net>
void check_training() {
    const auto data = small::data(images);
    FitOptions in_order = options;
    in_order.shuffle = false;
    // One transform, two and three: the result is written to either of two places.
    CHECK(small::same_bits(fitted<Net>(augmented(data, affine), in_order),
                           fitted_on_transformed<Net>(data, in_order, affine)));
    CHECK(small::same_bits(fitted<Net>(augmented(data, affine, normalize), in_order),
                           fitted_on_transformed<Net>(data, in_order, affine, normalize)));
    const ElasticTransform elastic{.alpha = 2, .sigma = 1};
    CHECK(small::same_bits(fitted<Net>(augmented(data, elastic, RandomCrop{.padding = 1}, normalize), in_order),
                           fitted_on_transformed<Net>(data, in_order, elastic, RandomCrop{.padding = 1}, normalize)));
    const auto all = augmented(data, affine, RandomErasing{}, GaussianNoise{}, normalize);
    const Net one = fitted<Net>(all, options);
    CHECK_FALSE(small::same_bits(one, fitted<Net>(data, options)));
    for (const std::size_t threads : {1u, 2u, 3u, 5u}) {
        FitOptions with = options;
        with.threads = threads;
        INFO(threads << " threads");
        CHECK(small::same_bits(one, fitted<Net>(all, with)));
    }
    FitOptions other = in_order;
    other.seed = 6;  // Without shuffling, the transforms alone depend on it.
    CHECK_FALSE(small::same_bits(fitted<Net>(all, in_order), fitted<Net>(all, other)));
}

}  // namespace

TEST_CASE("An augmented training is one on images that are transformed before, for any number of threads") {
    check_training<small::Net>();
}

TEST_CASE("The same holds where a batch goes through a network segment by segment") { check_training<Normed>(); }

TEST_CASE("A training that is resumed goes on with the same bits") {
    const auto data = small::data(images);
    const auto pipeline = augmented(data, affine, RandomErasing{}, normalize);
    const small::Net whole = fitted<small::Net>(pipeline, options);
    const ScratchFolder folder;
    for (const std::size_t steps : {1u, 3u, 4u, 7u}) {
        small::Net net{};
        initialize(net, XavierUniform{.gain = 2}, 1);
        FitOptions begun = options;
        begun.max_steps = steps;
        Trainer trainer(net, sgd, begun);
        trainer.fit(pipeline);
        save_checkpoint(trainer, folder.path() / "training");
        small::Net other = small::net(9);
        Trainer resumed(other, sgd, options);
        resume(resumed, folder.path() / "training");
        resumed.fit(pipeline);
        CHECK(small::same_bits(whole, other));
    }
}

TEST_CASE("A transform of a program's own is a function of an image") {
    const auto data = small::data(images);
    const auto halve = [](const auto& image, const auto& result, const ImageRandom&) {
        std::ranges::transform(image.span(), result.data(), [](auto pixel) { return pixel / 2; });
    };
    std::vector<small::Net::input_tensor> halves(data.images().begin(), data.images().end());
    for (auto& image : halves) {
        for (float& pixel : image.span()) {
            pixel /= 2;
        }
    }
    const small::Data half(halves, data.labels());
    CHECK(small::same_bits(fitted<small::Net>(augmented(data, halve), options), fitted<small::Net>(half, options)));
    const small::Data once = transformed(data, halve);
    CHECK(std::ranges::equal(once.images(), halves));
}

TEST_CASE("What is transformed once is a data set") {
    const auto data = small::data(20);
    const auto result = transformed(data, normalize, affine);
    REQUIRE(result.size() == 20);
    CHECK(std::ranges::equal(result.labels(), data.labels()));
    const detail_::Pipeline pipeline(normalize, affine);
    for (std::size_t n = 0; n < 20; ++n) {
        small::Net::input_tensor image;
        std::vector<float> scratch(decltype(pipeline)::scratch_size<small::Net::input_shape>);
        pipeline.apply<small::Net::input_shape>(data.image(n).data(), image.data(), scratch.data(), 0, 0, n);
        CHECK(image == result.image(n));
    }
    CHECK(evaluate(small::net(), result).loss > 0);
}

TEST_CASE("A pixel that is NaN stops an augmented training, with the number of its image") {
    std::vector<small::Net::input_tensor> pixels(30);
    pixels[17](0, 2, 2) = std::numeric_limits<float>::quiet_NaN();
    const small::Data data(pixels, std::vector<int>(30));
    small::Net net = small::net();
    try {
        fit(net, augmented(data, RandomHorizontalFlip{}), sgd, {.batch_size = 10});
        FAIL("no error was thrown");
    } catch (const LossNotFinite& error) {
        CHECK(std::string(error.what()).find("image 17 holds") != std::string::npos);
    }
}
