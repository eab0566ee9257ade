// SPDX-License-Identifier: MIT
// What a compiler that takes computed messages shows, here as a constant.
#include <ctcnn/graph/message.hpp>

#include <string_view>

#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/graph/words.hpp>
#include <ctcnn/layers/linear.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename... Words>
constexpr graph::Message message = graph::compose<Words...>("[reason] a sentence");

template <typename... Words>
constexpr bool reads(std::string_view rest) {
    const std::string_view text(message<Words...>.data(), message<Words...>.size());
    return text.starts_with("[reason] a sentence") && text.substr(19) == rest;
}

using A = Linear<256, 120>;
using S = Shape<400>;

}  // namespace

TEST_CASE("the words of a refusal become one text", "[graph]") {
    STATIC_REQUIRE(reads<>(""));
    STATIC_REQUIRE(reads<at_layer<7, A>, received<S>, wanted<256>, corrected<Linear<400, 120>>>(
        "; layer 7, Linear<256, 120>, received Shape<400>, wanted 256: write Linear<400, 120>"));
    STATIC_REQUIRE(reads<in_block<2, in_block<0, at_layer<1, A>>>, received<S>>(
        "; layer 2.0.1, Linear<256, 120>, received Shape<400>"));
    STATIC_REQUIRE(reads<the_sequence, received<S>>("; received Shape<400>"));
    STATIC_REQUIRE(reads<in_block<3, the_sequence>, received<S>>("; layer 3 received Shape<400>"));
    STATIC_REQUIRE(reads<at_layer<0, A>, received<S>, branch_makes<0, Shape<2, 3>>, branch_makes<1, Shape<4>>>(
        "; layer 0, Linear<256, 120>, received Shape<400>, branch 0 makes Shape<2, 3>, branch 1 makes Shape<4>"));
    STATIC_REQUIRE(reads<at_layer<0, A>, received<S>, says<Name<3>("one"), Name<3>("two")>>(
        "; layer 0, Linear<256, 120>, received Shape<400>: one two"));
    STATIC_REQUIRE(reads<at_tensor<Name<8>("0.weight")>, in_network<S>, in_file<Shape<3>>>(
        "; tensor 0.weight: Shape<400> in the network, Shape<3> in the file"));
    STATIC_REQUIRE(reads<corrected<A, Linear<120, 10>>>(": write Linear<256, 120>, Linear<120, 10>"));
    // A word without a text says nothing.
    STATIC_REQUIRE(reads<absent>(""));
}
