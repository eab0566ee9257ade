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

}  // namespace

TEST_CASE("a stage with another function, or with other layouts, is the same stage otherwise") {
    SUCCEED("checked when compiled");
}
