// SPDX-License-Identifier: MIT
#include <ctcnn/core/stage.hpp>

#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

struct Doubled {
    template <typename V>
    static constexpr V forward(V input) {
        return input + input;
    }
    template <typename V>
    static constexpr V backward(V, V grad_output) {
        return grad_output + grad_output;
    }
};

using In = Layout<2, 3, 4, 1, 1>;
using Out = Layout<2, 3, 4>;
using Here = Stage<In, Out, Doubled, Lanes<double>>;
static_assert(std::is_same_v<Here::T, double> && std::is_same_v<Stage<In, Out, Doubled, float>::T, float>);
static_assert(std::is_same_v<Here::WithFunction<NoFunction>, Stage<In, Out, NoFunction, Lanes<double>>>);
static_assert(std::is_same_v<Here::WithLayouts<Out, In>, Stage<Out, In, Doubled, Lanes<double>>>);
static_assert(Here::Function::forward(1.5) == 3.0 && Here::Function::backward(7.0, 2.0) == 4.0);
static_assert(NoFunction::forward(1.5) == 1.5 && NoFunction::backward(7.0, 2.0) == 2.0);

// A PairStage stays one. InBf16 asks for it, and gets it where the processor multiplies pairs.
using V = Lanes<float>;
static_assert(std::is_same_v<Here::Factor, Lanes<double>>);
template <typename S>
constexpr bool has_pairs = std::is_same_v<typename S::Factor, Bf16Pairs<V>> &&
                           std::is_same_v<typename S::template WithFunction<NoFunction>::Factor, Bf16Pairs<V>> &&
                           std::is_same_v<typename S::template WithLayouts<Out, In>, PairStage<Out, In, Doubled, V>>;
static_assert(has_pairs<PairStage<In, Out, Doubled, V>>);
struct SomeInput {
    using shape = int;
};
template <typename Element>
using InNetwork = StageFor<InBf16<SomeInput>>::type<In, Out, Doubled, Element>;
static_assert(std::is_same_v<InBf16<SomeInput>::shape, int> && !StageFor<SomeInput>::has_pairs<V>);
static_assert(std::is_same_v<StageFor<SomeInput>::type<In, Out, Doubled, V>, Stage<In, Out, Doubled, V>>);
static_assert(std::is_same_v<InNetwork<float>, Stage<In, Out, Doubled, float>> &&
              std::is_same_v<InNetwork<Lanes<double>>, Here>);
static_assert(StageFor<InBf16<SomeInput>>::has_pairs<V> == processor::has_pair_products);
static_assert(std::is_same_v<InNetwork<V>, PairStage<In, Out, Doubled, V>> == processor::has_pair_products);

}  // namespace

TEST_CASE("a stage with another function, or with other layouts, is the same stage otherwise") {
    SUCCEED("checked when compiled");
}
