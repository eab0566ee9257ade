// SPDX-License-Identifier: MIT
// Pooling of blocked images against the naive loops, bit by bit.
#include <ctcnn/kernels/prepared/pool2d.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/mean2d.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "images.hpp"
#include "naive.hpp"

using namespace ctcnn::detail_;
using kernels::AdaptiveMean;

namespace {

template <Window W, typename In, std::size_t Border>
using OutputOf = BlockedLayout<In::count, In::channels, output_extent(W, In::height, In::width).height,
                               output_extent(W, In::height, In::width).width, Border, 2 * Border, 0, Border>;

/// The output of a kernel. Around the input lies NaN: padding is no part of a window.
template <typename Kernel>
prepared_test::Buffer<typename Kernel::Out, typename Kernel::T> run(const std::vector<typename Kernel::T>& image) {
    static_assert(kernels::prepared::PreparedKernel<Kernel>);
    static_assert(Kernel::packed_size == 0 && Kernel::scratch_size == 0);
    const prepared_test::Buffer<typename Kernel::In, typename Kernel::T> input(image);
    prepared_test::Buffer<typename Kernel::Out, typename Kernel::T> output;
    Kernel::pack(nullptr, nullptr, nullptr);
    Kernel::forward(nullptr, input.data(), output.data(), nullptr);
    return output;
}

template <typename Kernel, typename Function>
void check(const std::vector<typename Kernel::T>& image, std::vector<typename Kernel::T> expected) {
    using V = typename Kernel::V;
    for (auto& element : expected) {
        element = get_lane(Function::forward(broadcast<V>(element)), 0);
    }
    CHECK(run<Kernel>(image) == prepared_test::Buffer<typename Kernel::Out, typename Kernel::T>(expected));
}

/// Both kinds of pooling. The sums of the integers are exact, and kernel and test both multiply them by the rounded
/// 1 / (number of elements), once.
template <Window W, typename In, typename Function, typename V, std::size_t Border = 0>
void check_window() {
    using T = scalar_t<V>;
    using At = Stage<In, OutputOf<W, In, Border>, Function, V>;
    INFO("kernel " << W.kernel.height << "x" << W.kernel.width << ", stride " << W.stride.height << "x"
                   << W.stride.width << ", padding " << W.padding.height << "x" << W.padding.width << ", ceil "
                   << W.ceil << ", image " << In::channels << "x" << In::height << "x" << In::width << ", lanes "
                   << V::count);
    const naive::Pool2d pool{In::channels, {In::height, In::width}, W};
    Draw draw(In::channels, In::height);
    std::vector<T> image = draw.integers<T>(pool.input_size());

    std::vector<T> sums(pool.output_size());
    std::vector<T> inside(pool.output_size());
    pool.for_each_pixel([&](std::size_t o, std::size_t i, std::size_t) {
        sums[o] += image[i];
        inside[o] += 1;
    });
    std::vector<T> with_padding = sums;
    std::vector<T> without_padding = sums;
    for (std::size_t o = 0; o < sums.size(); ++o) {
        // With ceil_mode, what lies behind the padded image does not count.
        const std::size_t h = o / pool.output().width % pool.output().height;
        const std::size_t w = o % pool.output().width;
        const std::size_t rows = std::min(W.kernel.height, In::height + 2 * W.padding.height - h * W.stride.height);
        const std::size_t columns = std::min(W.kernel.width, In::width + 2 * W.padding.width - w * W.stride.width);
        with_padding[o] *= T{1} / static_cast<T>(rows * columns);
        without_padding[o] *= T{1} / inside[o];
    }
    check<kernels::prepared::AvgPool2d<W, true, At>, Function>(image, with_padding);
    check<kernels::prepared::AvgPool2d<W, false, At>, Function>(image, without_padding);

    image[image.size() / 2] = std::numeric_limits<T>::quiet_NaN();
    image[image.size() / 3] = -std::numeric_limits<T>::infinity();
    check<kernels::prepared::MaxPool2d<W, At>, Function>(image, naive::max_pool2d_forward(pool, image).output);
}

template <typename V>
void check_windows() {
    constexpr std::size_t n = V::count;
    using Image = BlockedLayout<n, n + 3, 8, 9, 1, 1>;
    check_window<Window{.kernel = {2, 2}, .stride = {2, 2}}, Image, NoFunction, V>();
    check_window<Window{.kernel = {2, 2}, .stride = {2, 2}, .ceil = true}, Image, kernels::ReLU, V, 1>();
    check_window<Window{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}, Image, NoFunction, V, 1>();
    check_window<Window{.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}}, BlockedLayout<n, 2 * n, 5, 5>,
                 NoFunction, V, 2>();
    check_window<Window{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .ceil = true}, Image, kernels::Sigmoid,
                 V>();
    check_window<Window{.kernel = {3, 2}, .stride = {1, 3}, .padding = {1, 0}}, BlockedLayout<n, 3, 4, 10>,
                 kernels::ReLU, V>();
    check_window<Window{.kernel = {5, 7}, .stride = {3, 2}, .padding = {2, 3}, .ceil = true},
                 BlockedLayout<n, 1, 11, 13, 0, 2>, NoFunction, V>();
    // No window is whole; all of the image is one.
    check_window<Window{.kernel = {4, 4}, .stride = {1, 1}, .padding = {2, 2}}, BlockedLayout<n, 5, 2, 2>, NoFunction,
                 V>();
    check_window<Window{.kernel = {4, 4}, .stride = {4, 4}}, BlockedLayout<n, 5, 4, 4, 1, 1>, kernels::Sigmoid, V>();
}

}  // namespace

TEST_CASE("pooling of blocked images") { check_windows<Lanes<float>>(); }

TEST_CASE("pooling of blocked images of doubles") {
    using Image = BlockedLayout<Lanes<double>::count, 5, 8, 9, 1, 1>;
    check_window<Window{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .ceil = true}, Image, kernels::Sigmoid,
                 Lanes<double>>();
}

TEST_CASE("means over windows that share an image out") {
    using V = Lanes<float>;
    using In = BlockedLayout<V::count, V::count + 1, 7, 5, 1, 0>;
    using Out = BlockedLayout<V::count, V::count + 1, 3, 2>;
    using Rows = AdaptiveMean<7, 3>;
    using Columns = AdaptiveMean<5, 2>;
    Draw draw(3);
    const std::vector<float> image = draw.integers<float>(In::channels * 35);
    std::vector<float> expected;
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < 3; ++h) {
            for (std::size_t w = 0; w < 2; ++w) {
                // torch.nn.AdaptiveAvgPool2d: from n * size / N, rounded down, to (n + 1) * size / N, rounded up.
                float sum = 0;
                float count = 0;
                for (std::size_t i = h * 7 / 3; i < ((h + 1) * 7 + 2) / 3; ++i) {
                    for (std::size_t j = w * 5 / 2; j < ((w + 1) * 5 + 1) / 2; ++j) {
                        sum += image[(c * 7 + i) * 5 + j];
                        count += 1;
                    }
                }
                expected.push_back(sum * (1 / count));
            }
        }
    }
    check<kernels::prepared::MeanPool2d<Rows, Columns, Stage<In, Out, NoFunction, V>>, NoFunction>(image, expected);
}

TEST_CASE("the mean of an image: features, as exact as sums in pairs") {
    using V = Lanes<float>;
    using In = BlockedLayout<V::count, V::count + 3, 56, 56, 1, 1>;
    using Kernel = kernels::prepared::GlobalMean2d<Stage<In, Layout<V::count + 3, 1, 1>, kernels::Sigmoid, V>>;
    using Linear = kernels::prepared::GlobalMean2d<Stage<In, Layout<V::count + 3, 1, 1>, NoFunction, V>>;
    static_assert(std::is_same_v<Kernel::Out, BlockedLayout<V::count, V::count + 3, 1, 1>>);
    // Powers of two, so that the mean is exact: 3136 = 2^6 * 49 elements of which 49 * 2^k are 1.
    std::vector<float> image(In::channels * 56 * 56);
    std::vector<float> expected(In::channels, 0.0f);
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t i = 0; i < 49 * c; ++i) {
            image[c * 56 * 56 + i * 5 % (56 * 56)] = 1;
        }
        expected[c] = static_cast<float>(49 * c) * (1.0f / 3136);
    }
    check<Kernel, kernels::Sigmoid>(image, expected);

    Draw draw(4);
    image = draw.reals<float>(image.size(), 0.1f, 0.101f);
    const std::vector<float> means = run<Linear>(image).image();
    for (std::size_t c = 0; c < In::channels; ++c) {
        double exact = 0;
        for (std::size_t i = 0; i < 56 * 56; ++i) {
            exact += static_cast<double>(image[c * 56 * 56 + i]);
        }
        exact /= 56 * 56;
        // Halves of 56 are added three times, behind sums of 7: 6 + 3 roundings on each axis, and two for the product
        // and its factor. Nearly equal elements that are added one after the other are rounded to the same side again
        // and again.
        CHECK(std::abs(static_cast<double>(means[c]) / exact - 1) < 20 * 0x1p-24);
    }
}
