// SPDX-License-Identifier: MIT
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/depthwise.hpp>

#include "catch.hpp"
#include "convolution.hpp"

using namespace prepared_test;
using ctcnn::detail_::Extent;
using ctcnn::detail_::Lanes;
using ctcnn::detail_::NoFunction;
using ctcnn::detail_::Window;
namespace kernels = ctcnn::detail_::kernels;
namespace prepared = kernels::prepared;

namespace {

constexpr Case channels(std::size_t count, Window window, Extent input, Extent wider = {0, 0},
                        Extent out_border = {0, 0}, bool bias = true) {
    return {{count, count, count, window}, input, wider, out_border, bias};
}

template <Case C, typename Function = NoFunction, Pooling P = Pooling::none, typename V = Lanes<float>>
void check() {
    using Plan = prepared::DepthwisePlan<C.geometry, C.input.height, C.input.width, V::count>;
    static_assert(Plan::possible);
    using S = typename StageOfCase<V, C, P, Function, false>::type;
    compare<prepared::Depthwise<C.geometry, S, P>, C, P, Function>(C.input.height);
}

constexpr std::size_t count = Lanes<float>::count;
constexpr Window three{.kernel = {3, 3}, .padding = {1, 1}};
constexpr Window halving{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}};

}  // namespace

TEST_CASE("prepared depthwise convolutions of 3 x 3") {
    check<channels(2 * count, three, {5, 16}), kernels::ReLU>();
    check<channels(count, three, {7, 32}, {1, 1}, {1, 2})>();
    check<channels(2 * count, three, {8, 8}), kernels::ReLU>();
    check<channels(count + 3, three, {7, 7}), kernels::Sigmoid>();
    check<channels(5, three, {4, 4}, {}, {}, false)>();
    check<channels(count, three, {1, 1})>();
    check<channels(count, three, {25, 5}, {}, {1, 1}), kernels::ReLU>();
    check<channels(count, three, {2, 27})>();
    check<channels(3 * count, halving, {16, 16}), kernels::ReLU>();
    check<channels(count, halving, {15, 17}, {0, 2}, {1, 1})>();
    check<channels(count - 1, halving, {14, 28}), kernels::Sigmoid>();
}

TEST_CASE("prepared depthwise convolutions of other kernels") {
    check<channels(2 * count, {.kernel = {5, 5}, .padding = {2, 2}}, {9, 14}), kernels::ReLU>();
    check<channels(count, {.kernel = {5, 5}, .stride = {2, 2}, .padding = {2, 2}}, {13, 13})>();
    check<channels(count, {.kernel = {7, 7}, .padding = {3, 3}}, {7, 7}), kernels::ReLU>();
    check<channels(count, {}, {5, 9}, {1, 1})>();
    check<channels(count, {.kernel = {1, 31}, .padding = {0, 15}}, {2, 20})>();
    check<channels(count + 1, {.kernel = {2, 3}, .stride = {3, 1}, .padding = {0, 2}, .dilation = {1, 2}}, {9, 12})>();
    check<channels(count, {.kernel = {3, 3}, .stride = {2, 3}, .padding = {2, 2}, .dilation = {2, 3}}, {12, 21})>();
    check<channels(2, {.kernel = {4, 6}, .stride = {1, 2}, .dilation = {3, 1}}, {14, 23})>();
    static_assert(!prepared::DepthwisePlan<{16, 32, 16, {}}, 8, 8, 16>::possible);
    static_assert(!prepared::DepthwisePlan<{16, 16, 1, {}}, 8, 8, 16>::possible);
    // 9 products and 2 cycles for each of 8 x 14 pixels of 3 vectors; 1 load, 9 loads for each.
    static_assert(prepared::DepthwisePlan<{40, 40, 40, {.kernel = {3, 3}, .stride = {2, 1}, .padding = {1, 1}}}, 15, 14,
                                          16>::cost == 3 * 8 * 14 * (9 + 2));
    static_assert(prepared::DepthwisePlan<{32, 32, 32, {.stride = {2, 2}}}, 15, 14, 16>::cost == 2 * 8 * 7 * (2 + 2));
    static_assert(prepared::DepthwisePlan<{32, 32, 32, {.kernel = {3, 3}, .stride = {3, 3}}}, 15, 15, 16>::cost ==
                  2 * 5 * 5 * (18 + 2));
}

TEST_CASE("prepared depthwise convolutions whose taps or outputs lie far apart") {
    check<channels(2, {.kernel = {3, 3}, .padding = {48, 48}, .dilation = {48, 48}}, {50, 60}), kernels::ReLU>();
    check<channels(count, {.kernel = {3, 2}, .stride = {90, 80}, .padding = {1, 0}}, {100, 420})>();
}

TEST_CASE("prepared depthwise convolutions with pooling") {
    check<channels(count, three, {9, 14}), kernels::ReLU, Pooling::max2x2>();
    check<channels(count + 1, three, {4, 27}, {}, {1, 1}), kernels::Sigmoid, Pooling::average2x2>();
    check<channels(2 * count, {.kernel = {5, 5}}, {10, 17}), kernels::ReLU, Pooling::max2x2>();
    check<channels(count, halving, {12, 20}), NoFunction, Pooling::average2x2>();
}

TEST_CASE("prepared depthwise convolutions in double") {
    check<channels(Lanes<double>::count + 1, three, {5, 12}), kernels::ReLU, Pooling::none, Lanes<double>>();
    check<channels(3, {.kernel = {5, 3}}, {11, 12}), kernels::Sigmoid, Pooling::max2x2, Lanes<double>>();
}
