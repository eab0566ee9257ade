// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/softmax.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// The naive softmax, its logarithm, or the gradient with respect to the input, of one pixel.
std::vector<long double> naive_softmax(const std::vector<long double>& x) {
    long double largest = x[0];
    for (const long double number : x) {
        largest = std::max(largest, number);
    }
    std::vector<long double> result;
    long double sum = 0;
    for (const long double number : x) {
        result.push_back(std::exp(number - largest));
        sum += result.back();
    }
    for (long double& number : result) {
        number /= sum;
    }
    return result;
}
std::vector<long double> naive_gradient(bool log, const std::vector<long double>& x,
                                        const std::vector<long double>& g) {
    const std::vector<long double> p = naive_softmax(x);
    std::vector<long double> result;
    for (std::size_t i = 0; i < x.size(); ++i) {
        long double sum = 0;
        for (std::size_t k = 0; k < x.size(); ++k) {
            const long double same = i == k ? 1 : 0;
            sum += g[k] * (log ? same - p[i] : p[k] * (same - p[i]));
        }
        result.push_back(sum);
    }
    return result;
}

/// Inputs up to `width`: their difference, which the powers magnify, has an error of width epsilon, and the sums of
/// channels one of some epsilon.
template <bool Log, Number V, typename In, typename Out>
void check_softmax(scalar_t<V> width) {
    using T = scalar_t<V>;
    constexpr std::size_t pixels = In::height * In::width;
    constexpr std::size_t count = In::channels * pixels;
    const T allowed = (16 + 2 * width) * std::numeric_limits<T>::epsilon();
    const Place in{In::channels, {In::height, In::width}, In::border};
    const Place out{Out::channels, {In::height, In::width}, Out::border};
    Draw numbers(640, count);
    Buffer<V> input(in.numbers());
    Buffer<V> output(out.numbers());
    Buffer<V> grad_output(out.numbers());
    std::vector<std::vector<T>> images;
    std::vector<std::vector<T>> gradients;
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        images.push_back(numbers.reals<T>(count, -width, width));
        gradients.push_back(numbers.reals<T>(count, -1, 1));
        in.put(input, lane, images.back());
        out.put(grad_output, lane, gradients.back());
    }
    kernels::softmax_forward<Log, Stage<In, Out, NoFunction, V>>(input.data(), output.data());
    kernels::softmax_backward<Log, Stage<In, Out, NoFunction, V>>(input.data(), grad_output.data());
    CHECK(output.guards_are_untouched());
    CHECK(input.guards_are_untouched());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            std::vector<long double> x;
            std::vector<long double> g;
            for (std::size_t c = 0; c < In::channels; ++c) {
                x.push_back(images[lane][c * pixels + pixel]);
                g.push_back(gradients[lane][c * pixels + pixel]);
            }
            const auto expected = naive_softmax(x);
            const auto expected_gradient = naive_gradient(Log, x, g);
            for (std::size_t c = 0; c < In::channels; ++c) {
                const T y = get_lane(output.data()[Out::offset(c, pixel / In::width, pixel % In::width)], lane);
                const auto right = static_cast<T>(Log ? std::log(expected[c]) : expected[c]);
                CHECK(std::abs(y - right) <= allowed * (Log ? 1 : std::abs(right)));
                const T dx = get_lane(input.data()[In::offset(c, pixel / In::width, pixel % In::width)], lane);
                CHECK(std::abs(dx - static_cast<T>(expected_gradient[c])) <= (Log ? In::channels : 1) * allowed);
            }
        }
    }
}

template <Number V>
void check_shapes() {
    for (const int width : {1, 20}) {
        check_softmax<false, V, Layout<11, 1, 1>, Layout<11, 1, 1>>(scalar_t<V>(width));
        check_softmax<true, V, Layout<11, 1, 1>, Layout<11, 1, 1>>(scalar_t<V>(width));
        check_softmax<false, V, Layout<5, 3, 4>, Layout<5, 3, 4, 1, 2>>(scalar_t<V>(width));
        check_softmax<true, V, Layout<5, 3, 4, 2, 0>, Layout<5, 3, 4>>(scalar_t<V>(width));
        check_softmax<false, V, Layout<1, 2, 2>, Layout<1, 2, 2>>(scalar_t<V>(width));
    }
}

/// Of one image with three features.
template <bool Log>
constexpr std::array<float, 3> softmax_of(std::array<float, 3> x) {
    std::array<float, 3> y{};
    kernels::softmax_forward<Log, Stage<Layout<3, 1, 1>, Layout<3, 1, 1>, NoFunction, float>>(x.data(), y.data());
    return y;
}

static_assert(softmax_of<false>({1e4f, -1e4f, -1e4f})[0] == 1.0f);
static_assert(softmax_of<true>({1e4f, -1e4f, 0})[1] == -2e4f);
static_assert(softmax_of<false>({2, 2, -1e4f})[1] == 0.5f);

}  // namespace

TEST_CASE("Softmax and LogSoftmax are those of mathematics") {
    check_shapes<float>();
    check_shapes<double>();
    check_shapes<Lanes<float>>();
    check_shapes<Lanes<double>>();
}

TEST_CASE("the function behind Softmax and the one before it are applied") {
    std::array<double, 2> x{0.5, 1.5};
    std::array<double, 2> y{};
    using L = Layout<2, 1, 1>;
    kernels::softmax_forward<false, Stage<L, L, kernels::Clamp<0.25, 0.5>, double>>(x.data(), y.data());
    CHECK(y[1] == 0.5);
    CHECK(y[0] == Approx(1 / (1 + std::exp(1.0))));
    const std::array<double, 2> gradient{1, 0};
    std::array<double, 2> plain = x;
    kernels::softmax_backward<false, Stage<L, L, NoFunction, double>>(plain.data(), gradient.data());
    kernels::softmax_backward<false, Stage<L, L, kernels::Clamp<0.0, 1.0>, double>>(x.data(), gradient.data());
    CHECK(x[0] == plain[0]);
    CHECK(x[0] != 0);
    CHECK(x[1] == 0);
}

TEST_CASE("NaN makes the whole softmax NaN") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t place = 0; place < 3; ++place) {
        std::array<float, 3> x{1, 2, 3};
        x[place] = nan;
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(std::isnan(softmax_of<false>(x)[i]));
            CHECK(std::isnan(softmax_of<true>(x)[i]));
        }
    }
}
