// SPDX-License-Identifier: MIT
#include <ctcnn/run/apart.hpp>

#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Apart = Sequential<Input<3>, Linear<3, 2>>;
using Here = Sequential<Input<3>, Linear<3, 1>>;

}  // namespace

template <>
inline constexpr bool ctcnn::compiled_apart<Apart> = true;

namespace {

using detail_::run::is_apart;
static_assert(!compiled_apart<Here> && !is_apart<Here::plan, float>);
// The plan knows it, in training and in inference; the same layers in double are another network.
static_assert(compiled_apart<Apart> && is_apart<Apart::plan, float> && is_apart<Apart::inference_plan, float>);
static_assert(!is_apart<Apart::plan, double> && !compiled_apart<Apart::with_scalar<double>>);

TEST_CASE("a network that nobody has set apart works where it is used") {
    constexpr Here net{};
    constexpr Here::output_tensor output = net(Here::input_tensor{});
    CHECK(*output.data() == 0);
}

}  // namespace
