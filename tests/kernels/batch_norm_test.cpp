// SPDX-License-Identifier: MIT
// Means, sums of squares and of products over the lanes that hold an image, against naive loops on small integers.
#include <ctcnn/kernels/batch_norm.hpp>

#include <array>
#include <cstddef>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// `present` images of integers, each channel of which has the mean 2, and other integers in the padding lanes.
template <typename In, typename Out, typename V>
void check(std::size_t present) {
    using T = scalar_t<V>;
    constexpr std::size_t pixels = In::height * In::width;
    const Place in{In::channels, {In::height, In::width}, In::border};
    const Place out{Out::channels, {Out::height, Out::width}, Out::border};
    Draw draw(7);
    std::vector<std::vector<T>> x;
    std::vector<std::vector<T>> g;
    Buffer<V> input = in.template zeros<V>();
    Buffer<V> grad_output = out.template zeros<V>();
    V mask{};
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        x.push_back(draw.template integers<T>(In::channels * pixels));
        g.push_back(draw.template integers<T>(In::channels * pixels));
        for (std::size_t c = 0; c < In::channels && lane < present; ++c) {
            T sum{};
            for (std::size_t i = 0; i < pixels; ++i) {
                sum += x[lane][c * pixels + i];
            }
            x[lane][c * pixels] += T(2) * static_cast<T>(pixels) - sum;  // The mean of each image is 2.
        }
        if (lane < present) {
            set_lane(mask, lane, T(1));
        } else {
            g[lane].assign(g[lane].size(), T(0));  // as the loss leaves the gradients of a padding lane
        }
        in.put(input, lane, x[lane]);
        out.put(grad_output, lane, g[lane]);
    }

    std::array<T, 2 * In::channels> statistics{};
    kernels::tile_moments<Stage<In, In, NoFunction, V>>(static_cast<const V*>(input.data()), mask, present,
                                                        statistics.data());
    std::array<T, 2 * In::channels> of_batch{};
    for (std::size_t c = 0; c < In::channels; ++c) {
        T squares{};
        for (std::size_t lane = 0; lane < present; ++lane) {
            for (std::size_t i = 0; i < pixels; ++i) {
                const T deviation = x[lane][c * pixels + i] - 2;
                squares += deviation * deviation;
            }
        }
        CHECK(statistics[2 * c] == 2);
        CHECK(statistics[2 * c + 1] == squares);
        of_batch[2 * c] = 2;
        of_batch[2 * c + 1] = T(0.5);  // 1 / deviation
    }

    std::array<T, 2 * In::channels> sums{};
    kernels::normalised_sums<Stage<In, Out, NoFunction, V>>(of_batch.data(), static_cast<const V*>(input.data()),
                                                            static_cast<const V*>(grad_output.data()), sums.data());
    for (std::size_t c = 0; c < In::channels; ++c) {
        T sum{};
        T products{};
        for (std::size_t lane = 0; lane < present; ++lane) {
            for (std::size_t i = 0; i < pixels; ++i) {
                sum += g[lane][c * pixels + i];
                products += g[lane][c * pixels + i] * (x[lane][c * pixels + i] - 2) * T(0.5);
            }
        }
        CHECK(sums[2 * c] == sum);
        CHECK(sums[2 * c + 1] == products);
    }

    // The way back, with a count that is a power of two and sums of multiples of it, through the ReLU before.
    const std::array<T, 2> chosen{8, 16};
    std::array<T, 2 * In::channels> whole{};
    for (std::size_t c = 0; c < In::channels; ++c) {
        whole[2 * c] = chosen[0];
        whole[2 * c + 1] = chosen[1];
    }
    Buffer<V> expected = in.template zeros<V>();
    Buffer<V> gradient = in.template zeros<V>();
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        in.put(gradient, lane, x[lane]);
        std::vector<T> naive(x[lane].size());
        for (std::size_t i = 0; i < naive.size() && lane < present; ++i) {
            const T weight = static_cast<T>(i / pixels + 1);
            const T normalised = (x[lane][i] - 2) * T(0.5);
            const T value = weight * T(0.5) * (g[lane][i] - 8 / T(8) - normalised * (16 / T(8)));
            naive[i] = x[lane][i] > 0 ? value : T(0);
        }
        in.put(expected, lane, naive);
    }
    kernels::normalised_backward<Stage<In, Out, kernels::ReLU, V>>(
        of_batch.data(), whole.data(), [](std::size_t c) { return static_cast<T>(c + 1); }, 8, mask, gradient.data(),
        static_cast<const V*>(grad_output.data()));
    bool same = gradient.guards_are_untouched();
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            same = same && get_lane(gradient.data()[i], lane) == get_lane(expected.data()[i], lane);
        }
    }
    CHECK(same);
}

template <typename V>
void check_all() {
    for (std::size_t present = 1; present <= lane_count<V>; ++present) {
        check<Layout<2, 3, 6, 1, 1>, Layout<2, 3, 6, 0, 2>, V>(present);
        check<Layout<3, 1, 1>, Layout<3, 1, 1>, V>(present);
        check<Layout<1, 8, 9>, Layout<1, 8, 9>, V>(present);
    }
}

}  // namespace

TEST_CASE("moments, sums and gradients as naive loops compute them") {
    check_all<float>();
    check_all<double>();
    check_all<Lanes<float>>();
    check_all<Lanes<double>>();
}

TEST_CASE("the spread of elements that are far from zero is not lost") {
    using L = Layout<1, 16, 16>;
    std::vector<float> x(L::size);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = 10000.0f + static_cast<float>(i % 2);
    }
    std::array<float, 2> statistics{};
    kernels::tile_moments<Stage<L, L, NoFunction, float>>(static_cast<const float*>(x.data()), 1.0f, 1,
                                                          statistics.data());
    CHECK(statistics[0] == 10000.5f);
    CHECK(statistics[1] == 64.0f);  // 256 deviations of one half
}

TEST_CASE("scale and shift, and then the function") {
    using In = Layout<2, 1, 3, 0, 1>;
    using Out = Layout<2, 1, 3>;
    const std::vector<float> x{0, 1, -2, 3, 0, 0, -1, 2, -3, 0};
    std::array<float, 6> y{};
    kernels::scale_and_shift<Stage<In, Out, kernels::ReLU, float>>(
        x.data(), y.data(), [](std::size_t c) { return static_cast<float>(2 + c); },
        [](std::size_t c) { return static_cast<float>(c); });
    CHECK(y == std::array<float, 6>{2, 0, 6, 0, 7, 0});
}
