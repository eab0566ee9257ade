// SPDX-License-Identifier: MIT
//
// The name for the summary is not static.
//
// EXPECT: \[incomplete_layer\] this layer lacks a member, or has it in another form: declare in the layer what says<...> shows
// EXPECT: at_layer<0, user::Own>
// EXPECT: received<.*Shape<2, 4, 4>
// EXPECT: says<.*static constexpr.*std::string_view.*name
#include <string_view>

#include "own_layers.hpp"

namespace user {

struct Own : CustomLayer<Own> {
    using parameters = Parameters<Parameter<"weight", Shape<4>>>;
#ifndef CTCNN_REJECT
    static constexpr std::string_view name = "Own()";
#else
    std::string_view name = "Own()";
#endif
    static constexpr void forward(auto x, auto y, auto weight) { y(0, 0, 0) = x(0, 0, 0) * weight(0); }
    static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
        grad_x(0, 0, 0) = grad_y(0, 0, 0) * weight(0);
        grad_weight(0) += grad_y(0, 0, 0) * x(0, 0, 0);
    }
};

}  // namespace user

using Net = Sequential<Input<2, 4, 4>, user::Own, Flatten>;
constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }
