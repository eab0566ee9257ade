// SPDX-License-Identifier: MIT
// One training step by teams of several threads: whoever takes which tiles, and whether they go alone or together, not
// a bit differs.
#include <ctcnn/train/step.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/run/parallel.hpp>

#include "catch.hpp"
#include "small.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using V = Lanes<float>;
using SmallStep = train::StepWorkspace<small::Net, V>;
static_assert(SmallStep::tiles_together == 2);

struct Result {
    double loss;
    bool finite;
    std::vector<float> gradients;
};

/// A step of `count` images by a team of so many threads, however little there is for each to do.
Result step(const small::Data& data, std::size_t count, std::size_t threads) {
    const small::Net net = small::net();
    SmallStep workspace(count, threads);
    const train::Batch<small::Net::input_tensor, std::uint8_t> batch{data.images().data(), data.labels().data(),
                                                                     nullptr, count};
    Result result{};
    run::parallel(threads, [&](run::Team& team) {
        workspace.step(
            team, net.parameters().data(), CrossEntropyLoss{}, batch, [](std::size_t, std::size_t) {},
            [&](double mean, bool finite) { result = {mean, finite, {}}; });
    });
    result.gradients.assign(workspace.gradients(), workspace.gradients() + small::Net::parameter_count);
    return result;
}

}  // namespace

TEST_CASE("a step gives the same bits for any number of threads") {
    constexpr std::size_t lanes = V::count;
    const small::Data data = small::data(40 * lanes);
    // Part of a tile; two tiles, an odd number of them, as many as there are groups, groups of several, and two rounds.
    for (const std::size_t count :
         {lanes - 1, 2 * lanes, 6 * lanes - 1, 7 * lanes, 16 * lanes, 19 * lanes, 40 * lanes}) {
        const Result expected = step(data, count, 1);
        CHECK(expected.loss > 0);
        CHECK(expected.finite);
        for (const std::size_t threads : {2u, 3u, 4u, 7u}) {
            // More threads than groups have no workspace.
            if (threads > SmallStep(count, threads).threads()) {
                continue;
            }
            INFO(count << " images, " << threads << " threads");
            const Result result = step(data, count, threads);
            CHECK(std::memcmp(&result.loss, &expected.loss, sizeof(double)) == 0);
            CHECK(small::same_bits(result.gradients, expected.gradients));
        }
    }
}

TEST_CASE("A step has memory for as many threads as have tiles, and no more than were asked for") {
    constexpr std::size_t lanes = V::count;
    using Memory = train::StepMemory<small::Net::plan, V>;
    CHECK(Memory(40 * lanes, 1).threads == 1);
    CHECK(Memory(40 * lanes, 3).threads == 3);
    CHECK(Memory(2 * lanes, 8).threads == 2);
    CHECK(Memory(1, 8).threads == 1);
    // There are 16 groups at most.
    CHECK(Memory(40 * lanes, 100).threads == 16);
}

TEST_CASE("Each BatchNorm moves its own running statistics") {
    // Of the same numbers: the second one sees what the first one has made, mean 0 and variance 1.
    using Net = Sequential<Input<3>, BatchNorm1d<3>, Identity, BatchNorm1d<3>, Linear<3, 2>>;
    using Step = train::StepWorkspace<Net, V>;
    Net with_weights{};
    for (std::size_t n = 0; n < Net::parameter_count; ++n) {
        with_weights.parameters()[n] = n % 6 < 3 ? 1.0f : 0.0f;
    }
    constexpr std::size_t count = 4;
    const std::vector<Net::input_tensor> images{{1, 10, -2}, {2, 20, -4}, {3, 30, -6}, {4, 40, -8}};
    const std::vector<std::uint8_t> labels{0, 1, 0, 1};
    Step workspace(count, 1);
    const train::Batch<Net::input_tensor, std::uint8_t> batch{images.data(), labels.data(), nullptr, count};
    run::Team alone;
    workspace.step(
        alone, with_weights.parameters().data(), CrossEntropyLoss{}, batch, [](std::size_t, std::size_t) {},
        [](double, bool) {});
    std::vector<float> buffers(Net::buffer_count, 0.0f);
    workspace.update_buffers(count, buffers.data(), 1);
    const float means[] = {2.5f, 25, -5};
    const float variances[] = {1.25f, 125, 5};  // of the images alone: four thirds of it is unbiased
    for (std::size_t c = 0; c < 3; ++c) {
        CAPTURE(c);
        CHECK(buffers[c] == Approx(means[c]));
        CHECK(buffers[3 + c] == Approx(variances[c] * 4 / 3));
        CHECK(buffers[6 + c] == Approx(0).margin(1e-5));
        CHECK(buffers[9 + c] == Approx(4.0 / 3).epsilon(1e-4));
    }
}
