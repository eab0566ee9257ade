// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/stage.hpp>

#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

constexpr kernels::Conv2dGeometry geometry{2, 3, 1, {{3, 5}, {1, 1}, {1, 2}, {1, 1}}};
/// The border may be wider than the padding: another reader wants more.
using In = Layout<2, 6, 7, 2, 3>;
using Conv = kernels::ConvStage<geometry, Stage<In, Layout<3, 6, 7>, kernels::ReLU, Lanes<float>>>;

// The element (-1, -2) of channel 0, counted from the beginning of its plane: one row and two columns before (0, 0).
static_assert(Conv::corner == In::offset(0, 0, 0) - In::row - 2);
static_assert(Conv::corner == 1 * 13 + 1);
static_assert(kernels::ConvStage<geometry, Stage<Layout<2, 6, 7, 1, 2>, Layout<3, 6, 7>, NoFunction, float>>::corner ==
              0);

static_assert(std::is_same_v<Conv::WithoutFunction::Function, NoFunction>);
static_assert(std::is_same_v<Conv::WithoutFunction::In, In> && std::is_same_v<Conv::WithoutFunction::V, Conv::V>);
static_assert(Conv::WithoutFunction::corner == Conv::corner && std::is_same_v<Conv::T, float>);

struct Minimal : kernels::conv2d::Way {};
struct Own : kernels::conv2d::Way {
    template <typename S>
    static constexpr std::size_t scratch_size = S::In::size;
};

}  // namespace

TEST_CASE("a way needs no memory and no rows unless it says so", "[kernels]") {
    STATIC_REQUIRE_FALSE(Minimal::by_rows);
    STATIC_REQUIRE(Minimal::scratch_size<Conv> == 0);
    STATIC_REQUIRE(Minimal::stack_size<Conv> == 0);
    STATIC_REQUIRE(Own::scratch_size<Conv> == 2 * 10 * 13);
}
