// SPDX-License-Identifier: MIT
//
// A bias is added last: where it is large beside the products, a sum that began with it would lose their last digits.
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/evaluate.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

/// The largest error of the outputs of one layer whose biases are 4096, in units of 2^-24 * 4096, for one image and for
/// tiles.
template <typename Net>
void check() {
    constexpr float large = 4096;
    Draw draw(11);
    const auto net = std::make_unique<Net>();
    initialize(*net, KaimingUniform{});
    for (float& bias : net->template layer<0>().bias.span()) {
        bias = large;
    }
    const auto reference = std::make_unique<typename Net::template with_scalar<double>>();
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        reference->parameters()[i] = static_cast<double>(net->parameters()[i]);
    }
    std::vector<typename Net::input_tensor> images(20);
    double single = 0;
    std::vector<typename Net::output_tensor> exact(images.size());
    for (std::size_t n = 0; n < images.size(); ++n) {
        typename Net::template with_scalar<double>::input_tensor copy{};
        for (std::size_t i = 0; i < copy.size(); ++i) {
            images[n].values[i] = draw.real(-1.f, 1.f);
            copy.values[i] = static_cast<double>(images[n].values[i]);
        }
        const auto right = (*reference)(copy);
        const auto outputs = (*net)(images[n]);
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            single = std::max(single, std::abs(static_cast<double>(outputs.values[i]) - right.values[i]));
            exact[n].values[i] = static_cast<float>(right.values[i]);
        }
    }
    // One rounding to a number of this size is half a unit of 2^-11; the products add their own, which are far smaller.
    CHECK(single <= 0.6 * 0x1p-11);

    // Tiles: what MSELoss finds between the outputs and the exact ones.
    const auto tiles = std::make_unique<double>(0);
    detail_::train::infer_tiles<Net, detail_::Lanes<float>>(
        *net, std::span<const typename Net::input_tensor>(images), 1,
        [&](std::size_t, std::size_t first, std::size_t present, const detail_::Lanes<float>* outputs, auto*) {
            for (std::size_t lane = 0; lane < present; ++lane) {
                for (std::size_t i = 0; i < Net::output_shape::size; ++i) {
                    const double difference = std::abs(static_cast<double>(detail_::get_lane(outputs[i], lane)) -
                                                       static_cast<double>(exact[first + lane].values[i]));
                    *tiles = std::max(*tiles, difference);
                }
            }
        });
    // The exact outputs were rounded, too.
    CHECK(*tiles <= 1.01 * 0x1p-11);
}

}  // namespace

TEST_CASE("a large bias costs one rounding") {
    SECTION("Linear") { check<Sequential<Input<400>, Linear<400, 120>>>(); }
    SECTION("a convolution of one channel, filtered") {
        check<Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>>>();
    }
    SECTION("a convolution of several channels, filtered") {
        check<Sequential<Input<6, 14, 14>, Conv2d<6, 16, Kernel<5>>>>();
    }
    SECTION("a convolution with other steps") {
        check<Sequential<Input<6, 14, 14>, Conv2d<6, 16, Kernel<5>, Stride<2>, Dilation<2>>>>();
    }
    SECTION("a convolution of so many channels that they are taken in portions") {
        check<Sequential<Input<96, 10, 10>, Conv2d<96, 8, Kernel<3>, Stride<2>>>>();
    }
    SECTION("1 x 1") { check<Sequential<Input<32, 7, 7>, Conv2d<32, 16, Kernel<1>>>>(); }
    SECTION("depthwise") { check<Sequential<Input<16, 14, 14>, Conv2d<16, 16, Kernel<3>, Groups<16>>>>(); }
}
