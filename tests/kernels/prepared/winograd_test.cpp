// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/prepared/winograd.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using namespace ctcnn::detail_::kernels;
using prepared::Pooling;

namespace {

constexpr Conv2dGeometry geometry(std::size_t in, std::size_t out, Extent kernel, Extent padding) {
    return {in, out, 1, {.kernel = kernel, .padding = padding}};
}

/// A case as numbers, for what is compiled once.
struct Case {
    Conv2dGeometry geometry;
    Extent input;
    Pooling pooling;
    double (*function)(double);
};

template <typename Function>
double in_double(double x) {
    return Function::forward(x);
}

/// What an output is, and the sum of the magnitudes of what was added for it.
struct Expected {
    double value;
    double magnitude;  // of all products and the bias, of a window the largest sum
};

/// Images and weights as [channel][row][column], the output likewise.
std::vector<Expected> expected_output(const Case& c, const std::vector<double>& image,
                                      const std::vector<double>& weight, const std::vector<double>& bias) {
    const Extent out = output_extent(c.geometry.window, c.input.height, c.input.width);
    const auto at = [&](std::size_t o, std::size_t h, std::size_t w) {
        Expected result{bias[o], std::abs(bias[o])};
        for (std::size_t i = 0; i < c.geometry.in_channels; ++i) {
            for (std::size_t kh = 0; kh < c.geometry.window.kernel.height; ++kh) {
                for (std::size_t kw = 0; kw < c.geometry.window.kernel.width; ++kw) {
                    // Positions before the image wrap around, and are beyond it.
                    const std::size_t row = h + kh - c.geometry.window.padding.height;
                    const std::size_t column = w + kw - c.geometry.window.padding.width;
                    if (row < c.input.height && column < c.input.width) {
                        const double product = image[(i * c.input.height + row) * c.input.width + column] *
                                               weight[c.geometry.weight(o, i, kh, kw)];
                        result.value += product;
                        result.magnitude += std::abs(product);
                    }
                }
            }
        }
        result.value = c.function(result.value);
        return result;
    };
    std::vector<Expected> result;
    const std::size_t step = c.pooling == Pooling::none ? 1 : 2;
    for (std::size_t o = 0; o < c.geometry.out_channels; ++o) {
        for (std::size_t h = 0; h + step <= out.height; h += step) {
            for (std::size_t w = 0; w + step <= out.width; w += step) {
                Expected pooled = at(o, h, w);
                for (std::size_t n = 1; n < step * step; ++n) {
                    const Expected next = at(o, h + n / 2, w + n % 2);
                    pooled.value =
                        c.pooling == Pooling::max2x2 ? std::max(pooled.value, next.value) : pooled.value + next.value;
                    pooled.magnitude = std::max(pooled.magnitude, next.magnitude);
                }
                pooled.value /= c.pooling == Pooling::average2x2 ? 4 : 1;
                result.push_back(pooled);
            }
        }
    }
    return result;
}

/// Numbers in least ... 1 that float has, too: inputs begin with 0 or -1, weights and biases with -1.
std::vector<double> random_numbers(std::size_t count, std::uint64_t seed, double least) {
    const Philox random(seed);
    std::vector<double> result(count);
    for (std::size_t i = 0; i < count; ++i) {
        result[i] = random.uniform(i) * (1 - least) + least;
    }
    return result;
}

/// The errors of a layer, in units of u times a sum of magnitudes of products; u is half the distance of 1 from the
/// next number, or from the next bf16 where factors are rounded to these.
struct Errors {
    double largest;           // in units of the largest sum of all outputs
    double root_mean_square;  // in units of the sum of each output
    double of_rounding;       // the same for exact sums of products whose factors are rounded
};

std::vector<double> rounded_to_bf16(std::vector<double> numbers) {
    for (double& number : numbers) {
        number = static_cast<double>(bf16::nearest(static_cast<float>(number)).widened());
    }
    return numbers;
}

/// Runs a layer and compares it with loops in double. What the plan does not say that it reads is NaN, as are scratch
/// and packed weights before they are written; what is no output keeps its value.
template <Conv2dGeometry G, std::size_t Height, std::size_t Width, typename V, typename Weight, typename Function,
          Pooling P, std::size_t... Outputs>
Errors run(bool has_bias = true, double least = 0) {
    using T = scalar_t<V>;
    using Plan = prepared::WinogradPlan<G, Height, Width, V::count>;
    static_assert(Plan::possible);
    constexpr Extent padding = G.window.padding;
    // The largest of what F(2x2) and F(4x4) read.
    constexpr Extent more{Plan::more.height + 2, Plan::more.width + 2};
    using In = BlockedLayout<V::count, G.in_channels, Height, Width, padding.height + 1, padding.width, more.height,
                             more.width>;
    constexpr Extent conv = output_extent(G.window, Height, Width);
    constexpr std::size_t step = P == Pooling::none ? 1 : 2;
    using Out = BlockedLayout<V::count, G.out_channels, conv.height / step, conv.width / step, 1, 2>;
    using Kernel = prepared::Winograd2d<G, WeightedStage<In, Out, Function, V, Weight>, P, Outputs...>;
    static_assert(prepared::PreparedKernel<Kernel>);
    static_assert(Kernel::packed_size % V::count == 0);
    constexpr bool in_pairs = std::is_same_v<Weight, bf16> && Bf16Pairs<V>::exist;

    const Case c{G, {Height, Width}, P, in_double<Function>};
    const auto image = random_numbers(G.in_channels * Height * Width, 1, least);
    const auto weight = random_numbers(G.weights(), 2, -1);
    auto bias = random_numbers(G.out_channels, 3, -1);

    const T nan = std::numeric_limits<T>::quiet_NaN();
    AlignedVector<T> input(In::size, nan);
    const std::size_t read_rows = Height + 2 * padding.height + (sizeof...(Outputs) > 0 ? more : Plan::more).height;
    const std::size_t read_columns = Width + 2 * padding.width + (sizeof...(Outputs) > 0 ? more : Plan::more).width;
    for (std::size_t block = 0; block < In::blocks; ++block) {
        for (std::size_t h = 0; h < read_rows; ++h) {
            T* row = input.data() + In::offset(block, 0, 0) + h * In::row - padding.height * In::row -
                     padding.width * V::count;
            std::fill_n(row, read_columns * V::count, T(0));
        }
    }
    for (std::size_t i = 0; i < image.size(); ++i) {
        input[In::offset_of_channel(i / (Height * Width), i / Width % Height, i % Width)] = static_cast<T>(image[i]);
    }
    const std::vector<T> weights(weight.begin(), weight.end());
    const std::vector<T> biases(bias.begin(), bias.end());
    if (!has_bias) {
        std::fill(bias.begin(), bias.end(), 0.0);
    }

    AlignedVector<T> packed(Kernel::packed_size, nan);
    AlignedVector<T> scratch(Kernel::scratch_size, nan);
    AlignedVector<T> output(Out::size, T(-77));
    Kernel::pack(weights.data(), has_bias ? biases.data() : nullptr, packed.data());
    if (!in_pairs) {
        CHECK(std::none_of(packed.begin(), packed.end(), [](T number) { return std::isnan(number); }));
    }
    Kernel::forward(packed.data(), input.data(), output.data(), scratch.data());

    const auto expected = expected_output(c, image, weight, bias);
    REQUIRE(expected.size() == Out::channels * Out::height * Out::width);
    const auto of_rounded = expected_output(c, rounded_to_bf16(image), rounded_to_bf16(weight), bias);
    const double u = in_pairs ? 1.0 / 256 : static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
    double magnitude = 0;
    double largest = 0;
    double squares = 0;
    double squares_of_rounding = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        T& number = output[Out::offset_of_channel(i / (Out::height * Out::width), i / Out::width % Out::height,
                                                  i % Out::width)];
        const double error = std::abs(static_cast<double>(number) - expected[i].value);
        magnitude = std::max(magnitude, expected[i].magnitude);
        largest = std::isnan(number) ? std::numeric_limits<double>::infinity() : std::max(largest, error);
        squares += std::pow(error / expected[i].magnitude, 2);
        squares_of_rounding += std::pow((of_rounded[i].value - expected[i].value) / expected[i].magnitude, 2);
        number = T(-77);
    }
    // Of channels that there are not, zeros.
    bool fills_up = true;
    for (std::size_t channel = Out::channels; channel < Out::blocks * V::count; ++channel) {
        for (std::size_t i = 0; i < Out::height * Out::width; ++i) {
            T& number = output[Out::offset_of_channel(channel, i / Out::width, i % Out::width)];
            fills_up = fills_up && magnitude_bits(number) == 0;
            number = T(-77);
        }
    }
    CHECK(fills_up);
    CHECK(std::count(output.begin(), output.end(), T(-77)) == static_cast<std::ptrdiff_t>(Out::size));
    const auto mean_root = [&](double sum) { return std::sqrt(sum / static_cast<double>(expected.size())) / u; };
    return {largest / magnitude / u, mean_root(squares), mean_root(squares_of_rounding)};
}

/// An error belongs to a whole tile: an output of few products beside some of many has an error of many. The largest one
/// here is 4; where a number is read from a wrong place, it is about 2^20.
constexpr double most = 8;

template <Conv2dGeometry G, std::size_t Height, std::size_t Width, typename Function = NoFunction,
          Pooling P = Pooling::none, std::size_t... Outputs>
void check(bool has_bias = true) {
    CAPTURE(G.in_channels, G.out_channels, Height, Width);
    CHECK(run<G, Height, Width, Lanes<float>, float, Function, P, Outputs...>(has_bias).largest <= most);
}

template <Conv2dGeometry G, std::size_t Height, std::size_t Width, std::size_t Count = 16>
using Plan = prepared::WinogradPlan<G, Height, Width, Count>;
constexpr Extent three{3, 3};
constexpr Extent five{5, 5};

// What is possible.
static_assert(Plan<geometry(8, 8, three, {1, 1}), 32, 32>::possible);
static_assert(Plan<geometry(8, 8, {3, 5}, {1, 1}), 32, 32>::possible);
static_assert(!Plan<geometry(8, 8, {1, 1}, {0, 0}), 32, 32>::possible);
static_assert(!Plan<geometry(8, 8, {3, 7}, {0, 0}), 32, 32>::possible);
static_assert(!Plan<geometry(8, 8, three, {0, 0}), 2, 32>::possible);
static_assert(!Plan<Conv2dGeometry{8, 8, 2, {.kernel = three}}, 32, 32>::possible);
static_assert(!Plan<Conv2dGeometry{8, 8, 1, {.kernel = three, .stride = {2, 1}}}, 32, 32>::possible);
static_assert(!Plan<Conv2dGeometry{8, 8, 1, {.kernel = three, .dilation = {1, 2}}}, 32, 32>::possible);

// What is read beyond the padding, and by which filter.
static_assert(Plan<geometry(32, 64, three, {0, 0}), 26, 26>::more == Extent{0, 0});
static_assert(Plan<geometry(64, 64, three, {1, 1}), 32, 16>::more == Extent{0, 0});
static_assert(Plan<geometry(64, 64, three, {1, 1}), 7, 13>::more == Extent{1, 3});
static_assert(Plan<geometry(64, 64, three, {2, 0}), 5, 5>::more == Extent{1, 1});
static_assert(Plan<geometry(64, 64, three, {1, 1}), 32, 32>::outputs == 4);
static_assert(Plan<geometry(64, 64, three, {1, 1}), 2, 2>::outputs == 2);
static_assert(Plan<geometry(64, 64, three, {1, 1}), 2, 2>::more == Extent{0, 0});
static_assert(Plan<geometry(64, 64, five, {2, 2}), 7, 8>::more == Extent{1, 0});

// Points whose errors are those of direct sums.
static_assert(prepared::WinogradPairs<4>::values[0] == 1);
static_assert(prepared::WinogradPairs<6>::values[0] == 0.6875 && prepared::WinogradPairs<6>::values[1] == 1.5);

// What it costs: the transforms of 64 or 256 tiles of four blocks of channels, and the products; weights that come at 27
// bytes a cycle, or at 8.
constexpr Conv2dGeometry same = geometry(64, 64, three, {1, 1});
static_assert(Plan<same, 32, 32>::cost_of<4> == 64 * 4 * (200 + 150) + 36 * 64 * 4 * 64);
static_assert(Plan<same, 32, 32>::cost_of<2> == 256 * 4 * (66 + 49) + 16 * 64 * 4 * 256);
static_assert(Plan<geometry(16'384, 16, three, {1, 1}), 2, 2>::cost_of<2> == 1024 * 66 + 49 + 16 * 1024 * 1024 / 27);
static_assert(Plan<geometry(16'385, 16, three, {1, 1}), 2, 2>::cost_of<2> == 1025 * 66 + 49 + 16 * 16'385 * 64 / 8);

// How many sums are held.
constexpr std::size_t passing = vector_bytes < 32 ? 2 : 1;
static_assert(prepared::is_held(vector_registers - passing - 1, 1));
static_assert(!prepared::is_held(vector_registers - passing, 1));
static_assert(prepared::tiles_of_block(2, 1) == 2 && prepared::tiles_of_block(12, 1) == 12 &&
              prepared::tiles_of_block(13, 1) == 7 && prepared::tiles_of_block(16, 1) == 9);
static_assert(prepared::tiles_of_block(16, 2) == (vector_registers == 32 ? 12 : 6));

// How many rows of tiles at a time: in 256 KB, or 8 tiles in any case.
template <std::size_t Height, std::size_t Width, std::size_t Vectors, std::size_t Input = 36, std::size_t Sums = 36>
constexpr prepared::WinogradBlocks blocks = prepared::choose_blocks({Height, Width}, Vectors, Input, Sums);
static_assert(blocks<2, 8, 1, 16'000, 384>.rows == 2 && blocks<2, 8, 1, 16'000, 385>.rows == 1);
static_assert(blocks<2, 4, 1, 1'000'000>.rows == 2 && blocks<3, 3, 1, 1'000'000>.rows == 1 &&
              blocks<3, 3, 1>.rows == 3);
static_assert(blocks<8, 8, 1>.rows == 4 && blocks<8, 8, 1>.tiles == 12 && blocks<8, 8, 1>.vectors == 1);
static_assert(blocks<1, 1, 9>.vectors < 9);
constexpr prepared::WinogradBlocks of_64_channels = blocks<8, 8, 4, 36 * 4 * 64, 36 * 64>;
constexpr bool is_small = vector_bytes == 16 && vector_registers == 16;
static_assert(of_64_channels.rows == (is_small ? 2 : 1));
static_assert(of_64_channels.tiles == (vector_bytes == 32 ? 3 : 6));
static_assert(of_64_channels.vectors == (is_small ? 2 : 4));

}  // namespace

TEST_CASE("a prepared convolution by minimal filtering is what loops give") {
    SECTION("paddings, and channels that fill their blocks or do not") {
        check<geometry(16, 16, three, {0, 0}), 10, 14>();
        check<geometry(3, 5, three, {1, 1}), 8, 8>();
        check<geometry(20, 17, three, {1, 1}), 12, 8>();
        check<geometry(6, 40, three, {2, 2}), 6, 6>(false);
        check<geometry(1, 1, three, {2, 0}), 3, 9>();
        check<geometry(8, 80, three, {0, 1}), 6, 8>();
    }
    SECTION("images that do not end with a tile") {
        check<geometry(8, 16, three, {1, 1}), 7, 13>();
        check<geometry(5, 8, three, {0, 0}), 3, 4>();
        check<geometry(4, 8, three, {1, 1}), 1, 2>();
        check<geometry(4, 8, three, {1, 1}), 21, 5>();
        check<geometry(32, 32, three, {1, 1}), 30, 31>();
    }
    SECTION("functions") {
        check<geometry(8, 16, three, {1, 1}), 8, 7, ReLU>();
        check<geometry(8, 19, three, {1, 1}), 6, 8, Sigmoid>();
    }
    SECTION("pooling, also of an odd number of rows and columns") {
        check<geometry(8, 16, three, {1, 1}), 8, 8, ReLU, Pooling::max2x2>();
        check<geometry(8, 13, three, {1, 1}), 7, 9, Sigmoid, Pooling::max2x2>();
        check<geometry(8, 16, three, {0, 0}), 12, 9, NoFunction, Pooling::average2x2>();
        check<geometry(8, 33, three, {1, 1}), 5, 18, ReLU, Pooling::average2x2>();
    }
    SECTION("F(2x2), which small images take") {
        check<geometry(16, 16, three, {1, 1}), 2, 2, ReLU>();
        check<geometry(9, 16, three, {1, 1}), 9, 7, ReLU, Pooling::none, 2>();
        check<geometry(9, 16, three, {1, 1}), 9, 7, ReLU, Pooling::max2x2, 2>();
        check<geometry(9, 16, three, {1, 1}), 9, 7, ReLU, Pooling::none, 4>();
    }
    SECTION("kernels of 5") {
        check<geometry(8, 16, five, {2, 2}), 7, 8, ReLU>();
        check<geometry(8, 16, five, {0, 0}), 9, 9, ReLU, Pooling::max2x2>();
        check<geometry(8, 16, {3, 5}, {1, 2}), 7, 9>();
        check<geometry(8, 16, {5, 3}, {2, 1}), 7, 9>();
    }
}

TEST_CASE("a prepared convolution by minimal filtering computes in double, too") {
    CHECK(run<geometry(5, 9, three, {1, 1}), 7, 8, Lanes<double>, double, ReLU, Pooling::none>().largest <= most);
    CHECK(run<geometry(5, 9, five, {2, 2}), 7, 8, Lanes<double>, double, NoFunction, Pooling::average2x2>().largest <=
          most);
}

TEST_CASE("the errors of minimal filtering are at most twice those of direct sums") {
    // Those of sums of 9 x 64 products, one after the other, have a root mean square of 0.4 units of u, which does not
    // depend on the number of products much: rounding errors grow with the sum itself, as their unit does.
    constexpr double direct = 0.4;
    CHECK(run<geometry(64, 16, three, {0, 0}), 14, 14, Lanes<float>, float, NoFunction, Pooling::none, 4>()
              .root_mean_square <= 2 * direct);
    CHECK(run<geometry(64, 16, three, {0, 0}), 14, 14, Lanes<float>, float, NoFunction, Pooling::none, 2>()
              .root_mean_square <= 2 * direct);
    CHECK(run<geometry(64, 16, five, {0, 0}), 14, 14, Lanes<float>, float, NoFunction, Pooling::none>()
              .root_mean_square <= 2 * direct);
}

TEST_CASE("the errors of minimal filtering of bf16 are at most eight times those of rounded factors") {
    // Inputs and weights are rounded at the points, where they are larger, and the transform of the sums enlarges their
    // errors: up to 3.0 times where images are not below zero, as behind a ReLU, and up to 7.7 times for both signs.
    const auto check_of = [](const Errors& errors, double times) {
        CAPTURE(errors.largest, errors.root_mean_square, errors.of_rounding);
        CHECK(errors.largest <= most);
        CHECK(errors.root_mean_square <= times * errors.of_rounding);
        CHECK((!Bf16Pairs<Lanes<float>>::exist || errors.root_mean_square > errors.of_rounding));
    };
    using V = Lanes<float>;
    for (const double least : {0.0, -1.0}) {
        const auto check_pairs = [&](const Errors& errors) { check_of(errors, least < 0 ? 8 : 4); };
        check_pairs(run<geometry(64, 16, three, {0, 0}), 14, 14, V, bf16, NoFunction, Pooling::none, 4>(true, least));
        check_pairs(run<geometry(64, 16, three, {0, 0}), 14, 14, V, bf16, NoFunction, Pooling::none, 2>(true, least));
        check_pairs(run<geometry(64, 16, five, {0, 0}), 14, 14, V, bf16, NoFunction, Pooling::none>(true, least));
        check_pairs(run<geometry(20, 17, three, {1, 1}), 12, 8, V, bf16, ReLU, Pooling::max2x2>(true, least));
        check_pairs(run<geometry(3, 5, three, {1, 1}), 7, 9, V, bf16, NoFunction, Pooling::none>(false, least));
        check_pairs(run<geometry(1, 1, three, {1, 1}), 8, 8, V, bf16, NoFunction, Pooling::average2x2>(true, least));
    }
}

TEST_CASE("channels that there are not are zero where the image is not finite, too") {
    using V = Lanes<float>;
    constexpr Conv2dGeometry G = geometry(2, 3, three, {1, 1});
    using In = BlockedLayout<V::count, 2, 4, 4, 1, 1>;
    using Out = BlockedLayout<V::count, 3, 4, 4>;
    using Kernel = prepared::Winograd2d<G, Stage<In, Out, Sigmoid, V>, Pooling::none, 4>;
    const std::vector<float> weight(G.weights(), 1.0f);
    AlignedVector<float> input(In::size, 0.0f);
    AlignedVector<float> output(Out::size, -1.0f);
    AlignedVector<float> packed(Kernel::packed_size);
    AlignedVector<float> scratch(Kernel::scratch_size);
    input[In::offset_of_channel(1, 2, 2)] = std::numeric_limits<float>::quiet_NaN();
    Kernel::pack(weight.data(), nullptr, packed.data());
    Kernel::forward(packed.data(), input.data(), output.data(), scratch.data());
    for (std::size_t channel = 0; channel < Out::blocks * V::count; ++channel) {
        CAPTURE(channel);
        CHECK((channel < 3 ? std::isnan(output[Out::offset_of_channel(channel, 2, 2)])
                           : magnitude_bits(output[Out::offset_of_channel(channel, 2, 2)]) == 0));
    }
}
