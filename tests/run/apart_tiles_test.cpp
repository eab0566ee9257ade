// SPDX-License-Identifier: MIT
#include <ctcnn/run/apart_tiles.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Net = Sequential<Input<3>, Linear<3, 4>, ReLU, Linear<4, 2>>;
using V = detail_::Lanes<float>;
using Plan = Net::plan_of<V>;

TEST_CASE("placed functions of a network that is compiled here are those of run/forward.hpp") {
    namespace run = detail_::run;
    Net net{};
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        net.parameters()[i] = static_cast<float>(i % 5) - 2;
    }
    std::vector<float> pixels(3 * detail_::lane_count<V>);
    std::array<const float*, detail_::lane_count<V>> images{};
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        pixels[i] = static_cast<float>(i % 7);
        images[i / 3] = pixels.data() + i / 3 * 3;
    }
    const float* parameters = net.parameters().data();
    const auto tile = std::make_unique<run::TileWorkspace<Plan, V>>();
    run::forward<Plan>(parameters, *tile, run::Gathering<Plan::InputLayout, V>(images, tile->buffer(0)));

    const auto placed = std::make_unique<run::TileWorkspace<Plan, V>>();
    run::placed::forward<Plan>(parameters, *placed, images);
    const auto inference = std::make_unique<run::InferenceWorkspace<Plan, V, 1>>();
    run::placed::infer_alone<Plan>(parameters, *inference, 0, images);
    run::placed::infer_together<Plan, V, 1>(parameters, *inference);
    for (std::size_t lane = 0; lane < detail_::lane_count<V>; ++lane) {
        Net::input_tensor image{};
        image.data()[0] = pixels[3 * lane];
        image.data()[1] = pixels[3 * lane + 1];
        image.data()[2] = pixels[3 * lane + 2];
        const Net::output_tensor expected = net(image);
        for (std::size_t k = 0; k < 2; ++k) {
            CHECK(get_lane(tile->output()[k], lane) == expected.data()[k]);
            CHECK(get_lane(placed->output()[k], lane) == expected.data()[k]);
            CHECK(get_lane(inference->output()[k], lane) == expected.data()[k]);
        }
    }
}

}  // namespace
