// SPDX-License-Identifier: MIT
//
// An activation without forward.
//
// EXPECT: \[incomplete_layer\] this layer lacks a member, or has it in another form: declare in the layer what says<...> shows
// EXPECT: at_layer<0, user::Own>
// EXPECT: received<.*Shape<2, 4, 4>
// EXPECT: says<.*template <typename V> static.*constexpr V forward\(V x\)
#include "own_layers.hpp"

namespace user {

struct Own : Activation<Own> {
#ifndef CTCNN_REJECT
    template <typename V>
    static constexpr V forward(V x) {
        return x + x;
    }
#endif
    template <typename V>
    static constexpr V backward(V, V grad) {
        return grad + grad;
    }
};

}  // namespace user

using Net = Sequential<Input<2, 4, 4>, user::Own, Flatten>;
constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }
