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
    const KFold folds(data, 7, {.stratify = true});
    for (std::size_t k = 0; k < 7; ++k) {
        const auto counts = class_counts(subset(data, folds.indices(k)));
        CHECK(std::abs(static_cast<double>(counts[0]) - 60.0 / 7) <= 1);
        CHECK(std::abs(static_cast<double>(counts[1]) - 30.0 / 7) <= 1);
        CHECK(std::abs(static_cast<double>(counts[3]) - 10.0 / 7) <= 1);
    }
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
    CHECK_THROWS_AS(KFold(data, 101), std::invalid_argument);
    CHECK_THROWS_AS(subset(data, std::array<std::size_t, 1>{100}), std::out_of_range);
}

TEST_CASE("Classes are counted and weighted") {
    const Data data = unequal();
    CHECK(class_counts(data) == std::vector<std::size_t>{60, 30, 0, 10});
    const std::vector<double> weights = class_weights<double>(data);
    CHECK(weights == std::vector<double>{100 / (3 * 60.0), 100 / (3 * 30.0), 0, 100 / (3 * 10.0)});
    CHECK(class_counts(Data{}).empty());
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
