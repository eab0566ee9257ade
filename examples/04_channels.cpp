// SPDX-License-Identifier: MIT
//
// Channels: each input channel has a kernel of its own, and what they give is added up to one output channel.
// A layer with several output channels has such a set of kernels for each: its weight is (output, input, height,
// width).
#include <numeric>

#include <ctcnn/ctcnn.hpp>

#include "show.hpp"

using namespace ctcnn;

using OneOutput = Sequential<Input<2, 3, 3>, Conv2d<2, 1, Kernel<2>, NoBias>>;
using ThreeOutputs = Sequential<Input<2, 3, 3>, Conv2d<2, 3, Kernel<2>, NoBias>>;
static_assert(ThreeOutputs::output_shape{} == Shape<3, 2, 2>{});

using Colours = Sequential<Input<3, 12, 12>, Conv2d<3, 12, Kernel<3>>>;
static_assert(Colours::output_shape{} == Shape<12, 10, 10>{});
static_assert(Colours::parameter_count == 12 * 3 * 3 * 3 + 12);  // the kernels, and a bias for each output channel

constexpr Tensor<float, Shape<2, 3, 3>> image{1, 2, 3, 4, 5, 6, 7, 8, 9,  //
                                              0, 1, 2, 3, 4, 5, 6, 7, 8};

/// The kernel at (output, input) counts up from output + input: [[0, 1], [2, 3]] is the first of all.
template <typename Net>
constexpr auto convolve() {
    Net net{};
    const auto weight = net.template layer<0>().weight;
    for (std::size_t kernel = 0; kernel < weight.size() / 4; ++kernel) {
        const auto numbers = weight.span().subspan(4 * kernel, 4);
        std::iota(numbers.begin(), numbers.end(), static_cast<float>(kernel / 2 + kernel % 2));
    }
    return net(image);
}

static_assert(convolve<OneOutput>() == Tensor<float, Shape<1, 2, 2>>{52, 68, 100, 116});
static_assert(convolve<ThreeOutputs>() == Tensor<float, Shape<3, 2, 2>>{52, 68, 100, 116,  //
                                                                        72, 96, 144, 168,  //
                                                                        92, 124, 188, 220});

int main() {
    show("two channels in", image);
    show("three channels out", convolve<ThreeOutputs>());
}
