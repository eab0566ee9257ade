// SPDX-License-Identifier: MIT
// PReLU on small integers against naive loops, bit by bit: nothing but the image changes.
#include <ctcnn/kernels/prelu.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// Before a limit of -3 on the way forward, behind ReLU on the way back.
template <Number V, std::size_t Weights, typename In, typename Out>
void check_prelu() {
    using T = scalar_t<V>;
    constexpr Extent size{In::height, In::width};
    constexpr std::size_t plane = In::height * In::width;
    constexpr std::size_t count = In::channels * plane;
    const Place in{In::channels, size, In::border};
    const Place out{Out::channels, size, Out::border};
    Draw numbers(630, count * Weights);
    const std::vector<T> weight = numbers.integers<T>(Weights);
    Buffer<V> input(in.numbers());
    Buffer<V> output(out.numbers());
    Buffer<V> expected_output(out.numbers());
    Buffer<V> grad_output(out.numbers());
    Buffer<V> expected_grad_input(in.numbers());
    std::vector<T> expected_gradient(Weights, T(100));
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        std::vector<T> image = numbers.integers<T>(count);
        std::vector<T> gradient = numbers.integers<T>(count);
        in.put(input, lane, image);
        out.put(grad_output, lane, gradient);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t n = Weights == 1 ? 0 : i / plane;
            const T x = image[i];
            expected_gradient[n] += x > 0 ? T(0) : x * gradient[i];
            image[i] = std::max(x > 0 ? x : weight[n] * x, T(-3));
            gradient[i] = naive::relu_backward(x, x > 0 ? gradient[i] : weight[n] * gradient[i]);
        }
        out.put(expected_output, lane, image);
        in.put(expected_grad_input, lane, gradient);
    }
    kernels::prelu_forward<Weights, Stage<In, Out, kernels::Clamp<-3.0, 1e6>, V>>(weight.data(), input.data(),
                                                                                  output.data());
    CHECK(output == expected_output);
    std::vector<T> gradient(Weights, T(100));
    kernels::prelu_backward_weight<Weights, Stage<In, Out, NoFunction, V>>(input.data(), grad_output.data(), true,
                                                                           gradient.data());
    CHECK(gradient == expected_gradient);
    kernels::prelu_backward_weight<Weights, Stage<In, Out, NoFunction, V>>(input.data(), grad_output.data(), false,
                                                                           gradient.data());
    for (std::size_t n = 0; n < Weights; ++n) {
        CHECK(gradient[n] == expected_gradient[n] - 100);
    }
    kernels::prelu_backward_input<Weights, Stage<In, Out, kernels::ReLU, V>>(weight.data(), input.data(),
                                                                             grad_output.data());
    CHECK(input == expected_grad_input);
}

template <Number V>
void check() {
    check_prelu<V, 1, Layout<1, 1, 1>, Layout<1, 1, 1>>();
    check_prelu<V, 1, Layout<17, 1, 1>, Layout<17, 1, 1>>();
    check_prelu<V, 17, Layout<17, 1, 1>, Layout<17, 1, 1>>();
    check_prelu<V, 1, Layout<3, 5, 4>, Layout<3, 5, 4, 2, 1>>();
    check_prelu<V, 3, Layout<3, 5, 4>, Layout<3, 5, 4, 2, 1>>();
    check_prelu<V, 2, Layout<2, 1, 7, 0, 3>, Layout<2, 1, 7>>();
    check_prelu<V, 4, Layout<4, 6, 3, 1, 0>, Layout<4, 6, 3, 0, 2>>();
}

}  // namespace

TEST_CASE("PReLU equals the naive loops") {
    check<float>();
    check<double>();
    check<Lanes<float>>();
    check<Lanes<double>>();
}
