// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/activation.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
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

/// map_forward and map_backward from one border to another: the image is there, nothing else has changed.
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
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        std::vector<T> image = numbers.integers<T>(count);
        const std::vector<T> gradient = numbers.integers<T>(count);
        in.put(input, lane, image);
        out.put(grad_output, lane, gradient);
        std::vector<T> grad_image = gradient;
        for (std::size_t i = 0; i < count; ++i) {
            grad_image[i] = naive::relu_backward(image[i], gradient[i]);
            image[i] = naive::relu_forward(image[i]);
        }
        out.put(expected_output, lane, image);
        in.put(expected_grad_input, lane, grad_image);
    }
    kernels::map_forward<kernels::ReLU, In, Out>(input.data(), output.data());
    CHECK(output == expected_output);
    kernels::map_backward<kernels::ReLU, In, Out>(input.data(), grad_output.data());
    CHECK(input == expected_grad_input);
}

template <Number V>
void check_maps() {
    check_map<V, Layout<1, 1, 1>, Layout<1, 1, 1>>();
    check_map<V, Layout<17, 1, 1>, Layout<17, 1, 1>>();
    check_map<V, Layout<3, 5, 4>, Layout<3, 5, 4, 2, 1>>();
    check_map<V, Layout<2, 1, 7, 0, 3>, Layout<2, 1, 7>>();
    check_map<V, Layout<4, 6, 3, 1, 0>, Layout<4, 6, 3, 0, 2>>();
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
