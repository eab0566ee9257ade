// SPDX-License-Identifier: MIT
//
// Two parameters have one name.
//
// EXPECT: \[incomplete_layer\] this layer lacks a member, or has it in another form: declare in the layer what says<...> shows
// EXPECT: at_layer<0, user::Own>
// EXPECT: received<.*Shape<2, 4, 4>
// EXPECT: says<.*using parameters =.*with a name.*own
#include "own_layers.hpp"

namespace user {

struct Own : CustomLayer<Own> {
#ifndef CTCNN_REJECT
    using parameters = Parameters<Parameter<"weight", Shape<4>>, Parameter<"bias", Shape<4>>>;
#else
    using parameters = Parameters<Parameter<"weight", Shape<4>>, Parameter<"weight", Shape<4>>>;
#endif
    static constexpr void forward(auto x, auto y, auto, auto) { y(0, 0, 0) = x(0, 0, 0); }
    static constexpr void backward(auto, auto, auto, auto grad_y, auto grad_x, auto, auto) {
        grad_x(0, 0, 0) = grad_y(0, 0, 0);
    }
};

}  // namespace user

using Net = Sequential<Input<2, 4, 4>, user::Own, Flatten>;
constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }
