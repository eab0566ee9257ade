// SPDX-License-Identifier: MIT
// How shapes flow, and what a refusal says of the place, by static_assert: a wrong network is a type like any other.
#include <ctcnn/graph/flow.hpp>

#include <cstddef>
#include <type_traits>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using graph::Accepted;
using graph::Flow;
using graph::Refusal;

namespace {

template <typename S, typename... Layers>
using refusal = typename Flow<S, Layers...>::refusal;
template <typename Expected, typename S, typename... Layers>
constexpr bool is_refused_with = std::is_same_v<refusal<S, Layers...>, Expected>;

using A = Linear<4, 4>;
using Wrong = Linear<5, 4>;
using At4 = received<Shape<4>>;

}  // namespace

static_assert(is_refused_with<Accepted, Shape<4>, A, ReLU, Linear<4, 2>>);
static_assert(std::is_same_v<Flow<Shape<4>, A, Linear<4, 2>>::output_shape, Shape<2>>);
static_assert(Flow<Shape<4>, A, ReLU>::layers::size == 2);

// The first refusal, and nothing behind it.
static_assert(
    is_refused_with<Refusal<Reason::in_features, at_layer<1, Wrong>, At4, wanted<5>>, Shape<4>, A, Wrong, int, Wrong>);
static_assert(is_refused_with<Refusal<Reason::not_a_layer, at_layer<0, int>, At4>, Shape<4>, int>);
static_assert(is_refused_with<Refusal<Reason::misplaced_input, at_layer<1, Input<4>>, At4>, Shape<4>, A, Input<4>>);
static_assert(is_refused_with<Refusal<Reason::empty_network, the_sequence, At4>, Shape<4>>);

// Inside a block, a branch, a shortcut.
template <typename Place>
using WrongAt = Refusal<Reason::in_features, Place, At4, wanted<5>>;
static_assert(is_refused_with<WrongAt<in_block<1, at_layer<2, Wrong>>>, Shape<4>, A, Sequential<A, ReLU, Wrong>>);
static_assert(is_refused_with<WrongAt<in_block<1, in_block<0, at_layer<1, Wrong>>>>, Shape<4>, A,
                              Sequential<Sequential<A, Wrong>>>);
static_assert(is_refused_with<WrongAt<in_block<1, at_layer<2, Wrong>>>, Shape<4>, A, Residual<A, ReLU, Wrong>>);
static_assert(is_refused_with<WrongAt<in_block<0, in_block<2, at_layer<1, Wrong>>>>, Shape<4>,
                              Residual<A, A, Shortcut<A, Wrong>>>);
static_assert(is_refused_with<WrongAt<in_block<0, at_layer<2, Wrong>>>, Shape<4>, Add<A, A, Wrong>>);
static_assert(
    is_refused_with<WrongAt<in_block<0, in_block<1, at_layer<1, Wrong>>>>, Shape<4>, Add<A, Sequential<A, Wrong>, A>>);
static_assert(
    is_refused_with<WrongAt<in_block<0, in_block<0, at_layer<0, Wrong>>>>, Shape<4>, Concat<Concat<Wrong, A>, A>>);
static_assert(is_refused_with<Refusal<Reason::empty_network, in_block<0, in_block<1, the_sequence>>, At4>, Shape<4>,
                              Residual<A, Shortcut<>>>);
static_assert(is_refused_with<Refusal<Reason::not_a_layer, in_block<0, at_layer<1, int>>, At4>, Shape<4>, Add<A, int>>);

// What branches say of themselves: the layer around them, and what each makes.
static_assert(is_refused_with<Refusal<Reason::branch_shapes, at_layer<1, Add<A, Linear<4, 3>>>, At4,
                                      branch_makes<0, Shape<4>>, branch_makes<1, Shape<3>>>,
                              Shape<4>, A, Add<A, Linear<4, 3>>>);
static_assert(is_refused_with<Refusal<Reason::branch_shapes, in_block<0, at_layer<1, Residual<Linear<4, 3>>>>, At4,
                                      branch_makes<0, Shape<3>>, branch_makes<1, Shape<4>>>,
                              Shape<4>, Sequential<A, Residual<Linear<4, 3>>>>);
static_assert(
    is_refused_with<Refusal<Reason::concat_shapes, at_layer<0, Concat<Flatten, Conv2d<1, 2, Kernel<1>>>>,
                            received<Shape<1, 2, 2>>, branch_makes<0, Shape<4>>, branch_makes<1, Shape<2, 2, 2>>>,
                    Shape<1, 2, 2>, Concat<Flatten, Conv2d<1, 2, Kernel<1>>>>);
static_assert(is_refused_with<Refusal<Reason::too_few_branches, at_layer<0, Add<A>>, At4>, Shape<4>, Add<A>>);
static_assert(is_refused_with<Refusal<Reason::too_few_branches, at_layer<0, Concat<>>, At4>, Shape<4>, Concat<>>);
static_assert(is_refused_with<Refusal<Reason::too_few_branches, at_layer<0, Residual<>>, At4>, Shape<4>, Residual<>>);
static_assert(is_refused_with<Refusal<Reason::too_few_branches, at_layer<0, Residual<Shortcut<A>>>, At4>, Shape<4>,
                              Residual<Shortcut<A>>>);

// Names.
using Nameless = Named<"", A>;
static_assert(is_refused_with<Refusal<Reason::bad_name, at_layer<0, Nameless>, At4>, Shape<4>, Nameless>);
static_assert(is_refused_with<Refusal<Reason::bad_name, the_sequence, At4>, Shape<4>, Named<"a", A>, Named<"a", A>>);
static_assert(is_refused_with<Accepted, Shape<4>, Named<"a", A>, Named<"b", A>, Sequential<Named<"a", A>>>);
// Also of a block, and in branches.
using NamelessBlock = Named<"1", Sequential<A>>;
static_assert(is_refused_with<Refusal<Reason::bad_name, at_layer<0, NamelessBlock>, At4>, Shape<4>, NamelessBlock>);
using NamelessBranches = Named<"a.b", Residual<A>>;
static_assert(
    is_refused_with<Refusal<Reason::bad_name, at_layer<0, NamelessBranches>, At4>, Shape<4>, NamelessBranches>);
using SameNames = Residual<Named<"a", A>, Named<"a", A>>;
static_assert(is_refused_with<Refusal<Reason::bad_name, at_layer<0, SameNames>, At4>, Shape<4>, SameNames>);
using TwoShortcuts = Residual<Named<"shortcut", A>, Shortcut<A>>;
static_assert(is_refused_with<Refusal<Reason::bad_name, at_layer<0, TwoShortcuts>, At4>, Shape<4>, TwoShortcuts>);

// The sizes of Input.
static_assert(is_refused_with<Refusal<Reason::zero_input, the_sequence, received<Shape<>>>, Shape<>, A> &&
              is_refused_with<Refusal<Reason::zero_input, the_sequence, received<Shape<4, 0>>>, Shape<4, 0>, A>);
static_assert(is_refused_with<Refusal<Reason::number_too_large, the_sequence, received<Shape<2147483648>>>,
                              Shape<2147483648>, ReLU>);
static_assert(1073741823 * std::size_t{1073741825} == most_numbers / 2);
static_assert(is_refused_with<Accepted, Shape<1073741823, 1073741825>, ReLU>);
static_assert(is_refused_with<Refusal<Reason::number_too_large, the_sequence, received<Shape<1073741824, 1073741824>>>,
                              Shape<1073741824, 1073741824>, ReLU>);

// What layers have together, exactly.
template <std::size_t Parameters, std::uint64_t MultiplyAdds>
struct Counted {
    static constexpr LayerKind kind = LayerKind::block;
    static constexpr std::size_t parameter_count = Parameters;
    static constexpr std::uint64_t multiply_adds = MultiplyAdds;
};
template <typename... Layers>
constexpr bool fit_together = graph::reason_together(List<Layers...>{}) == Reason::none;
static_assert(fit_together<Counted<most_numbers - 5, 0>, Counted<5, 0>> &&
              !fit_together<Counted<most_numbers - 5, 0>, Counted<6, 0>>);
static_assert(fit_together<Counted<0, UINT64_MAX - 5>, Counted<0, 4>> &&
              !fit_together<Counted<0, UINT64_MAX - 5>, Counted<0, 5>>);

// What is too large together.
using Wide = Linear<2147483647, 1073741824, NoBias>;
using Narrow = Linear<1073741824, 2147483647, NoBias>;
using Large = received<Shape<2147483647>>;
static_assert(is_refused_with<Accepted, Shape<2147483647>, Wide>);
static_assert(is_refused_with<Refusal<Reason::number_too_large, the_sequence, Large>, Shape<2147483647>, Wide, Narrow>);
using WideBranches = Residual<Wide, Narrow>;
static_assert(is_refused_with<Refusal<Reason::number_too_large, at_layer<0, WideBranches>, Large>, Shape<2147483647>,
                              WideBranches>);
using LargeConcat = Concat<Flatten, Flatten>;
using Third = Shape<2147483647, 357913941>;
static_assert(is_refused_with<Accepted, Third, Flatten> && Third::size > most_numbers / 4);
static_assert(
    is_refused_with<Refusal<Reason::number_too_large, at_layer<0, LargeConcat>, received<Third>>, Third, LargeConcat>);

// What branches make together is counted like an Input.
using Concat3 = Concat<Flatten, Flatten, Flatten>;
static_assert(is_refused_with<Accepted, Shape<357913941, 1073741825>, Concat3> &&
              !is_refused_with<Accepted, Shape<357913942, 1073741825>, Concat3>);

TEST_CASE("what a refusal says is also known when the program runs") {
    STATIC_REQUIRE(refusal<Shape<4>, A, Wrong>::mismatch.reason == Reason::in_features);
    STATIC_REQUIRE_FALSE(bool(refusal<Shape<4>, A>::mismatch));
}
