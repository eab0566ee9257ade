// SPDX-License-Identifier: MIT
// Labels and tensors as targets, and losses that weigh them, in value_and_grad, Trainer, fit and evaluate.
#include <ctcnn/ctcnn.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "small.hpp"

using namespace ctcnn;

namespace {

template <typename F>
std::string refusal_of(const F& f) {
    try {
        f();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "none";
}

using Regression = Sequential<Input<4>, Linear<4, 8>, Tanh, Linear<8, 2>>;
using Targets = Dataset<Shape<4>, float, Regression::output_tensor>;

/// Sums and products of features.
Targets regression_data(std::size_t count, std::uint64_t seed = 1) {
    Draw draw(seed);
    std::vector<Tensor<float, Shape<4>>> x(count);
    std::vector<Tensor<float, Shape<2>>> y(count);
    for (std::size_t n = 0; n < count; ++n) {
        for (float& element : x[n].span()) {
            element = draw.real(-1.f, 1.f);
        }
        y[n](0) = x[n](0) + 0.5f * x[n](1);
        y[n](1) = x[n](2) * x[n](3);
    }
    return Targets(std::move(x), std::move(y));
}

template <typename Net>
Net initialized() {
    Net net{};
    initialize(net, XavierUniform{}, 1);
    return net;
}

/// Parameters after a training with each number of threads are the same bits; returns the network.
template <typename Net, typename Data, typename Loss>
Net trained(const Data& data, const Loss& loss, const FitOptions& given = {}) {
    FitOptions options = given;
    options.threads = 1;
    Net one = initialized<Net>();
    const FitReport report = fit(one, data, Adam{.lr = 0.01f}, options, loss);
    CHECK(report.epochs.back().loss < 0.8 * report.epochs.front().loss);
    for (const std::size_t threads : {2u, 3u}) {
        options.threads = threads;
        Net other = initialized<Net>();
        fit(other, data, Adam{.lr = 0.01f}, options, loss);
        CHECK(small::same_bits(one, other));
    }
    return one;
}

}  // namespace

TEST_CASE("a regression is trained, step by step as by hand, with each loss of tensors") {
    const Targets data = regression_data(300);
    const auto check = [&](const auto& loss) {
        Regression by_hand = initialized<Regression>();
        for (std::size_t first = 0; first < 300; first += 100) {
            const auto step =
                value_and_grad(by_hand, loss, data.images().subspan(first, 100), data.targets().subspan(first, 100));
            SGD{.lr = 0.1f}.step(by_hand.parameters(), step.gradients.parameters());
        }
        Regression by_fit = initialized<Regression>();
        fit(by_fit, data, SGD{.lr = 0.1f}, {.epochs = 1, .batch_size = 100, .shuffle = false}, loss);
        CHECK(small::same_bits(by_hand, by_fit));
        Regression by_trainer = initialized<Regression>();
        Trainer trainer(by_trainer, SGD{.lr = 0.1f}, {.batch_size = 100, .shuffle = false}, loss);
        trainer.step(data.first(100));
        trainer.step(data.subset(100, 100));
        trainer.step(data.images().subspan(200), data.targets().subspan(200));
        CHECK(small::same_bits(by_hand, by_trainer));
    };
    check(MSELoss{});
    check(L1Loss{});
    check(SmoothL1Loss{.beta = 0.5f});
    check(HuberLoss{});
    check(KLDivLoss{.log_target = true});
    check(BCEWithLogitsLoss{.pos_weight = {1, 2}});
    check(CrossEntropyLoss{.weight = {1, 2}, .label_smoothing = 0.1f});

    const Regression net = trained<Regression>(data, HuberLoss{}, {.epochs = 20});
    const double error = evaluate(net, data, MeanAbsoluteError{});
    double by_hand = 0;
    for (std::size_t n = 0; n < data.size(); ++n) {
        const auto output = net(data.image(n));
        for (std::size_t k = 0; k < 2; ++k) {
            by_hand += std::abs(static_cast<double>(output(k)) - static_cast<double>(data.target(n)(k))) / 600;
        }
    }
    CHECK(error == Approx(by_hand).epsilon(1e-5));
    const Evaluation evaluation = evaluate(net, data, 0, L1Loss{});
    CHECK(evaluation.loss == Approx(error).epsilon(1e-5));
    CHECK(std::isnan(evaluation.accuracy));
}

TEST_CASE("an autoencoder's targets are its images, without a copy") {
    using Autoencoder = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 12>, Tanh, Linear<12, 30>, Unflatten<1, 6, 5>>;
    const small::Data data = small::data(200);
    const ImagesAsTargets pairs(data);
    CHECK(pairs.targets().data() == data.images().data());
    const Autoencoder net = trained<Autoencoder>(pairs, MSELoss{}, {.epochs = 10});
    CHECK(evaluate(net, pairs, MeanAbsoluteError{}) < 0.3);
}

TEST_CASE("a yes or no is one output, and its labels are 0 and 1") {
    using Binary = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 1>>;
    const small::Data three = small::data(400);
    std::vector<std::int8_t> labels;
    std::vector<Tensor<float, Shape<1>>> numbers;
    for (const std::uint8_t label : three.labels()) {
        labels.push_back(label == 1 ? 1 : 0);
        numbers.push_back({label == 1 ? 1.f : 0.f});
    }
    const Dataset<Binary::input_shape, float, std::int8_t> data(three.images(), labels);
    const Dataset<Binary::input_shape, float, Binary::output_tensor> tensors(three.images(), numbers);
    const Binary net = trained<Binary>(data, BCEWithLogitsLoss{.pos_weight = {2}}, {.epochs = 20});
    CHECK(small::same_bits(net, trained<Binary>(tensors, BCEWithLogitsLoss{.pos_weight = {2}}, {.epochs = 20})));
    const Evaluation evaluation = evaluate(net, data, 0, BCEWithLogitsLoss{});
    CHECK(evaluation.accuracy > 0.9);
    const auto [accuracy, of_tensors, matrix] = [&] {
        const auto [a, m] = evaluate(net, data, Accuracy{}, ConfusionMatrix{});
        return std::tuple(a, evaluate(net, tensors, Accuracy{}), m);
    }();
    CHECK(accuracy == evaluation.accuracy);
    CHECK(of_tensors == accuracy);
    CHECK(matrix.accuracy() == accuracy);
    CHECK(matrix.support(1) > 50);

    const Dataset<Binary::input_shape> wrong(three.images(), three.labels());
    std::size_t first = 0;
    while (three.label(first) != 2) {
        ++first;
    }
    CHECK(refusal_of([&] { evaluate(net, wrong, 0, BCEWithLogitsLoss{}); }) ==
          "label 2 of image " + std::to_string(first) +
              " is out of range: the network has 1 output, and the labels are 0 to 1");
}

TEST_CASE("several yes or no at once") {
    using Several = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 3>>;
    const small::Data three = small::data(300);
    std::vector<Tensor<float, Shape<3>>> targets(300);
    for (std::size_t n = 0; n < 300; ++n) {
        for (std::size_t k = 0; k < 3; ++k) {
            targets[n](k) = three.label(n) != k ? 1.f : 0.f;
        }
    }
    const Dataset<Several::input_shape, float, Several::output_tensor> data(three.images(), targets);
    const Several net = trained<Several>(data, BCEWithLogitsLoss{}, {.epochs = 20});
    CHECK(evaluate(net, data, Accuracy{}) > 0.85);
}

TEST_CASE("a weighted loss divides by the weights of the batch, with the same bits for any number of threads") {
    const small::Data data = small::data(500);
    const CrossEntropyLoss loss{.weight = {0.1f, 1, 7}, .label_smoothing = 0.125f};
    const small::Net net = small::net(3);
    double sum = 0;
    double weights = 0;
    for (std::size_t n = 0; n < 500; ++n) {
        const auto one = data.subset(n, 1);
        const double weight = static_cast<double>(loss.weight[one.label(0)]);
        sum += weight * static_cast<double>(value_and_grad(net, loss, one.images(), one.labels()).loss);
        weights += weight;
    }
    const auto result = value_and_grad(net, loss, data.images(), data.labels());
    CHECK(static_cast<double>(result.loss) == Approx(sum / weights).epsilon(1e-5));
    CHECK(evaluate(net, data, 0, loss).loss == Approx(sum / weights).epsilon(1e-5));
    for (const std::size_t threads : {1u, 2u, 3u}) {
        TrainingWorkspace<small::Net> workspace(threads);
        Gradients<small::Net> gradients;
        CHECK(value_and_grad(net, loss, data.images(), data.labels(), gradients, workspace) == result.loss);
        CHECK(small::same_bits(gradients, result.gradients));
    }
    trained<small::Net>(data, loss, {.epochs = 8, .batch_size = 100});
}

TEST_CASE("images of the label to ignore count in no loss, gradient or accuracy") {
    const small::Data data = small::data(60);
    std::vector<int> labels(data.labels().begin(), data.labels().end());
    std::vector<small::Net::input_tensor> kept;
    std::vector<int> kept_labels;
    for (std::size_t n = 0; n < 60; ++n) {
        if (n % 3 == 1) {
            labels[n] = -100;
        } else {
            kept.push_back(data.image(n));
            kept_labels.push_back(labels[n]);
        }
    }
    const small::Net net = small::net(3);
    const Dataset<small::Net::input_shape, float, int> all(data.images(), labels);
    const Dataset<small::Net::input_shape, float, int> part(kept, kept_labels);
    const auto check = [&](const auto& loss) {
        const auto a = value_and_grad(net, loss, all.images(), all.labels());
        const auto b = value_and_grad(net, loss, part.images(), part.labels());
        CHECK(a.loss == Approx(b.loss).epsilon(1e-6));
        for (std::size_t i = 0; i < small::Net::parameter_count; ++i) {
            CHECK(a.gradients.parameters()[i] == Approx(b.gradients.parameters()[i]).epsilon(1e-4).margin(1e-6));
        }
        const Evaluation of_all = evaluate(net, all, 0, loss);
        const Evaluation of_part = evaluate(net, part, 0, loss);
        CHECK(of_all.loss == Approx(of_part.loss).epsilon(1e-6));
        CHECK(of_all.accuracy == of_part.accuracy);
    };
    check(CrossEntropyLoss{.weight = {1, 2, 3}, .label_smoothing = 0.25f});
    check(CrossEntropyLoss{});
    check(NLLLoss{.weight = {1, 2, 3}});
    CHECK(evaluate(net, all, Accuracy{}) == evaluate(net, part, Accuracy{}));
    CHECK(refusal_of([&] { evaluate(net, all, 0, MSELoss{}); }) ==
          "label -100 of image 1 is out of range: the network has 3 outputs, 0 to 2");
    // As in PyTorch, the mean of nothing is NaN.
    const std::vector<int> none(5, -100);
    CHECK(std::isnan(value_and_grad(net, CrossEntropyLoss{}, all.images().first(5), none).loss));
}

TEST_CASE("a batch of ignored images alone has no loss and a gradient of 0, and training goes on") {
    const small::Data data = small::data(60);
    const small::Net net = small::net(3);
    const std::vector<int> none(20, -100);
    const auto check = [&](const auto& loss) {
        // As in PyTorch.
        const auto of_none = value_and_grad(net, loss, data.images().first(20), none);
        CHECK(std::isnan(of_none.loss));
        CHECK(std::ranges::all_of(of_none.gradients.parameters(), [](float g) { return g == 0; }));

        std::vector<int> labels(data.labels().begin(), data.labels().end());
        std::fill_n(labels.begin() + 20, 20, -100);
        const Dataset<small::Net::input_shape, float, int> all(data.images(), labels);
        const FitOptions options{.epochs = 1, .batch_size = 20, .shuffle = false};
        small::Net by_fit = net;
        const double mean = fit(by_fit, all, SGD{.lr = 0.1f}, options, loss).epochs[0].loss;
        small::Net by_hand = net;
        Trainer trainer(by_hand, SGD{.lr = 0.1f}, options, loss);
        const double first = trainer.step(all.first(20));
        CHECK(std::isnan(trainer.step(all.subset(20, 20))));
        const double last = trainer.step(all.subset(40, 20));
        CHECK(trainer.steps() == 3);
        CHECK(small::same_bits(by_fit, by_hand));
        // The batch without a loss counts as the one before.
        CHECK(mean == Approx((2 * first + last) / 3).epsilon(1e-12));
    };
    check(CrossEntropyLoss{});
    check(CrossEntropyLoss{.weight = {1, 2, 3}, .label_smoothing = 0.25f});
    check(NLLLoss{});
    // Weights of 0 alone are another matter: PyTorch's gradient is NaN, too.
    small::Net other = net;
    const std::vector<int> zeros(20, 0);
    const CrossEntropyLoss weightless{.weight = {0, 1, 1}};
    CHECK_THROWS_AS(Trainer(other, SGD{}, {}, weightless).step(data.images().first(20), zeros), LossNotFinite);

    std::vector<int> labels(data.labels().begin(), data.labels().end());
    std::fill_n(labels.begin(), 3, -100);
    const Dataset<small::Net::input_shape, float, int> some(data.images(), labels);
    const auto found = lr_find(net, some, SGD{}, {.num_training = 60, .batch_size = 1});
    CHECK(found.lrs.size() <= 57);
    CHECK(found.lrs.size() > 10);
    CHECK(std::ranges::all_of(found.losses, [](double l) { return std::isfinite(l); }));
}

TEST_CASE("a label to ignore may be any that the type of the labels holds") {
    const small::Data data = small::data(30);
    std::vector<int> labels(data.labels().begin(), data.labels().end());
    labels[4] = -1;
    const Dataset<small::Net::input_shape, float, std::int8_t> all(data.images(), labels);
    small::Net net = small::net(3);
    CHECK(refusal_of([&] { fit(net, all, SGD{}, {}, CrossEntropyLoss{.ignore_index = -1}); }) == "none");
    CHECK(refusal_of([&] { fit(net, all, SGD{}); }) ==
          "label -1 of image 4 is out of range: the network has 3 outputs, 0 to 2");
    CHECK(evaluate(net, all, ConfusionMatrix{.ignore_index = -1}).classes == 3);
}

TEST_CASE("targets that no training can use are refused, with the image") {
    Targets data = regression_data(10);
    std::vector<Tensor<float, Shape<2>>> targets(data.targets().begin(), data.targets().end());
    targets[7](1) = std::numeric_limits<float>::quiet_NaN();
    const Targets bad(data.images(), targets);
    Regression net = initialized<Regression>();
    const std::string sentence = "the target of image 7 holds NaN, which no output can reach";
    CHECK(refusal_of([&] { fit(net, bad, SGD{}, {}, MSELoss{}); }) == sentence);
    CHECK(refusal_of([&] { evaluate(net, bad, 0, L1Loss{}); }) == sentence);
    CHECK(refusal_of([&] { evaluate(net, bad, MeanAbsoluteError{}); }) == sentence);
    CHECK(refusal_of([&] { value_and_grad(net, MSELoss{}, bad.images(), bad.targets()); }) == sentence);
    CHECK(refusal_of([&] { Trainer(net, SGD{}, {}, MSELoss{}).step(bad); }) == sentence);
    CHECK(refusal_of([&] { value_and_grad(net, MSELoss{}, bad.images(), bad.targets().first(3)); }) ==
          "there are 10 images and 3 targets: each image needs one target");
    CHECK(refusal_of([&] { Targets(data.images(), data.targets().first(3)); }) ==
          "A data set needs one target for each image, but was given 10 images and 3 targets.");
    CHECK(refusal_of([&] { fit(net, data, SGD{}, {}, CrossEntropyLoss{.weight = {1, 2, 3}}); }) ==
          "CrossEntropyLoss::weight holds 3 numbers, and the network has 2 outputs: give one number for each output");
    // A loss of a program's own may take NaN for what is not known.
    const auto known_only = [](std::span<const float, 2> outputs, const Tensor<float, Shape<2>>& target,
                               std::span<float, 2> gradient) {
        float sum = 0;
        for (std::size_t k = 0; k < 2; ++k) {
            if (!std::isnan(target(k))) {
                gradient[k] = outputs[k] - target(k);
                sum += gradient[k] * gradient[k] / 2;
            }
        }
        return sum;
    };
    CHECK(refusal_of([&] { fit(net, bad, SGD{}, {}, known_only); }) == "none");
    // So may a metric, unless one of the library stands beside it.
    const auto is_known = [](const auto&, const Tensor<float, Shape<2>>& target) { return !std::isnan(target(1)); };
    CHECK(evaluate(net, bad, is_known) == 0.9);
    CHECK(refusal_of([&] { evaluate(net, bad, is_known, Accuracy{}); }) == sentence);
}

namespace {

/// A network that trains in a constant expression.
template <typename Loss, typename Target>
constexpr float loss_at_zero(const Loss& loss, const std::array<Target, 2>& targets) {
    Sequential<Input<2>, Linear<2, 2>> net{};
    const std::array<Tensor<float, Shape<2>>, 2> images{{{1, 2}, {3, 4}}};
    return value_and_grad(net, loss, images, targets).loss;
}
constexpr std::array<Tensor<float, Shape<2>>, 2> ones_and_twos{{{1, 1}, {2, 2}}};

}  // namespace

static_assert(loss_at_zero(L1Loss{}, ones_and_twos) == 1.5f);
static_assert(loss_at_zero(HuberLoss{}, ones_and_twos) == 1.0f);
static_assert(loss_at_zero(SmoothL1Loss{.beta = 2}, ones_and_twos) == 0.625f);
static_assert(loss_at_zero(NLLLoss{.weight = {1, 3}}, std::array{0, 1}) == 0);
static_assert(loss_at_zero(CrossEntropyLoss{.weight = {1, 3}}, std::array{0, 1}) > 0.69f);
