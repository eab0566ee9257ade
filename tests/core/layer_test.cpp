// SPDX-License-Identifier: MIT
// What a layer that is written for the library's kernels has to have, one member after the other.
#include <ctcnn/core/layer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "catch.hpp"

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

// Each has one member more than the one before.
struct Nothing {};
struct WithKind : Nothing {
    static constexpr LayerKind kind = LayerKind::compute;
};
struct WithLayer : WithKind {
    using layer = int;
};
struct WithInput : WithLayer {
    using input_shape = Shape<4>;
};
struct WithOutput : WithInput {
    using output_shape = Shape<4>;
};
struct WithCount : WithOutput {
    static constexpr std::uint64_t multiply_adds = 0;
};
struct WithWeight : WithCount {
    using weight_shape = NoParameter;
};
struct WithBias : WithWeight {
    using bias_shape = NoParameter;
};
struct WithBorder : WithBias {
    static constexpr Extent input_border{0, 0};
};
struct WithSaved : WithBorder {
    static constexpr std::size_t saved_size = 0;
};
struct Complete : WithSaved {
    static constexpr bool batched_gradient = false;
};
struct WrongOutput : Complete {
    using output_shape = int;
};

static_assert(missing_member<Nothing>() == "static constexpr LayerKind kind");
static_assert(missing_member<WithKind>() == "using layer");
static_assert(missing_member<WithLayer>() == "using input_shape = Shape<...>");
static_assert(missing_member<WithInput>() == "using output_shape = Shape<...>");
static_assert(missing_member<WithOutput>() == "static constexpr std::uint64_t multiply_adds");
static_assert(missing_member<WithCount>() == "using weight_shape = Shape<...>");
static_assert(missing_member<WithWeight>() == "using bias_shape = Shape<...>");
static_assert(missing_member<WithBias>() == "static constexpr Extent input_border");
static_assert(missing_member<WithBorder>() == "static constexpr std::size_t saved_size");
static_assert(missing_member<WithSaved>() == "static constexpr bool batched_gradient");
static_assert(missing_member<Complete>().empty());
static_assert(missing_member<WrongOutput>() == "using output_shape = Shape<...>");

struct Function {
    static constexpr float forward(float x) { return x; }
};
struct Elementwise : WithCount {
    static constexpr LayerKind kind = LayerKind::elementwise;
};
struct HalfElementwise : Elementwise {
    using Function = ::Function;
};
static_assert(missing_member<Elementwise>() == "template <typename V> static constexpr V forward(V x)");
static_assert(missing_member<HalfElementwise>() == "template <typename V> static constexpr V backward(V y, V grad)");

// The layers of the library have all.
template <typename L, typename S>
inline constexpr bool complete = missing_member<typename L::template At<S>>().empty();
static_assert(complete<Conv2d<2, 3, Kernel<3>>, Shape<2, 5, 5>> && complete<Linear<4, 2>, Shape<4>>);
static_assert(complete<MaxPool2d<Kernel<2>>, Shape<2, 4, 4>> && complete<AvgPool2d<Kernel<2>>, Shape<2, 4, 4>>);
static_assert(complete<Flatten, Shape<2, 4, 4>> && complete<ReLU, Shape<4>>);

// A border lies on both sides of an axis that has one; features have none.
static_assert(bordered_size<Shape<2, 5, 7>>({1, 3}) == 2 * 7 * 13 && bordered_size<Shape<2, 5, 7>>({0, 0}) == 70);
static_assert(bordered_size<Shape<2, 7>>({1, 3}) == 2 * 3 * 13 && bordered_size<Shape<9>>({1, 3}) == 9);
static_assert(bordered_size<Shape<2, 2, 2, 2>>({1, 3}) == 16);

// As many numbers as an object may have, and one more.
static_assert(most_numbers == PTRDIFF_MAX / sizeof(float));
template <std::size_t Weight, std::size_t Bias, std::size_t In, std::size_t Out, std::uint64_t MultiplyAdds,
          LayerKind Kind = LayerKind::compute, std::size_t Border = 0>
struct Sized {
    static constexpr LayerKind kind = Kind;
    using input_shape = Shape<1, 1, In>;
    using output_shape = Shape<Out>;
    using weight_shape = Shape<Weight>;
    using bias_shape = Shape<Bias>;
    static constexpr Extent input_border{0, Border};
    static constexpr std::uint64_t multiply_adds = MultiplyAdds;
};
constexpr std::size_t half = most_numbers / 2;
static_assert(!too_large<Sized<most_numbers, 0, half, half, UINT64_MAX - 1>>());
static_assert(!too_large<Sized<most_numbers - 3, 3, half - 2, 1, 1, LayerKind::compute, 1>>());
static_assert(too_large<Sized<most_numbers, 1, 1, 1, 1>>() && too_large<Sized<1, most_numbers, 1, 1, 1>>());
static_assert(too_large<Sized<1, 1, half + 1, 1, 1>>() && too_large<Sized<1, 1, 1, half + 1, 1>>());
static_assert(too_large<Sized<1, 1, half - 1, 1, 1, LayerKind::compute, 1>>());
static_assert(too_large<Sized<1, 1, 1, 1, UINT64_MAX>>());
static_assert(!too_large<Sized<1, 1, half + 1, 1, 1, LayerKind::block>>() &&
              !too_large<Sized<1, 1, half + 1, 1, 1, LayerKind::branches>>());

// A mismatch is a reason, with a number or words.
static_assert(Mismatch{}.wanted == 0 && Mismatch{Reason::in_channels}.wanted == 0 && Mismatch{"words"}.wanted == 0);
static_assert(!Mismatch{} && Mismatch{Reason::in_channels, 3} && Mismatch{"words"});
static_assert(Mismatch{"words"}.reason == Reason::own_reason && Mismatch{"words"}.words == "words");
static_assert(Mismatch{Reason::in_channels, 3}.wanted == 3 && Mismatch{Reason::in_channels}.words.empty());
static_assert(mismatch_of<ReLU, Shape<4>>() == Mismatch{});
static_assert(mismatch_of<Linear<4, 2>, Shape<5>>() == Mismatch{Reason::in_features, 4});

}  // namespace

TEST_CASE("known to the compiler") { CHECK(missing_member<Complete>().empty()); }
