// SPDX-License-Identifier: MIT
// Networks with drawn parameters, and how much a prepared network differs from its network.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/model/prepare.hpp>

#include "catch.hpp"
#include "draw.hpp"

namespace prepared {

template <std::size_t In, std::size_t Out, typename... Options>
using Conv3 = ctcnn::Conv2d<In, Out, ctcnn::Kernel<3>, ctcnn::Padding<1>, Options...>;

/// Parameters, and running statistics with variances above 0.
template <typename Net>
Net drawn(std::uint64_t seed = 1) {
    using T = typename Net::scalar;
    Net net{};
    Draw draw(seed);
    std::ranges::generate(net.parameters(), [&] { return draw.real<T>(T(-0.3), T(0.3)); });
    std::ranges::generate(net.buffers(), [&] { return draw.real<T>(T(0.2), 2); });
    return net;
}

template <typename Net>
typename Net::input_tensor image_of(std::uint64_t seed = 2) {
    using T = typename Net::scalar;
    typename Net::input_tensor image{};
    Draw draw(seed);
    std::ranges::generate(image.span(), [&] { return draw.real<T>(-1, 1); });
    return image;
}

/// The largest difference of two tensors, in units of the largest element of the first one.
template <typename Tensor>
double difference(const Tensor& expected, const Tensor& actual) {
    double largest = 0;
    double size = 0;
    for (std::size_t n = 0; n < Tensor::size(); ++n) {
        largest = std::max(largest, std::abs(double(expected.values[n]) - double(actual.values[n])));
        size = std::max(size, std::abs(double(expected.values[n])));
        // A NaN is larger than each limit.
        largest = std::isnan(double(actual.values[n])) ? std::numeric_limits<double>::infinity() : largest;
    }
    return largest / size;
}

/// How much prepare(net)(x) may differ from net(x), in units of the largest output. Sums are added in another order,
/// BatchNorms fold, and convolutions are filtered: each rounds a few units in the last place of its largest terms, 6e-8
/// and 1.1e-16 of them. With up to ten layers, outputs that are a tenth of their largest terms, and four units for each
/// layer, that is 2.4e-5 and 4.4e-14.
template <typename T>
inline constexpr double limit = sizeof(T) == sizeof(float) ? 2.4e-5 : 4.4e-14;

/// Compares prepare(net)(x) with net(x).
template <typename Net>
void check() {
    const Net net = drawn<Net>();
    const auto fast = ctcnn::prepare(net);
    ctcnn::Workspace<ctcnn::Prepared<Net>> buffers;
    for (std::uint64_t seed = 2; seed < 5; ++seed) {
        const auto image = image_of<Net>(seed);
        const auto outputs = fast(image, buffers);
        CHECK(difference(net(image), outputs) < limit<typename Net::scalar>);
        // A workspace that has been used, and a new one.
        CHECK(outputs == fast(image, buffers));
        CHECK(outputs == fast(image));
    }
}

template <typename Net>
void check_both() {
    check<Net>();
    check<typename Net::template with_scalar<double>>();
}

}  // namespace prepared
