// SPDX-License-Identifier: MIT
// Softmax and its logarithm over the channels of blocked images and over features.
#include <ctcnn/kernels/prepared/softmax.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "images.hpp"

using namespace ctcnn::detail_;

namespace {

template <std::size_t F>
using Features = Layout<F, 1, 1>;

template <typename L, typename V>
using BufferOf =
    prepared_test::Buffer<L, scalar_t<V>,
                          std::is_same_v<L, Features<L::channels>> ? whole_vectors(L::channels, V::count) : L::size>;

/// The output of a kernel, having checked that nothing but elements and zeros behind them was written.
template <bool Log, typename In, typename Out, typename Function, typename V>
std::vector<scalar_t<V>> run(const std::vector<scalar_t<V>>& image) {
    using Kernel = kernels::prepared::Softmax<Log, Stage<In, Out, Function, V>>;
    static_assert(kernels::prepared::PreparedKernel<Kernel>);
    static_assert(Kernel::packed_size == 0 && Kernel::scratch_size == 0);
    const BufferOf<In, V> input(image);
    BufferOf<Out, V> output;
    Kernel::pack(nullptr, nullptr, nullptr);
    Kernel::forward(nullptr, input.data(), output.data(), nullptr);
    CHECK(output == BufferOf<Out, V>(output.image()));
    return output.image();
}

template <typename In, typename Out, typename V>
void check() {
    using T = scalar_t<V>;
    constexpr std::size_t channels = In::channels;
    constexpr std::size_t pixels = In::height * In::width;
    Draw draw(1, channels);
    const std::vector<T> image = draw.reals<T>(channels * pixels, -5, 5);
    const std::vector<T> probabilities = run<false, In, Out, NoFunction, V>(image);
    const std::vector<T> logarithms = run<true, In, Out, NoFunction, V>(image);
    const std::vector<T> halves = run<false, In, Out, kernels::Sigmoid, V>(image);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        double sum = 0;
        for (std::size_t c = 0; c < channels; ++c) {
            sum += std::exp(static_cast<double>(image[c * pixels + pixel]));
        }
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t i = c * pixels + pixel;
            const double exact = static_cast<double>(image[i]) - std::log(sum);
            // The difference from the largest element, 10 at most, is rounded by up to 4 units of the last place of 1;
            // a power is good to a few, and so is the sum of a few hundred of them, added in pairs.
            const double unit = static_cast<double>(std::numeric_limits<T>::epsilon());
            CHECK(std::abs(static_cast<double>(probabilities[i]) / std::exp(exact) - 1) < 16 * unit);
            CHECK(std::abs(static_cast<double>(logarithms[i]) - exact) < 16 * unit);
            CHECK(get_lane(kernels::Sigmoid::forward(broadcast<V>(probabilities[i])), 0) == halves[i]);
        }
    }
}

}  // namespace

TEST_CASE("softmax over features and over channels") {
    using V = Lanes<float>;
    constexpr std::size_t n = V::count;
    check<Features<10>, Features<10>, V>();
    check<Features<2 * n>, Features<2 * n>, V>();
    check<Features<300>, Features<300>, V>();
    check<BlockedLayout<n, n + 1, 2, 3, 1, 1>, BlockedLayout<n, n + 1, 2, 3, 0, 2>, V>();
    check<Features<10>, Features<10>, Lanes<double>>();
}

TEST_CASE("softmax of large and special elements") {
    using V = Lanes<float>;
    using F = Features<3>;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    // e^1000 is no float, and the lanes behind the features are larger than -1000. The least power is a normal number.
    const std::vector<float> large = run<false, F, F, NoFunction, V>({1000, -infinity, 1000});
    CHECK((large[0] == 0.5f && large[1] < 0x1p-120f && large[2] == 0.5f));
    const std::vector<float> small = run<false, F, F, NoFunction, V>({-1000, -1000, -infinity});
    CHECK((small[0] == 0.5f && small[1] == 0.5f && small[2] < 0x1p-120f));
    for (const std::vector<float>& image : {std::vector<float>{1, std::numeric_limits<float>::quiet_NaN(), 2},
                                            {1, infinity, infinity},
                                            {-infinity, -infinity, -infinity}}) {
        CHECK(std::isnan(run<false, F, F, NoFunction, V>(image)[1]));
        CHECK(std::isnan(run<true, F, F, NoFunction, V>(image)[1]));
    }
}
