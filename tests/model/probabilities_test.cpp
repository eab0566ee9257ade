// SPDX-License-Identifier: MIT
#include <ctcnn/model/probabilities.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <type_traits>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/softmax.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

/// Its outputs are its inputs.
using Same = Sequential<Input<5>, Flatten>;
using Ended = Sequential<Input<5>, Softmax>;
using EndedInBlock = Sequential<Input<5, 1, 1>, Sequential<Softmax>, Flatten>;
using EndedByLog = Sequential<Input<5>, LogSoftmax>;
using Images = Sequential<Input<2, 1, 3>, ReLU>;

constexpr Same same{};
constexpr Same::input_tensor image{1, 3, -2, 3, 0};

static_assert(probabilities(same, {0, 0, 0, 0, 1e4f})(4) == 1);
static_assert(probabilities(Same::with_scalar<double>{}, {7, 7, -1e4, -1e4, -1e4})(1) == 0.5);
static_assert(top_k(same, image, 2)[0].index == 1 && top_k(same, image, 2)[1].index == 3);
static_assert(top_k(same, image, 2).size() == 2 && top_k(same, image, 0).empty());

// Other arguments are taken, to be refused with one sentence.
template <typename... Arguments>
concept HasProbabilities = requires(const Same& net, Arguments... arguments) {
    { probabilities(net, arguments...) } -> std::same_as<Same::output_tensor>;
};
template <typename... Arguments>
concept HasTopK = requires(const Same& net, Arguments... arguments) {
    { top_k(net, arguments...) } -> std::same_as<TopK<float, 5>>;
};
using X = Same::input_tensor;
using Buffers = Workspace<Same>;
static_assert(HasProbabilities<X> && HasProbabilities<X, Buffers&> && HasProbabilities<> && HasProbabilities<int> &&
              HasProbabilities<X, int> && HasProbabilities<X, Buffers&, int>);
static_assert(HasTopK<X, int> && HasTopK<X, int, Buffers&> && HasTopK<> && HasTopK<X> && HasTopK<int, int> &&
              HasTopK<X, const char*> && HasTopK<X, int, int> && HasTopK<X, int, Buffers&, int>);

}  // namespace

TEST_CASE("probabilities are the softmax of the outputs") {
    double sum = 0;
    for (const float x : image.values) {
        sum += std::exp(static_cast<double>(x));
    }
    const auto p = probabilities(same, image);
    for (std::size_t i = 0; i < p.size(); ++i) {
        CHECK(p(i) == Approx(std::exp(static_cast<double>(image(i))) / sum).epsilon(1e-6));
    }
    Workspace<Same> workspace;
    CHECK(probabilities(same, image, workspace) == p);
}

TEST_CASE("a network that ends with Softmax has them as its outputs") {
    const Ended ended{};
    CHECK(probabilities(ended, image) == ended(image));
    CHECK(probabilities(ended, image)(1) == Approx(probabilities(same, image)(1)).epsilon(1e-6));
    const EndedInBlock block{};
    const EndedInBlock::input_tensor pixel{1, 3, -2, 3, 0};
    CHECK(probabilities(block, pixel) == block(pixel));
    // The softmax of logarithms of probabilities is the probabilities again.
    CHECK(probabilities(EndedByLog{}, image)(1) == Approx(ended(image)(1)).epsilon(1e-6));
}

TEST_CASE("the one output of a network is the logit of a yes, or its probability") {
    using Logit = Sequential<Input<1>, Flatten>;
    using Probability = Sequential<Input<1>, Sigmoid>;
    using HardProbability = Sequential<Input<1>, Hardsigmoid>;
    using Mask = Sequential<Input<1, 1, 2>, Conv2d<1, 1, Kernel<1>>>;
    using Labels = Sequential<Input<2>, Sigmoid>;
    static_assert(probabilities(Logit{}, {0})(0) == 0.5f);
    for (const float x : {-3.f, -0.25f, 0.f, 0.25f, 3.f}) {
        const double p = 1 / (1 + std::exp(-static_cast<double>(x)));
        CHECK(probabilities(Logit{}, {x})(0) == Approx(p).epsilon(1e-6));
        CHECK(probabilities(Probability{}, {x}) == Probability{}({x}));
        CHECK(probabilities(HardProbability{}, {x}) == HardProbability{}({x}));
        CHECK(predict(Logit{}, {x}) == (x > 0 ? 1 : 0));
        CHECK(predict(Probability{}, {x}) == (x > 0 ? 1 : 0));
        CHECK(probabilities(Labels{}, {x, 1}) == Labels{}({x, 1}));
    }
    Mask mask{};
    mask.parameters()[0] = 1;
    CHECK(probabilities(mask, {1, -1})(0, 0, 0) == Approx(1 / (1 + std::exp(-1.0))).epsilon(1e-6));
    CHECK(probabilities(mask, {1, -1})(0, 0, 1) == Approx(1 / (1 + std::exp(1.0))).epsilon(1e-6));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(probabilities(Logit{}, {nan})(0)));
    CHECK(predict(Probability{}, {nan}) == no_class);
}

TEST_CASE("each pixel has its own probabilities") {
    const auto p = probabilities(Images{}, {0, 1, 2, 0, 0, 4});
    for (std::size_t w = 0; w < 3; ++w) {
        CHECK(p(0, 0, w) + p(1, 0, w) == Approx(1).epsilon(1e-6));
    }
    CHECK(p(0, 0, 0) == 0.5f);
    CHECK(p(0, 0, 1) == Approx(1 / (1 + std::exp(-1.0))).epsilon(1e-6));
    CHECK(p(1, 0, 2) == Approx(1 / (1 + std::exp(-2.0))).epsilon(1e-6));
}

TEST_CASE("top_k gives the largest outputs in their order, of equal ones the first") {
    const std::array<std::size_t, 5> order{1, 3, 0, 4, 2};
    for (std::size_t k = 0; k <= 7; ++k) {
        const auto found = top_k(same, image, k);
        REQUIRE(found.size() == std::min<std::size_t>(k, 5));
        CHECK(found.empty() == (k == 0));
        std::size_t place = 0;
        for (const auto [index, value] : found) {
            CHECK(index == order[place]);
            CHECK(value == image(index));
            CHECK(found[place].index == index);
            ++place;
        }
        CHECK(place == found.size());
    }
    Workspace<Same> workspace;
    CHECK(top_k(same, image, 3, workspace)[2].index == 0);
    CHECK(top_k(same, image, 1)[0].index == predict(same, image));
    CHECK(top_k(same, {0, 0, 0, 0, 0}, 5)[4].index == 4);
    CHECK(top_k(same, {5, 4, 3, 2, 1}, 2)[1].index == 1);
    CHECK(top_k(same, {1, 2, 3, 4, 5}, 2)[1].index == 3);
    CHECK(top_k(same, image, static_cast<std::size_t>(-1)).size() == 5);
}

TEST_CASE("where an output is NaN, there are no largest ones") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t place = 0; place < 5; ++place) {
        Same::input_tensor x = image;
        x(place) = nan;
        const auto found = top_k(same, x, 3);
        REQUIRE(found.size() == 3);
        for (const auto& entry : found) {
            CHECK(entry.index == no_class);
            CHECK(std::isnan(entry.value));
        }
        CHECK(predict(same, x) == no_class);
        CHECK(std::isnan(probabilities(same, x)(0)));
    }
}

TEST_CASE("many classes lie on the heap") {
    using Many = Sequential<Input<100'000>, Flatten>;
    static_assert(sizeof(TopK<float, 100'000>) <= 32);
    static_assert(sizeof(TopK<float, 2048>) > 32 * 1024 && sizeof(TopK<float, 2049>) <= 32);
    const auto net = std::make_unique<Many>();
    const auto x = std::make_unique<Many::input_tensor>();
    (*x)(70'000) = 1;
    (*x)(99'999) = 2;
    const auto found = top_k(*net, *x, 3);
    CHECK(found[0].index == 99'999);
    CHECK(found[1].index == 70'000);
    CHECK(found[2].index == 0);
}
