// SPDX-License-Identifier: MIT
#include <ctcnn/run/apart_kernels.hpp>

#include <cstddef>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Apart = Sequential<Input<3>, Linear<3, 4>, ReLU, Linear<4, 2>>;
using Here = Sequential<Input<3>, Linear<3, 4>, ReLU, Identity, Linear<4, 2>>;

}  // namespace

template <>
inline constexpr bool ctcnn::compiled_apart<Apart> = true;

namespace {

// Networks of several files are tested in tests/apart.
TEST_CASE("a network that is set apart gives the same outputs") {
    Apart apart{};
    Here here{};
    for (std::size_t i = 0; i < Apart::parameter_count; ++i) {
        apart.parameters()[i] = here.parameters()[i] = static_cast<float>(i % 5) - 2;
    }
    Apart::input_tensor image{};
    image.data()[0] = 1;
    image.data()[1] = 2;
    image.data()[2] = 3;
    CHECK(apart(image) == here(image));
}

}  // namespace
