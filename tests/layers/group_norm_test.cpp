// SPDX-License-Identifier: MIT
#include <ctcnn/layers/group_norm.hpp>

#include <cstddef>
#include <type_traits>

#include <ctcnn/ctcnn.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L, typename S>
constexpr Mismatch answer = mismatch_of<L, S>();

// Any shape whose first axis has the channels.
static_assert(Accepts<GroupNorm<2, 6>, Shape<6>> && Accepts<GroupNorm<3, 6>, Shape<6, 20>>);
static_assert(Accepts<GroupNorm<6, 6>, Shape<6, 5, 5>> && Accepts<GroupNorm<1, 6>, Shape<6, 2, 3, 4>>);
static_assert(answer<GroupNorm<2, 6>, Shape<4, 5, 5>> == Mismatch{Reason::in_channels, 6});
static_assert(answer<GroupNorm<4, 6>, Shape<6, 5, 5>> == Mismatch{Reason::groups_divide});
static_assert(answer<GroupNorm<0, 6>, Shape<6, 5, 5>> == Mismatch{Reason::zero_groups});
static_assert(answer<GroupNorm<2, 0>, Shape<6, 5, 5>> == Mismatch{Reason::zero_channels});
static_assert(answer<GroupNorm<2, 6, NoBias>, Shape<6, 5, 5>> == Mismatch{Reason::unknown_option});
static_assert(answer<GroupNorm<1, 2'147'483'648>, Shape<6>> == Mismatch{Reason::number_too_large});
static_assert(answer<GroupNorm<2'147'483'648, 6>, Shape<6>> == Mismatch{Reason::number_too_large});
static_assert(answer<GroupNorm<1, 2'147'483'647>, Shape<6>> == Mismatch{Reason::in_channels, 2'147'483'647});
static_assert(answer<GroupNorm<2'147'483'647, 6>, Shape<6>> == Mismatch{Reason::groups_divide});

// What errors say to write instead.
static_assert(std::is_same_v<GroupNorm<2, 6>::correction<Shape<4, 5, 5>>, corrected<GroupNorm<2, 4>>>);

using Net = Sequential<Input<6, 3, 2>, GroupNorm<2, 6>, GroupNorm<3, 6, NoAffine, Eps<0.25>>>;
static_assert(std::is_same_v<Net::output_shape, Shape<6, 3, 2>>);
static_assert(Net::parameter_count == 12 && Net::names().size() == 2 && Net::multiply_adds == 4 * 36);
static_assert(Net::names()[0].name == "0.weight" && Net::names()[1].name == "0.bias");
static_assert(Net::names()[0].shape.size() == 1 && Net::names()[0].shape[0] == 6);
static_assert(summary<Net>().find("GroupNorm(2, 6) ") != summary<Net>().npos);
static_assert(summary<Net>().find("GroupNorm(3, 6, eps=0.25, affine=False)") != summary<Net>().npos);

// In a constant expression: -1 and 1 have the variance 1.
static_assert([] {
    Sequential<Input<2, 1, 2>, GroupNorm<2, 2, Eps<0.0>>> net{};
    initialize(net, XavierUniform{});
    net.layer<0>().bias(1) = 5;
    return net({3, 5, 10, 8}) == Tensor<float, Shape<2, 1, 2>>{-1, 1, 6, 4};
}());

}  // namespace

TEST_CASE("weights begin with 1, biases with 0") {
    Net net{};
    initialize(net, KaimingUniform{}, 3);
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK(net.parameters()[i] == (i < 6 ? 1 : 0));
    }
}
