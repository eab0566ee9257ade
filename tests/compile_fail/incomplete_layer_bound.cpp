// SPDX-License-Identifier: MIT
//
// A layer that answers to a shape, and has no layer for it.
//
// EXPECT: \[incomplete_layer\] this layer lacks a member, or has it in another form: declare in the layer what says<...> shows
// EXPECT: at_layer<0, user::Own>
// EXPECT: received<.*Shape<2, 4, 4>
// EXPECT: says<.*template <typename S> struct At
#include "own_layers.hpp"

namespace user {

struct Own {
    template <std::size_t... Dims>
    static consteval Mismatch check(Shape<Dims...>) {
        return {};
    }
#ifndef CTCNN_REJECT
    template <typename S>
    struct At : detail_::BoundCustom<Scale<2>, S> {};
#endif
};

}  // namespace user

using Net = Sequential<Input<2, 4, 4>, user::Own, Flatten>;
constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }
