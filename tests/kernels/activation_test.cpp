// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/activation.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// What a function does with numbers that leave no rounding to anybody.
struct ReLU {
    using Kernel = kernels::ReLU;
    template <typename T>
    static T backward(T output, T grad_output) {
        return naive::relu_backward(output, grad_output);
    }
};
struct Sigmoid {
    using Kernel = kernels::Sigmoid;
    template <typename T>
    static T backward(T output, T grad_output) {
        return naive::sigmoid_backward(output, grad_output);
    }
};
struct Tanh {
    using Kernel = kernels::Tanh;
    template <typename T>
    static T backward(T output, T grad_output) {
        return naive::tanh_backward(output, grad_output);
    }
};

/// Outputs in steps of an eighth from -1 to 1, integers as gradients: every product is exact.
template <typename F, typename T, typename V>
void check_backward() {
    for (int eighths = -8; eighths <= 8; ++eighths) {
        for (int gradient = -3; gradient <= 3; ++gradient) {
            V output = broadcast<V>(T(0));
            V grad_output = broadcast<V>(T(0));
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                set_lane(output, lane, static_cast<T>(eighths + static_cast<int>(lane)) / 8);
                set_lane(grad_output, lane, static_cast<T>(gradient));
            }
            const V result = F::Kernel::backward(output, grad_output);
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                CHECK(get_lane(result, lane) == F::backward(get_lane(output, lane), static_cast<T>(gradient)));
            }
        }
    }
}

template <typename F>
void check_backward_of_all() {
    check_backward<F, float, float>();
    check_backward<F, double, double>();
    check_backward<F, float, Lanes<float>>();
    check_backward<F, double, Lanes<double>>();
}

/// The kernel against the standard library, in every lane. Each function has a relative error of at most 3 epsilon, or
/// 6 in 16 lanes (tests/core/math_test.cpp), the standard library's formula of at most 2 more.
template <typename Kernel, Number V>
void check_forward(scalar_t<V> (*function)(scalar_t<V>)) {
    using T = scalar_t<V>;
    constexpr T allowed = (lane_count<V> == 16 ? 8 : 5) * std::numeric_limits<T>::epsilon();
    Draw draw(600);
    for (int round = 0; round < 500; ++round) {
        V input{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            set_lane(input, lane, draw.real(T(-20), T(20)));
        }
        const V output = Kernel::forward(input);
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const T expected = function(get_lane(input, lane));
            CHECK(std::abs(get_lane(output, lane) - expected) <= allowed * std::abs(expected));
        }
    }
}

template <Number V>
void check_forward_of_all() {
    using T = scalar_t<V>;
    check_forward<kernels::Sigmoid, V>(&naive::sigmoid_forward<T>);
    check_forward<kernels::Tanh, V>(&naive::tanh_forward<T>);
}

/// map_forward, map_backward and map_backward_of_sum from one border to another: the image is there, nothing else has changed.
template <Number V, typename In, typename Out>
void check_map() {
    using T = scalar_t<V>;
    constexpr Extent size{In::height, In::width};
    const Place in{In::channels, size, In::border};
    const Place out{Out::channels, size, Out::border};
    const std::size_t count = In::channels * In::height * In::width;
    Draw numbers(610, count);
    Buffer<V> input(in.numbers());
    Buffer<V> output(out.numbers());
    Buffer<V> expected_output(out.numbers());
    Buffer<V> grad_output(out.numbers());
    Buffer<V> expected_grad_input(in.numbers());
    Buffer<V> same_input(in.numbers());
    Buffer<V> first_part(in.numbers());
    Buffer<V> second_part(in.numbers());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        std::vector<T> image = numbers.integers<T>(count);
        const std::vector<T> gradient = numbers.integers<T>(count);
        const std::vector<T> part = numbers.integers<T>(count);
        in.put(input, lane, image);
        in.put(same_input, lane, image);
        out.put(grad_output, lane, gradient);
        std::vector<T> grad_image = gradient;
        std::vector<T> rest = gradient;
        for (std::size_t i = 0; i < count; ++i) {
            grad_image[i] = naive::relu_backward(image[i], gradient[i]);
            rest[i] = gradient[i] - part[i];
            image[i] = naive::relu_forward(image[i]);
        }
        out.put(expected_output, lane, image);
        in.put(expected_grad_input, lane, grad_image);
        in.put(first_part, lane, part);
        in.put(second_part, lane, rest);
    }
    kernels::map_forward<Stage<In, Out, kernels::ReLU, V>>(input.data(), output.data());
    CHECK(output == expected_output);
    kernels::map_backward<Stage<In, Out, kernels::ReLU, V>>(input.data(), grad_output.data());
    CHECK(input == expected_grad_input);
    kernels::map_backward_of_sum<Stage<In, Out, kernels::ReLU, V>>(same_input.data(), first_part.data(),
                                                                   second_part.data());
    CHECK(same_input == expected_grad_input);
}

template <Number V>
void check_maps() {
    check_map<V, Layout<1, 1, 1>, Layout<1, 1, 1>>();
    check_map<V, Layout<17, 1, 1>, Layout<17, 1, 1>>();
    check_map<V, Layout<3, 5, 4>, Layout<3, 5, 4, 2, 1>>();
    check_map<V, Layout<2, 1, 7, 0, 3>, Layout<2, 1, 7>>();
    check_map<V, Layout<4, 6, 3, 1, 0>, Layout<4, 6, 3, 0, 2>>();
}

/// A function as mathematics says it, with its derivative, both of the input.
template <typename F, bool OfInput, long double (*Value)(long double), long double (*Slope)(long double)>
struct Truth {
    using Kernel = F;
    static constexpr bool of_input = OfInput;  // whether backward gets the input, and not the output
    static long double value(long double x) { return Value(x); }
    static long double slope(long double x) { return Slope(x); }
};

namespace truth {

constexpr long double alpha = 1.6732632423543772848L;
constexpr long double scale = 1.0507009873554804934L;

long double leaky(long double x) { return x > 0 ? x : x / 4; }
long double leaky_slope(long double x) { return x > 0 ? 1 : 0.25L; }
long double elu(long double x) { return x > 0 ? x : std::expm1(x) / 2; }
long double elu_slope(long double x) { return x > 0 ? 1 : std::exp(x) / 2; }
long double selu(long double x) { return scale * (x > 0 ? x : alpha * std::expm1(x)); }
long double selu_slope(long double x) { return scale * (x > 0 ? 1 : alpha * std::exp(x)); }
long double clamp(long double x) { return x < -2 ? -2 : x > 3 ? 3 : x; }
long double clamp_slope(long double x) { return x > -2 && x < 3 ? 1 : 0; }
long double hard(long double x) { return x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6; }
long double hard_slope(long double x) { return x > -3 && x < 3 ? 1 / 6.0L : 0; }
long double softplus(long double x) { return x > 20 ? x : std::log1p(std::exp(x)); }
long double softplus_slope(long double x) { return x > 20 ? 1 : 1 / (1 + std::exp(-x)); }
long double softplus_2(long double x) { return 2 * x > 3 ? x : std::log1p(std::exp(2 * x)) / 2; }
long double softplus_2_slope(long double x) { return 2 * x > 3 ? 1 : 1 / (1 + std::exp(-2 * x)); }
long double gelu(long double x) { return x * std::erfc(-x / std::sqrt(2.0L)) / 2; }
long double gelu_slope(long double x) {
    return std::erfc(-x / std::sqrt(2.0L)) / 2 + x * std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0L));
}
long double gelu_tanh(long double x) {
    return x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0L)) * (x + 0.044715L * x * x * x))) / 2;
}
long double gelu_tanh_slope(long double x) {
    const long double t = std::tanh(std::sqrt(2 / std::acos(-1.0L)) * (x + 0.044715L * x * x * x));
    return (1 + t + x * (1 - t * t) * std::sqrt(2 / std::acos(-1.0L)) * (1 + 3 * 0.044715L * x * x)) / 2;
}
long double silu(long double x) { return x / (1 + std::exp(-x)); }
long double silu_slope(long double x) {
    const long double s = 1 / (1 + std::exp(-x));
    return s * (1 + x * (1 - s));
}
long double hardswish(long double x) { return x * hard(x); }
long double hardswish_slope(long double x) { return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5L; }

}  // namespace truth

template <typename Check>
void for_each_function(const Check& check) {
    check(Truth<kernels::LeakyReLU<0.25>, false, truth::leaky, truth::leaky_slope>{});
    check(Truth<kernels::ScaledELU<0.5>, false, truth::elu, truth::elu_slope>{});
    check(Truth<kernels::ScaledELU<1.6732632423543772, 1.0507009873554805>, false, truth::selu, truth::selu_slope>{});
    check(Truth<kernels::Clamp<-2.0, 3.0>, false, truth::clamp, truth::clamp_slope>{});
    check(Truth<kernels::Hardsigmoid, false, truth::hard, truth::hard_slope>{});
    check(Truth<kernels::Softplus<1.0, 20.0>, false, truth::softplus, truth::softplus_slope>{});
    check(Truth<kernels::SoftplusOfInput<2.0, 3.0>, true, truth::softplus_2, truth::softplus_2_slope>{});
    check(Truth<kernels::GELU, true, truth::gelu, truth::gelu_slope>{});
    check(Truth<kernels::GELUTanh, true, truth::gelu_tanh, truth::gelu_tanh_slope>{});
    check(Truth<kernels::SiLU, true, truth::silu, truth::silu_slope>{});
    check(Truth<kernels::Hardswish, true, truth::hardswish, truth::hardswish_slope>{});
}

/// Values and derivatives in every lane. Each elementary function has an error of a few epsilon, 8 in 16 lanes
/// (tests/core/math_test.cpp), and few operations come after it. GELU adds 1 to an error function that may be nearly
/// -1: its error is one relative to x. The derivatives of SiLU and GELUTanh are x times what is left of 1 - s or 1 -
/// t^2, which is off by an epsilon.
template <typename F, Number V>
void check_function() {
    using T = scalar_t<V>;
    using Kernel = typename F::Kernel;
    constexpr T allowed = (lane_count<V> == 16 ? 12 : 8) * std::numeric_limits<T>::epsilon();
    constexpr bool cancels = std::is_same_v<Kernel, kernels::GELU> || std::is_same_v<Kernel, kernels::GELUTanh>;
    Draw draw(620);
    for (int round = 0; round < 400; ++round) {
        const T width = round % 4 == 0 ? T(0.01) : round % 4 == 1 ? T(1) : round % 4 == 2 ? T(8) : T(40);
        V input{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            set_lane(input, lane, draw.real(-width, width));
        }
        const V output = Kernel::forward(input);
        const V gradient = Kernel::backward(F::of_input ? input : output, broadcast<V>(-3));
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const T x = get_lane(input, lane);
            const T expected = static_cast<T>(F::value(x));
            INFO("at " << x);
            CHECK(std::abs(get_lane(output, lane) - expected) <= allowed * std::abs(cancels ? x : expected));
            CHECK(std::abs(get_lane(gradient, lane) - static_cast<T>(-3 * F::slope(x))) <=
                  3 * allowed * (1 + std::abs(x)));
        }
    }
}

/// NaN passes forward, and backward where the gradient is NaN; what is far out is finite.
template <typename F, Number V>
void check_extremes() {
    using T = scalar_t<V>;
    using Kernel = typename F::Kernel;
    const auto first = [](V x) { return get_lane(x, 0); };
    const V nan = broadcast<V>(std::numeric_limits<T>::quiet_NaN());
    CHECK(std::isnan(first(Kernel::forward(nan))));
    CHECK(std::isnan(first(Kernel::backward(nan, nan))));
    for (const T large : {T(100), T(1e4), T(1e30)}) {
        for (const T x : {large, -large}) {
            INFO("at " << x);
            const V output = Kernel::forward(broadcast<V>(x));
            const auto expected = static_cast<T>(F::value(x));
            CHECK(std::abs(first(output) - expected) <= std::abs(expected) * T(1e-6) + T(1e-30));
            const V gradient = Kernel::backward(F::of_input ? broadcast<V>(x) : output, broadcast<V>(1));
            CHECK(std::abs(first(gradient) - static_cast<T>(F::slope(x))) <= T(1e-6));
        }
    }
}

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

static_assert(kernels::ReLU::forward(-2.0f) == 0.0f);
static_assert(kernels::ReLU::forward(2.0f) == 2.0f);
static_assert(kernels::ReLU::backward(0.0f, 5.0f) == 0.0f, "the derivative at the kink is 0, as in PyTorch");
static_assert(kernels::Sigmoid::forward(0.0f) == 0.5f);
static_assert(kernels::Sigmoid::backward(0.5f, 4.0f) == 1.0f);
static_assert(kernels::Tanh::forward(0.0f) == 0.0f);
static_assert(kernels::Tanh::backward(0.5f, 4.0f) == 3.0f);

static_assert(kernels::LeakyReLU<0.5>::forward(-2.0f) == -1.0f);
static_assert(kernels::LeakyReLU<0.5>::backward(-1.0f, 4.0f) == 2.0f);
static_assert(kernels::ScaledELU<2.0>::forward(0.0f) == 0.0f && kernels::ScaledELU<2.0>::forward(3.0f) == 3.0f);
static_assert(kernels::ScaledELU<2.0>::forward(-100.0f) == -2.0f);
static_assert(kernels::Clamp<-1.0, 1.0>::backward(1.0f, 4.0f) == 0.0f,
              "the derivative at the kink is 0, as in PyTorch");
static_assert(kernels::Softplus<1.0, 20.0>::forward(21.0f) == 21.0f);
static_assert(kernels::GELU::forward(0.0f) == 0.0f && kernels::GELU::backward(0.0f, 4.0f) == 2.0f);
static_assert(kernels::GELUTanh::forward(0.0f) == 0.0f && kernels::GELUTanh::backward(0.0f, 4.0f) == 2.0f);
static_assert(kernels::SiLU::forward(0.0f) == 0.0f && kernels::SiLU::backward(0.0f, 4.0f) == 2.0f);
static_assert(kernels::Hardswish::forward(4.0f) == 4.0f && kernels::Hardswish::backward(-3.0f, 4.0f) == 0.0f);
static_assert(kernels::Composed<kernels::Clamp<-1.0, 1.0>, kernels::ReLU>::forward(-5.0f) == 0.0f);
static_assert(kernels::Composed<kernels::SiLU, kernels::Tanh>::backward(0.0f, 4.0f) == 2.0f);

}  // namespace

TEST_CASE("ReLU equals the naive function") {
    for (const int number : {-3, -2, -1, 0, 1, 2, 3}) {
        CHECK(kernels::ReLU::forward(static_cast<float>(number)) == naive::relu_forward(static_cast<float>(number)));
        CHECK(kernels::ReLU::forward(static_cast<double>(number)) == naive::relu_forward(static_cast<double>(number)));
    }
    CHECK(kernels::ReLU::forward(infinity) == infinity);
    CHECK(kernels::ReLU::forward(-infinity) == 0);
    CHECK(std::isnan(kernels::ReLU::forward(not_a_number)));
    CHECK(std::isnan(get_lane(kernels::ReLU::forward(broadcast<Lanes<float>>(not_a_number)), 1)));
}

TEST_CASE("derivatives equal the naive functions") {
    check_backward_of_all<ReLU>();
    check_backward_of_all<Sigmoid>();
    check_backward_of_all<Tanh>();
}

TEST_CASE("sigmoid and tanh are those of the standard library") {
    check_forward_of_all<float>();
    check_forward_of_all<double>();
    check_forward_of_all<Lanes<float>>();
    check_forward_of_all<Lanes<double>>();
}

TEST_CASE("a function applied to an image changes the image alone") {
    check_maps<float>();
    check_maps<double>();
    check_maps<Lanes<float>>();
    check_maps<Lanes<double>>();
}

TEST_CASE("activations and their derivatives are those of mathematics") {
    for_each_function([]<typename F>(F) {
        check_function<F, float>();
        check_function<F, double>();
        check_function<F, Lanes<float>>();
        check_function<F, Lanes<double>>();
    });
}

TEST_CASE("activations far out, and of NaN") {
    for_each_function([]<typename F>(F) {
        check_extremes<F, float>();
        check_extremes<F, double>();
        check_extremes<F, Lanes<float>>();
        check_extremes<F, Lanes<double>>();
    });
}

namespace {

/// Where element i of an image lies, channel by channel, row by row.
template <typename L>
constexpr std::size_t place_of(std::size_t i) {
    return L::offset(i / (L::height * L::width), i / L::width % L::height, i % L::width);
}

/// An image is copied into one of another shape, through a ReLU, and its gradient back; borders are left alone.
template <typename In, typename Out>
void check_copy() {
    using S = Stage<In, Out, kernels::ReLU, float>;
    std::vector<float> input(In::size, -9.0f);
    std::vector<float> expected(Out::size, -7.0f);
    std::vector<float> output = expected;
    std::vector<float> grad_output(Out::size, -9.0f);
    std::vector<float> expected_gradient = input;
    for (std::size_t i = 0; i < In::channels * In::height * In::width; ++i) {
        const float x = i % 3 == 0 ? -1.0f : static_cast<float>(i);
        const float g = static_cast<float>(100 + i);
        input[place_of<In>(i)] = x;
        expected[place_of<Out>(i)] = x > 0 ? x : 0.0f;
        grad_output[place_of<Out>(i)] = g;
        expected_gradient[place_of<In>(i)] = x > 0 ? g : 0.0f;
    }
    kernels::map_forward<S>(input.data(), output.data());
    CHECK(output == expected);
    kernels::map_backward<S>(input.data(), grad_output.data());
    CHECK(input == expected_gradient);
}

}  // namespace

TEST_CASE("images are copied into others of another shape, with borders or without") {
    check_copy<Layout<2, 3, 4>, Layout<2, 3, 4, 1, 2>>();
    check_copy<Layout<2, 3, 4, 1, 0>, Layout<2, 3, 4>>();
    // As many rows, and as many columns.
    check_copy<Layout<2, 3, 4, 1, 1>, Layout<4, 3, 2, 0, 1>>();
    check_copy<Layout<2, 3, 4, 1, 1>, Layout<3, 2, 4, 0, 1>>();
    check_copy<Layout<24, 1, 1>, Layout<2, 3, 4, 1, 1>>();
}
