// SPDX-License-Identifier: MIT
#include <ctcnn/layers/dropout.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/map.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include "../train/small.hpp"
#include "catch.hpp"

using namespace ctcnn;

namespace {

/// Output n of an image is weight n times the factor of its dropout.
template <typename Drop, typename... Between>
using Net = Sequential<Input<1>, Linear<1, 6, NoBias>, Between..., Drop>;

/// The factors of each image's elements, from the gradients of a loss with the targets 0: those are proportional to
/// their squares. One image at a time has a pixel, at its place in a batch.
template <typename Drop, typename T = float, typename... Between>
std::vector<std::vector<T>> factors(std::size_t images, Randomness randomness, std::size_t threads = 1) {
    using N = typename Net<Drop, Between...>::template with_scalar<T>;
    N net{};
    std::fill(net.parameters().begin(), net.parameters().end(), T(1));
    std::vector<std::vector<T>> result;
    TrainingWorkspace<N> workspace(threads);
    for (std::size_t seen = 0; seen < images; ++seen) {
        // The other images are 0, and add nothing to the gradient.
        std::vector<typename N::input_tensor> batch(images);
        batch[seen](0) = T(1);
        const std::vector<typename N::output_tensor> targets(images);
        Gradients<N> gradients{};
        value_and_grad(net, MSELoss{}, batch, targets, gradients, workspace, randomness);
        std::vector<T> row;
        for (const T gradient : gradients.parameters()) {
            row.push_back(std::sqrt(gradient * static_cast<T>(6 * images) / 2));
        }
        result.push_back(row);
    }
    return result;
}

}  // namespace

TEST_CASE("in inference, nothing happens, and no memory is needed") {
    using With = Sequential<Input<4>, Linear<4, 4>, Dropout<0.9>, ReLU, Linear<4, 2>, Dropout<>>;
    using Without = Sequential<Input<4>, Linear<4, 4>, ReLU, Linear<4, 2>>;
    STATIC_REQUIRE(With::inference_workspace_bytes == Without::inference_workspace_bytes);
    constexpr auto outputs = []<typename N>(N net) {
        for (std::size_t i = 0; i < N::parameter_count; ++i) {
            net.parameters()[i] = static_cast<float>(i) / 8 - 1;
        }
        return net({1, -2, 3, -4});
    };
    STATIC_REQUIRE(outputs(With{}) == outputs(Without{}));
}

TEST_CASE("an element is kept and scaled, or 0, in training") {
    std::size_t kept = 0;
    for (const auto& row : factors<Dropout<0.25>>(200, {3, 1})) {
        for (const float factor : row) {
            CHECK((factor == 0 || factor == Approx(1 / 0.75)));
            kept += factor != 0;
        }
    }
    // 1200 draws with probability 3/4: 900, and six standard deviations of 15 around it.
    CHECK(kept > 810);
    CHECK(kept < 990);
}

TEST_CASE("probability 0 keeps all, 1 keeps none, and 0.5 is the default") {
    for (const auto& row : factors<Dropout<0.0>>(5, {})) {
        CHECK(std::count(row.begin(), row.end(), 1.0f) == 6);
    }
    for (const auto& row : factors<Dropout<1.0>>(5, {})) {
        CHECK(std::count(row.begin(), row.end(), 0.0f) == 6);
    }
    CHECK(factors<Dropout<>>(5, {1, 2}) == factors<Dropout<0.5>>(5, {1, 2}));
}

TEST_CASE("seed, step, image and element decide, and nothing else") {
    const auto masks = factors<Dropout<0.5>>(40, {7, 3});
    CHECK(masks == factors<Dropout<0.5>>(40, {7, 3}));
    CHECK(masks == factors<Dropout<0.5>>(40, {7, 3}, 3));
    CHECK(masks != factors<Dropout<0.5>>(40, {8, 3}));
    CHECK(masks != factors<Dropout<0.5>>(40, {7, 4}));
    // Another number of lanes, and a batch of another size: the same image, the same mask.
    const auto in_double = factors<Dropout<0.5>, double>(40, {7, 3});
    const auto fewer = factors<Dropout<0.5>>(11, {7, 3});
    for (std::size_t n = 0; n < 40; ++n) {
        for (std::size_t i = 0; i < 6; ++i) {
            CHECK((masks[n][i] == 0) == (in_double[n][i] == 0));
            CHECK((n >= 11 || (masks[n][i] == 0) == (fewer[n][i] == 0)));
        }
    }
    CHECK(std::set<std::vector<float>>(masks.begin(), masks.end()).size() > 20);
}

TEST_CASE("the place of a layer decides, whatever is fused before it") {
    const auto zeros = [](const std::vector<std::vector<float>>& masks) {
        std::vector<bool> result;
        for (const auto& row : masks) {
            for (const float factor : row) {
                result.push_back(factor == 0);
            }
        }
        return result;
    };
    // Identity is no stage, ReLU is fused, GELU is a stage of its own.
    const auto masks = zeros(factors<Dropout<0.5>, float, Identity>(20, {7, 3}));
    CHECK(masks == zeros(factors<Dropout<0.5>, float, ReLU>(20, {7, 3})));
    CHECK(masks == zeros(factors<Dropout<0.5>, float, GELU>(20, {7, 3})));
    CHECK(masks != zeros(factors<Dropout<0.5>>(20, {7, 3})));
}

TEST_CASE("whole channels, and layers of their own") {
    // Gradients with respect to the weights of a first layer that makes two channels of 4 pixels: 0 together or not.
    using Planes = Sequential<Input<2, 1, 4>, Dropout2d<0.5>, Flatten, Linear<8, 1, NoBias>>;
    using Two = Sequential<Input<8>, Dropout<0.5>, Dropout<0.5>, Linear<8, 1, NoBias>>;
    std::size_t dropped = 0;
    std::size_t different = 0;
    for (std::uint64_t step = 0; step < 64; ++step) {
        std::vector<Planes::input_tensor> image(1);
        std::fill(image[0].values.begin(), image[0].values.end(), 1.0f);
        std::vector<Planes::output_tensor> target(1);
        target[0](0) = 1;
        const auto planes = value_and_grad(Planes{}, MSELoss{}, image, target, Randomness{1, step});
        const auto gradient = planes.gradients.parameters();
        for (std::size_t c = 0; c < 2; ++c) {
            for (std::size_t i = 1; i < 4; ++i) {
                CHECK(gradient[4 * c + i] == gradient[4 * c]);
            }
            dropped += gradient[4 * c] == 0;
        }
        different += gradient[0] != gradient[4];
        // Two layers in a row keep a quarter.
        std::vector<Two::input_tensor> features(1);
        std::fill(features[0].values.begin(), features[0].values.end(), 1.0f);
        const auto two = value_and_grad(Two{}, MSELoss{}, features, target, Randomness{1, step});
        for (const float g : two.gradients.parameters()) {
            CHECK((g == 0 || g == -8));
        }
    }
    CHECK(dropped > 32);  // of 128, with probability 1/2
    CHECK(dropped < 96);
    CHECK(different > 8);
}
