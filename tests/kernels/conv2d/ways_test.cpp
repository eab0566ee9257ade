// SPDX-License-Identifier: MIT
// The layer gives the results of the naive loops whichever ways it takes, also where the kernel is too large to be
// filtered. On multiples of 360, where filtering is exact.
#include <ctcnn/kernels/conv2d/ways.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>

#include "../buffers.hpp"
#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <Number V, Conv2dCase c>
struct ThroughLayer {
    using T = scalar_t<V>;
    using Layer =
        Conv2d<c.geometry.in_channels, c.geometry.out_channels,
               Kernel<c.geometry.window.kernel.height, c.geometry.window.kernel.width>,
               Padding<c.geometry.window.padding.height, c.geometry.window.padding.width>,
               Stride<c.geometry.window.stride.height, c.geometry.window.stride.width>, Groups<c.geometry.groups>>;
    using At = typename Layer::template At<Shape<c.geometry.in_channels, c.input.height, c.input.width>>;
    using In =
        Layout<c.geometry.in_channels, c.input.height, c.input.width, c.input_border.height, c.input_border.width>;
    using Out = Layout<c.geometry.out_channels, c.output().height, c.output().width>;
    using Here = Stage<In, Out, std::conditional_t<c.relu, kernels::ReLU, NoFunction>, V>;
    static constexpr std::size_t weights = At::weight_shape::size;
    static constexpr std::size_t biases = At::bias_shape::size;

    static Buffer<V> scratch() { return Buffer<V>(At::template scratch_size<Here>); }
    /// The parameters in one piece, as a layer wants them.
    static std::vector<T> joined(const T* weight, const T* bias) {
        std::vector<T> result(weight, weight + weights);
        result.insert(result.end(), bias, bias + biases);
        return result;
    }

    static void forward(const V* input, const T* weight, const T* bias, V* output) {
        Buffer<V> memory = scratch();
        At::template forward<Here>(joined(weight, bias).data(), input, output, static_cast<V*>(nullptr), memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static void backward_input(V* grad_input, const T* weight, const V* grad_output) {
        Buffer<V> memory = scratch();
        At::template backward_input<Here>(weight, grad_input, grad_output, static_cast<const V*>(nullptr),
                                          memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static void backward_weight(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        Buffer<V> memory = scratch();
        std::vector<T> gradient = joined(grad_weight, grad_bias);
        At::template backward_parameters<Here>(input, grad_output, add, gradient.data(), memory.data());
        CHECK(memory.guards_are_untouched());
        std::copy_n(gradient.data(), weights, grad_weight);
        std::copy_n(gradient.data() + weights, biases, grad_bias);
    }
    static void backward(V* grad_input, const T* weight, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        Buffer<V> memory = scratch();
        std::vector<T> gradient = joined(grad_weight, grad_bias);
        At::template backward<Here>(weight, grad_input, grad_output, add, gradient.data(), memory.data());
        CHECK(memory.guards_are_untouched());
        std::copy_n(gradient.data(), weights, grad_weight);
        std::copy_n(gradient.data() + weights, biases, grad_bias);
    }
};

template <std::size_t In, std::size_t Height, std::size_t Width>
constexpr Conv2dCase case_of{.geometry = {In, 16, 1, {.kernel = {Height, Width}, .padding = {1, 2}}},
                             .input = {13, 14},
                             .input_border = {1, 2},
                             .output_border = {0, 0},
                             .bias = true,
                             .relu = In != 1};

constexpr Conv2dCase separable(std::size_t groups, std::size_t kernel, std::size_t stride) {
    return {.geometry = {32, 32, groups, {.kernel = {kernel, kernel}, .stride = {stride, stride}}},
            .input = {7, 9},
            .input_border = {0, 0},
            .output_border = {0, 0},
            .bias = true,
            .relu = true};
}

// What it takes, with vectors of 16 to 64 bytes.
using kernels::conv2d::Direction;
template <typename Way, Direction D, Conv2dCase c, Number V = Lanes<float>>
constexpr bool takes = std::is_same_v<kernels::conv2d::WayFor<D, StageOf<V, c>>, Way>;
using kernels::conv2d::Depthwise;
using kernels::conv2d::Direct;
using kernels::conv2d::NoWay;
using kernels::conv2d::OneChannel;
using kernels::conv2d::Pointwise;
using kernels::conv2d::SingleImage;
using kernels::conv2d::Winograd;
static_assert(takes<Winograd, Direction::forward, case_of<3, 5, 5>>);
static_assert(takes<Winograd, Direction::backward_input, case_of<3, 5, 5>>);
static_assert(takes<Winograd, Direction::backward_parameters, case_of<3, 5, 5>>);
static_assert(takes<Winograd, Direction::backward, case_of<3, 5, 5>>);
static_assert(takes<OneChannel, Direction::forward, case_of<1, 9, 3>>);
static_assert(takes<Direct, Direction::backward_input, case_of<1, 9, 3>>);
static_assert(takes<OneChannel, Direction::backward_parameters, case_of<1, 9, 3>>);
static_assert(takes<NoWay, Direction::backward, case_of<1, 9, 3>>);
static_assert(takes<Direct, Direction::forward, case_of<1, 8, 8>>);
static_assert(takes<Direct, Direction::forward, case_of<3, 9, 9>>);
static_assert(takes<SingleImage, Direction::forward, case_of<3, 5, 5>, float>);
static_assert(takes<Direct, Direction::backward_input, case_of<3, 5, 5>, float>);
static_assert(takes<Depthwise, Direction::forward, separable(32, 3, 1)>);
static_assert(takes<Depthwise, Direction::backward_input, separable(32, 3, 2)>);
static_assert(takes<Depthwise, Direction::backward_parameters, separable(32, 3, 2)>);
static_assert(!takes<Depthwise, Direction::forward, separable(16, 3, 1)>);
// What is written out grows with the square of the stride.
static_assert(takes<Depthwise, Direction::backward_input, separable(32, 2, 8)>);
static_assert(!takes<Depthwise, Direction::backward_input, separable(32, 2, 9)>);
static_assert(takes<Direct, Direction::forward, separable(1, 1, 2)>);
static_assert(takes<Direct, Direction::backward_input, separable(1, 1, 2)>);
static_assert(takes<Pointwise, Direction::backward_parameters, separable(1, 1, 2)>);
static_assert(!takes<Pointwise, Direction::backward_parameters, separable(1, 3, 2)>);

// A PairStage takes pairs where the channels are many, and else what the same stage of floats takes.
using kernels::conv2d::InPairs;
template <Direction D, Conv2dCase c, typename Floats = StageOf<Lanes<float>, c>>
using WayOfPairs =
    kernels::conv2d::WayFor<D, kernels::ConvStage<c.geometry, PairStage<typename Floats::In, typename Floats::Out,
                                                                        typename Floats::Function, Lanes<float>>>>;
template <Direction D, Conv2dCase c>
constexpr bool takes_pairs = std::is_same_v<WayOfPairs<D, c>, InPairs>;
template <Direction D, Conv2dCase c>
constexpr bool takes_floats = takes<WayOfPairs<D, c>, D, c>;
static_assert(takes_pairs<Direction::forward, separable(1, 1, 2)> &&
              takes_pairs<Direction::backward_input, separable(1, 1, 2)> &&
              takes_pairs<Direction::backward_parameters, separable(1, 1, 2)> &&
              takes_pairs<Direction::backward, separable(1, 1, 2)>);
static_assert(takes_pairs<Direction::forward, case_of<8, 3, 3>> && takes_pairs<Direction::backward, case_of<16, 5, 5>>);
static_assert(takes_floats<Direction::backward, case_of<8, 3, 3>> &&
              takes_floats<Direction::forward, case_of<3, 5, 5>>);
static_assert(takes_floats<Direction::forward, separable(32, 3, 1)> &&
              takes_floats<Direction::backward, separable(16, 3, 2)>);
static_assert(takes_floats<Direction::backward, case_of<16, 9, 3>>);  // too many taps

constexpr Conv2dCase channels(std::size_t in, std::size_t out) {
    Conv2dCase result = case_of<8, 5, 5>;
    result.geometry.in_channels = in;
    result.geometry.out_channels = out;
    return result;
}
static_assert(takes_pairs<Direction::forward, channels(8, 8)> && takes_floats<Direction::forward, channels(7, 8)> &&
              takes_floats<Direction::forward, channels(8, 7)>);
static_assert(takes_pairs<Direction::backward_parameters, channels(16, 8)> &&
              takes_floats<Direction::backward_parameters, channels(15, 8)>);

// Filters of each channel: whose weights find room in the registers, beside 6 others, and that all see the image.
constexpr Conv2dCase filters(Extent kernel, Extent padding, std::size_t out = 32) {
    return {.geometry = {32, out, 32, {.kernel = kernel, .padding = padding}},
            .input = {30, 30},
            .input_border = padding,
            .output_border = {0, 0},
            .bias = true,
            .relu = true};
}
static_assert(takes<Depthwise, Direction::forward, filters({vector_registers / 2 - 3, 2}, {0, 0})>);
static_assert(!takes<Depthwise, Direction::forward, filters({vector_registers - 5, 1}, {0, 0})>);
static_assert(takes<Depthwise, Direction::forward, filters({2, 3}, {1, 2})>);
static_assert(!takes<Depthwise, Direction::forward, filters({2, 3}, {2, 2})>);
static_assert(!takes<Depthwise, Direction::forward, filters({2, 3}, {1, 3})>);
static_assert(!takes<Depthwise, Direction::forward, filters({2, 3}, {1, 2}, 64)>);

// Not of one image, with strides, or across groups.
static_assert(takes<SingleImage, Direction::forward, case_of<1, 9, 3>, float>);
static_assert(takes<Direct, Direction::backward_parameters, case_of<1, 9, 3>, float>);
static_assert(takes<Direct, Direction::backward_parameters, case_of<3, 5, 5>, float>);
static_assert(takes<Direct, Direction::backward_parameters, separable(1, 1, 2), float>);
static_assert(!takes<Pointwise, Direction::backward_parameters, separable(2, 1, 2)>);
constexpr Conv2dCase one_channel(std::size_t stride, std::size_t dilation) {
    Conv2dCase result = case_of<1, 3, 3>;
    result.geometry.window.stride = {stride, stride};
    result.geometry.window.dilation = {dilation, dilation};
    return result;
}
static_assert(takes<OneChannel, Direction::forward, one_channel(1, 1)>);
static_assert(!takes<OneChannel, Direction::forward, one_channel(2, 1)>);
static_assert(!takes<OneChannel, Direction::backward_parameters, one_channel(2, 1)>);
static_assert(!takes<OneChannel, Direction::forward, one_channel(1, 2)>);
static_assert(!takes<OneChannel, Direction::backward_parameters, one_channel(1, 2)>);
static_assert(!takes<Winograd, Direction::forward, separable(1, 3, 2)>);
static_assert(!takes<Winograd, Direction::backward_input, separable(1, 3, 2)>);
template <Conv2dCase c>
constexpr bool filters_single_image = SingleImage::WinogradPlan<StageOf<float, c>>::pays;
static_assert(filters_single_image<case_of<3, 5, 5>> && filters_single_image<case_of<3, 3, 9>>);
static_assert(!filters_single_image<case_of<1, 8, 8>> && !filters_single_image<case_of<3, 9, 9>>);

template <Conv2dCase c, Number V>
void check_case(std::uint64_t seed) {
    using L = ThroughLayer<V, c>;
    check_conv2d(c, Conv2dKernels<V>{&L::forward, &L::backward_input, &L::backward_weight, &L::backward, 360},
                 Draw(seed, c.geometry.in_channels));
}
template <std::size_t In, std::size_t Height, std::size_t Width, Number V>
void check_layer(std::uint64_t seed) {
    check_case<case_of<In, Height, Width>, V>(seed);
}

template <Number V>
void check_kernels(std::uint64_t seed) {
    check_layer<1, 9, 3, V>(seed + 3);
    check_layer<3, 5, 5, V>(seed + 5);
    check_case<separable(32, 3, 2), V>(seed + 9);
    check_case<separable(1, 1, 1), V>(seed + 10);
    // Sanitizers compile slowly, and the kernels have tests of their own.
    if constexpr (!CTCNN_TEST_SANITIZED) {
        check_layer<1, 1, 1, V>(seed);
        check_layer<1, 5, 5, V>(seed + 1);
        check_layer<1, 8, 8, V>(seed + 2);
        check_layer<3, 3, 9, V>(seed + 4);
        check_layer<3, 9, 9, V>(seed + 6);
        check_layer<3, 13, 1, V>(seed + 7);
        check_layer<3, 2, 13, V>(seed + 8);
    }
}

}  // namespace

TEST_CASE("Conv2d of a single image equals the naive loops for kernels of every size") {
    check_kernels<float>(250);
    if constexpr (!CTCNN_TEST_SANITIZED) {
        check_kernels<double>(260);
    }
}

TEST_CASE("Conv2d of tiles of images equals the naive loops for kernels of every size") {
    check_kernels<Lanes<float>>(270);
    if constexpr (!CTCNN_TEST_SANITIZED) {
        check_kernels<Lanes<double>>(280);
    }
}
