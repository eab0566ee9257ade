// SPDX-License-Identifier: MIT
// Pooling of random geometry against the naive loops, bit by bit, and what an average and a maximum are in corner
// cases.
#include <ctcnn/kernels/pool2d.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

struct PoolCase {
    std::size_t channels;
    Extent input;
    Window window;
    Extent input_border;
    Extent output_border;
    bool relu;  // applied to the output, and taken as the function that made the input

    constexpr Extent output() const { return output_extent(window, input.height, input.width); }
};

/// Kernel 1 to 7, or up to 4 side by side; stride 1 to 3 or the kernel, padding up to half the kernel (3), channels 1
/// to 9, images 1 to 17; a third with windows that may hang over the end.
constexpr PoolCase pool_case(std::uint64_t seed, std::size_t index) {
    Draw draw(seed, index);
    PoolCase result{};
    result.window.kernel = draw.extent(1, 7);
    result.window.stride = draw.once_in(3) ? result.window.kernel : draw.extent(1, 3);
    result.window.padding = {draw.whole(0, result.window.kernel.height / 2),
                             draw.whole(0, result.window.kernel.width / 2)};
    if (draw.once_in(4)) {
        result.window = {.kernel = draw.extent(1, 4)};
        result.window.stride = result.window.kernel;
    }
    result.channels = draw.whole(1, 9);
    result.input = draw.image(result.window, 17);
    result.input_border = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 3);
    result.output_border = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 3);
    result.relu = draw.once_in(3);
    result.window.ceil = draw.once_in(3);
    return result;
}

template <PoolCase C>
using InputLayout = Layout<C.channels, C.input.height, C.input.width, C.input_border.height, C.input_border.width>;
template <PoolCase C>
using OutputLayout =
    Layout<C.channels, C.output().height, C.output().width, C.output_border.height, C.output_border.width>;
template <PoolCase C>
using Function = std::conditional_t<C.relu, kernels::ReLU, NoFunction>;

/// What a test needs of a case: its images, one for each lane, and the gradients of its outputs.
template <Number V>
struct PoolData {
    using T = scalar_t<V>;

    PoolData(const PoolCase& c, Draw numbers)
        : pool{c.channels, c.input, c.window},
          in{c.channels, c.input, c.input_border},
          out{c.channels, pool.output(), c.output_border},
          input(in.numbers()),
          grad_output(out.numbers()) {
        REQUIRE(pool.output() == c.output());
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            images.push_back(numbers.integers<T>(pool.input_size()));
            gradients.push_back(numbers.integers<T>(pool.output_size()));
            // The border of the input stays poison: padding is no part of a window.
            in.put(input, lane, images.back());
            out.put(grad_output, lane, gradients.back());
        }
    }

    naive::Pool2d pool;
    Place in;
    Place out;
    std::vector<std::vector<T>> images;
    std::vector<std::vector<T>> gradients;
    Buffer<V> input;
    Buffer<V> grad_output;
};

template <typename T>
std::vector<T> relu_forward(bool relu, std::vector<T> numbers) {
    for (T& number : numbers) {
        number = relu ? naive::relu_forward(number) : number;
    }
    return numbers;
}
template <typename T>
std::vector<T> relu_backward(bool relu, const std::vector<T>& output, std::vector<T> gradient) {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        gradient[i] = relu ? naive::relu_backward(output[i], gradient[i]) : gradient[i];
    }
    return gradient;
}

template <Number V>
struct MaxPoolKernels {
    void (*forward)(const V*, V*, V*);
    void (*backward)(V*, const V*, const V*);
};

/// Backward of the channels in two parts, as two threads share them.
template <Window W, typename S>
void backward_in_halves(typename S::V* input, const typename S::V* gradient, const typename S::V* position) {
    kernels::max_pool2d_backward<W, S>(input, gradient, position, {0, S::Out::channels / 2});
    kernels::max_pool2d_backward<W, S>(input, gradient, position, {S::Out::channels / 2, S::Out::channels});
}
template <Window W, typename S>
void backward_in_halves(typename S::V* input, const typename S::V* gradient) {
    kernels::avg_pool2d_backward<W, S>(input, gradient, {0, S::Out::channels / 2});
    kernels::avg_pool2d_backward<W, S>(input, gradient, {S::Out::channels / 2, S::Out::channels});
}

template <Number V, std::uint64_t Seed, std::size_t Case>
constexpr MaxPoolKernels<V> max_pool_kernels() {
    constexpr PoolCase c = pool_case(Seed, Case);
    using Here = Stage<InputLayout<c>, OutputLayout<c>, Function<c>, V>;
    return {&kernels::max_pool2d_forward<c.window, Here>, &backward_in_halves<c.window, Here>};
}

template <Number V>
struct AvgPoolKernels {
    void (*forward)(const V*, V*);
    void (*backward)(V*, const V*);
};

template <Number V, std::uint64_t Seed, std::size_t Case>
constexpr AvgPoolKernels<V> avg_pool_kernels() {
    constexpr PoolCase c = pool_case(Seed, Case);
    using Here = Stage<InputLayout<c>, OutputLayout<c>, Function<c>, V>;
    return {&kernels::avg_pool2d_forward<c.window, Here>, &backward_in_halves<c.window, Here>};
}

template <Number V>
void check(const PoolCase& c, const MaxPoolKernels<V>& kernels, Draw numbers) {
    using T = scalar_t<V>;
    PoolData<V> data(c, numbers);
    Buffer<V> output(data.out.numbers());
    Buffer<V> expected_output(data.out.numbers());
    Buffer<V> position(data.pool.output_size());
    Buffer<V> expected_position(data.pool.output_size());
    Buffer<V> expected_grad_input(data.in.numbers());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        // Seven different numbers and windows of up to 49 pixels: ties are the rule.
        const naive::MaxPooled<T> pooled = naive::max_pool2d_forward(data.pool, data.images[lane]);
        data.out.put(expected_output, lane, relu_forward(c.relu, pooled.output));
        for (std::size_t o = 0; kernels::notes_position(c.window) && o < pooled.position.size(); ++o) {
            expected_position.set(o, lane, static_cast<T>(pooled.position[o]));
        }
        data.in.put(expected_grad_input, lane,
                    relu_backward(c.relu, data.images[lane],
                                  naive::max_pool2d_backward(data.pool, pooled.winner, data.gradients[lane])));
    }
    kernels.forward(data.input.data(), output.data(), position.data());
    CHECK(output == expected_output);
    CHECK(position == expected_position);
    Buffer<V> output_alone(data.out.numbers());
    kernels.forward(data.input.data(), output_alone.data(), nullptr);
    CHECK(output_alone == expected_output);
    kernels.backward(data.input.data(), data.grad_output.data(), position.data());
    CHECK(data.input == expected_grad_input);
}

template <Number V>
void check(const PoolCase& c, const AvgPoolKernels<V>& kernels, Draw numbers) {
    PoolData<V> data(c, numbers);
    Buffer<V> output(data.out.numbers());
    Buffer<V> expected_output(data.out.numbers());
    Buffer<V> expected_grad_input(data.in.numbers());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        // The sums are exact; kernel and naive loop both multiply them by the rounded 1 / (Kh * Kw), once.
        data.out.put(expected_output, lane,
                     relu_forward(c.relu, naive::avg_pool2d_forward(data.pool, data.images[lane])));
        data.in.put(
            expected_grad_input, lane,
            relu_backward(c.relu, data.images[lane], naive::avg_pool2d_backward(data.pool, data.gradients[lane])));
    }
    kernels.forward(data.input.data(), output.data());
    CHECK(output == expected_output);
    kernels.backward(data.input.data(), data.grad_output.data());
    CHECK(data.input == expected_grad_input);
}

template <std::uint64_t Seed, typename Table>
void check_all(const Table& table) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        const PoolCase c = pool_case(Seed, i);
        INFO("channels " << c.channels << ", kernel " << text(c.window.kernel) << ", stride " << text(c.window.stride)
                         << ", padding " << text(c.window.padding) << ", image " << text(c.input) << ", borders "
                         << text(c.input_border) << " and " << text(c.output_border) << ", relu " << c.relu << ", ceil "
                         << c.window.ceil);
        check(c, table[i], Draw(Seed + 1, i));
    }
}

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_max_pooling() {
    check_all<Seed>([]<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<MaxPoolKernels<V>, Count>{max_pool_kernels<V, Seed, Case>()...};
    }(std::make_index_sequence<Count>{}));
}

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_average_pooling() {
    check_all<Seed>([]<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<AvgPoolKernels<V>, Count>{avg_pool_kernels<V, Seed, Case>()...};
    }(std::make_index_sequence<Count>{}));
}

// The figures of a textbook, in constant expressions.
using Nine = Layout<1, 3, 3>;
constexpr Window two_by_two{.kernel = {2, 2}};
constexpr Window side_by_side{.kernel = {2, 2}, .stride = {2, 2}};
constexpr std::array<float, 9> one_to_nine{1, 2, 3, 4, 5, 6, 7, 8, 9};

static_assert([] {
    std::array<float, 4> output{};
    std::array<float, 4> position{};
    kernels::max_pool2d_forward<two_by_two, Stage<Nine, Layout<1, 2, 2>, NoFunction, float>>(
        one_to_nine.data(), output.data(), position.data());
    std::array<float, 9> grad_input = one_to_nine;
    const std::array<float, 4> grad_output{1, 2, 3, 4};
    kernels::max_pool2d_backward<two_by_two, Stage<Nine, Layout<1, 2, 2>, NoFunction, float>>(
        grad_input.data(), grad_output.data(), position.data());
    return output == std::array<float, 4>{5, 6, 8, 9} && position == std::array<float, 4>{3, 3, 3, 3} &&
           grad_input == std::array<float, 9>{0, 0, 0, 0, 1, 2, 0, 3, 4};
}());
// The widest vector that fits into a row.
static_assert(!has_vectors || (kernels::lanes_within<float>(2) == 2 && kernels::lanes_within<float>(3) == 2 &&
                               kernels::lanes_within<float>(4) == 4 && kernels::lanes_within<float>(7) == 4 &&
                               kernels::lanes_within<float>(100) == vector_bytes / 4));
static_assert(!has_vectors || kernels::lanes_within<double>(100) == vector_bytes / 8);
static_assert(kernels::lanes_within<float>(1) == 1 && kernels::lanes_within<double>(1) == 1);

// One image is pooled with all lanes at work where its windows lie side by side, two columns wide, and there are two.
template <Window W, std::size_t Width = 2, Number T = float>
constexpr bool in_pairs = kernels::pools_pairs<W, Layout<1, 1, Width>, T>;
static_assert(!has_vectors || (in_pairs<side_by_side> && in_pairs<Window{.kernel = {8, 2}, .stride = {1, 2}}>));
static_assert(!in_pairs<side_by_side, 1> && !in_pairs<side_by_side, 64, Lanes<float>>);
static_assert(!in_pairs<Window{.kernel = {9, 2}, .stride = {1, 2}}> && !in_pairs<Window{.kernel = {2, 2}}>);
static_assert(!in_pairs<Window{.kernel = {2, 3}, .stride = {2, 2}}> &&
              !in_pairs<Window{.kernel = {2, 2}, .stride = {2, 3}}>);
static_assert(!in_pairs<Window{.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 0}}> &&
              !in_pairs<Window{.kernel = {2, 2}, .stride = {2, 2}, .ceil = true}>);

// Windows side by side leave no positions: the gradient of (1 2; 4 5) finds its way to the 5, and nothing is left over
// to the right and below.
static_assert(kernels::notes_position(two_by_two) && !kernels::notes_position(side_by_side) &&
              kernels::notes_position({.kernel = {5, 5}, .stride = {5, 5}}));
static_assert(!kernels::notes_position({.kernel = {4, 4}, .stride = {4, 4}}) &&
              kernels::notes_position({.kernel = {1, 17}, .stride = {1, 17}}));
// Or that hang over, or reach into the padding.
static_assert(kernels::tiles_exactly(side_by_side) && !kernels::tiles_exactly(two_by_two));
static_assert(!kernels::tiles_exactly({.kernel = {2, 2}, .stride = {2, 2}, .ceil = true}) &&
              !kernels::tiles_exactly({.kernel = {2, 2}, .stride = {2, 2}, .padding = {0, 1}}) &&
              !kernels::tiles_exactly({.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 0}}));
static_assert([] {
    float output = 0;
    float position = -1;
    kernels::max_pool2d_forward<side_by_side, Stage<Nine, Layout<1, 1, 1>, NoFunction, float>>(one_to_nine.data(),
                                                                                               &output, &position);
    std::array<float, 9> grad_input = one_to_nine;
    const float grad_output = 7;
    kernels::max_pool2d_backward<side_by_side, Stage<Nine, Layout<1, 1, 1>, NoFunction, float>>(grad_input.data(),
                                                                                                &grad_output, nullptr);
    return output == 5 && position == -1 && grad_input == std::array<float, 9>{0, 0, 0, 0, 7, 0, 0, 0, 0};
}());
static_assert([] {
    std::array<float, 4> output{};
    kernels::avg_pool2d_forward<two_by_two, Stage<Nine, Layout<1, 2, 2>, NoFunction, float>>(one_to_nine.data(),
                                                                                             output.data());
    std::array<float, 9> grad_input = one_to_nine;
    const std::array<float, 4> grad_output{4, 8, 12, 16};
    kernels::avg_pool2d_backward<two_by_two, Stage<Nine, Layout<1, 2, 2>, NoFunction, float>>(grad_input.data(),
                                                                                              grad_output.data());
    return output == std::array<float, 4>{3, 4, 6, 7} && grad_input == std::array<float, 9>{1, 3, 2, 4, 10, 6, 3, 7, 4};
}());

}  // namespace

// Both kinds of windows are among the cases of each number type, also where only some of the cases are compiled.
constexpr bool has_both_kinds(std::uint64_t seed) {
    std::size_t without_position = 0;
    for (std::size_t i = 0; i < portion(82); ++i) {
        without_position += kernels::notes_position(pool_case(seed, i).window) ? 0 : 1;
    }
    return without_position > 0 && without_position < portion(82);
}
static_assert(has_both_kinds(300));
static_assert(has_both_kinds(310));
static_assert(has_both_kinds(320));
static_assert(has_both_kinds(330));

TEST_CASE("maximum pooling equals the naive loops") {
    check_max_pooling<float, 300, portion(82)>();
    check_max_pooling<double, 310, portion(82)>();
    check_max_pooling<Lanes<float>, 320, portion(82)>();
    check_max_pooling<Lanes<double>, 330, portion(82)>();
}

TEST_CASE("average pooling equals the naive loops") {
    check_average_pooling<float, 400, portion(82)>();
    check_average_pooling<double, 410, portion(82)>();
    check_average_pooling<Lanes<float>, 420, portion(82)>();
    check_average_pooling<Lanes<double>, 430, portion(82)>();
}

TEST_CASE("a maximum of numbers below zero is not the padding's") {
    constexpr Window window{.kernel = {3, 3}, .stride = {3, 3}, .padding = {1, 1}};
    const std::array<float, 4> input{-4, -std::numeric_limits<float>::infinity(), -6, -7};
    float output = 1;
    float position = -1;
    kernels::max_pool2d_forward<window, Stage<Layout<1, 2, 2>, Layout<1, 1, 1>, NoFunction, float>>(input.data(),
                                                                                                    &output, &position);
    CHECK(output == -4);
    CHECK(position == 4);
}

TEST_CASE("a window of minus infinities has a winner, the first") {
    constexpr Window window{.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 1}};
    constexpr float lowest = -std::numeric_limits<float>::infinity();
    std::array<float, 4> input{lowest, lowest, lowest, lowest};
    std::array<float, 4> output{};
    std::array<float, 4> position{};
    kernels::max_pool2d_forward<window, Stage<Layout<1, 2, 2>, Layout<1, 2, 2>, NoFunction, float>>(
        input.data(), output.data(), position.data());
    CHECK(output == std::array<float, 4>{lowest, lowest, lowest, lowest});
    CHECK(position == std::array<float, 4>{3, 2, 1, 0});
}

TEST_CASE("a window with NaN gives NaN in its lane and nowhere else") {
    using V = Lanes<float>;
    constexpr Window window{.kernel = {1, 4}};
    constexpr Window alone{.kernel = {1, 4}, .stride = {1, 4}};
    static_assert(kernels::notes_position(window) && !kernels::notes_position(alone));
    for (std::size_t place = 0; place < 4; ++place) {
        std::array<V, 4> input{};
        for (std::size_t i = 0; i < 4; ++i) {
            input[i] = broadcast<V>(static_cast<float>(i));
        }
        set_lane(input[place], 1, std::numeric_limits<float>::quiet_NaN());
        V output{};
        V position{};
        kernels::max_pool2d_forward<alone, Stage<Layout<1, 1, 4>, Layout<1, 1, 1>, NoFunction, V>>(input.data(),
                                                                                                   &output, &position);
        CHECK(std::isnan(get_lane(output, 1)));
        CHECK(get_lane(output, 0) == 3);
        // On the way back one pixel of the window gets the gradient, and the other lanes' get theirs.
        std::array<V, 4> grad_input = input;
        const V grad_output = broadcast<V>(7);
        kernels::max_pool2d_backward<alone, Stage<Layout<1, 1, 4>, Layout<1, 1, 1>, NoFunction, V>>(
            grad_input.data(), &grad_output, nullptr);
        float received = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(get_lane(grad_input[i], 0) == (i == 3 ? 7.0f : 0.0f));
            received += get_lane(grad_input[i], 1);
        }
        CHECK(received == 7);
        kernels::max_pool2d_forward<window, Stage<Layout<1, 1, 4>, Layout<1, 1, 1>, NoFunction, V>>(input.data(),
                                                                                                    &output, &position);
        CHECK(std::isnan(get_lane(output, 1)));
        CHECK(get_lane(position, 1) == static_cast<float>(place));
        CHECK(get_lane(output, 0) == 3);
        CHECK(get_lane(position, 0) == 3);
    }
}

TEST_CASE("the mean of a large window is right to a few units in the last place, and so is its gradient") {
    const auto check = []<std::size_t Size, std::size_t Step>(std::integral_constant<std::size_t, Size>,
                                                              std::integral_constant<std::size_t, Step>) {
        using V = Lanes<float>;
        constexpr Window window{{Size, Size}, {Step, Step}, {0, 0}, {1, 1}};
        constexpr std::size_t image = Size + (Step == 1 ? 3 : 0);
        constexpr std::size_t outputs = image - Size + 1;
        using In = Layout<1, image, image>;
        using Out = Layout<1, outputs, outputs>;
        Draw draw(9);
        std::vector<V> input(In::size);
        std::vector<float> single(In::size);
        for (std::size_t i = 0; i < In::size; ++i) {
            single[i] = draw.real(0.f, 1.f);
            input[i] = broadcast<V>(single[i]);
        }
        std::vector<V> output(Out::size);
        std::vector<float> one(Out::size);
        kernels::avg_pool2d_forward<window, Stage<In, Out, NoFunction, V>>(input.data(), output.data());
        kernels::avg_pool2d_forward<window, Stage<In, Out, NoFunction, float>>(single.data(), one.data());
        INFO("windows of " << Size << " x " << Size);
        for (std::size_t h = 0; h < outputs; ++h) {
            for (std::size_t w = 0; w < outputs; ++w) {
                double exact = 0;
                for (std::size_t kh = 0; kh < Size; ++kh) {
                    for (std::size_t kw = 0; kw < Size; ++kw) {
                        exact += static_cast<double>(single[In::offset(0, h + kh, w + kw)]);
                    }
                }
                exact /= static_cast<double>(Size * Size);
                // The sum (tests/core/sum_test.cpp) and its product with a rounded 1 / (Size * Size).
                const double bound = 5 * 0x1p-24;
                CHECK(std::abs(static_cast<double>(one[Out::offset(0, h, w)]) / exact - 1) < bound);
                CHECK(std::abs(static_cast<double>(get_lane(output[Out::offset(0, h, w)], 1)) / exact - 1) < bound);
            }
        }
    };
    check(std::integral_constant<std::size_t, 7>{}, std::integral_constant<std::size_t, 7>{});
    check(std::integral_constant<std::size_t, 56>{}, std::integral_constant<std::size_t, 1>{});
    check(std::integral_constant<std::size_t, 224>{}, std::integral_constant<std::size_t, 224>{});
}
