// SPDX-License-Identifier: MIT
#include <ctcnn/run/layer_alone.hpp>

#include <array>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

TEST_CASE("a layer alone reads tensors and writes one, whatever is fused with it in the network") {
    using Net = Sequential<Input<1, 2, 2>, Conv2d<1, 1, Kernel<3>, Padding<1>, NoBias>, ReLU,
                           Concat<Identity, Multiply<Identity, Identity>>>;
    using Plan = Net::inference_plan;
    const std::array<float, 9> kernel{0, 0, 0, 0, -1, 2, 0, 0, 0};  // 2 * the right neighbour - the pixel
    const std::array<float, 4> image{1, 2, 3, 1};
    std::vector<float> output(4);
    detail_::run::run_layer<Plan, 0>(kernel.data(), {image.data()}, output.data());
    CHECK(output == std::vector<float>{3, -2, -1, -1});
    std::vector<float> positive(4);
    detail_::run::run_layer<Plan, 1>(kernel.data(), {output.data()}, positive.data());
    CHECK(positive == std::vector<float>{3, 0, 0, 0});
    // The layers of Concat: Identity, the two of Multiply, the product, and what puts the branches together.
    detail_::run::run_layer<Plan, 5>(kernel.data(), {output.data(), output.data()}, positive.data());
    CHECK(positive == std::vector<float>{9, 4, 1, 1});
    std::vector<float> both(8);
    detail_::run::run_layer<Plan, 6>(kernel.data(), {output.data(), positive.data()}, both.data());
    CHECK(both == std::vector<float>{3, -2, -1, -1, 9, 4, 1, 1});
}
