// SPDX-License-Identifier: MIT
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ctcnn/ctcnn.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L, typename S>
using output_of = typename L::template At<S>::output_shape;

template <typename L, typename In, typename Out>
constexpr bool takes_to = Accepts<L, In> && std::is_same_v<output_of<L, In>, Out>;

using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<400, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>;

// PyTorch's MNIST example, without its dropout.
using Example = Sequential<Input<1, 28, 28>, Conv2d<1, 32, Kernel<3>>, ReLU, Conv2d<32, 64, Kernel<3>>, ReLU,
                           MaxPool2d<Kernel<2>>, Flatten, Linear<9216, 128>, ReLU, Linear<128, 10>>;

}  // namespace

// Layers on shapes ----------------------------------------------------------------------------------------------------

// The course's figures.
static_assert(takes_to<Conv2d<1, 1, Kernel<2>>, Shape<1, 3, 3>, Shape<1, 2, 2>>);
static_assert(takes_to<Conv2d<1, 1, Kernel<2>, Padding<1>>, Shape<1, 3, 3>, Shape<1, 4, 4>>);
static_assert(takes_to<Conv2d<1, 1, Kernel<2>, Padding<1>, Stride<2>>, Shape<1, 3, 3>, Shape<1, 2, 2>>);
static_assert(takes_to<Conv2d<1, 1, Kernel<3, 2>, Padding<1, 2>, Stride<2, 1>>, Shape<1, 8, 8>, Shape<1, 4, 11>>);
static_assert(takes_to<Conv2d<3, 12, Kernel<3>>, Shape<3, 12, 12>, Shape<12, 10, 10>>);
static_assert(takes_to<Conv2d<2, 1, Kernel<2>>, Shape<2, 3, 3>, Shape<1, 2, 2>>);
static_assert(takes_to<MaxPool2d<Kernel<2>, Stride<1>>, Shape<1, 3, 3>, Shape<1, 2, 2>>);
static_assert(takes_to<AvgPool2d<Kernel<2>>, Shape<6, 28, 28>, Shape<6, 14, 14>>);

// Stride, dilation and rounding down, as PyTorch.
static_assert(takes_to<Conv2d<2, 4, Kernel<3>, Dilation<2>>, Shape<2, 8, 8>, Shape<4, 4, 4>>);
static_assert(takes_to<Conv2d<2, 4, Kernel<3>, Stride<2>>, Shape<2, 8, 9>, Shape<4, 3, 4>>);
static_assert(takes_to<Conv2d<4, 8, Kernel<1>, Groups<4>, NoBias>, Shape<4, 5, 7>, Shape<8, 5, 7>>);
static_assert(takes_to<MaxPool2d<Kernel<3>, Padding<1>>, Shape<2, 8, 8>, Shape<2, 3, 3>>);
static_assert(takes_to<MaxPool2d<Kernel<2>>, Shape<2, 5, 7>, Shape<2, 2, 3>>);
static_assert(takes_to<AvgPool2d<Kernel<2, 3>, Stride<1, 3>, Padding<1>>, Shape<2, 4, 7>, Shape<2, 5, 3>>);
static_assert(takes_to<Linear<400, 120>, Shape<400>, Shape<120>>);
static_assert(takes_to<Flatten, Shape<16, 5, 5>, Shape<400>> && takes_to<Flatten, Shape<7>, Shape<7>>);
static_assert(takes_to<ReLU, Shape<16, 5, 5>, Shape<16, 5, 5>> && takes_to<Sigmoid, Shape<7>, Shape<7>>);
static_assert(takes_to<Tanh, Shape<2, 3>, Shape<2, 3>>);

// Lazy layers take their input size from what arrives, and are the same layer then.
static_assert(takes_to<LazyConv2d<6, Kernel<5>, Padding<2>>, Shape<3, 28, 28>, Shape<6, 28, 28>>);
static_assert(takes_to<LazyLinear<10>, Shape<84>, Shape<10>>);
static_assert(
    std::is_same_v<LazyConv2d<6, Kernel<5>>::At<Shape<3, 28, 28>>, Conv2d<3, 6, Kernel<5>>::At<Shape<3, 28, 28>>>);
static_assert(std::is_same_v<LazyLinear<10, NoBias>::At<Shape<84>>, Linear<84, 10, NoBias>::At<Shape<84>>>);

// What is not accepted is answered 'no', without an error.
static_assert(!Accepts<Conv2d<3, 6, Kernel<5>>, Shape<1, 28, 28>> && !Accepts<Conv2d<1, 6, Kernel<5>>, Shape<784>>);
static_assert(!Accepts<Conv2d<1, 6, Kernel<5>>, Shape<1, 4, 28>> && Accepts<Conv2d<1, 6, Kernel<5>>, Shape<1, 5, 5>>);
static_assert(!Accepts<Conv2d<1, 6>, Shape<1, 28, 28>> && !Accepts<Conv2d<1, 6, Kernel<5>, int>, Shape<1, 28, 28>>);
static_assert(!Accepts<Conv2d<4, 6, Kernel<1>, Groups<3>>, Shape<4, 5, 5>>);
static_assert(!Accepts<Conv2d<4, 6, Kernel<1>, Groups<4>>, Shape<4, 5, 5>>);
static_assert(Accepts<Conv2d<4, 6, Kernel<1>, Groups<2>>, Shape<4, 5, 5>>);
static_assert(Accepts<MaxPool2d<Kernel<2>, Padding<1>>, Shape<1, 8, 8>>);
static_assert(!Accepts<MaxPool2d<Kernel<3>, Padding<2>>, Shape<1, 8, 8>>);
static_assert(!Accepts<MaxPool2d<Kernel<2>>, Shape<1, 1, 1>> && !Accepts<AvgPool2d<Kernel<2>>, Shape<64>>);
static_assert(!Accepts<Linear<400, 120>, Shape<401>> && !Accepts<Linear<400, 120>, Shape<16, 5, 5>>);
static_assert(!Accepts<LazyLinear<0>, Shape<8>> && !Accepts<LazyConv2d<4, Kernel<3>>, Shape<128>>);
static_assert(!Accepts<int, Shape<8>> && !Accepts<Kernel<3>, Shape<1, 8, 8>> && !Accepts<ReLU, int>);
static_assert(!Accepts<LeNet, Shape<1, 28, 28>>);
static_assert(Layer<ReLU> && Layer<Sequential<ReLU>> && !Layer<Input<8>> && !Layer<LeNet> && !Layer<void>);

// What an error says to write instead.
template <typename L, typename S>
concept Corrects = requires { typename L::template correction<S>; };
static_assert(
    std::is_same_v<Conv2d<3, 6, Kernel<5>>::correction<Shape<1, 28, 28>>, corrected<Conv2d<1, 6, Kernel<5>>>>);
static_assert(!Corrects<Conv2d<3, 6, Kernel<5>>, Shape<784>>);
static_assert(std::is_same_v<Linear<7, 4>::correction<Shape<8>>, corrected<Linear<8, 4>>>);
static_assert(std::is_same_v<Linear<7, 4>::correction<Shape<2, 3, 2>>, corrected<Flatten, Linear<12, 4>>>);
static_assert(std::is_same_v<LazyLinear<4>::correction<Shape<2, 3, 2>>, corrected<Flatten, LazyLinear<4>>>);

// The gradients of the weights of Linear are sums over a batch, and in a prepared network it reads and writes features.
using Affine = Linear<4, 3>::At<Shape<4>>;
static_assert(Affine::batched_gradient && !Conv2d<4, 3, Kernel<1>>::At<Shape<4, 1, 1>>::batched_gradient);
static_assert(Affine::prepared<16>.offered && Affine::prepared<16>.has_features && !Affine::prepared<16>.follows);

// The largest numbers are accepted, so that it is the shape that is wrong; larger ones are not.
constexpr std::size_t most = 2'147'483'647;
static_assert((Linear<most, 1>::check)(Shape<5>{}) == Mismatch{Reason::in_features, most});
static_assert((Linear<5, most>::check)(Shape<5>{}) == Mismatch{});
static_assert((Linear<most + 1, 1>::check)(Shape<5>{}) == Mismatch{Reason::number_too_large});
static_assert((Linear<5, most + 1>::check)(Shape<5>{}) == Mismatch{Reason::number_too_large});
static_assert((Linear<0, 1>::check)(Shape<5>{}) == Mismatch{Reason::zero_channels});
static_assert((Linear<5, 0>::check)(Shape<5>{}) == Mismatch{Reason::zero_channels});

// The reason and the number that was wanted.
static_assert(Linear<256, 120>::check(Shape<400>{}) == Mismatch{Reason::in_features, 256});
static_assert(Conv2d<3, 6, Kernel<5>>::check(Shape<1, 28, 28>{}) == Mismatch{Reason::in_channels, 3});
static_assert(Linear<256, 120>::check(Shape<16, 4, 4>{}).reason == Reason::feature_rank);

// Whole networks ------------------------------------------------------------------------------------------------------

static_assert(WellFormed<Input<400>, Linear<400, 10>> && WellFormed<Input<1, 28, 28>, Flatten, Linear<784, 10>>);
static_assert(WellFormed<Input<8>, Sequential<Linear<8, 4>, Sequential<ReLU>>, Linear<4, 2>>);
static_assert(!WellFormed<Input<400>> && !WellFormed<Linear<400, 10>> && !WellFormed<Shape<400>, Linear<400, 10>>);
static_assert(!WellFormed<Input<401>, Linear<400, 10>> && !WellFormed<Input<1, 28, 28>, Linear<784, 10>>);
static_assert(!WellFormed<Input<8>, Linear<8, 4>, Linear<8, 4>> && !WellFormed<Input<8>, Input<8>, Linear<8, 4>>);
static_assert(!WellFormed<Input<8>, Sequential<Linear<8, 4>, Linear<8, 4>>> && !WellFormed<Input<8>, Sequential<>>);
static_assert(!WellFormed<Input<0>, Linear<0, 4>> && !WellFormed<Input<>, Flatten> && !WellFormed<Input<8>, int>);
static_assert(!WellFormed<Input<8>, Sequential<Input<8>, Linear<8, 4>>>);

static_assert(LeNet::input_shape{} == Shape<1, 28, 28>{} && LeNet::output_shape{} == Shape<10>{});
static_assert(LeNet::layer_count == 12);
static_assert(LeNet::parameter_count == 61706);
static_assert(LeNet::multiply_adds == 416520);
static_assert(std::is_same_v<LeNet::shape_after<0>, Shape<6, 28, 28>>);
static_assert(std::is_same_v<LeNet::shape_after<1>, Shape<6, 28, 28>>);
static_assert(std::is_same_v<LeNet::shape_after<2>, Shape<6, 14, 14>>);
static_assert(std::is_same_v<LeNet::shape_after<3>, Shape<16, 10, 10>>);
static_assert(std::is_same_v<LeNet::shape_after<4>, Shape<16, 10, 10>>);
static_assert(std::is_same_v<LeNet::shape_after<5>, Shape<16, 5, 5>>);
static_assert(std::is_same_v<LeNet::shape_after<6>, Shape<400>>);
static_assert(std::is_same_v<LeNet::shape_after<7>, Shape<120>>);
static_assert(std::is_same_v<LeNet::shape_after<8>, Shape<120>>);
static_assert(std::is_same_v<LeNet::shape_after<9>, Shape<84>>);
static_assert(std::is_same_v<LeNet::shape_after<10>, Shape<84>>);
static_assert(std::is_same_v<LeNet::shape_after<11>, Shape<10>>);

static_assert(Example::parameter_count == 1199882 && Example::layer_count == 9);
static_assert(std::is_same_v<Example::shape_after<4>, Shape<64, 12, 12>>);
// 32*26*26*9 + 64*24*24*32*9 + 9216*128 + 128*10
static_assert(Example::multiply_adds == 194688 + 10616832 + 1179648 + 1280);

// A lazy network is the same network as a written-out one, parameter by parameter.
using Lazy = Sequential<Input<1, 28, 28>, LazyConv2d<6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                        LazyConv2d<16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, LazyLinear<120>, Sigmoid,
                        LazyLinear<84>, Sigmoid, LazyLinear<10>>;
static_assert(Lazy::parameter_count == LeNet::parameter_count && Lazy::multiply_adds == LeNet::multiply_adds);
static_assert(std::is_same_v<Lazy::layers, LeNet::layers>);

// Blocks count as one layer, and their layers count from 0 again.
using Nested = Sequential<Input<2, 6, 6>, Sequential<Conv2d<2, 4, Kernel<3>>, Sequential<ReLU, MaxPool2d<Kernel<2>>>>,
                          Flatten, Sequential<Linear<16, 8>, Tanh>, Linear<8, 3, NoBias>>;
using Flat = Sequential<Input<2, 6, 6>, Conv2d<2, 4, Kernel<3>>, ReLU, MaxPool2d<Kernel<2>>, Flatten, Linear<16, 8>,
                        Tanh, Linear<8, 3, NoBias>>;
static_assert(Nested::layer_count == 4 && Flat::layer_count == 7);
static_assert(std::is_same_v<Nested::shape_after<0>, Shape<4, 2, 2>>);
static_assert(std::is_same_v<Nested::shape_after<1>, Shape<16>> && std::is_same_v<Nested::shape_after<2>, Shape<8>>);
static_assert(Nested::output_shape{} == Shape<3>{});
static_assert(Nested::parameter_count == 4 * 2 * 9 + 4 + 8 * 16 + 8 + 3 * 8);
static_assert(Nested::parameter_count == Flat::parameter_count && Nested::multiply_adds == Flat::multiply_adds);
static_assert(Nested::inference_workspace_bytes == Flat::inference_workspace_bytes);
static_assert(Nested::training_workspace_bytes == Flat::training_workspace_bytes);

// A block alone is a layer of any shape that its layers accept.
using Block = Sequential<Flatten, LazyLinear<4>, ReLU>;
static_assert(takes_to<Block, Shape<2, 3, 3>, Shape<4>> && takes_to<Block, Shape<7>, Shape<4>>);
static_assert(!Accepts<Sequential<Linear<8, 4>, Linear<8, 4>>, Shape<8>> && !Accepts<Sequential<>, Shape<8>>);

// Of a network that is refused, the shape of its image is known unless it is at fault.
template <std::size_t... Dims>
constexpr bool is_known = model::RefusedOn<Shape<Dims...>, Linear<3, 4>>::known;
static_assert(is_known<4> && is_known<2, 5, 5> && !is_known<> && !is_known<4, 0>);
static_assert(is_known<1073741823, 1073741825> && !is_known<1073741824, 1073741824>);

// Other arguments than an image and a workspace are taken, to be refused with one sentence.
template <typename Net, typename... Arguments>
concept Called = requires(const Net& net, Arguments... arguments) {
    { net(arguments...) } -> std::same_as<typename Net::output_tensor>;
};
template <typename Net, typename... Arguments>
concept Predicted = requires(const Net& net, Arguments... arguments) {
    { predict(net, arguments...) } -> std::same_as<std::size_t>;
};
using Digit = LeNet::input_tensor;
using Buffers = Workspace<LeNet>;
static_assert(Called<LeNet, Digit> && Called<LeNet, Digit, Buffers&> && Called<LeNet> && Called<LeNet, int> &&
              Called<LeNet, Digit, int> && Called<LeNet, Digit, Buffers&, int>);
static_assert(Predicted<LeNet, Digit> && Predicted<LeNet, Digit, Buffers&> && Predicted<LeNet> &&
              Predicted<LeNet, int> && Predicted<LeNet, Digit, const char*> && Predicted<LeNet, Digit, Buffers&, int>);

// Plain values --------------------------------------------------------------------------------------------------------

static_assert(std::is_trivially_copyable_v<LeNet> && std::is_default_constructible_v<LeNet>);
static_assert(!std::is_polymorphic_v<LeNet> && alignof(LeNet) == alignment);
static_assert(LeNet::parameter_bytes == 61706 * 4);
static_assert(sizeof(LeNet) == (LeNet::parameter_bytes + alignment - 1) / alignment * alignment);
static_assert(std::is_same_v<LeNet::scalar, float>);
static_assert(std::is_same_v<LeNet::input_tensor, Tensor<float, Shape<1, 28, 28>>>);
static_assert(std::is_same_v<LeNet::output_tensor, Tensor<float, Shape<10>>>);

// Inference keeps the two largest neighbouring activations, 6x28x28 and 6x14x14, and little else.
static_assert(LeNet::inference_workspace_bytes >= (6 * 28 * 28 + 6 * 14 * 14) * sizeof(float));
static_assert(LeNet::inference_workspace_bytes <= 32 * 1024);
// On any processor, for any network: also where the rows of pixels or the weights would be large.
static_assert(LeNet::inference_stack_bytes <= 48 * 1024);
static_assert(Sequential<Input<1, 64, 64>, Conv2d<1, 512, Kernel<4>, Stride<4>>>::inference_stack_bytes <= 48 * 1024);
static_assert(Sequential<Input<64, 28, 28>, Conv2d<64, 64, Kernel<3>>>::inference_stack_bytes <= 48 * 1024);
static_assert(Sequential<Input<8>, Linear<8, 4>>::inference_stack_bytes == 0);
#if defined(__SSE2__)
// Weights of 4 bytes, 8 x 32 x 3 x 3, that are packed for lanes along the channels, and more.
static_assert(Sequential<Input<8, 8, 8>, Conv2d<8, 32, Kernel<3>, Padding<1>>>::inference_stack_bytes > 9 * 1024);
#endif
// Training keeps all activations (the image, both convolutions and poolings, three Linear layers) and all gradients.
static_assert(LeNet::training_workspace_bytes >=
              (784 + 4704 + 1176 + 1600 + 400 + 120 + 84 + 10 + LeNet::parameter_count) * sizeof(float));
static_assert(LeNet::training_workspace_bytes <= 512 * 1024);
// Input, convolution and sum; the gradient of the convolution and the part that is added to it; gradients twice.
using Skip = Sequential<Input<1, 4, 4>, Conv2d<1, 2, Kernel<1>>, Residual<ReLU, Conv2d<2, 2, Kernel<1>>>>;
static_assert(Skip::training_workspace_bytes >= sizeof(float) * (16 + 5 * 32 + 2 * Skip::parameter_count));

// In double.
using Double = LeNet::with_scalar<double>;
static_assert(std::is_same_v<Double::scalar, double> && Double::parameter_bytes == 2 * LeNet::parameter_bytes);
static_assert(Double::output_shape{} == Shape<10>{} && Double::parameter_count == 61706);
static_assert(Double::inference_workspace_bytes == 2 * LeNet::inference_workspace_bytes);
static_assert(std::is_same_v<Double::output_tensor, Tensor<double, Shape<10>>>);
static_assert(std::is_same_v<Double::with_scalar<float>, LeNet> && std::is_same_v<LeNet::with_scalar<float>, LeNet>);

// Typed views of the parameters; the same of gradients.
template <std::size_t I, typename Net>
using weight_view = decltype(std::declval<Net&>().template layer<I>().weight);
template <std::size_t I, typename Net>
using bias_view = decltype(std::declval<Net&>().template layer<I>().bias);
static_assert(std::is_same_v<weight_view<0, LeNet>, TensorView<float, Shape<6, 1, 5, 5>>>);
static_assert(std::is_same_v<bias_view<0, LeNet>, TensorView<float, Shape<6>>>);
static_assert(std::is_same_v<weight_view<3, const LeNet>, TensorView<const float, Shape<16, 6, 5, 5>>>);
static_assert(std::is_same_v<weight_view<11, LeNet>, TensorView<float, Shape<10, 84>>>);
static_assert(std::is_same_v<weight_view<7, Double>, TensorView<double, Shape<120, 400>>>);
static_assert(std::is_same_v<weight_view<7, Gradients<LeNet>>, TensorView<float, Shape<120, 400>>>);
using Grouped = Sequential<Input<4, 5, 5>, Conv2d<4, 8, Kernel<3, 2>, Groups<2>>>;
static_assert(std::is_same_v<weight_view<0, Grouped>, TensorView<float, Shape<8, 2, 3, 2>>>);

template <std::size_t I, typename Net>
concept HasWeight = requires(Net& net) { net.template layer<I>().weight; };
template <std::size_t I, typename Net>
concept HasBias = requires(Net& net) { net.template layer<I>().bias; };
static_assert(HasWeight<0, LeNet> && HasBias<0, LeNet> && !HasWeight<1, LeNet> && !HasBias<6, LeNet>);
static_assert(HasWeight<3, Nested> && !HasBias<3, Nested>);

// A network works in constant expressions: (1, 2) times ((1, 2), (3, 4)) plus (10, 20).
constexpr auto computed_while_compiling = [] {
    Sequential<Input<2>, Linear<2, 2>, ReLU> net{};
    constexpr std::array<float, 6> parameters{1, 2, 3, 4, 10, -20};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        net.parameters()[i] = parameters[i];
    }
    return net(Tensor<float, Shape<2>>{1, 2});
}();
static_assert(computed_while_compiling == Tensor<float, Shape<2>>{15, 0});

TEST_CASE("parameters are one aligned array in the order of the layers") {
    static LeNet net{};
    const auto* const first = net.parameters().data();
    CHECK(reinterpret_cast<std::uintptr_t>(first) % alignment == 0);
    CHECK(net.parameters().size() == 61706);
    CHECK(net.layer<0>().weight.data() == first);
    CHECK(net.layer<0>().bias.data() == first + 150);
    CHECK(net.layer<3>().weight.data() == first + 156);
    CHECK(net.layer<3>().bias.data() == first + 2556);
    CHECK(net.layer<7>().weight.data() == first + 2572);
    CHECK(net.layer<9>().weight.data() == first + 2572 + 48120);
    CHECK(net.layer<11>().bias.data() == first + 61696);

    net.layer<3>().weight(15, 5, 4, 4) = 2;
    CHECK(net.parameters()[2555] == 2);
    const LeNet copy = net;
    net.layer<3>().weight(15, 5, 4, 4) = 3;
    CHECK(copy.layer<3>().weight(15, 5, 4, 4) == 2);
}

TEST_CASE("layers of blocks lie where the same layers without blocks do") {
    Nested nested{};
    Flat flat{};
    for (std::size_t i = 0; i < Nested::parameter_count; ++i) {
        nested.parameters()[i] = flat.parameters()[i] = static_cast<float>(i % 7) - 3;
    }
    CHECK(nested.layer<0>().layer<0>().weight.data() == nested.parameters().data());
    CHECK(nested.layer<2>().layer<0>().weight.data() - nested.parameters().data() ==
          flat.layer<4>().weight.data() - flat.parameters().data());
    CHECK(nested.layer<3>().weight.data() - nested.parameters().data() ==
          flat.layer<6>().weight.data() - flat.parameters().data());

    Tensor<float, Shape<2, 6, 6>> image{};
    for (std::size_t i = 0; i < image.size(); ++i) {
        image.values[i] = static_cast<float>(i % 5) - 2;
    }
    CHECK(nested(image) == flat(image));
    CHECK(nested(image) != Tensor<float, Shape<3>>{});
}
