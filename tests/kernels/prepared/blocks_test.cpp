// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/prepared/blocks.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;
using namespace ctcnn::detail_::kernels::prepared;

namespace {

static_assert(std::is_same_v<as_blocked_t<Layout<20, 1, 1>, 16>, BlockedLayout<16, 20, 1, 1>>);
static_assert(std::is_same_v<as_blocked_t<BlockedLayout<8, 20, 3, 2, 1, 1>, 8>, BlockedLayout<8, 20, 3, 2, 1, 1>>);
// Features lie as one blocked pixel does: vector after vector.
static_assert(BlockedLayout<16, 4096, 1, 1>::offset_of_channel(4095, 0, 0) == 4095);

struct AtRunTime {
    template <typename V>
    static V forward(V input) {
        return input;
    }
};
static_assert(keeps_zero<NoFunction, float> && keeps_zero<kernels::ReLU, float> && keeps_zero<kernels::Tanh, double>);
static_assert(!keeps_zero<kernels::Sigmoid, float> && !keeps_zero<kernels::Hardsigmoid, double>);
static_assert(!keeps_zero<AtRunTime, float>);

template <typename V, std::size_t Channels, bool Needed>
void check_mask() {
    using T = scalar_t<V>;
    using Image = BlockedLayout<V::count, Channels, 1, 1>;
    for (std::size_t block = 0; block < Image::blocks; ++block) {
        V value = broadcast<V>(std::numeric_limits<T>::quiet_NaN());
        ChannelMask<Image, V, Needed>(block).apply(value);
        for (std::size_t lane = 0; lane < V::count; ++lane) {
            const bool is_channel = block * V::count + lane < Channels;
            CHECK(std::isnan(get_lane(value, lane)) == (is_channel || !Needed));
            CHECK((is_channel || !Needed || get_lane(value, lane) == T{}));
        }
    }
}

}  // namespace

TEST_CASE("lanes that are no channels become zero, also where they are NaN") {
    check_mask<Lanes<float>, 1, true>();
    check_mask<Lanes<float>, Lanes<float>::count, true>();
    check_mask<Lanes<float>, 2 * Lanes<float>::count + 3, true>();
    check_mask<Lanes<float>, 2 * Lanes<float>::count + 3, false>();
    check_mask<Lanes<double>, Lanes<double>::count + 1, true>();
}
