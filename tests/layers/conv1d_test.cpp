// SPDX-License-Identifier: MIT
#include <ctcnn/layers/conv1d.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <ctcnn/ctcnn.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L, typename S>
constexpr Mismatch answer = mismatch_of<L, S>();
template <typename L, typename In, typename Out>
constexpr bool takes_to = Accepts<L, In> && std::is_same_v<typename L::template At<In>::output_shape, Out>;

static_assert(takes_to<Conv1d<2, 4, Kernel<3>>, Shape<2, 20>, Shape<4, 18>>);
static_assert(takes_to<Conv1d<2, 4, Kernel<5>, Padding<2>, Stride<2>>, Shape<2, 20>, Shape<4, 10>>);
static_assert(takes_to<Conv1d<2, 4, Kernel<3>, Dilation<4>, Groups<2>, NoBias>, Shape<2, 20>, Shape<4, 12>>);
static_assert(takes_to<Conv1d<2, 4, Kernel<20>>, Shape<2, 20>, Shape<4, 1>>);
static_assert(answer<Conv1d<2, 4, Kernel<21>>, Shape<2, 20>> == Mismatch{Reason::kernel_too_large});
static_assert(answer<Conv1d<3, 4, Kernel<3>>, Shape<2, 20>> == Mismatch{Reason::in_channels, 3});
static_assert(answer<Conv1d<2, 4, Kernel<3>>, Shape<2, 4, 5>> == Mismatch{Reason::sequence_rank});
static_assert(answer<Conv1d<2, 4, Kernel<3, 3>>, Shape<2, 20>> == Mismatch{Reason::unknown_option});
static_assert(answer<Conv1d<2, 4, Kernel<0>>, Shape<2, 20>> == Mismatch{Reason::zero_kernel});
static_assert(answer<Conv1d<2, 4, Kernel<3>, Stride<0>>, Shape<2, 20>> == Mismatch{Reason::zero_stride});
static_assert(answer<Conv1d<2, 0, Kernel<3>>, Shape<2, 20>> == Mismatch{Reason::zero_channels});
static_assert(answer<Conv1d<2, 4, Kernel<3>, Groups<3>>, Shape<2, 20>> == Mismatch{Reason::groups_divide});
static_assert(answer<Conv1d<2'147'483'648, 4, Kernel<3>>, Shape<2, 20>> == Mismatch{Reason::number_too_large});
static_assert(answer<Conv1d<2, 2'147'483'648, Kernel<3>>, Shape<2, 20>> == Mismatch{Reason::number_too_large});
static_assert(answer<Conv1d<2'147'483'647, 4, Kernel<3>>, Shape<2, 20>> ==
              Mismatch{Reason::in_channels, 2'147'483'647});
static_assert(answer<Conv1d<2, 2'147'483'647, Kernel<20>>, Shape<2, 20>> == Mismatch{});
// What an error says to write instead.
template <typename L, typename S>
concept Corrects = requires { typename L::template correction<S>; };
static_assert(std::is_same_v<Conv1d<3, 4, Kernel<3>>::correction<Shape<2, 20>>, corrected<Conv1d<2, 4, Kernel<3>>>>);
static_assert(!Corrects<Conv1d<3, 4, Kernel<3>>, Shape<2>> && !Corrects<Conv1d<3, 4, Kernel<3>>, Shape<2, 4, 5>>);
// The border counts.
static_assert(
    answer<Conv1d<1, 1, Kernel<2'000'000'000>, Padding<2'000'000'000>, Stride<2'000'000'000>>, Shape<1, 20>> ==
    Mismatch{});
static_assert(answer<Conv1d<2'000'000'000, 1, Kernel<1>, Padding<2'000'000'000>, Groups<1>>, Shape<2'000'000'000, 2>> ==
              Mismatch{Reason::number_too_large});

using Net = Sequential<Input<2, 30>, Conv1d<2, 6, Kernel<3>, Padding<1>>, ReLU, MaxPool1d<Kernel<2>>,
                       Conv1d<6, 4, Kernel<5>, Padding<4>, Dilation<2>, Groups<2>>, Tanh,
                       AvgPool1d<Kernel<3>, Stride<2>, Padding<1>>, Flatten, Linear<32, 3>>;
using Flat = Sequential<Input<2, 1, 30>, Conv2d<2, 6, Kernel<1, 3>, Padding<0, 1>>, ReLU, MaxPool2d<Kernel<1, 2>>,
                        Conv2d<6, 4, Kernel<1, 5>, Padding<0, 4>, Dilation<1, 2>, Groups<2>>, Tanh,
                        AvgPool2d<Kernel<1, 3>, Stride<1, 2>, Padding<0, 1>>, Flatten, Linear<32, 3>>;
static_assert(Net::parameter_count == Flat::parameter_count && Net::multiply_adds == Flat::multiply_adds);
static_assert(Net::inference_workspace_bytes == Flat::inference_workspace_bytes);
static_assert(Net::names()[0].shape.size() == 3 && Net::names()[0].shape[2] == 3);
static_assert(summary<Net>().find("Conv1d(6, 4, kernel_size=5, padding=4, dilation=2, groups=2)") !=
              summary<Net>().npos);

constexpr OnnxNode node = Conv1d<2, 6, Kernel<3>, Padding<1>, Stride<2>>::At<Shape<2, 30>>::onnx();
static_assert(node.op_type == "Conv" && node.attributes[0].count == 1 && node.attributes[1].values[0] == 2);
static_assert(node.attributes[2].count == 2 && node.attributes[3].count == 1 && node.attribute_count == 5);

// In a constant expression.
static_assert([] {
    Sequential<Input<1, 4>, Conv1d<1, 1, Kernel<2>, Padding<1>>> net{};
    net.layer<0>().weight(0, 0, 0) = 1;
    net.layer<0>().weight(0, 0, 1) = 10;
    net.layer<0>().bias(0) = 100;
    return net({1, 2, 3, 4}) == Tensor<float, Shape<1, 5>>{110, 121, 132, 143, 104};
}());

}  // namespace

TEST_CASE("a network of sequences has the bits of one of images of one row") {
    Net net{};
    Flat flat{};
    initialize(net, XavierUniform{}, 5);
    std::ranges::copy(net.parameters(), flat.parameters().begin());
    Draw draw(1600);
    std::vector<Net::input_tensor> sequences(37);
    std::vector<Flat::input_tensor> images(37);
    std::vector<int> labels(37);
    for (std::size_t n = 0; n < 37; ++n) {
        for (float& number : sequences[n].values) {
            number = draw.real(-1.0f, 1.0f);
        }
        std::ranges::copy(sequences[n].values, images[n].values.begin());
        labels[n] = static_cast<int>(draw.whole(0, 2));
        CHECK(net(sequences[n]) == flat(images[n]));
    }
    const auto of_sequences = value_and_grad(net, CrossEntropyLoss{}, sequences, labels);
    const auto of_images = value_and_grad(flat, CrossEntropyLoss{}, images, labels);
    CHECK(of_sequences.loss == of_images.loss);
    CHECK(std::ranges::equal(of_sequences.gradients.parameters(), of_images.gradients.parameters()));
}
