// SPDX-License-Identifier: MIT
#include <ctcnn/data/folds.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <ctcnn/data/transforms.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>

#include "../train/small.hpp"
#include "catch.hpp"

using namespace ctcnn;

namespace {

/// 100 images, whose pixel is their number: 60 of class 0, 30 of class 1, 10 of class 3.
using Data = Dataset<Shape<1>, double>;
Data unequal() {
    std::vector<double> pixels;
    std::vector<int> labels;
    for (int n = 0; n < 100; ++n) {
        pixels.push_back(n);
        labels.push_back(n % 10 == 0 ? 3 : n % 10 < 4 ? 1 : 0);
    }
    return Data(pixels, labels);
}

std::vector<int> numbers(const Data& data) {
    std::vector<int> result;
    for (const auto& image : data.images()) {
        result.push_back(static_cast<int>(image(0)));
    }
    return result;
}

/// Whether each image of 100 is once in the parts, with its own label.
void check_disjoint(std::initializer_list<const Data*> parts) {
    const Data all = unequal();
    std::set<int> seen;
    for (const Data* part : parts) {
        for (std::size_t n = 0; n < part->size(); ++n) {
            const int number = numbers(*part)[n];
            CHECK(seen.insert(number).second);
            CHECK(part->label(n) == all.label(static_cast<std::size_t>(number)));
        }
    }
    CHECK(seen.size() == 100);
}

/// Whether the sizes of the parts differ by at most one, and each class is in each within one image of its share.
void check_stratified(const Data& data, std::size_t parts) {
    const KFold folds(data, parts, {.seed = 1, .stratify = true});
    const std::vector<std::size_t> all = class_counts(data);
    std::set<std::size_t> seen;
    for (std::size_t fold = 0; fold < parts; ++fold) {
        INFO("fold " << fold << " of " << parts);
        const auto indices = folds.indices(fold);
        seen.insert(indices.begin(), indices.end());
        CHECK(indices.size() - data.size() / parts <= 1);
        std::vector<std::size_t> counts = class_counts(subset(data, indices));
        counts.resize(all.size());
        for (std::size_t k = 0; k < all.size(); ++k) {
            CHECK(counts[k] - all[k] / parts <= 1);
        }
    }
    CHECK(seen.size() == data.size());
}

template <typename Error, typename F>
std::string sentence_of(const F& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("random_split divides a data set by a seed") {
    const Data data = unequal();
    const auto [train, validation, test] = random_split(data, std::array{0.7, 0.2, 0.1}, {.seed = 3});
    CHECK(train.size() == 70);
    CHECK(validation.size() == 20);
    check_disjoint({&train, &validation, &test});
    CHECK_FALSE(std::ranges::is_sorted(numbers(train)));
    CHECK(numbers(random_split(data, std::array{0.7}, {.seed = 3})[0]) == numbers(train));
    CHECK(numbers(random_split(data, std::array{0.7}, {.seed = 4})[0]) != numbers(train));
    CHECK(numbers(random_split(data, std::array{0.03}, {.shuffle = false})[0]) == std::vector<int>{0, 1, 2});
    CHECK_THROWS_AS(random_split(data, std::array{0.7, 0.4}), std::invalid_argument);
    CHECK_THROWS_AS(random_split(data, std::array{-0.1, 0.4}), std::invalid_argument);
    // Thirds add up to a little more or less than 1.
    const auto thirds = random_split(data, std::array{1.0 / 3, 1.0 / 3, 1.0 / 3});
    check_disjoint({&thirds[0], &thirds[1], &thirds[2]});
}

TEST_CASE("A stratified part has its share of each class") {
    const Data data = unequal();
    const auto parts = random_split(data, std::array{0.8, 0.2}, {.seed = 5, .stratify = true});
    check_disjoint({&parts[0], &parts[1]});
    CHECK(class_counts(parts[0]) == std::vector<std::size_t>{48, 24, 0, 8});
    CHECK(class_counts(parts[1]) == std::vector<std::size_t>{12, 6, 0, 2});
    CHECK_FALSE(std::ranges::is_sorted(numbers(parts[1])));
    CHECK(std::ranges::is_sorted(
        numbers(random_split(data, std::array{0.4, 0.4}, {.shuffle = false, .stratify = true})[1])));
    for (const std::size_t k : {2u, 3u, 7u, 99u, 100u}) {
        check_stratified(data, k);
    }
}

TEST_CASE("Classes of one image are spread over the parts, too") {
    // 100 images of class 0, and one of each of 100 other classes.
    std::vector<int> labels(100);
    for (int n = 1; n <= 100; ++n) {
        labels.push_back(n);
    }
    const Data data(std::vector<double>(200), labels);
    for (const std::size_t k : {3u, 5u, 7u}) {
        check_stratified(data, k);
    }
    const auto of_class_0 = [](const Data& part) { return static_cast<double>(class_counts(part)[0]); };
    const auto [train, validation] = random_split(data, std::array{0.8, 0.2}, {.stratify = true});
    CHECK(std::abs(of_class_0(train) - 80) <= 2);
    CHECK(std::abs(of_class_0(validation) - 20) <= 2);
    // Half of the images are in no part.
    const auto [some, few] = random_split(data, std::array{0.35, 0.15}, {.seed = 2, .stratify = true});
    CHECK(some.size() == 70);
    CHECK(few.size() == 30);
    CHECK(std::abs(of_class_0(some) - 35) <= 2);
    CHECK(std::abs(of_class_0(few) - 15) <= 2);
}

TEST_CASE("Each image is once in a fold to validate with, and never in the same fold to train on") {
    const Data data = unequal();
    const KFold folds(data, 3, {.seed = 1});
    CHECK(folds.size() == 3);
    std::vector<Data> validations;
    for (std::size_t k = 0; k < folds.size(); ++k) {
        const auto [train, validation] = folds[k];
        check_disjoint({&train, &validation});
        validations.push_back(validation);
        CHECK((validation.size() == 33 || validation.size() == 34));
    }
    check_disjoint({&validations[0], &validations[1], &validations[2]});
    CHECK_THROWS_AS(KFold(data, 1), std::invalid_argument);
    CHECK_THROWS_AS(KFold(data, 0), std::invalid_argument);
    CHECK_THROWS_AS(KFold(data, 101), std::invalid_argument);
    CHECK(sentence_of<std::out_of_range>([&] { folds.indices(7); }) ==
          "There are 3 folds, counted from 0; there is no number 7.");
    CHECK_THROWS_AS(folds[3], std::out_of_range);
    CHECK_THROWS_AS(subset(data, std::array<std::size_t, 1>{100}), std::out_of_range);
}

TEST_CASE("Classes are counted and weighted") {
    const Data data = unequal();
    CHECK(class_counts(data) == std::vector<std::size_t>{60, 30, 0, 10});
    const std::vector<double> weights = class_weights<double>(data);
    CHECK(weights == std::vector<double>{100 / (3 * 60.0), 100 / (3 * 30.0), 0, 100 / (3 * 10.0)});
    CHECK(class_counts(Data{}).empty());
}

TEST_CASE("A label that cannot be a class is refused, and takes no memory") {
    const auto refuses = [](const auto& data, const std::string& label) {
        const std::string expected =
            "Label " + label + " is no class: take out images that a loss ignores, and number classes from 0.";
        CHECK(sentence_of<std::invalid_argument>([&] { class_counts(data); }) == expected);
        CHECK(sentence_of<std::invalid_argument>([&] { class_weights(data); }) == expected);
        CHECK(sentence_of<std::invalid_argument>([&] { const ClassBalanced balanced(data); }) == expected);
        CHECK(sentence_of<std::invalid_argument>([&] { KFold(data, 2, {.stratify = true}); }) == expected);
    };
    using Signed = Dataset<Shape<1>, float, int>;
    using Unsigned = Dataset<Shape<1>, float, std::uint32_t>;
    const std::vector<float> pixels(2);
    refuses(Signed(pixels, std::vector{1, -100}), "-100");
    refuses(Unsigned(pixels, std::vector{1u, 4294967295u}), "4294967295");
    refuses(Unsigned(pixels, std::vector{1u << 24, 0u}), "16777216");
    CHECK(class_counts(Unsigned(pixels, std::vector{(1u << 24) - 1, 0u})).size() == 1u << 24);
    // A data set of a program's own.
    struct Own {
        std::vector<Tensor<float, Shape<1>>> images_{2};
        std::vector<signed char> labels_{-1, 1};
        const std::vector<Tensor<float, Shape<1>>>& images() const { return images_; }
        const std::vector<signed char>& labels() const { return labels_; }
    };
    refuses(Own{}, "-1");
    const Own fewer{.images_ = std::vector<Tensor<float, Shape<1>>>(3), .labels_ = {0, 1}};
    CHECK_THROWS_AS(KFold(fewer, 2, {.stratify = true}), UnequalCounts);
}

TEST_CASE("A data set whose targets are tensors is divided, too, but has no classes") {
    using Target = Tensor<double, Shape<1>>;
    const std::vector<double> numbers{0, 1, 2, 3, 4};
    const Dataset<Shape<1>, double, Target> data(numbers, numbers);
    const auto parts = random_split(data, std::array{0.6, 0.4}, {.seed = 1});
    const auto [train, validation] = KFold(data, 5)[2];
    CHECK(parts[0].size() == 3);
    CHECK(train.size() == 4);
    for (const auto* part : {&parts[0], &parts[1], &train, &validation}) {
        for (std::size_t n = 0; n < part->size(); ++n) {
            CHECK(part->target(n) == part->image(n));
        }
    }
    const auto transformed_data = transformed(data, Normalize{.mean = {1}, .std = {2}});
    CHECK(transformed_data.target(4)(0) == 4);
    CHECK(transformed_data.image(4)(0) == 1.5);
    CHECK(sentence_of<std::invalid_argument>([&] { KFold(data, 2, {.stratify = true}); }) ==
          "stratify divides classes, and the targets of this data set are no labels");
    CHECK_THROWS_AS(random_split(data, std::array{0.5}, {.stratify = true}), std::invalid_argument);
}

TEST_CASE("ClassBalanced draws each class equally often, and each image of a class") {
    const Data data = unequal();
    const ClassBalanced balanced(data);
    std::vector<std::uint32_t> order(30'000);
    balanced.sample(1, 0, order);
    std::vector<double> images(100);
    std::vector<double> classes(4);
    for (const std::uint32_t index : order) {
        ++images[index];
        ++classes[data.label(index)];
    }
    for (const std::size_t k : {0u, 1u, 3u}) {
        CHECK(std::abs(classes[k] - 10'000) < 5 * std::sqrt(30'000 * 2.0 / 9));
    }
    for (std::size_t n = 0; n < 100; ++n) {
        const double expected = 10'000 / static_cast<double>(class_counts(data)[data.label(n)]);
        CHECK(std::abs(images[n] - expected) < 5 * std::sqrt(expected));
    }
    std::vector<std::uint32_t> next(30'000);
    balanced.sample(1, 1, next);
    CHECK(next != order);
    balanced.sample(1, 0, next);
    CHECK(next == order);
}

TEST_CASE("A training on a balanced data set takes the images that it draws") {
    const auto data = small::data(50);
    const ClassBalanced balanced(data);
    const FitOptions options{.epochs = 2, .batch_size = 16, .seed = 4};
    const SGD sgd{.lr = 0.1f};
    const Normalize<> normalize{.mean = {0.5}, .std = {2}};
    std::vector<std::size_t> indices;
    small::Net expected = small::net();
    Trainer trainer(expected, sgd, {.batch_size = 16, .seed = 4, .shuffle = false});
    for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
        std::vector<std::uint32_t> order(50);
        balanced.sample(4, epoch, order);
        indices.assign(order.begin(), order.end());
        const auto drawn = transformed(subset(data, indices), normalize);
        for (std::size_t first = 0; first < 50; first += 16) {
            trainer.step(drawn.subset(first, std::min<std::size_t>(16, 50 - first)));
        }
    }
    small::Net net = small::net();
    fit(net, augmented(balanced, normalize), sgd, options);
    CHECK(small::same_bits(net, expected));
    small::Net plain = small::net();
    fit(plain, balanced, sgd, options);
    CHECK_FALSE(small::same_bits(plain, net));
}
