// SPDX-License-Identifier: MIT
#include <ctcnn/train/check_gradients.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/custom.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

/// What is wrong in a backward.
enum class Fault { none, input, input_at_border, weight, one_weight, bias, sign, factor, forgotten, not_finite };

/// y = x * weight^2 + bias, by channels.
template <Fault F>
struct Square : CustomLayer<Square<F>> {
    template <typename S>
    using parameters = Parameters<Parameter<"weight", Shape<S::dim(0)>>, Parameter<"bias", Shape<S::dim(0)>>>;

    static constexpr void forward(auto x, auto y, auto weight, auto bias) {
        for (const auto [c, h, w] : x.indices()) {
            y(c, h, w) = x(c, h, w) * weight(c) * weight(c) + bias(c);
        }
    }
    static constexpr void backward(auto x, auto weight, auto, auto grad_y, auto grad_x, auto grad_weight,
                                   auto grad_bias) {
        for (const auto [c, h, w] : x.indices()) {
            const auto g = grad_y(c, h, w);
            grad_x(c, h, w) = g * weight(c) * (F == Fault::input ? x.constant(1) : weight(c));
            if (F == Fault::input_at_border && w == 0) {
                grad_x(c, h, w) = g;
            }
            if (F == Fault::forgotten) {
                continue;
            }
            const auto of_weight = g * x(c, h, w) * x.constant(F == Fault::factor ? 2.001 : 2);
            if (F == Fault::weight) {
                grad_weight(c) += of_weight;
            } else if (F == Fault::sign) {
                grad_weight(c) -= of_weight * weight(c);
            } else if (F != Fault::one_weight || c != 1 || h != 0 || w != 0) {
                grad_weight(c) += of_weight * weight(c);
            }
            grad_bias(c) += F == Fault::bias ? g * x(c, h, w) : g;
            if (F == Fault::not_finite && c == 1) {
                grad_bias(c) += x.constant(std::numeric_limits<double>::quiet_NaN());
            }
        }
    }
};

template <Fault F>
GradientReport check_square() {
    return check_gradients<Square<F>, Shape<2, 3, 4>>();
}

/// max(0, x), whose derivative at 0 is said to be AtZero.
template <int AtZero>
struct Ramp : Activation<Ramp<AtZero>> {
    template <typename V>
    static constexpr V forward(V x) {
        return lane_math::at_least(x, V{});
    }
    template <typename V>
    static constexpr V backward(V y, V grad) {
        return lane_math::select_less(V{}, y, grad, grad * lane_math::constant<V>(AtZero));
    }
};

/// The identity, whose derivative is said to be infinite.
struct Infinite : Activation<Infinite> {
    template <typename V>
    static constexpr V forward(V x) {
        return x;
    }
    template <typename V>
    static constexpr V backward(V, V grad) {
        const V large = lane_math::constant<V>(std::numeric_limits<double>::max());
        return grad * large * large;
    }
};

/// What backward says of two parameters that nothing depends on, as parts of the one derivative that is not 0.
struct Noise {
    double weight;
    double unused;
};
template <Noise N>
struct Noisy : CustomLayer<Noisy<N>> {
    using parameters = Parameters<Parameter<"weight", Shape<2>>, Parameter<"unused", Shape<1>>>;

    static constexpr void forward(auto x, auto y, auto weight, auto) { y(0) = weight(0) * x.constant(0.01); }
    static constexpr void backward(auto x, auto, auto, auto grad_y, auto, auto grad_weight, auto grad_unused) {
        const auto right = grad_y(0) * x.constant(0.01);
        grad_weight(0) += right;
        grad_weight(1) += right * x.constant(N.weight);
        grad_unused(0) += right * x.constant(N.unused);
    }
};
template <Noise N>
bool is_noise() {
    return check_gradients<Noisy<N>, Shape<2>>().passed();
}

constexpr GradientCheckOptions options_alone{};
static_assert(options_alone.seed == 0 && options_alone.step == 1e-5 && options_alone.tolerance == 1e-4 &&
              options_alone.elements == 200);

/// It depends on nothing.
struct Silence : CustomLayer<Silence> {
    static constexpr void forward(auto, auto) {}
    static constexpr void backward(auto, auto, auto) {}
};

}  // namespace

TEST_CASE("right derivatives pass, of all tensors") {
    const GradientReport report = check_square<Fault::none>();
    INFO(report.sentence());
    CHECK(report.passed());
    CHECK(report);
    CHECK(report.compared == 2 * 3 * 4 + 2 + 2);
    CHECK(report.wrong == 0);
    CHECK(report.largest_error > 0);
    CHECK(report.largest_error < 1e-6);
    CHECK(report.sentence().find("passed: 28 derivatives agree with differences; the largest relative error is ") == 0);
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        CHECK(check_gradients<Square<Fault::none>, Shape<2, 3, 4>>({.seed = seed}));
    }
}

TEST_CASE("each wrong derivative is found, and said where") {
    const auto fails = [](const GradientReport& report, const std::string& tensor, std::size_t wrong) {
        INFO(report.sentence());
        CHECK_FALSE(report);
        CHECK(report.wrong == wrong);
        CHECK(report.element.find(tensor) == 0);
        CHECK(report.sentence().find("failed: " + std::to_string(wrong) + " of 28 derivatives are wrong") == 0);
        CHECK(report.sentence().find("that of " + report.element + ", which is ") != std::string::npos);
    };
    fails(check_square<Fault::input>(), "input(", 24);
    fails(check_square<Fault::input_at_border>(), "input(", 6);
    fails(check_square<Fault::weight>(), "weight(", 2);
    fails(check_square<Fault::one_weight>(), "weight(1)", 1);
    fails(check_square<Fault::bias>(), "bias(", 2);
    fails(check_square<Fault::sign>(), "weight(", 2);
    fails(check_square<Fault::factor>(), "weight(", 2);
    fails(check_square<Fault::forgotten>(), "", 4);
    fails(check_square<Fault::not_finite>(), "bias(1)", 1);
    const GradientReport sign = check_square<Fault::sign>();
    CHECK(sign.gradient == Approx(-sign.difference));
    CHECK(sign.largest_error == Approx(2));
    CHECK(check_square<Fault::factor>().largest_error == Approx(0.0005).epsilon(0.01));
    CHECK(check_gradients<Square<Fault::factor>, Shape<2, 3, 4>>({.tolerance = 1e-3}));
}

TEST_CASE("wrong derivatives are found in a network, by the network's own names") {
    using Net = Sequential<Input<1, 4, 4>, Conv2d<1, 2, Kernel<3>, Padding<1>>, Tanh,
                           Sequential<Square<Fault::weight>, Sigmoid>, Flatten, Linear<32, 2>>;
    Net net{};
    initialize(net, XavierUniform{.gain = 2});
    const GradientReport report = check_gradients(net);
    INFO(report.sentence());
    CHECK_FALSE(report);
    CHECK(report.element.find("2.0.weight(") == 0);
    CHECK(report.wrong == 2);
    CHECK(report.compared + report.kinks == 16 + Net::parameter_count);
}

TEST_CASE("the layers and networks of the library pass") {
    const auto passes = [](const GradientReport& report) {
        INFO(report.sentence());
        CHECK(report);
    };
    passes(check_gradients<Conv2d<2, 4, Kernel<3>, Padding<1>, Groups<2>>, Shape<2, 5, 4>>());
    passes(check_gradients<Linear<7, 3>, Shape<7>>());
    passes(check_gradients<MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>, Shape<2, 5, 4>>());
    passes(check_gradients<AvgPool2d<Kernel<2>>, Shape<2, 5, 4>>());
    passes(check_gradients<Flatten, Shape<2, 2, 2>>());
    passes(check_gradients<Sigmoid, Shape<9>>());
    passes(check_gradients<ReLU, Shape<9>>());
    passes(check_gradients<Sequential<Conv2d<1, 2, Kernel<3>>, Tanh, Flatten, LazyLinear<2>>, Shape<1, 5, 5>>());

    using Net = Sequential<Input<1, 8, 8>, Conv2d<1, 4, Kernel<3>>, ReLU, MaxPool2d<Kernel<2>>, Flatten, Linear<36, 12>,
                           Tanh, Linear<12, 3>>;
    // Parameters of 0 are drawn; of many, some are looked at.
    const GradientReport drawn = check_gradients(Net{});
    passes(drawn);
    CHECK(drawn.compared == 64 + 36 + 4 + 200 + 12 + 36 + 3);
    CHECK(check_gradients(Net{}, {.elements = 5}).compared == 5 + 5 + 4 + 5 + 5 + 5 + 3);
    Net::with_scalar<double> in_double{};
    initialize(in_double, KaimingUniform{});
    passes(check_gradients(in_double));
}

TEST_CASE("what is at a kink is not compared, and counted") {
    // What arrives at the function is 0 for all images, for the first layer has parameters of 0: those of its outputs
    // 0 and 2 that the last layer uses have a kink there.
    using Net = Sequential<Input<3>, Linear<3, 4>, Ramp<7>, Linear<4, 2>>;
    Net net{};
    net.layer<2>().weight(0, 0) = 1;
    net.layer<2>().weight(1, 2) = -2;
    const GradientReport report = check_gradients(net);
    INFO(report.sentence());
    CHECK(report);
    CHECK(report.kinks == 2 * 3 + 2);
    CHECK(report.compared == 3 + Net::parameter_count - report.kinks);
    CHECK(report.sentence().ends_with("; 8 at kinks were not compared"));
    // Away from 0 its wrong slope is found.
    CHECK_FALSE(check_gradients<Ramp<7>, Shape<9>>());
    CHECK(check_gradients<Ramp<0>, Shape<9>>());
    CHECK(check_gradients<Ramp<0>, Shape<9>>().kinks == 0);
}

TEST_CASE("a gradient that the disagreement of both sides explains is that of a kink") {
    // What arrives at ReLU is 0, and what leaves it is 4/10,000 of the output: to the right, the slope is larger by that.
    using Net = Sequential<Input<3>, Sigmoid, Linear<3, 1>, Concat<Identity, ReLU>, Linear<2, 1>>;
    Net net{};
    net.layer<3>().weight(0, 0) = 1;
    net.layer<3>().weight(0, 1) = 4e-4f;
    const GradientReport report = check_gradients(net);
    INFO(report.sentence());
    CHECK(report);
    CHECK(report.kinks == 3 + 1);
    CHECK(check_gradients(net, {.tolerance = 3e-4}).kinks == 0);

    using Derivative = detail_::train::Derivative<double>;
    CHECK(Derivative{0, 100, 100, 100.5}.between_sides(0));
    CHECK(Derivative{0, 100.5, 100, 100.5}.between_sides(0));
    CHECK(Derivative{0, 100.75, 100, 100.5}.between_sides(0.25));
    CHECK_FALSE(Derivative{0, 100.75, 100, 100.5}.between_sides(0.125));
    CHECK_FALSE(Derivative{0, 99.75, 100, 100.5}.between_sides(0.125));
}

TEST_CASE("an infinite derivative is a wrong one, and hides no others") {
    const GradientReport report = check_gradients<Infinite, Shape<9>>();
    INFO(report.sentence());
    CHECK_FALSE(report);
    CHECK(report.compared == 9);
    CHECK(report.wrong == 9);
    CHECK(report.kinks == 0);
    CHECK_FALSE(report.constant);
    CHECK(report.sentence().find("failed: 9 of 9 derivatives are wrong") == 0);
    CHECK(std::isinf(report.largest_error));

    using Derivative = detail_::train::Derivative<double>;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK_FALSE(Derivative{0, infinity, 100, 100}.between_sides(infinity));
    CHECK(Derivative{0, infinity, 100, 100}.magnitude() == 100);
    CHECK(Derivative{0, -200, 100, 100}.magnitude() == 200);
}

TEST_CASE("where no output depends on anything, nothing has been shown") {
    const GradientReport report = check_gradients<Silence, Shape<3>>();
    CHECK_FALSE(report);
    CHECK(report.sentence() ==
          "failed: there is nothing to compare, for no output depends smoothly on an input or a parameter");
    CHECK_FALSE(GradientReport{});
}

TEST_CASE("an error is relative to the largest derivatives of the tensor and of all") {
    CHECK(is_noise<Noise{0, 0}>());
    // A thousandth of the tensor's largest, times the tolerance.
    CHECK(is_noise<Noise{0.5e-7, 0}>());
    CHECK_FALSE(is_noise<Noise{2e-7, 0}>());
    // A hundred-thousandth of the largest of all.
    CHECK(is_noise<Noise{0, 0.5e-9}>());
    CHECK_FALSE(is_noise<Noise{0, 2e-9}>());

    using Derivative = detail_::train::Derivative<double>;
    CHECK_FALSE(Derivative{0, 0, 0, 0}.at_kink(0));
    CHECK_FALSE(Derivative{0, 100, 100, 100.05}.at_kink(0));
    CHECK(Derivative{0, 100, 100, 100.2}.at_kink(0));
    CHECK_FALSE(Derivative{0, 100, 100, 100.2}.at_kink(1000));
}

TEST_CASE("a report says what is in it") {
    GradientReport report;
    CHECK_FALSE(report.constant);
    CHECK(report.largest_error == 0);
    CHECK(report.gradient == 0);
    CHECK(report.difference == 0);
    report.compared = 1;
    CHECK(report.sentence().find("passed: 1 derivatives agree") == 0);
    report.kinks = 1;
    CHECK(report.sentence().ends_with("; 1 at kinks were not compared"));
    constexpr detail_::Indices dims = detail_::dims_of<Shape<2, 3, 4>>;
    CHECK(detail_::train::spell_element("1.weight", dims, 23) == "1.weight(1, 2, 3)");
    CHECK(detail_::train::spell_element("1.weight", dims, 13) == "1.weight(1, 0, 1)");
}

TEST_CASE("the parameters of a network are its own, unless all are 0; running statistics are no parameters") {
    // The fault shows where the input of the faulty layer is not 0.
    using Net = Sequential<Input<1, 4, 4>, Conv2d<1, 2, Kernel<3>, Padding<1>>, Tanh, Square<Fault::weight>>;
    Net net{};
    CHECK_FALSE(check_gradients(net));
    net.layer<2>().weight(0) = 0.5f;
    CHECK(check_gradients(net));
    const GradientReport report = check_gradients<BatchNorm1d<3>, Shape<3>>();
    CHECK(report);
    CHECK(report.compared + report.kinks == 3 + 3 + 3);
}
