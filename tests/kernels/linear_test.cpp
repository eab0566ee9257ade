// SPDX-License-Identifier: MIT
// Affine maps of random size against the naive loops, bit by bit.
#include <ctcnn/kernels/linear.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

struct LinearCase {
    std::size_t inputs;
    std::size_t outputs;
    bool bias;
    bool relu;  // applied to the output, and taken as the function that made the input
};

constexpr LinearCase linear_case(std::uint64_t seed, std::size_t index) {
    Draw draw(seed, index);
    // One in three is wide, so that its rows are longer than a tile of vectors.
    const std::size_t inputs = draw.once_in(3) ? draw.whole(40, 150) : draw.whole(1, 40);
    // The first one has rows that lie whole pages apart.
    return {index == 0 ? 1024 : inputs, draw.whole(1, 40), !draw.once_in(3), draw.once_in(3)};
}

/// Tiles of images that share each weight: two, where images lie in lanes.
template <Number V>
constexpr std::size_t tile_count = is_lanes<V> ? 2 : 1;

template <Number V>
struct LinearKernels {
    using T = scalar_t<V>;
    template <std::size_t Tiles>
    using Forward = void (*)(std::array<const V*, Tiles>, const T*, const T*, std::array<V*, Tiles>);
    template <std::size_t Tiles>
    using BackwardInput = void (*)(std::array<V*, Tiles>, const T*, std::array<const V*, Tiles>);
    Forward<1> forward;
    Forward<tile_count<V>> forward_tiles;
    BackwardInput<1> backward_input;
    BackwardInput<tile_count<V>> backward_input_tiles;
    void (*store_input)(const V*, T*);
    void (*store_output)(const V*, T*);
    void (*backward_weight)(const T*, const T*, std::size_t, std::size_t, std::size_t, bool, T*);
    void (*backward_bias)(const T*, std::size_t, bool, T*);
};

/// linear_forward with the bias that the case has, or without.
template <LinearCase c, typename Function, Number V, std::size_t Tiles>
void forward_of(std::array<const V*, Tiles> input, const scalar_t<V>* weight, const scalar_t<V>* bias,
                std::array<V*, Tiles> output) {
    if constexpr (c.bias) {
        kernels::linear_forward<c.inputs, c.outputs, Function, V, Tiles>(input, weight, bias, output);
    } else {
        kernels::linear_forward<c.inputs, c.outputs, Function, V, Tiles>(input, weight, nullptr, output);
    }
}

template <LinearCase c, Number V, typename T = scalar_t<V>>
void backward_weight_of(const T* input, const T* grad_output, std::size_t images, std::size_t first, std::size_t last,
                        bool add, T* grad_weight) {
    const kernels::ImageRows<c.inputs, c.outputs, V> rows{input, grad_output};
    kernels::linear_backward_weight<c.inputs, c.outputs>(rows, images, first, last, add, grad_weight);
}
template <LinearCase c, typename Before, Number V, std::size_t Tiles>
void backward_input_of(std::array<V*, Tiles> grad_input, const scalar_t<V>* weight,
                       std::array<const V*, Tiles> grad_output) {
    kernels::linear_backward_input<c.inputs, c.outputs, Before, V>(grad_input, weight, grad_output);
}
template <LinearCase c, Number V, typename T = scalar_t<V>>
void backward_bias_of(const T* grad_output, std::size_t images, bool add, T* grad_bias) {
    const kernels::ImageRows<c.inputs, c.outputs, V> rows{nullptr, grad_output};
    kernels::linear_backward_bias(rows, images, add, grad_bias);
}

template <Number V, std::uint64_t Seed, std::size_t Case>
constexpr LinearKernels<V> linear_kernels() {
    constexpr LinearCase c = linear_case(Seed, Case);
    using Function = std::conditional_t<c.relu, kernels::ReLU, NoFunction>;
    return {&forward_of<c, Function, V, 1>,
            &forward_of<c, Function, V, tile_count<V>>,
            &backward_input_of<c, Function, V, 1>,
            &backward_input_of<c, Function, V, tile_count<V>>,
            &kernels::store_rows<c.inputs, V>,
            &kernels::store_rows<c.outputs, V>,
            &backward_weight_of<c, V>,
            &backward_bias_of<c, V>};
}

/// Forward and the gradient of the input of one tile; every lane has an image of its own.
template <Number V>
struct Images {
    using T = scalar_t<V>;
    Buffer<V> input;
    Buffer<V> grad_output;
    Buffer<V> output;
    Buffer<V> expected_output;
    Buffer<V> expected_grad_input;

    Images(const LinearCase& c, const std::vector<T>& weight, const std::vector<T>& bias, Draw& numbers)
        : input(c.inputs),
          grad_output(c.outputs),
          output(c.outputs),
          expected_output(c.outputs),
          expected_grad_input(c.inputs) {
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const std::vector<T> image = numbers.integers<T>(c.inputs);
            const std::vector<T> gradient = numbers.integers<T>(c.outputs);
            input.set(lane, image);
            grad_output.set(lane, gradient);
            std::vector<T> result = naive::linear_forward(c.outputs, image, weight, bias);
            for (T& number : result) {
                number = c.relu ? naive::relu_forward(number) : number;
            }
            expected_output.set(lane, result);
            result = naive::linear_backward_input(c.inputs, weight, gradient);
            for (std::size_t i = 0; c.relu && i < c.inputs; ++i) {
                result[i] = naive::relu_backward(image[i], result[i]);
            }
            expected_grad_input.set(lane, result);
        }
    }

    void check() const {
        CHECK(output == expected_output);
        CHECK(input == expected_grad_input);
    }
};

template <Number V>
void check_images(const LinearCase& c, const LinearKernels<V>& kernels, Draw& numbers) {
    using T = scalar_t<V>;
    const std::vector<T> weight = numbers.integers<T>(c.inputs * c.outputs);
    const std::vector<T> bias = numbers.integers<T>(c.bias ? c.outputs : 0);
    const T* start = c.bias ? bias.data() : nullptr;
    Images<V> alone(c, weight, bias, numbers);
    kernels.forward({alone.input.data()}, weight.data(), start, {alone.output.data()});
    kernels.backward_input({alone.input.data()}, weight.data(), {alone.grad_output.data()});
    alone.check();
    if constexpr (tile_count<V> == 2) {
        Images<V> a(c, weight, bias, numbers);
        Images<V> b(c, weight, bias, numbers);
        kernels.forward_tiles({a.input.data(), b.input.data()}, weight.data(), start,
                              {a.output.data(), b.output.data()});
        kernels.backward_input_tiles({a.input.data(), b.input.data()}, weight.data(),
                                     {a.grad_output.data(), b.grad_output.data()});
        a.check();
        b.check();
    }
}

/// Two tiles of images as rows: features of an image side by side, then zeros up to a whole vector. What keeps rows of
/// whole pages apart is left alone.
template <Number V>
Buffer<scalar_t<V>> check_rows(std::size_t features, void (*store)(const V*, scalar_t<V>*),
                               const std::vector<std::vector<scalar_t<V>>>& images) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    const std::size_t length = kernels::row_length<V>(features);
    Buffer<T> rows(images.size() * length);
    Buffer<T> expected(images.size() * length);
    for (std::size_t first = 0; first < images.size(); first += lanes) {
        Buffer<V> tile(features);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            tile.set(lane, images[first + lane]);
            for (std::size_t i = 0; i < (features + lanes - 1) / lanes * lanes; ++i) {
                expected.set((first + lane) * length + i, 0, i < features ? images[first + lane][i] : T(0));
            }
        }
        store(tile.data(), rows.data() + first * length);
    }
    CHECK(rows == expected);
    return rows;
}

/// The gradients of the parameters over a batch of images, the weights' for some of the inputs.
template <Number V>
void check_parameters(const LinearCase& c, const LinearKernels<V>& kernels, Draw& numbers, bool add) {
    using T = scalar_t<V>;
    std::vector<std::vector<T>> images;
    std::vector<std::vector<T>> gradients;
    for (std::size_t n = 0; n < 2 * lane_count<V>; ++n) {
        images.push_back(numbers.integers<T>(c.inputs));
        gradients.push_back(numbers.integers<T>(c.outputs));
    }
    Buffer<T> input = check_rows<V>(c.inputs, kernels.store_input, images);
    Buffer<T> grad_output = check_rows<V>(c.outputs, kernels.store_output, gradients);

    // Ranges of inputs begin and end with a pair of vectors, or end with the row.
    constexpr std::size_t pair = 2 * lane_count<V>;
    const std::size_t pairs = (c.inputs + pair - 1) / pair;
    const std::size_t count = numbers.whole(1, images.size());
    const std::size_t first_pair = numbers.whole(0, pairs - 1);
    const std::size_t first = first_pair * pair;
    const std::size_t last = std::min(c.inputs, pair * numbers.whole(first_pair, pairs));
    INFO("images " << count << ", inputs " << first << " to " << last << ", add " << add);
    Buffer<T> grad_weight(c.inputs * c.outputs);
    Buffer<T> grad_bias(c.outputs);
    if (add) {
        grad_weight.set(0, numbers.integers<T>(c.inputs * c.outputs));
        grad_bias.set(0, numbers.integers<T>(c.outputs));
    }
    Buffer<T> expected_grad_weight = grad_weight;
    Buffer<T> expected_grad_bias = grad_bias;
    std::vector<T> weight_sum(c.inputs * c.outputs);
    std::vector<T> bias_sum(c.outputs);
    for (std::size_t n = 0; n < count; ++n) {
        const std::vector<T> share = naive::linear_backward_weight(images[n], gradients[n]);
        for (std::size_t i = 0; i < share.size(); ++i) {
            weight_sum[i] += share[i];
        }
        for (std::size_t o = 0; o < c.outputs; ++o) {
            bias_sum[o] += gradients[n][o];
        }
    }
    for (std::size_t o = 0; o < c.outputs; ++o) {
        for (std::size_t i = first; i < last; ++i) {
            const std::size_t place = o * c.inputs + i;
            expected_grad_weight.set(place, 0, weight_sum[place] + (add ? grad_weight.data()[place] : T(0)));
        }
        expected_grad_bias.set(o, 0, bias_sum[o] + (add ? grad_bias.data()[o] : T(0)));
    }
    kernels.backward_weight(input.data(), grad_output.data(), count, first, last, add, grad_weight.data());
    CHECK(grad_weight == expected_grad_weight);
    kernels.backward_bias(grad_output.data(), count, add, grad_bias.data());
    CHECK(grad_bias == expected_grad_bias);
}

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_linear() {
    const auto table = []<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<LinearKernels<V>, Count>{linear_kernels<V, Seed, Case>()...};
    }(std::make_index_sequence<Count>{});
    for (std::size_t i = 0; i < Count; ++i) {
        const LinearCase c = linear_case(Seed, i);
        INFO("inputs " << c.inputs << ", outputs " << c.outputs << ", bias " << c.bias << ", relu " << c.relu
                       << ", lanes " << lane_count<V>);
        Draw numbers(Seed + 1, i);
        check_images(c, table[i], numbers);
        check_parameters(c, table[i], numbers, false);
        check_parameters(c, table[i], numbers, true);
    }
}

// (1 2; 3 4; 5 6) * (7, 8) + (1, 2, 3), and back, in constant expressions.
static_assert([] {
    const std::array<float, 6> weight{1, 2, 3, 4, 5, 6};
    const std::array<float, 3> bias{1, 2, 3};
    const std::array<float, 2> input{7, 8};
    std::array<float, 3> output{};
    kernels::linear_forward<2, 3, NoFunction, float, 1>({input.data()}, weight.data(), bias.data(), {output.data()});
    const std::array<float, 3> grad_output{1, 10, 100};
    std::array<float, 2> grad_input{};
    kernels::linear_backward_input<2, 3, NoFunction, float, 1>({grad_input.data()}, weight.data(),
                                                               {grad_output.data()});
    std::array<float, 6> grad_weight{};
    std::array<float, 3> grad_bias{};
    const kernels::ImageRows<2, 3, float> rows{input.data(), grad_output.data()};
    kernels::linear_backward_weight<2, 3>(rows, 1, 0, 2, false, grad_weight.data());
    kernels::linear_backward_bias(rows, 1, false, grad_bias.data());
    return output == std::array<float, 3>{24, 55, 86} && grad_input == std::array<float, 2>{531, 642} &&
           grad_weight == std::array<float, 6>{7, 8, 70, 80, 700, 800} && grad_bias == grad_output;
}());

}  // namespace

// Wherever in a vector the rows of weights begin.
TEST_CASE("an affine map of one image does not depend on where its weights lie") {
    constexpr std::size_t inputs = 80;
    constexpr std::size_t outputs = 21;
    Draw numbers(540);
    const std::vector<float> input = numbers.integers<float>(inputs);
    const std::vector<float> weight = numbers.integers<float>(inputs * outputs);
    std::vector<float> expected(outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t i = 0; i < inputs; ++i) {
            expected[o] += weight[o * inputs + i] * input[i];
        }
    }
    for (std::size_t offset = 0; offset < 16; ++offset) {
        alignas(64) std::array<float, 16 + inputs * outputs> place{};
        std::copy(weight.begin(), weight.end(), place.begin() + static_cast<std::ptrdiff_t>(offset));
        std::vector<float> output(outputs);
        kernels::linear_forward<inputs, outputs, NoFunction, float, 1>({input.data()}, place.data() + offset, nullptr,
                                                                       {output.data()});
        CHECK(output == expected);
    }
}

// Rows of weights that lie whole pages apart are taken fewer at a time.
static_assert(kernels::detail::rows_at_once<float>(128, 1, 9216) == 8);
static_assert(kernels::detail::rows_at_once<float>(128, 1, 9217) == kernels::choose_rows(128, 1));

// Rows of images are whole vectors, and do not lie whole pages apart.
static_assert(kernels::row_length<Lanes<float, 16>>(1) == 16 && kernels::row_length<Lanes<float, 16>>(16) == 16 &&
              kernels::row_length<Lanes<float, 16>>(17) == 32 && kernels::row_length<Lanes<float, 16>>(1024) == 1040);
static_assert(kernels::rows_near == (vector_bytes == 64 ? 128 : 64));

/// The gradients of 21 biases over so many images, all of whose gradients are 0.1.
template <Number V>
std::vector<float> bias_of_tenths(std::size_t images) {
    using Rows = kernels::ImageRows<1, 21, V>;
    const std::vector<float> gradients(images * Rows::next_gradients, 0.1F);
    std::vector<float> gradient(21);
    kernels::linear_backward_bias(Rows{nullptr, gradients.data()}, images, false, gradient.data());
    return gradient;
}

// A portion of images is summed one by one, the portions by halves: of n numbers, the error is at most n - 1 and
// 8 + log2(n) roundings. One by one, these numbers would be summed to 6,558.
TEMPLATE_TEST_CASE("the gradient of a bias is the sum over any number of images", "", float, Lanes<float>) {
    constexpr std::size_t images = 65536;
    const double exact = images * static_cast<double>(0.1F);
    const double bound = exact * (kernels::images_of_portion + 16) * 0x1p-24;
    for (const float sum : bias_of_tenths<TestType>(images)) {
        CHECK(std::abs(static_cast<double>(sum) - exact) <= bound);
    }
    // Sums of portions, one of them not whole: integers come out exactly.
    for (const std::size_t count :
         {kernels::images_of_portion, kernels::images_of_portion + 1, 20 * kernels::images_of_portion - 3}) {
        using Rows = kernels::ImageRows<1, 21, TestType>;
        std::vector<float> gradients(count * Rows::next_gradients);
        for (std::size_t n = 0; n < gradients.size(); ++n) {
            gradients[n] = static_cast<float>(n % 17) - 8;
        }
        for (const bool add : {false, true}) {
            std::vector<float> sum(22, 3.0F);
            kernels::linear_backward_bias(Rows{nullptr, gradients.data()}, count, add, sum.data());
            std::vector<float> expected(22, add ? 3.0F : 0.0F);
            expected[21] = 3;
            for (std::size_t n = 0; n < count; ++n) {
                for (std::size_t o = 0; o < 21; ++o) {
                    expected[o] += gradients[n * Rows::next_gradients + o];
                }
            }
            CHECK(sum == expected);
        }
    }
}

TEST_CASE("affine maps equal the naive loops") {
    check_linear<float, 500, portion(10)>();
    check_linear<double, 510, portion(10)>();
    check_linear<Lanes<float>, 520, portion(10)>();
    check_linear<Lanes<double>, 530, portion(10)>();
}
