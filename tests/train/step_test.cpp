// SPDX-License-Identifier: MIT
// One training step by teams of several threads: whoever takes which tiles, and whether they go alone or together, not
// a bit differs.
#include <ctcnn/train/step.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
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
