// SPDX-License-Identifier: MIT
#include <ctcnn/layers/softmax.hpp>

#include <cmath>
#include <cstddef>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

static_assert(Accepts<Softmax, Shape<5>> && Accepts<Softmax, Shape<5, 2, 3>> && Accepts<LogSoftmax, Shape<5, 2>>);
static_assert(typename Softmax::At<Shape<5, 2, 3>>::output_shape{} == Shape<5, 2, 3>{});

constexpr auto halves = Sequential<Input<2>, Softmax>{}({7, 7});
static_assert(halves(0) == 0.5f && halves(1) == 0.5f);
constexpr auto sure = Sequential<Input<2>, LogSoftmax>{}({0, -1e4f});
static_assert(sure(0) == 0 && sure(1) == -1e4f);

/// The first axis of a shape is the one whose sums are 1, whatever its rank.
template <std::size_t... Dims>
void check_first_axis() {
    using Net = Sequential<Input<Dims...>, Softmax>;
    using LogNet = Sequential<Input<Dims...>, LogSoftmax>;
    typename Net::input_tensor x{};
    for (std::size_t i = 0; i < x.size(); ++i) {
        x.values[i] = static_cast<float>(i * i % 7);
    }
    const auto y = Net{}(x);
    const auto logarithms = LogNet{}(x);
    constexpr std::size_t classes = Shape<Dims...>::dim(0);
    constexpr std::size_t others = Shape<Dims...>::size / classes;
    for (std::size_t i = 0; i < others; ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            sum += std::exp(static_cast<double>(x.values[c * others + i]));
        }
        for (std::size_t c = 0; c < classes; ++c) {
            const double expected = std::exp(static_cast<double>(x.values[c * others + i])) / sum;
            CHECK(y.values[c * others + i] == Approx(expected).epsilon(1e-6));
            CHECK(logarithms.values[c * others + i] == Approx(std::log(expected)).epsilon(1e-5));
        }
    }
}

}  // namespace

TEST_CASE("Softmax is over the first axis") {
    check_first_axis<11>();
    check_first_axis<3, 4>();
    check_first_axis<3, 4, 2>();
    check_first_axis<3, 1, 1>();
    check_first_axis<2, 3, 2, 2>();
}

TEST_CASE("Softmax is described as PyTorch prints it") {
    detail_::Description text;
    Softmax::describe(text);
    CHECK(text.view() == "Softmax(dim=1)");
    text = {};
    LogSoftmax::describe(text);
    CHECK(text.view() == "LogSoftmax(dim=1)");
}
