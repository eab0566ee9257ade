// SPDX-License-Identifier: MIT
#include <ctcnn/layers/conv_transpose2d.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <ctcnn/ctcnn.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L, typename S>
constexpr Mismatch answer = mismatch_of<L, S>();
template <typename L, typename In, typename Out>
constexpr bool takes_to = Accepts<L, In> && std::is_same_v<typename L::template At<In>::output_shape, Out>;

// What PyTorch makes of them.
static_assert(takes_to<ConvTranspose2d<2, 3, Kernel<2>, Stride<2>>, Shape<2, 5, 7>, Shape<3, 10, 14>>);
static_assert(takes_to<ConvTranspose2d<2, 3, Kernel<4>, Stride<2>, Padding<1>>, Shape<2, 5, 7>, Shape<3, 10, 14>>);
static_assert(takes_to<ConvTranspose2d<2, 3, Kernel<3>, Stride<2>, Padding<1>, OutputPadding<1>>, Shape<2, 5, 7>,
                       Shape<3, 10, 14>>);
static_assert(takes_to<ConvTranspose2d<2, 4, Kernel<2, 3>, Stride<3, 2>, Padding<1, 2>, OutputPadding<2, 1>, Groups<2>,
                                       Dilation<2, 3>>,
                       Shape<2, 2, 3>, Shape<4, 6, 8>>);
static_assert(answer<ConvTranspose2d<2, 3, Kernel<3>>, Shape<3, 5, 5>> == Mismatch{Reason::in_channels, 2});
static_assert(answer<ConvTranspose2d<2, 3, Kernel<3>>, Shape<50>> == Mismatch{Reason::image_rank});
static_assert(answer<ConvTranspose2d<0, 3, Kernel<3>>, Shape<50>> == Mismatch{Reason::zero_channels});
static_assert(answer<ConvTranspose2d<2, 3, Kernel<3>, Groups<2>>, Shape<2, 5, 5>> == Mismatch{Reason::groups_divide});
static_assert(answer<ConvTranspose2d<2, 3>, Shape<2, 5, 5>> == Mismatch{Reason::missing_kernel});

// What an error says to write instead.
template <typename L, typename S>
concept Corrects = requires { typename L::template correction<S>; };
static_assert(std::is_same_v<ConvTranspose2d<2, 3, Kernel<3>>::correction<Shape<4, 5, 5>>,
                             corrected<ConvTranspose2d<4, 3, Kernel<3>>>>);
static_assert(!Corrects<ConvTranspose2d<2, 3, Kernel<3>>, Shape<50>>);

// The output padding is smaller than the stride or than the dilation.
template <typename... Options>
using Padded = ConvTranspose2d<2, 2, Kernel<3>, Options...>;
static_assert(Accepts<Padded<Stride<2>, OutputPadding<1>>, Shape<2, 5, 5>>);
static_assert(Accepts<Padded<Dilation<2>, OutputPadding<1>>, Shape<2, 5, 5>>);
static_assert(answer<Padded<OutputPadding<1>>, Shape<2, 5, 5>> == Mismatch{Reason::output_padding});
static_assert(answer<Padded<Stride<2, 1>, OutputPadding<0, 1>>, Shape<2, 5, 5>> == Mismatch{Reason::output_padding});

static_assert(answer<Padded<Stride<1, 2>, OutputPadding<1, 0>>, Shape<2, 5, 5>> == Mismatch{Reason::output_padding});

// What is left of the output.
static_assert(takes_to<Padded<Padding<3>>, Shape<2, 5, 5>, Shape<2, 1, 1>>);
static_assert(answer<Padded<Padding<3>>, Shape<2, 5, 4>> == Mismatch{Reason::transposed_padding});
static_assert(answer<Padded<Padding<2'000'000'000>>, Shape<2, 5, 4>> == Mismatch{Reason::transposed_padding});
static_assert(answer<Padded<Stride<2'000'000'000>>, Shape<2, 5, 4>> == Mismatch{Reason::number_too_large});
static_assert(answer<Padded<Stride<400'000>>, Shape<2, 5'000, 5'000>> == Mismatch{Reason::number_too_large});

using Net = Sequential<Input<4, 3, 3>,
                       ConvTranspose2d<4, 6, Kernel<4, 3>, Stride<2>, Padding<1>, OutputPadding<0, 1>, Groups<2>>, ReLU,
                       ConvTranspose2d<6, 1, Kernel<1>, NoBias>>;
static_assert(std::is_same_v<Net::output_shape, Shape<1, 6, 6>>);
static_assert(Net::parameter_count == 4 * 3 * 12 + 6 + 6 && Net::names()[0].shape.size() == 4);
static_assert(Net::names()[0].shape[0] == 4 && Net::names()[0].shape[1] == 3 && Net::names()[0].shape[2] == 4);
static_assert(Net::multiply_adds == 36 * 3 * 12 + 36 * 6);
static_assert(summary<Net>().find("ConvTranspose2d(4, 6, kernel_size=(4, 3), stride=2, padding=1, "
                                  "output_padding=(0, 1), groups=2)") != summary<Net>().npos);

constexpr OnnxNode node =
    ConvTranspose2d<4, 6, Kernel<4, 3>, Stride<2>, OutputPadding<0, 1>>::At<Shape<4, 3, 3>>::onnx();
static_assert(node.op_type == "ConvTranspose" && node.attribute_count == 6);
static_assert(node.attributes[4].name == "output_padding" && node.attributes[4].values[1] == 1);

// In a constant expression: the figure of Dive into Deep Learning, 14.10.
static_assert([] {
    Sequential<Input<1, 2, 2>, ConvTranspose2d<1, 1, Kernel<2>, Stride<2>, NoBias>> net{};
    for (std::size_t i = 0; i < 4; ++i) {
        net.parameters()[i] = static_cast<float>(i);
    }
    return net({0, 1, 2, 3}) == Tensor<float, Shape<1, 4, 4>>{0, 0, 0, 1, 0, 0, 2, 3, 0, 2, 0, 3, 4, 6, 6, 9};
}());

}  // namespace

TEST_CASE("parameters begin within PyTorch's bounds") {
    // PyTorch takes the weight for that of a convolution: fan_in is Out / Groups * Kh * Kw.
    Sequential<Input<64, 2, 2>, ConvTranspose2d<64, 2, Kernel<2>>> net{};
    initialize(net, KaimingUniform{}, 1);
    const float bound = 1 / std::sqrt(2.0f * 4);
    float largest = 0;
    for (const float parameter : net.parameters()) {
        largest = std::max(largest, std::abs(parameter));
    }
    CHECK(largest <= bound);
    CHECK(largest > 0.95f * bound);
}
