// SPDX-License-Identifier: MIT
// Layers of a program's own, in a namespace of its own, with public names alone.
#include <ctcnn/layers/custom.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/ctcnn.hpp>

#include "catch.hpp"
#include "draw.hpp"

namespace user {

template <std::size_t C>
struct Scale : ctcnn::CustomLayer<Scale<C>> {
    using parameters = ctcnn::Parameters<ctcnn::Parameter<"weight", ctcnn::Shape<C>, ctcnn::InitialValue<1.0>>>;

    template <std::size_t Channels, std::size_t H, std::size_t W>
    static consteval ctcnn::Mismatch check(ctcnn::Shape<Channels, H, W>) {
        return Channels == C ? ctcnn::Mismatch{} : ctcnn::Mismatch{ctcnn::Reason::in_channels, C};
    }
    static constexpr void forward(auto x, auto y, auto weight) {
        for (const auto [c, h, w] : x.indices()) y(c, h, w) = x(c, h, w) * weight(c);
    }
    static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
        for (const auto [c, h, w] : x.indices()) {
            grad_x(c, h, w) = grad_y(c, h, w) * weight(c);
            grad_weight(c) += grad_y(c, h, w) * x(c, h, w);
        }
    }
};

// Conv2d<In, Out, Kernel<3>, Padding<1>> by its definition.
template <std::size_t In, std::size_t Out>
struct Conv3x3 : ctcnn::CustomLayer<Conv3x3<In, Out>> {
    static constexpr std::string_view name = "Conv3x3(...)";
    static constexpr std::string_view onnx = "Conv";
    using parameters = ctcnn::Parameters<ctcnn::Parameter<"weight", ctcnn::Shape<Out, In, 3, 3>>,
                                         ctcnn::Parameter<"bias", ctcnn::Shape<Out>>>;
    template <typename S>
    using output_shape = ctcnn::Shape<Out, S::dim(1), S::dim(2)>;

    template <std::size_t C, std::size_t H, std::size_t W>
    static consteval ctcnn::Mismatch check(ctcnn::Shape<C, H, W>) {
        if (C != In) {
            return {"Conv3x3<In, Out> takes images of In channels, and others arrive"};
        }
        return {};
    }
    template <std::size_t C, std::size_t H, std::size_t W>
    static consteval std::uint64_t multiply_adds(ctcnn::Shape<C, H, W>) {
        return Out * H * W * In * 9;
    }

    // Calls f(o, h, w, i, kh, kw, row, column) for each product.
    static constexpr void for_each_product(auto x, auto y, const auto& f) {
        using X = typename decltype(x)::shape;
        for (const auto [o, h, w] : y.indices()) {
            for (std::size_t i = 0; i < In; ++i) {
                for (std::size_t tap = 0; tap < 9; ++tap) {
                    const std::size_t row = h + tap / 3;
                    const std::size_t column = w + tap % 3;
                    if (row >= 1 && row <= X::dim(1) && column >= 1 && column <= X::dim(2)) {
                        f(o, h, w, i, tap / 3, tap % 3, row - 1, column - 1);
                    }
                }
            }
        }
    }
    static constexpr void forward(auto x, auto y, auto weight, auto bias) {
        for_each_product(x, y, [&](auto o, auto h, auto w, auto i, auto kh, auto kw, auto row, auto column) {
            y(o, h, w) += weight(o, i, kh, kw) * x(i, row, column);
        });
        for (const auto [o, h, w] : y.indices()) {
            y(o, h, w) = y(o, h, w) + bias(o);
        }
    }
    static constexpr void backward(auto x, auto weight, auto, auto grad_y, auto grad_x, auto grad_weight,
                                   auto grad_bias) {
        for_each_product(x, grad_y, [&](auto o, auto h, auto w, auto i, auto kh, auto kw, auto row, auto column) {
            grad_x(i, row, column) += weight(o, i, kh, kw) * grad_y(o, h, w);
            grad_weight(o, i, kh, kw) += x(i, row, column) * grad_y(o, h, w);
        });
        for (const auto [o, h, w] : grad_y.indices()) {
            grad_bias(o) += grad_y(o, h, w);
        }
    }
};

// Three parameters, of each feature, whatever the shape.
struct Parabola : ctcnn::CustomLayer<Parabola> {
    template <typename S>
    using parameters = ctcnn::Parameters<ctcnn::Parameter<"square", S, ctcnn::InitialValue<0.5>>,
                                         ctcnn::Parameter<"slope", S, ctcnn::InitialValue<0.5>>,
                                         ctcnn::Parameter<"start", S, ctcnn::InitialValue<0.5>>>;

    static constexpr void forward(auto x, auto y, auto square, auto slope, auto start) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = (square[i] * x[i] + slope[i]) * x[i] + start[i];
        }
    }
    static constexpr void backward(auto x, auto square, auto slope, auto, auto grad_y, auto grad_x, auto grad_square,
                                   auto grad_slope, auto grad_start) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            grad_x[i] = grad_y[i] * (x.constant(2) * square[i] * x[i] + slope[i]);
            grad_square[i] += grad_y[i] * x[i] * x[i];
            grad_slope[i] += grad_y[i] * x[i];
            grad_start[i] += grad_y[i];
        }
    }
};

// A weight that begins at random, and parameters that do not.
struct Mixed : ctcnn::CustomLayer<Mixed> {
    using parameters = ctcnn::Parameters<ctcnn::Parameter<"weight", ctcnn::Shape<3, 4>>,
                                         ctcnn::Parameter<"offset", ctcnn::Shape<2>, ctcnn::InitialValue<0.25>>,
                                         ctcnn::Parameter<"gain", ctcnn::Shape<1>, ctcnn::InitialValue<2.0>>>;

    static constexpr void forward(auto x, auto y, auto weight, auto offset, auto gain) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = x[i] * weight[i] * gain[0] + offset[i % 2];
        }
    }
    static constexpr void backward(auto x, auto weight, auto, auto gain, auto grad_y, auto grad_x, auto grad_weight,
                                   auto grad_offset, auto grad_gain) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            grad_x[i] = grad_y[i] * weight[i] * gain[0];
            grad_weight[i] += grad_y[i] * x[i] * gain[0];
            grad_offset[i % 2] += grad_y[i];
            grad_gain[0] += grad_y[i] * x[i] * weight[i];
        }
    }
};

// The function of the input that Activation cannot have.
struct Swish : ctcnn::CustomLayer<Swish> {
    static constexpr void forward(auto x, auto y) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = x[i] * ctcnn::lane_math::sigmoid(x[i]);
        }
    }
    static constexpr void backward(auto x, auto grad_y, auto grad_x) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto s = ctcnn::lane_math::sigmoid(x[i]);
            grad_x[i] = grad_y[i] * s * (x.constant(1) + x[i] * (x.constant(1) - s));
        }
    }
};

struct Halves final : ctcnn::CustomLayer<Halves> {
    template <typename S>
    using output_shape = ctcnn::Shape<S::size / 2>;

    template <std::size_t F>
    static consteval ctcnn::Mismatch check(ctcnn::Shape<F>) {
        if (F % 2 != 0) {
            return {"[odd_features] Halves needs an even number of features"};
        }
        return {};
    }
    static constexpr void forward(auto x, auto y) {
        for (const auto [f] : x.indices()) {
            y(f / 2) += x(f);
        }
    }
    static constexpr void backward(auto, auto grad_y, auto grad_x) {
        for (const auto [f] : grad_x.indices()) {
            grad_x(f) = grad_y(f / 2);
        }
    }
};

// All elements times one number.
struct Gain : ctcnn::CustomLayer<Gain> {
    using parameters = ctcnn::Parameters<ctcnn::Parameter<"gain", ctcnn::Shape<1>, ctcnn::FanIn<4>>>;
    static constexpr void forward(auto x, auto y, auto gain) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = x[i] * gain[0];
        }
    }
    static constexpr void backward(auto x, auto gain, auto grad_y, auto grad_x, auto grad_gain) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            grad_x[i] = grad_y[i] * gain[0];
            grad_gain[0] += grad_y[i] * x[i];
        }
    }
};

}  // namespace user

using namespace ctcnn;

namespace {

// What a program sees of such a network -----------------------------------------------------------------------------

using WithNames = Sequential<Input<3, 4, 5>, user::Scale<3>, Sequential<user::Conv3x3<3, 2>, ReLU>, Flatten,
                             user::Parabola, user::Halves, user::Swish>;
static_assert(WithNames::output_shape{} == Shape<20>{});
static_assert(WithNames::parameter_count == 3 + (2 * 3 * 9 + 2) + 3 * 40);
static_assert(WithNames::multiply_adds == 2 * 4 * 5 * 3 * 9);
static_assert(WithNames::names().size() == 6);
static_assert(WithNames::names()[0].name == "0.weight" && WithNames::names()[0].offset == 0);
static_assert(WithNames::names()[1].name == "1.0.weight" && WithNames::names()[1].shape.size() == 4);
static_assert(WithNames::names()[2].name == "1.0.bias" && WithNames::names()[2].offset == 3 + 54);
static_assert(WithNames::names()[3].name == "3.square" && WithNames::names()[5].name == "3.start");
static_assert(WithNames::names()[5].shape.size() == 1 && WithNames::names()[5].shape[0] == 40);

// No border, nothing that forward keeps, and two sums for each parameter beside the gradient.
using Scaled = user::Scale<3>::At<Shape<3, 4, 5>>;
static_assert(Scaled::input_border == detail_::Extent{0, 0} && Scaled::saved_size == 0 && !Scaled::batched_gradient);
static_assert(Scaled::scratch_size<
                  detail_::Stage<detail_::Layout<3, 4, 5>, detail_::Layout<3, 4, 5>, detail_::NoFunction, float>> ==
              60 + 2 * 3);

// What parameters begin with: by the inputs and outputs of a weight, behind it as its bias, or by constants.
template <typename... Ps>
using ListOf = detail_::ParameterList<Parameters<Ps...>>;
using Affine = ListOf<Parameter<"weight", Shape<4, 3>>, Parameter<"bias", Shape<4>>>;
static_assert(Affine::tensors[0].fan_in == 3 && Affine::tensors[0].fan_out == 4 && Affine::tensors[1].fan_in == 3 &&
              Affine::tensors[1].fan_out == 0);
static_assert(ListOf<Parameter<"bias", Shape<4>>>::tensors[0].fan_in == 1);
using Constants = ListOf<Parameter<"a", Shape<4>, InitialValue<2.0>>, Parameter<"b", Shape<4>, InitialValue<3.0>>>;
static_assert(detail_::WeightAndBiasBegin<Constants>::initial == std::array<double, 2>{2, 3});
template <typename S, typename Initial = void>
constexpr bool is_parameter = detail_::ParameterParts<Parameter<"a", S, Initial>>::valid;
static_assert(is_parameter<Shape<1>> && !is_parameter<Shape<0>> && !is_parameter<Shape<>> && !is_parameter<int>);
static_assert(is_parameter<Shape<1>, FanIn<1>> && !is_parameter<Shape<1>, FanIn<0, 1>> &&
              !is_parameter<Shape<1>, FanIn<1, 0>> && !is_parameter<Shape<1>, int>);

static_assert(Accepts<user::Scale<3>, Shape<3, 4, 5>>);
static_assert(!Accepts<user::Scale<3>, Shape<4, 4, 5>> && !Accepts<user::Scale<3>, Shape<3>>);
static_assert(Accepts<user::Halves, Shape<4>> && !Accepts<user::Halves, Shape<5>> &&
              !Accepts<user::Halves, Shape<2, 2, 2>>);
static_assert(Accepts<user::Swish, Shape<2, 3>> && Accepts<user::Swish, Shape<7>>);
static_assert(WellFormed<Input<3, 4, 5>, user::Scale<3>> && !WellFormed<Input<3>, user::Scale<3>>);
static_assert(Layer<user::Scale<3>> && Layer<user::Halves>);

// A constant expression: forward, and a gradient of a first layer and of one behind another.
constexpr Tensor<float, Shape<2, 1, 2>> image{1, 2, 3, 4};
using Two = Sequential<Input<2, 1, 2>, user::Scale<2>, user::Scale<2>, Flatten>;
constexpr Two two = [] {
    Two net{};
    net.layer<0>().weight(0) = 2;
    net.layer<0>().weight(1) = 3;
    net.layer<1>().weight(0) = 5;
    net.layer<1>().weight(1) = 7;
    return net;
}();
static_assert(two(image) == Tensor<float, Shape<4>>{10, 20, 63, 84});
constexpr auto of_two = [] {
    const std::array<Two::input_tensor, 1> images{image};
    const std::array<Two::output_tensor, 1> targets{{{9, 18, 63, 84}}};
    return value_and_grad(two, MSELoss{}, images, targets).gradients;
}();
// MSELoss: the gradient with respect to the outputs is {1, 2, 0, 0} / 2.
static_assert(of_two.layer<0>().weight(0) == 0.5f * 5 * 1 + 1.0f * 5 * 2 && of_two.layer<0>().weight(1) == 0);
static_assert(of_two.layer<1>().weight(0) == 0.5f * 2 * 1 + 1.0f * 4 * 1 && of_two.layer<1>().weight(1) == 0);

// As the library's own layers -----------------------------------------------------------------------------------------

/// Small integers: every sum is exact, in any order.
template <typename T>
void draw_integers(T&& numbers, Draw& draw) {
    for (auto& number : numbers) {
        number = static_cast<float>(static_cast<int>(draw.whole(0, 6)) - 3);
    }
}

/// Two networks of one shape and with the same parameters in the same order: their outputs and gradients are equal.
template <typename Own, typename Library>
void check_equal(std::uint64_t seed) {
    static_assert(Own::parameter_count == Library::parameter_count);
    Draw draw(seed);
    Own own{};
    Library library{};
    draw_integers(own.parameters(), draw);
    std::copy(own.parameters().begin(), own.parameters().end(), library.parameters().begin());
    // Neither one nor as many as there are lanes; more than one group.
    std::vector<typename Own::input_tensor> images(37);
    std::vector<typename Own::output_tensor> targets(images.size());
    for (std::size_t n = 0; n < images.size(); ++n) {
        draw_integers(images[n].values, draw);
        draw_integers(targets[n].values, draw);
        CHECK(own(images[n]) == library(images[n]));
    }
    const auto mine = value_and_grad(own, MSELoss{}, images, targets);
    const auto theirs = value_and_grad(library, MSELoss{}, images, targets);
    CHECK(mine.loss == theirs.loss);
    double largest = 0;
    for (std::size_t i = 0; i < Own::parameter_count; ++i) {
        INFO("parameter " << i);
        const double reference = theirs.gradients.parameters()[i];
        // The mean divides by a number that is no power of two: products are rounded, and their sums are no longer exact.
        CHECK(mine.gradients.parameters()[i] == Approx(reference).epsilon(1e-5).margin(1e-4));
        largest = std::max(largest, std::abs(reference));
    }
    CHECK(largest > 1);
}

}  // namespace

TEST_CASE("a layer of one's own computes what the library's layer of the same mathematics does") {
    // First, last, behind a function, in front of one, in front of padding, in a block, and next to each other.
    check_equal<Sequential<Input<3, 5, 4>, user::Scale<3>>,
                Sequential<Input<3, 5, 4>, Conv2d<3, 3, Kernel<1>, Groups<3>, NoBias>>>(1);
    check_equal<Sequential<Input<2, 5, 6>, user::Conv3x3<2, 3>, ReLU, user::Scale<3>, user::Conv3x3<3, 2>>,
                Sequential<Input<2, 5, 6>, Conv2d<2, 3, Kernel<3>, Padding<1>>, ReLU,
                           Conv2d<3, 3, Kernel<1>, Groups<3>, NoBias>, Conv2d<3, 2, Kernel<3>, Padding<1>>>>(2);
    check_equal<Sequential<Input<2, 5, 6>, Conv2d<2, 3, Kernel<3>, Padding<1>>, user::Scale<3>, ReLU,
                           Conv2d<3, 2, Kernel<3>, Padding<1>>, user::Scale<2>, MaxPool2d<Kernel<2>>>,
                Sequential<Input<2, 5, 6>, Conv2d<2, 3, Kernel<3>, Padding<1>>,
                           Conv2d<3, 3, Kernel<1>, Groups<3>, NoBias>, ReLU, Conv2d<3, 2, Kernel<3>, Padding<1>>,
                           Conv2d<2, 2, Kernel<1>, Groups<2>, NoBias>, MaxPool2d<Kernel<2>>>>(3);
    check_equal<
        Sequential<Input<1, 4, 4>, Sequential<user::Conv3x3<1, 2>, Sequential<user::Scale<2>>>, Flatten, Linear<32, 3>>,
        Sequential<
            Input<1, 4, 4>,
            Sequential<Conv2d<1, 2, Kernel<3>, Padding<1>>, Sequential<Conv2d<2, 2, Kernel<1>, Groups<2>, NoBias>>>,
            Flatten, Linear<32, 3>>>(4);
}

TEST_CASE("the derivatives of all layers of this file") {
    const auto passes = [](const GradientReport& report) {
        INFO(report.sentence());
        CHECK(report);
    };
    passes(check_gradients<user::Scale<3>, Shape<3, 4, 5>>());
    passes(check_gradients<user::Conv3x3<2, 3>, Shape<2, 4, 5>>());
    passes(check_gradients<user::Parabola, Shape<7>>());
    passes(check_gradients<user::Parabola, Shape<2, 3, 2>>());
    passes(check_gradients<user::Swish, Shape<2, 3, 2>>());
    passes(check_gradients<user::Swish, Shape<4, 3>>());
    passes(check_gradients<user::Halves, Shape<6>>());
    passes(check_gradients<user::Gain, Shape<2, 3, 2>>());
    passes(check_gradients(WithNames{}));
    passes(check_gradients<user::Mixed, Shape<12>>());
}

TEST_CASE("parameters begin as they are declared") {
    Sequential<Input<3, 2, 2>, user::Scale<3>> scale{};
    initialize(scale, KaimingUniform{});
    CHECK(std::ranges::all_of(scale.parameters(), [](float p) { return p == 1; }));
    Sequential<Input<4>, user::Parabola> parabola{};
    initialize(parabola, KaimingUniform{});
    CHECK(std::ranges::all_of(parabola.parameters(), [](float p) { return p == 0.5f; }));

    Sequential<Input<5>, Linear<5, 12>, user::Mixed> mixed{};
    initialize(mixed, KaimingUniform{});
    const auto of_mixed = mixed.parameters().subspan(5 * 12 + 12);
    CHECK(std::ranges::none_of(of_mixed.first(12), [](float p) { return p == 0 || p < -0.5f || p > 0.5f; }));
    CHECK((of_mixed[12] == 0.25f && of_mixed[13] == 0.25f && of_mixed[14] == 2));

    // fan_in is 2 * 9 where nothing is said, as of the library's own layer: the same numbers.
    Sequential<Input<2, 4, 4>, user::Conv3x3<2, 5>> own{};
    Sequential<Input<2, 4, 4>, Conv2d<2, 5, Kernel<3>, Padding<1>>> library{};
    initialize(own, KaimingUniform{}, 3);
    initialize(library, KaimingUniform{}, 3);
    CHECK(std::ranges::equal(own.parameters(), library.parameters()));
    initialize(own, XavierUniform{}, 3);
    initialize(library, XavierUniform{}, 3);
    CHECK(std::ranges::equal(own.parameters(), library.parameters()));

    // 1/sqrt(4) is the bound, and the unit of the first random number is the same for each bound.
    Sequential<Input<4>, user::Gain> gain{};
    Sequential<Input<4>, Linear<4, 1, NoBias>> linear{};
    initialize(gain, KaimingUniform{}, 5);
    initialize(linear, KaimingUniform{}, 5);
    CHECK(gain.parameters()[0] == linear.parameters()[0]);
}

TEST_CASE("the table and the files of a network name the parameters of one's own layers") {
    CHECK(summary<WithNames>().find("0 user::Scale<3>  ") != std::string_view::npos);
    CHECK(summary<WithNames>().find("0 Conv3x3(...)  ") != std::string_view::npos);
    CHECK(summary<WithNames>().find("3 user::Parabola") != std::string_view::npos);

    WithNames saved{};
    Draw draw(6);
    draw_integers(saved.parameters(), draw);
    const std::string path = "custom_test.safetensors";
    save_safetensors(saved, path);
    WithNames loaded{};
    load_safetensors(loaded, path);
    CHECK(std::ranges::equal(saved.parameters(), loaded.parameters()));
    std::remove(path.c_str());
}

TEST_CASE("NaN and infinity pass through views") {
    using Net = Sequential<Input<2, 2, 2>, user::Scale<2>, user::Swish>;
    Net net{};
    initialize(net, KaimingUniform{});
    Net::input_tensor x{};
    x.values = {1, 2, std::numeric_limits<float>::quiet_NaN(), 4, 5, std::numeric_limits<float>::infinity(), 7, 8};
    const auto y = net(x);
    CHECK(std::isnan(y.values[2]));
    CHECK(std::isinf(y.values[5]));
    CHECK(std::isfinite(y.values[7]));
}

TEST_CASE("the sum of a gradient over many positions loses no digits") {
    // 90,000 terms of 0.1f: added one by one, the last digits of each would be lost, 1e-3 in the end.
    using Net = Sequential<Input<1, 300, 300>, user::Gain>;
    Net net{};
    net.parameters()[0] = 1;
    std::vector<Net::input_tensor> images(1);
    std::vector<Net::output_tensor> targets(1);
    images[0].values.fill(0.1f);
    targets[0].values.fill(1.1f);
    const auto result = value_and_grad(net, MSELoss{}, images, targets);
    const double element = 2.0 / 90'000 * static_cast<double>(0.1f - 1.1f) * static_cast<double>(0.1f);
    CHECK(result.gradients.parameters()[0] == Approx(90'000 * element).epsilon(1e-6));
}

TEST_CASE("one's own layers learn, with the same bits for any number of threads") {
    using Net = Sequential<Input<1, 4, 4>, user::Conv3x3<1, 3>, user::Swish, user::Scale<3>, Flatten, user::Halves,
                           Linear<24, 2>>;
    std::vector<Net::input_tensor> images(96);
    std::vector<int> labels(images.size());
    Draw draw(8);
    for (std::size_t n = 0; n < images.size(); ++n) {
        labels[n] = static_cast<int>(n % 2);
        for (std::size_t i = 0; i < 16; ++i) {
            // Bright columns or bright rows.
            const bool bright = (labels[n] == 0 ? i % 4 : i / 4) % 2 == 0;
            images[n].values[i] = static_cast<float>((bright ? 1 : 0) + draw.real(-0.2, 0.2));
        }
    }
    const Dataset<Shape<1, 4, 4>> data(images, labels);
    const auto train = [&](std::size_t threads) {
        Net net{};
        initialize(net, KaimingUniform{});
        fit(net, data, SGD{.lr = 0.2f}, {.epochs = 30, .batch_size = 32, .threads = threads});
        return net;
    };
    const Net net = train(1);
    CHECK(evaluate(net, data).accuracy == 1);
    const Net by_three = train(3);
    CHECK(std::ranges::equal(net.parameters(), by_three.parameters()));
    // In lanes as alone, up to roundings.
    const std::vector<std::size_t> many = predict(net, images);
    for (std::size_t n = 0; n < images.size(); ++n) {
        CHECK(many[n] == predict(net, images[n]));
    }
}
