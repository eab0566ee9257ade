// SPDX-License-Identifier: MIT
// Names of layers, and blocks that are repeated.
#include <ctcnn/model/named.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/custom.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/model/summary.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

// A name takes the place of an index: no number, no dot, not empty.
static_assert(model::is_layer_name("stem") && model::is_layer_name("layer1") && model::is_layer_name("1x1"));
static_assert(!model::is_layer_name("0") && !model::is_layer_name("9") && model::is_layer_name("/") &&
              model::is_layer_name(":") && model::is_layer_name("0a"));
static_assert(!model::is_layer_name("") && !model::is_layer_name("12") && !model::is_layer_name("a.b"));

// The layer itself does not change.
using A = Named<"a", Linear<4, 2>>;
static_assert(Accepts<A, Shape<4>> && !Accepts<A, Shape<5>> && !Accepts<Named<"", Linear<4, 2>>, Shape<4>>);
using Net = Sequential<Input<4>, A, Named<"block", Sequential<ReLU, Named<"b", Linear<2, 3>>>>>;
static_assert(Net::output_shape{} == Shape<3>{} && Net::parameter_count == 10 + 9);
static_assert(Net::names()[0].name == "a.weight" && Net::names()[3].name == "block.b.bias");

// Layers of a program's own, also of final classes.
struct Copy : CustomLayer<Copy> {
    static consteval Mismatch check(Shape<4>) { return {}; }
    static constexpr void forward(auto x, auto y) {
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i];
    }
    static constexpr void backward(auto, auto grad_y, auto grad_x) {
        for (std::size_t i = 0; i < grad_y.size(); ++i) grad_x[i] = grad_y[i];
    }
};
struct Twice final : CustomLayer<Twice> {
    static constexpr void forward(auto x, auto y) {
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] + x[i];
    }
    static constexpr void backward(auto, auto grad_y, auto grad_x) {
        for (std::size_t i = 0; i < grad_y.size(); ++i) grad_x[i] = grad_y[i] + grad_y[i];
    }
};
struct Negative final : Activation<Negative> {
    static constexpr auto forward(auto x) { return -x; }
    static constexpr auto backward(auto, auto grad) { return -grad; }
};
static_assert(Accepts<Named<"a", Copy>, Shape<4>> && !Accepts<Named<"a", Copy>, Shape<5>>);
static_assert(!Accepts<Named<"a.b", Copy>, Shape<4>> && !Accepts<Named<"1", Twice>, Shape<4>> &&
              !Accepts<Named<"", Negative>, Shape<4>>);
constexpr Sequential<Input<1>, Named<"twice", Twice>, Named<"negative", Negative>> of_final{};
static_assert(of_final({3}) == Tensor<float, Shape<1>>{-6});
static_assert(summary<Sequential<Input<1>, Named<"twice", Twice>>>().find("twice Twice") != std::string_view::npos);

// By name or by index.
constexpr Net net = [] {
    Net result{};
    result.layer<"a">().weight(1, 3) = 5;
    result.layer<"block">().layer<"b">().bias(2) = 7;
    return result;
}();
static_assert(net.layer<0>().weight(1, 3) == 5 && net.layer<1>().layer<1>().bias(2) == 7);
static_assert(net.parameters()[7] == 5 && net.parameters()[18] == 7);
static_assert(std::is_same_v<decltype(net.layer<"a">()), decltype(net.layer<0>())>);

static_assert(std::is_same_v<Repeat<2, Linear<4, 4>, ReLU>, Sequential<Linear<4, 4>, ReLU, Linear<4, 4>, ReLU>>);
static_assert(Sequential<Input<4>, Repeat<3, Linear<4, 4>, ReLU>>::names()[5].name == "0.4.bias");

TEST_CASE("a summary shows names") {
    CHECK(summary<Net>().find("\na Linear(4, 2)") != std::string_view::npos);
    CHECK(summary<Net>().find("\n  b Linear(2, 3)") != std::string_view::npos);
}
