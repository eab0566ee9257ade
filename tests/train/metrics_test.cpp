// SPDX-License-Identifier: MIT
#include <ctcnn/train/metrics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/bce_with_logits.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/callbacks/validation.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit.hpp>

#include "catch.hpp"
#include "small.hpp"
#include "team.hpp"

using namespace ctcnn;

namespace {

using ThreeOutputs = std::array<float, 3>;
using Three = Tensor<float, Shape<3>>;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// What a metric makes of some images with three outputs each.
template <typename Metric, typename Target, std::size_t N>
constexpr auto of(Metric metric, const std::array<std::array<float, 3>, N>& outputs,
                  const std::array<Target, N>& targets) {
    Metric other = metric;
    for (std::size_t n = 0; n < N; ++n) {
        // Two copies, as on two threads.
        (n < N / 2 ? metric : other).update(std::span<const float, 3>(outputs[n]), targets[n]);
    }
    metric.merge(other);
    return metric.compute();
}

/// Outputs that say 2, 0 before 1 (which are equal), 1, 0, 2, and nothing.
constexpr std::array<std::array<float, 3>, 6> outputs{
    {{1, 2, 3}, {5, 5, 1}, {0, 4, 3}, {3, 1, 2}, {1, 2, 3}, {9, not_a_number, 1}}};
constexpr std::array labels{2, 1, 1, 1, 0, 0};

}  // namespace

// In constant expressions: the images 0 and 2 are right; with the second largest output, 1 as well, and nothing else.
static_assert(of(Accuracy{}, outputs, labels) == 2.0 / 6);
static_assert(of(Accuracy{.top_k = 2}, outputs, labels) == 3.0 / 6);
static_assert(of(Accuracy{.top_k = 3}, outputs, labels) == 5.0 / 6);  // NaN is never right.
static_assert(of(Accuracy{.ignore_index = 1}, outputs, labels) == 1.0 / 3);
static_assert(Accuracy{}.compute() == 0);
// Of two images, three of six elements are as they should be; NaN is not.
constexpr std::array<ThreeOutputs, 2> two_outputs{{{-1, 2, 0}, {1, not_a_number, 3}}};
constexpr std::array<ThreeOutputs, 2> two_numbers{{{-1, 2, 0}, {1, 5, 3}}};
constexpr std::array<Three, 2> two_targets{{{0, 1, 1}, {1, 0, 0}}};
static_assert(of(Accuracy{}, two_outputs, two_targets) == 3.0 / 6);
static_assert(of(MeanAbsoluteError{}, two_numbers, two_targets) == 11.0 / 6);

TEST_CASE("a confusion matrix counts each pair of classes, and NaN as no class") {
    const ConfusionMatrix matrix = of(ConfusionMatrix{}, outputs, labels);
    REQUIRE(matrix.classes == 3);
    const std::size_t expected[3][3] = {{0, 0, 1}, {2, 1, 0}, {0, 0, 1}};
    for (std::size_t actual = 0; actual < 3; ++actual) {
        for (std::size_t predicted = 0; predicted < 3; ++predicted) {
            CHECK(matrix(actual, predicted) == expected[actual][predicted]);
        }
    }
    CHECK(matrix.undefined(0) == 1);
    CHECK(matrix.undefined(1) == 0);
    CHECK(matrix.support(0) == 2);
    CHECK(matrix.support(1) == 3);
    CHECK(matrix.predicted(0) == 2);
    CHECK(matrix.predicted(2) == 2);
    CHECK(matrix.accuracy() == 2.0 / 6);
    CHECK(matrix.precision(0) == 0);
    CHECK(matrix.precision(1) == 1);
    CHECK(matrix.recall(1) == 1.0 / 3);
    CHECK(matrix.f1(1) == 0.5);
    CHECK(matrix.f1(2) == 2.0 / 3);
    CHECK(matrix.macro_f1() == Approx((0.5 + 2.0 / 3) / 3).epsilon(1e-15));
    CHECK(of(ConfusionMatrix{.ignore_index = 1}, outputs, labels).support(1) == 0);
}

TEST_CASE("what has no images is 0") {
    // scikit-learn: f1_score([0, 0], [0, 0], labels=[0, 1, 2], average=None, zero_division=0) is 1, 0, 0. Without
    // labels=, and with average="macro", it is 1, that of the classes that there are.
    const ConfusionMatrix matrix =
        of(ConfusionMatrix{}, std::array<ThreeOutputs, 2>{{{1, 0, 0}, {1, 0, 0}}}, std::array{0, 0});
    CHECK(matrix.f1(0) == 1);
    CHECK(matrix.precision(1) == 0);
    CHECK(matrix.recall(1) == 0);
    CHECK(matrix.f1(1) == 0);
    CHECK(matrix.macro_f1() == 1);
    // Class 2 is neither there nor predicted: the F1 of 0 is 2/3, that of 1, which is predicted alone, 0.
    const ConfusionMatrix two =
        of(ConfusionMatrix{}, std::array<ThreeOutputs, 2>{{{1, 0, 0}, {0, 1, 0}}}, std::array{0, 0});
    CHECK(two.macro_f1() == Approx(1.0 / 3).epsilon(1e-15));
    CHECK(ConfusionMatrix{}.macro_f1() == 0);
}

TEST_CASE("a confusion matrix has the classes of the network, whatever it is given and whatever is ignored") {
    constexpr std::array<ThreeOutputs, 2> two{{{1, 0, 0}, {0, 0, 1}}};
    const std::vector<std::size_t> expected{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0};
    CHECK(of(ConfusionMatrix{.classes = 3}, two, std::array{0, 2}).counts == expected);
    ConfusionMatrix of_two_classes;
    of_two_classes.update(std::span<const float, 2>(std::array{0.f, 1.f}), 1);
    const ConfusionMatrix matrix = of(of_two_classes, two, std::array{0, 2});
    CHECK(matrix.classes == 3);
    CHECK(matrix.counts == expected);
    const ConfusionMatrix ignored = of(ConfusionMatrix{}, two, std::array{-100, -100});
    CHECK(ignored.classes == 3);
    CHECK(ignored.precision(1) == 0);
    CHECK(ignored.macro_f1() == 0);
    CHECK(ignored.accuracy() == 0);
    ConfusionMatrix empty;
    empty.merge(ConfusionMatrix{.classes = 3});
    CHECK(empty.counts.empty());
}

namespace {

/// A metric of a program's own: the largest output that was seen.
struct LargestOutput {
    float largest = -1e30f;
    void update(const auto& image, const auto&) {
        for (const float output : image) {
            largest = std::max(largest, output);
        }
    }
    void merge(const LargestOutput& other) { largest = std::max(largest, other.largest); }
    float compute() const { return largest; }
};

/// A metric that is a function.
double first_output(std::span<const float, small::Net::output_shape::size> image, std::size_t) { return image[0]; }

}  // namespace

TEST_CASE("evaluate computes metrics of all images, the same for any number of threads") {
    const small::Net net = small::net(3);
    for (const std::size_t count : {1u, 7u, 64u, 1001u}) {
        const small::Data data = small::data(count, 5);
        const auto margin = [](const auto& image, std::size_t label) { return image[label] - image[0]; };
        ConfusionMatrix by_hand;
        Accuracy top2{.top_k = 2};
        LargestOutput largest;
        double margins = 0;
        for (std::size_t n = 0; n < count; ++n) {
            // One image at a time may round differently from batched inference, but no class depends on it.
            const auto output = net(data.image(n));
            by_hand.update(output.span(), data.label(n));
            top2.update(output.span(), data.label(n));
            largest.update(output.span(), data.label(n));
            margins += static_cast<double>(margin(output.span(), data.label(n)));
        }
        const auto [accuracy, second, matrix, most, mean] =
            evaluate(net, data, Accuracy{}, Accuracy{.top_k = 2}, ConfusionMatrix{}, LargestOutput{}, margin);
        CHECK(accuracy == evaluate(net, data).accuracy);
        CHECK(second == top2.compute());
        CHECK(matrix.counts == by_hand.counts);
        CHECK(matrix.accuracy() == accuracy);
        CHECK(most == Approx(largest.largest).epsilon(1e-5));
        CHECK(mean == Approx(margins / static_cast<double>(count)).epsilon(1e-5).margin(1e-6));
        for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
            CHECK(evaluate(net, data, threads, margin) == mean);
            const auto [again, other] = evaluate(net, data, threads, ConfusionMatrix{}, LargestOutput{});
            CHECK(again.counts == matrix.counts);
            CHECK(other == most);
        }
    }
}

namespace {

/// How many images were seen, as a metric of a program's own.
struct Count {
    std::size_t images = 0;
    void reset() { images = 0; }
    void update(const auto&, const auto&) { ++images; }
    void merge(const Count& other) { images += other.images; }
    std::size_t compute() const { return images; }
};

}  // namespace

TEST_CASE("a function is a metric by its name, too") {
    const small::Net net = small::net(3);
    const small::Data data = small::data(21, 5);
    const auto [mean, accuracy] = evaluate(net, data, first_output, Accuracy{});
    CHECK(mean == evaluate(net, data, &first_output));
    CHECK(mean == evaluate(net, data, [](const auto& image, std::size_t) { return image[0]; }));
    CHECK(accuracy == evaluate(net, data).accuracy);
}

TEST_CASE("what a metric has seen before counts once") {
    const small::Net net = small::net(3);
    const small::Data data = small::data(1001, 5);
    const auto [accuracy, matrix] = evaluate(net, data, Accuracy{}, ConfusionMatrix{});
    const auto [both, twice, images] =
        evaluate(net, data, Accuracy{.right = 1001, .count = 1001}, matrix, Count{.images = 7});
    CHECK(both == Approx((1 + accuracy) / 2).epsilon(1e-15));
    for (std::size_t k = 0; k < 3; ++k) {
        CHECK(twice.support(k) == 2 * matrix.support(k));
    }
    CHECK(images == 1008);
    const Dataset<small::Net::input_shape, float, small::Net::output_tensor> tensors(
        data.images(), std::vector<small::Net::output_tensor>(1001));
    const double error = evaluate(net, tensors, MeanAbsoluteError{});
    CHECK(evaluate(net, tensors, MeanAbsoluteError{.sum = 3003, .count = 3003}) ==
          Approx((1 + error) / 2).epsilon(1e-12));
}

TEST_CASE("metrics say which label they cannot take") {
    const small::Net net = small::net();
    const Dataset<small::Net::input_shape, float, int> data(std::vector<small::Net::input_tensor>(3),
                                                            std::vector<int>{0, 255, 1});
    const auto refusal = [&](const auto&... metrics) {
        try {
            static_cast<void>(evaluate(net, data, metrics...));
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("none");
    };
    const std::string sentence = "label 255 of image 1 is out of range: the network has 3 outputs, 0 to 2";
    CHECK(refusal(Accuracy{}) == sentence);
    CHECK(refusal(ConfusionMatrix{.ignore_index = 255}, Accuracy{}) == sentence);
    CHECK(refusal([](const auto&, int) { return 1; }) == sentence);
    CHECK(refusal(Accuracy{.ignore_index = 255}) == "none");
    CHECK(evaluate(net, data, ConfusionMatrix{.ignore_index = 255}).support(1) == 1);
}

TEST_CASE("A network that ends with Sigmoid says yes above 1/2, one that ends before it above 0") {
    using Logit = Sequential<Input<1>, Flatten>;
    using Probability = Sequential<Input<1>, Sigmoid>;
    const std::vector<float> inputs{-2, -1, 1, 2};
    const Dataset<Shape<1>> data(inputs, std::vector<int>{0, 1, 0, 1});
    const auto check = [&](const auto& net) {
        const auto [accuracy, matrix] = evaluate(net, data, Accuracy{}, ConfusionMatrix{});
        CHECK(accuracy == 0.5);
        CHECK(matrix(0, 0) == 1);
        CHECK(matrix(0, 1) == 1);
        CHECK(matrix(1, 0) == 1);
        CHECK(matrix(1, 1) == 1);
        CHECK(evaluate(net, data, 0, BCEWithLogitsLoss{}).accuracy == 0.5);
        CHECK(predict(net, data.images()) == std::vector<std::size_t>{0, 0, 1, 1});
    };
    check(Logit{});
    check(Probability{});
    check(Sequential<Input<1>, Hardsigmoid>{});
    check(Sequential<Input<1>, Sigmoid, Dropout<0.5>>{});
    // A threshold of one's own stays.
    CHECK(evaluate(Logit{}, data, Accuracy{.threshold = 1.5}) == 0.75);
    CHECK(evaluate(Probability{}, data, ConfusionMatrix{.threshold = 0}).predicted(1) == 4);

    // What a metric of one's own calls a threshold is its own.
    struct Above {
        std::optional<double> threshold = {};
        std::size_t found = 0;
        void update(std::span<const float, 1> logit, int) {
            found += !threshold || static_cast<double>(logit[0]) > *threshold ? std::size_t{1} : std::size_t{0};
        }
        void merge(const Above& other) { found += other.found; }
        std::size_t compute() const { return found; }
    };
    CHECK(evaluate(Logit{}, data, Above{}) == 4);

    using Labels = Sequential<Input<2>, Sigmoid>;
    const Dataset<Shape<2>, float, Labels::output_tensor> several(inputs, std::vector<float>{0, 1, 1, 1});
    CHECK(evaluate(Labels{}, several, Accuracy{}) == 0.75);
}

static_assert(Accuracy{}.top_k == 1 && Accuracy{}.ignore_index == -100 && Accuracy{}.right == 0 &&
              Accuracy{}.count == 0);
static_assert([] {
    MeanAbsoluteError error{.sum = 7, .count = 2};
    error.reset();
    return error.sum == 0 && error.count == 0;
}());

TEST_CASE("one output, or one that is NaN, is right or wrong, however many classes are looked at") {
    const auto share_of = [](auto numbers, int label) {
        Accuracy accuracy{.top_k = 2};
        accuracy.update(std::span<const float, std::tuple_size_v<decltype(numbers)>>(numbers), label);
        return accuracy.compute();
    };
    CHECK(share_of(std::array{1.0f}, 1) == 1);
    CHECK(share_of(std::array{1.0f}, 0) == 0);
    CHECK(share_of(std::array{3.0f, 2.0f, 1.0f}, 1) == 1);
    CHECK(share_of(std::array{3.0f, 2.0f, 1.0f}, 2) == 0);
    CHECK(share_of(std::array{3.0f, 2.0f, not_a_number}, 1) == 0);
}

TEST_CASE("a confusion matrix of one output has two classes, and an empty one becomes what is merged into it") {
    ConfusionMatrix matrix;
    const std::array one{1.0f};
    matrix.update(std::span<const float, 1>(one), 0);
    CHECK(matrix.classes == 2);
    CHECK(matrix.counts == std::vector<std::size_t>{0, 1, 0, 0, 0, 0});
    ConfusionMatrix empty;
    empty.merge(matrix);
    CHECK(empty.classes == 2);
    CHECK(empty.counts == matrix.counts);
    matrix.merge(ConfusionMatrix{});
    CHECK(empty.counts == matrix.counts);
}

TEST_CASE("metrics whose settings make no sense are refused") {
    using Net = Sequential<Input<3>, Identity>;
    const double undefined = std::numeric_limits<double>::quiet_NaN();
    const Dataset<Shape<3>> data(std::vector<float>{1, 2, 3, 3, 2, 1}, std::vector<int>{2, 1});
    CHECK_THROWS_WITH(evaluate(Net{}, data, Accuracy{.top_k = 0}), "Accuracy::top_k is 0: choose 1 or more");
    CHECK_THROWS_WITH(evaluate(Net{}, data, 1, Accuracy{}, Accuracy{.top_k = 0}),
                      "Accuracy::top_k is 0: choose 1 or more");
    CHECK_THROWS_WITH(evaluate(Net{}, data, Accuracy{.threshold = undefined}), "Accuracy::threshold must be a number");
    CHECK_THROWS_WITH(evaluate(Net{}, data, ConfusionMatrix{.threshold = undefined}),
                      "ConfusionMatrix::threshold must be a number");

    const std::string alone =
        "Accuracy::top_k is not 1, but the targets are tensors or the network has one output: "
        "each output is right or wrong there";
    const Dataset<Shape<3>, float, Net::output_tensor> tensors(data.images(), std::vector<Net::output_tensor>(2));
    CHECK_THROWS_WITH(evaluate(Net{}, tensors, Accuracy{.top_k = 2}), alone);
    CHECK(evaluate(Net{}, tensors, Accuracy{}) == 0);
    using OneOutput = Sequential<Input<3>, Linear<3, 1>>;
    const Dataset<Shape<3>> answers(data.images(), std::vector<int>{1, 0});
    CHECK_THROWS_WITH(evaluate(OneOutput{}, answers, Accuracy{}, Accuracy{.top_k = 2}), alone);
    CHECK(evaluate(OneOutput{}, answers, Accuracy{}) == 0.5);

    // Before the first step.
    Sequential<Input<3>, Linear<3, 3>> trained{};
    initialize(trained, XavierUniform{});
    bool stepped = false;
    const FitOptions options{.on_step = [&](const StepReport&) { stepped = true; }};
    CHECK_THROWS_WITH(fit(trained, data, SGD{}, options, Validation{data, Accuracy{.top_k = 0}}),
                      "Accuracy::top_k is 0: choose 1 or more");
    CHECK_THROWS_WITH(fit(trained, tensors, SGD{}, options, MSELoss{}, Validation{tensors, Accuracy{.top_k = 2}}),
                      alone);
    CHECK(!stepped);
}

#ifdef _OPENMP
TEST_CASE("metrics take as many threads as OpenMP, or as many as they are told") {
    const team::Net net = team::net();
    const auto data = team::data();
    CHECK(team::size_of([&] { evaluate(net, data, Accuracy{}); }) == 2);
    CHECK(team::size_of([&] { evaluate(net, data, 3, Accuracy{}); }) == 3);
}
#endif
