// SPDX-License-Identifier: MIT
#include <ctcnn/layers/layer_norm.hpp>

#include <cstddef>
#include <type_traits>

#include <ctcnn/ctcnn.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L, typename S>
constexpr Mismatch answer = mismatch_of<L, S>();

static_assert(Accepts<LayerNorm<>, Shape<6>> && Accepts<LayerNorm<>, Shape<6, 2, 3, 4>>);
static_assert(Accepts<LayerNorm<Shape<6, 5, 5>, NoBias>, Shape<6, 5, 5>>);
static_assert(answer<LayerNorm<Shape<6, 5, 5>>, Shape<6, 5, 4>> == Mismatch{Reason::normalized_shape});
static_assert(answer<LayerNorm<Shape<5>>, Shape<6, 5, 5>> == Mismatch{Reason::normalized_shape});
static_assert(answer<LayerNorm<Momentum<0.5>>, Shape<6>> == Mismatch{Reason::unknown_option});
static_assert(answer<LayerNorm<Shape<6>, Momentum<0.5>>, Shape<5>> == Mismatch{Reason::unknown_option});
static_assert(answer<LayerNorm<NoBias, NoBias>, Shape<6>> == Mismatch{Reason::repeated_option});

// What errors say to write instead.
static_assert(std::is_same_v<LayerNorm<Shape<6, 5, 5>, NoBias>::correction<Shape<6, 5>>,
                             corrected<LayerNorm<Shape<6, 5>, NoBias>>>);

using Net =
    Sequential<Input<4, 3, 2>, LayerNorm<>, Flatten, LayerNorm<Shape<24>, NoBias, Eps<1e-3>>, LayerNorm<NoAffine>>;
static_assert(Net::parameter_count == 24 + 24 + 24 && Net::names().size() == 3);
static_assert(Net::names()[0].name == "0.weight" && Net::names()[0].shape.size() == 3);
static_assert(Net::names()[2].name == "2.weight" && Net::names()[2].shape.size() == 1);
static_assert(summary<Net>().find("LayerNorm() ") != summary<Net>().npos);
static_assert(summary<Net>().find("LayerNorm((24,), eps=0.001, bias=False)") != summary<Net>().npos);
static_assert(summary<Net>().find("LayerNorm(elementwise_affine=False)") != summary<Net>().npos);

// The operator needs a scale, which onnx() fills in where there is no weight.
template <typename L>
constexpr bool has_operator = requires { L::template At<Shape<6>>::onnx(); };
static_assert(has_operator<LayerNorm<>> && has_operator<LayerNorm<NoBias>> && has_operator<LayerNorm<NoAffine>>);

// In a constant expression.
static_assert([] {
    Sequential<Input<2, 2>, LayerNorm<Eps<0.0>>> net{};
    initialize(net, XavierUniform{});
    net.layer<0>().weight(1, 0) = 3;
    net.layer<0>().bias(1, 1) = 5;
    return net({3, 5, 5, 3}) == Tensor<float, Shape<2, 2>>{-1, 1, 3, 4};
}());

}  // namespace

TEST_CASE("weights of elements begin with 1, biases with 0") {
    Net net{};
    initialize(net, KaimingUniform{}, 3);
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        CHECK(net.parameters()[i] == (i < 24 || i >= 48 ? 1 : 0));
    }
}
