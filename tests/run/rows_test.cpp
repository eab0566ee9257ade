// SPDX-License-Identifier: MIT
// Tiles of images become rows, and no stage's rows are in the way of another's.
#include <ctcnn/run/rows.hpp>

#include <cstddef>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/linear.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using V = Lanes<float>;
using Net = Sequential<Input<3>, Linear<3, 20>, ReLU, Linear<20, 2>>;

// Every number says where it comes from.
float number(std::size_t stage, std::size_t side, std::size_t image, std::size_t feature) {
    return static_cast<float>(((stage * 2 + side) * 100 + image) * 100 + feature);
}

std::vector<V> features(std::size_t stage, std::size_t side, std::size_t tile, std::size_t count) {
    std::vector<V> result(count);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            set_lane(result[i], lane, number(stage, side, tile * lane_count<V> + lane, i));
        }
    }
    return result;
}

void check(const float* rows, std::size_t stage, std::size_t side, std::size_t images, std::size_t count) {
    for (std::size_t image = 0; image < images; ++image) {
        for (std::size_t i = 0; i < count; ++i) {
            INFO("stage " << stage << ", side " << side << ", image " << image << ", feature " << i);
            REQUIRE(rows[image * kernels::row_length<V>(count) + i] == number(stage, side, image, i));
        }
    }
}

}  // namespace

TEST_CASE("tiles become rows, one for each image, stage by stage") {
    constexpr std::size_t tiles = 3;
    run::Rows<Net::plan, V> rows(tiles);
    // The tiles come in any order.
    for (const std::size_t tile : {2u, 0u, 1u}) {
        rows.store<1>(tile, features(1, 0, tile, 20).data(), features(1, 1, tile, 2).data());
        rows.store<0>(tile, features(0, 0, tile, 3).data(), features(0, 1, tile, 20).data());
    }
    constexpr std::size_t images = tiles * lane_count<V>;
    check(rows.of<0>().inputs, 0, 0, images, 3);
    check(rows.of<0>().grad_outputs, 0, 1, images, 20);
    check(rows.of<1>().inputs, 1, 0, images, 20);
    check(rows.of<1>().grad_outputs, 1, 1, images, 2);
}
