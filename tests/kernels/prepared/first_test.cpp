// SPDX-License-Identifier: MIT
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/first.hpp>

#include "catch.hpp"
#include "convolution.hpp"

using namespace prepared_test;
using ctcnn::detail_::Lanes;
using ctcnn::detail_::NoFunction;
namespace kernels = ctcnn::detail_::kernels;
namespace prepared = kernels::prepared;

namespace {

template <Case C, typename Function = NoFunction, Pooling P = Pooling::none, typename V = Lanes<float>>
void check() {
    static_assert(prepared::FirstPlan<C.geometry, C.input.height, C.input.width, V::count>::possible);
    using S = typename StageOfCase<V, C, P, Function, true>::type;
    compare<prepared::First<C.geometry, S, P>, C, P, Function>(C.input.height);
}

constexpr std::size_t count = Lanes<float>::count;

}  // namespace

TEST_CASE("prepared first convolutions of one channel") {
    check<Case{{1, 32, 1, {.kernel = {3, 3}}}, {9, 28}}, kernels::ReLU>();
    check<Case{{1, 6, 1, {.kernel = {5, 5}, .padding = {2, 2}}}, {5, 28}}, kernels::Sigmoid>();
    check<Case{{1, 16, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {6, 14}, {1, 2}, {1, 1}}>();
    // The first layer of DS-CNN, for words of speech.
    check<Case{{1, 64, 1, {.kernel = {10, 4}, .stride = {2, 2}, .padding = {5, 1}}}, {49, 10}, {}, {1, 1}},
          kernels::ReLU>();
    check<Case{{1, count, 1, {.kernel = {5, 5}, .stride = {2, 2}, .padding = {2, 2}}}, {11, 31}}>();
    check<Case{{1, 2 * count + 1, 1, {}}, {3, 5}, {1, 1}, {}, false}>();
    check<Case{{1, count, 1, {.kernel = {1, 3}, .dilation = {1, 4}}}, {2, 20}}>();
    check<Case{{1, 3, 1, {.kernel = {2, 9}, .stride = {1, 3}, .padding = {0, 4}, .dilation = {5, 2}}}, {9, 33}}>();
}

TEST_CASE("prepared first convolutions of a few channels") {
    check<Case{{3, 64, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {4, 32}, {}, {1, 1}}, kernels::ReLU>();
    check<Case{{3, count, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {5, 32}}, kernels::GELU>();
    check<Case{{3, 3, 1, {.kernel = {7, 7}, .stride = {2, 2}, .padding = {3, 3}}}, {17, 21}}>();
    check<Case{{5, 3 * count, 1, {.kernel = {3, 2}, .stride = {3, 1}}}, {8, 8}}>();
    check<Case{{4, 4 * count, 2, {.kernel = {3, 3}, .padding = {1, 1}}}, {5, 7}}>();
    static_assert(prepared::FirstPlan<{4, 32, 2, {}}, 8, 8, 16>::possible);
    static_assert(!prepared::FirstPlan<{4, 24, 2, {}}, 8, 8, 16>::possible);
}

TEST_CASE("prepared first convolutions with pooling") {
    check<Case{{1, 6, 1, {.kernel = {5, 5}, .padding = {2, 2}}}, {28, 28}}, kernels::Sigmoid, Pooling::average2x2>();
    check<Case{{1, 32, 1, {.kernel = {3, 3}}}, {9, 28}, {}, {1, 1}}, kernels::ReLU, Pooling::max2x2>();
    check<Case{{3, count + 1, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {5, 13}, {0, 1}}, NoFunction,
          Pooling::max2x2>();
    check<Case{{2, 2 * count, 1, {.kernel = {2, 5}, .stride = {1, 2}, .padding = {1, 2}}}, {7, 15}}, kernels::ReLU,
          Pooling::average2x2>();
}

TEST_CASE("prepared first convolutions in double") {
    check<Case{{3, 20, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {6, 14}}, kernels::ReLU, Pooling::none,
          Lanes<double>>();
    check<Case{{1, 5, 1, {.kernel = {5, 5}}}, {12, 12}}, kernels::ReLU, Pooling::max2x2, Lanes<double>>();
}
