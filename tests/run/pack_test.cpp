// SPDX-License-Identifier: MIT
// Packed parameters: those of layers that pack theirs, copies of the others, and what is not learned.
#include <ctcnn/run/pack.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/pairs.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/prelu.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using V = Lanes<float>;
using Net = Sequential<Input<5>, Linear<5, 40>, BatchNorm1d<40>, ReLU, Linear<40, 7, NoBias>, PReLU<>>;
using Rounded = Net::with_precision<bf16>;

// Floats are not packed.
static_assert(!Net::plan::packs<V> && Net::plan::packed_numbers<V> == 0 && !Rounded::plan::packs<float> &&
              !Rounded::plan::packs<Lanes<double>> && Rounded::plan::packs<V> == has_pair_products<V>);
static_assert(Net::plan::parameters_of<1, V>() == 5 * 40 + 40 && Net::plan::buffers_of<1, V>() == Net::parameter_count);

// A template, so that what this processor has no instruction for is not compiled.
template <typename Plan>
void check() {
    if constexpr (Plan::template packs<V>) {
        std::vector<float> state(Rounded::parameter_count + Rounded::buffer_count);
        for (std::size_t i = 0; i < state.size(); ++i) {
            state[i] = static_cast<float>(i % 250);
        }
        constexpr auto& offsets = Plan::template packed_offsets<V>;
        constexpr auto size = Plan::template packed_numbers<V>;
        for (const bool backward : {false, true}) {
            std::vector<float> packed(size, -1.0f);
            // The parts come in any order.
            run::pack<Plan, V>(state.data(), packed.data(), backward, [](std::size_t count, const auto& part) {
                for (std::size_t n = count; n-- > 0;) {
                    part(n);
                }
            });
            std::vector<float> expected(size, -1.0f);
            using First = kernels::PairedWeights<5, 40, 40, V>;
            using Second = kernels::PairedWeights<40, 7, 0, V>;
            const float* first = state.data();
            const float* norm = first + 5 * 40 + 40;
            const float* second = norm + 2 * 40;
            const float* slope = second + 40 * 7;
            static_assert(First::parts == 2 && offsets[4] - offsets[3] == 1);
            // The gradient of the image is not computed.
            First::pack(first, expected.data(), 0, false);
            First::pack(first, expected.data(), 1, false);
            std::copy_n(norm, 2 * 40, expected.data() + Plan::template parameters_of<1, V>());
            Second::pack(second, expected.data() + Plan::template parameters_of<2, V>(), 0, backward);
            expected[Plan::template parameters_of<3, V>()] = *slope;
            std::copy_n(slope + 1, 2 * 40, expected.data() + Plan::template buffers_of<1, V>());
            CHECK(packed == expected);
        }
    }
}

}  // namespace

TEST_CASE("parameters are packed as the kernels read them") { check<Rounded::plan>(); }

TEST_CASE("one by one, the parts come in order") {
    std::vector<std::size_t> parts;
    run::one_by_one(3, [&](std::size_t part) { parts.push_back(part); });
    CHECK(parts == std::vector<std::size_t>{0, 1, 2});
}
