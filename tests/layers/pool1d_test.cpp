// SPDX-License-Identifier: MIT
// conv1d_test.cpp compares networks with these layers with those of images of one row.
#include <ctcnn/layers/pool1d.hpp>

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

static_assert(takes_to<MaxPool1d<Kernel<2>>, Shape<3, 21>, Shape<3, 10>>);
static_assert(takes_to<MaxPool1d<Kernel<3>, Stride<1>, Padding<1>>, Shape<3, 21>, Shape<3, 21>>);
static_assert(takes_to<AvgPool1d<Kernel<4>, Stride<3>>, Shape<3, 21>, Shape<3, 6>>);
static_assert(answer<MaxPool1d<Kernel<3>, Padding<2>>, Shape<3, 21>> == Mismatch{Reason::pooling_padding});
static_assert(answer<AvgPool1d<Kernel<22>>, Shape<3, 21>> == Mismatch{Reason::kernel_too_large});
static_assert(answer<AvgPool1d<Kernel<2>>, Shape<3, 4, 4>> == Mismatch{Reason::sequence_rank});
static_assert(answer<MaxPool1d<Kernel<2, 2>>, Shape<3, 21>> == Mismatch{Reason::unknown_option});
static_assert(answer<MaxPool1d<Kernel<2>, Dilation<2>>, Shape<3, 21>> == Mismatch{Reason::unknown_option});
static_assert(answer<MaxPool1d<>, Shape<3, 21>> == Mismatch{Reason::missing_kernel});

using Net = Sequential<Input<1, 6>, MaxPool1d<Kernel<2>>, AvgPool1d<Kernel<2>, Stride<1>>>;
static_assert(summary<Net>().find("MaxPool1d(kernel_size=2) ") != summary<Net>().npos);
static_assert(summary<Net>().find("AvgPool1d(kernel_size=2, stride=1)") != summary<Net>().npos);
static_assert(Net{}({1, 3, 5, 4, -7, -9}) == Tensor<float, Shape<1, 2>>{4, -1});

constexpr OnnxNode node = AvgPool1d<Kernel<3>, Padding<1>>::At<Shape<2, 30>>::onnx();
static_assert(node.op_type == "AveragePool" && node.attributes[0].count == 1 && node.attributes[1].values[0] == 3);
static_assert(node.attributes[2].count == 2 && node.attributes[3].name == "count_include_pad");
static_assert(MaxPool1d<Kernel<3>>::At<Shape<2, 30>>::onnx().op_type == "MaxPool");

}  // namespace

TEST_CASE("the last elements that no window reaches are left out") {
    constexpr Sequential<Input<2, 5>, MaxPool1d<Kernel<2>>> net{};
    CHECK(net({1, 2, 4, 3, 9, -1, -2, -4, -3, -9}) == Tensor<float, Shape<2, 2>>{2, 4, -1, -3});
}
