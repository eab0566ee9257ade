// SPDX-License-Identifier: MIT
//
// backward lacks the gradient with respect to the weight.
//
// EXPECT: \[incomplete_layer\] this layer lacks a member, or has it in another form: declare in the layer what says<...> shows
// EXPECT: at_layer<0, user::Own>
// EXPECT: received<.*Shape<2, 4, 4>
// EXPECT: says<.*static constexpr void backward\(auto.*grad_weight\)
#include "own_layers.hpp"

namespace user {

struct Own : CustomLayer<Own> {
    using parameters = Parameters<Parameter<"weight", Shape<4>>>;
    static constexpr void forward(auto x, auto y, auto weight) { y(0, 0, 0) = x(0, 0, 0) * weight(0); }
#ifndef CTCNN_REJECT
    static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
        grad_x(0, 0, 0) = grad_y(0, 0, 0) * weight(0);
        grad_weight(0) += grad_y(0, 0, 0) * x(0, 0, 0);
    }
#else
    static constexpr void backward(auto, auto weight, auto grad_y, auto grad_x) {
        grad_x(0, 0, 0) = grad_y(0, 0, 0) * weight(0);
    }
#endif
};

}  // namespace user

using Net = Sequential<Input<2, 4, 4>, user::Own, Flatten>;
constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }
