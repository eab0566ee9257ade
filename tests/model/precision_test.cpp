// SPDX-License-Identifier: MIT
//
// The types of networks with_precision<bf16>. What they compute is in train/precision_test.cpp.
#include <ctcnn/model/precision.hpp>

#include <type_traits>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/explain.hpp>
#include <ctcnn/model/fuse.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/model/summary.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

template <typename Net>
using Rounded = typename Net::template with_precision<bf16>;
using Net = Sequential<Input<2, 6, 6>, Conv2d<2, 4, Kernel<3>>, BatchNorm2d<4>, ReLU, Flatten, Linear<64, 3>>;
using MLP = Sequential<Input<31>, Linear<31, 40>, Tanh, Linear<40, 5>>;

static_assert(!std::is_same_v<Rounded<Net>, Net> && std::is_same_v<Rounded<Rounded<Net>>, Rounded<Net>>);
static_assert(std::is_same_v<Net::with_precision<float>, Net> &&
              std::is_same_v<Rounded<Net>::with_precision<float>, Net>);
static_assert(std::is_same_v<Rounded<Net>::with_scalar<double>, Net::with_scalar<double>> &&
              std::is_same_v<Rounded<Net>::with_scalar<float>, Net>);
static_assert(std::is_same_v<Fused<Rounded<Net>>, Rounded<Fused<Net>>>);
static_assert(std::is_same_v<Gradients<Rounded<Net>>, Gradients<Net>> &&
              std::is_same_v<Rounded<Net>::state_type, Net::state_type>);
static_assert(std::is_same_v<Rounded<Net>::input_tensor, Net::input_tensor> &&
              std::is_same_v<Rounded<Net>::scalar, float>);
static_assert(&Rounded<Net>::names() == &Net::names());
static_assert(summary<Rounded<Net>>() == summary<Net>() && explain<Rounded<Net>>() == summary<Net>());
static_assert(Rounded<Net>::parameter_count == Net::parameter_count &&
              Rounded<Net>::buffer_count == Net::buffer_count &&
              Rounded<Net>::inference_workspace_bytes == Net::inference_workspace_bytes);
static_assert(std::is_trivially_copyable_v<Rounded<MLP>> == std::is_trivially_copyable_v<MLP>);

using detail_::model::SameState;
static_assert(SameState<Net, Rounded<Net>> && SameState<Rounded<Net>, Net>);
static_assert(!SameState<Net, Net> && !SameState<Net, MLP> && !SameState<Net, Net::with_scalar<double>>);
static_assert(std::is_assignable_v<Net&, const Rounded<Net>&> && std::is_assignable_v<Rounded<Net>&, const Net&>);
static_assert(!std::is_assignable_v<Net&, const Rounded<MLP>&>);

}  // namespace

TEST_CASE("a network with another precision is a type of its own, with the same state") {
    SUCCEED("checked when compiled");
}
