// SPDX-License-Identifier: MIT
// AdaptiveAvgPool1d: its shapes, and that it computes what AdaptiveAvgPool2d does of one row.
#include <ctcnn/layers/adaptive_pool1d.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/prepare.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L, typename S>
using Output = typename L::template At<S>::output_shape;

static_assert(Output<AdaptiveAvgPool1d<1>, Shape<64, 7>>{} == Shape<64, 1>{});
static_assert(Output<AdaptiveAvgPool1d<3>, Shape<2, 7>>{} == Shape<2, 3>{});
static_assert(Output<AdaptiveAvgPool1d<7>, Shape<2, 3>>{} == Shape<2, 7>{});
static_assert((AdaptiveAvgPool1d<0>::check)(Shape<2, 3>{}) == Mismatch{Reason::zero_size});
static_assert((AdaptiveAvgPool1d<2'147'483'648>::check)(Shape<2, 3>{}) == Mismatch{Reason::number_too_large});
static_assert((AdaptiveAvgPool1d<1>::check)(Shape<2, 3, 4>{}) == Mismatch{Reason::sequence_rank});
static_assert((AdaptiveAvgPool1d<1>::check)(Shape<6>{}) == Mismatch{Reason::sequence_rank});

// 5 elements in 2 windows share the one in the middle; 2 elements in 3 windows are repeated.
constexpr Sequential<Input<2, 4>, AdaptiveAvgPool1d<2>> halves{};
static_assert(halves({1, 3, 5, 9, 2, 2, 4, 8}) == Tensor<float, Shape<2, 2>>{2, 7, 2, 6});
constexpr Sequential<Input<1, 2>, AdaptiveAvgPool1d<3>> repeated{};
static_assert(repeated({2, 4}) == Tensor<float, Shape<1, 3>>{2, 3, 4});

// Only windows of one size have an operator of ONNX.
template <typename L, typename S>
concept HasOnnx = requires { L::template At<S>::onnx(); };
static_assert(HasOnnx<AdaptiveAvgPool1d<1>, Shape<2, 7>> && HasOnnx<AdaptiveAvgPool1d<2>, Shape<2, 8>> &&
              !HasOnnx<AdaptiveAvgPool1d<2>, Shape<2, 7>>);

/// Outputs and gradients of a network of sequences are those of the same network of images of one row, bit by bit.
template <typename Sequences, typename Images>
void check_one_row() {
    const auto sequences = std::make_unique<Sequences>();
    const auto images = std::make_unique<Images>();
    Draw draw(7);
    for (std::size_t i = 0; i < Sequences::parameter_count; ++i) {
        sequences->parameters()[i] = images->parameters()[i] = draw.real<float>(-1, 1);
    }
    constexpr std::size_t count = 19;
    std::vector<typename Sequences::input_tensor> x(count);
    std::vector<typename Images::input_tensor> y(count);
    for (std::size_t n = 0; n < count; ++n) {
        std::ranges::generate(x[n].span(), [&] { return draw.real<float>(-1, 1); });
        std::ranges::copy(x[n].span(), y[n].span().begin());
        const auto one = (*sequences)(x[n]);
        const auto other = (*images)(y[n]);
        CHECK(std::ranges::equal(one.span(), other.span()));
        CHECK(std::ranges::equal(prepare(*sequences)(x[n]).values, prepare(*images)(y[n]).values));
    }
    const auto one = value_and_grad(*sequences, MSELoss{}, x, std::vector<typename Sequences::output_tensor>(count));
    const auto other = value_and_grad(*images, MSELoss{}, y, std::vector<typename Images::output_tensor>(count));
    CHECK(one.loss == other.loss);
    CHECK(std::ranges::equal(one.gradients.parameters(), other.gradients.parameters()));
}

template <std::size_t Size>
void check_size() {
    check_one_row<
        Sequential<Input<2, 9>, Conv1d<2, 5, Kernel<2>>, AdaptiveAvgPool1d<Size>, Conv1d<5, 3, Kernel<1>>>,
        Sequential<Input<2, 1, 9>, Conv2d<2, 5, Kernel<1, 2>>, AdaptiveAvgPool2d<1, Size>, Conv2d<5, 3, Kernel<1>>>>();
}

}  // namespace

TEST_CASE("AdaptiveAvgPool1d is AdaptiveAvgPool2d of one row") {
    check_size<1>();
    check_size<3>();
    check_size<4>();
    check_size<11>();
}

TEST_CASE("AdaptiveAvgPool1d is described as in PyTorch") {
    Description text;
    AdaptiveAvgPool1d<3>::describe(text);
    CHECK(std::string(text.view()) == "AdaptiveAvgPool1d(output_size=3)");
}
