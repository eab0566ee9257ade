// SPDX-License-Identifier: MIT
// Identity in networks.
#include <ctcnn/layers/identity.hpp>

#include <cstddef>
#include <string>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

static_assert(Accepts<Identity, Shape<7>> && Accepts<Identity, Shape<1, 2, 3>> && Accepts<Identity, Shape<1, 2, 3, 4>>);
static_assert(std::is_same_v<Identity::At<Shape<2, 3, 4>>::output_shape, Shape<2, 3, 4>>);

// A prepared network copies from blocks to blocks, if the shape stays.
template <typename L, typename S>
constexpr PreparedFacts facts = L::template At<S>::template prepared<16>;
static_assert(facts<Identity, Shape<2, 3, 4>>.offered && facts<Identity, Shape<2, 3, 4>>.follows);
static_assert(!facts<Flatten, Shape<2, 3, 4>>.offered && !facts<Unflatten<2, 3, 4>, Shape<24>>.offered);

constexpr Sequential<Input<3>, Identity> alone{};
static_assert(alone({1, -2, 3}) == Tensor<float, Shape<3>>{1, -2, 3});

// It costs no buffer.
using Without = Sequential<Input<2, 6, 5>, Conv2d<2, 3, Kernel<3>>, ReLU, Conv2d<3, 2, Kernel<3>, Padding<1>>, Tanh,
                           MaxPool2d<Kernel<2>>>;
using With = Sequential<Input<2, 6, 5>, Identity, Conv2d<2, 3, Kernel<3>>, Identity, ReLU, Identity,
                        Conv2d<3, 2, Kernel<3>, Padding<1>>, Tanh, Identity, MaxPool2d<Kernel<2>>, Identity>;
static_assert(With::inference_workspace_bytes == Without::inference_workspace_bytes);
static_assert(With::training_workspace_bytes == Without::training_workspace_bytes);

}  // namespace

TEST_CASE("Identity changes nothing in a network") {
    With with{};
    Without without{};
    Draw draw(1050);
    for (std::size_t i = 0; i < With::parameter_count; ++i) {
        with.parameters()[i] = without.parameters()[i] = draw.real(-1.0f, 1.0f);
    }
    With::input_tensor image{};
    for (float& pixel : image.values) {
        pixel = draw.real(-1.0f, 1.0f);
    }
    CHECK(with(image) == without(image));
}

TEST_CASE("Identity is described as in PyTorch") {
    Description text;
    Identity::describe(text);
    CHECK(std::string(text.view()) == "Identity()");
}
