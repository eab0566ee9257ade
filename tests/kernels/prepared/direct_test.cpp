// SPDX-License-Identifier: MIT
#include <cstddef>
#include <limits>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/direct.hpp>

#include "catch.hpp"
#include "convolution.hpp"

using namespace prepared_test;
using ctcnn::detail_::Lanes;
using ctcnn::detail_::NoFunction;
using ctcnn::detail_::vector_registers;
using ctcnn::detail_::kernels::Conv2dGeometry;
namespace kernels = ctcnn::detail_::kernels;
namespace prepared = kernels::prepared;

namespace {

template <Case C, typename Function = NoFunction, Pooling P = Pooling::none, typename V = Lanes<float>>
void check() {
    static_assert(prepared::DirectPlan<C.geometry, C.input.height, C.input.width, V::count>::possible);
    using S = typename StageOfCase<V, C, P, Function, false>::type;
    compare<prepared::Direct<C.geometry, S, P>, C, P, Function>(C.input.height);
}

/// With weights that are bf16, of which small integers are exact.
template <Case C, typename Function = NoFunction, Pooling P = Pooling::none>
void check_pairs() {
    using S = typename StageOfCase<Lanes<float>, C, P, Function, false>::type;
    using Weighted =
        ctcnn::detail_::WeightedStage<typename S::In, typename S::Out, Function, Lanes<float>, ctcnn::bf16>;
    using K = prepared::Direct<C.geometry, Weighted, P>;
    static_assert((K::scratch_size != 0) == ctcnn::detail_::Bf16Pairs<Lanes<float>>::exist);
    compare<K, C, P, Function>(C.input.height, true);
}

constexpr std::size_t count = Lanes<float>::count;

}  // namespace

TEST_CASE("prepared direct convolutions of one pixel") {
    // Rows of an image without borders lie end to end.
    check<Case{{2 * count, 3 * count, 1, {}}, {5, 7}}, kernels::ReLU>();
    check<Case{{count, 4 * count, 1, {}}, {8, 8}, {}, {1, 1}}>();
    check<Case{{count + 1, 2 * count + 3, 1, {}}, {1, 13}}, kernels::ReLU>();
    check<Case{{3, 2, 1, {}}, {1, 1}, {}, {}, false}>();
    check<Case{{5 * count, 9 * count, 1, {}}, {1, 1}}>();
    check<Case{{2 * count, count, 1, {.stride = {2, 2}}}, {9, 11}}>();
    check<Case{{4 * count, 4 * count, 2, {}}, {5, 5}, {1, 1}, {2, 1}}>();
}

TEST_CASE("prepared direct convolutions of kernels") {
    check<Case{{2 * count, 4 * count, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {6, 14}, {}, {1, 1}}, kernels::ReLU>();
    check<Case{{count, 2 * count, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {4, 12}, {1, 2}}>();
    check<Case{{6, 16, 1, {.kernel = {5, 5}}}, {14, 14}}, kernels::Sigmoid>();
    check<Case{{count + 3, count + 5, 1, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}}, {15, 17}}>();
    check<Case{{2 * count, 3 * count, 1, {.kernel = {3, 3}, .stride = {2, 1}, .padding = {1, 1}}}, {7, 28}}>();
    check<Case{{count, count, 1, {.kernel = {3, 3}, .padding = {2, 2}, .dilation = {2, 2}}}, {9, 16}}>();
    check<Case{{3, count, 1, {.kernel = {2, 4}, .stride = {1, 3}, .padding = {0, 2}, .dilation = {3, 2}}}, {7, 19}},
          NoFunction, Pooling::none>();
    check<Case{{count, 2, 1, {.kernel = {1, 7}, .padding = {0, 3}}}, {3, 24}, {2, 0}, {1, 3}, false}>();
    check<Case{{count, 3 * count, 1, {.kernel = {7, 1}, .padding = {3, 0}}}, {5, 32}}, kernels::LeakyReLU<0.25>>();
    check<Case{{2, 7 * count, 1, {.kernel = {11, 11}, .stride = {4, 4}, .padding = {2, 2}}}, {23, 23}}>();
    check<Case{{2 * count, 6 * count, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {2, 2}}>();
    check<Case{{count, 5 * count, 1, {.kernel = {3, 3}}}, {3, 3}}>();
    check<Case{{1, count, 1, {.kernel = {1, 2}, .dilation = {1, 8000}}}, {1, 8020}}>();
}

TEST_CASE("prepared direct convolutions of groups that are whole blocks") {
    check<Case{{4 * count, 2 * count, 2, {.kernel = {3, 3}, .padding = {1, 1}}}, {5, 8}}, kernels::ReLU>();
    check<Case{{3 * count, 6 * count, 3, {.kernel = {2, 3}, .stride = {2, 2}}}, {6, 9}, {1, 1}, {1, 1}},
          kernels::Tanh>();
    static_assert(prepared::DirectPlan<{32, 64, 2, {}}, 8, 8, 16>::possible);
    static_assert(!prepared::DirectPlan<{32, 64, 2, {}}, 8, 8, 32>::possible);
    static_assert(!prepared::DirectPlan<{64, 48, 4, {}}, 8, 8, 16>::possible);
    static_assert(!prepared::DirectPlan<{64, 64, 64, {}}, 8, 8, 16>::possible);
}

TEST_CASE("prepared direct convolutions with pooling") {
    check<Case{{count, 2 * count, 1, {.kernel = {3, 3}}}, {14, 26}}, kernels::ReLU, Pooling::max2x2>();
    check<Case{{6, 16, 1, {.kernel = {5, 5}}}, {14, 14}}, kernels::Sigmoid, Pooling::average2x2>();
    check<Case{{count, 3 * count, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {7, 9}, {}, {1, 2}}, NoFunction,
          Pooling::max2x2>();
    check<Case{{count + 2, count + 1, 1, {.stride = {1, 2}}}, {5, 8}}, kernels::Sigmoid, Pooling::max2x2>();
    check<Case{{2, 5, 1, {.kernel = {3, 2}, .padding = {1, 1}}}, {2, 3}}, kernels::ReLU, Pooling::average2x2>();
}

TEST_CASE("prepared direct convolutions of pairs of bf16") {
    check_pairs<Case{{2 * count, 3 * count, 1, {}}, {5, 7}}, kernels::ReLU>();
    check_pairs<Case{{count + 1, 2 * count + 3, 1, {}}, {1, 13}}, kernels::ReLU>();
    check_pairs<Case{{3, 2, 1, {}}, {1, 1}, {}, {}, false}>();
    check_pairs<Case{{5 * count, 9 * count, 1, {}}, {1, 1}}>();
    check_pairs<Case{{2 * count, count, 1, {.stride = {2, 2}}}, {9, 11}}>();
    check_pairs<Case{{4 * count, 4 * count, 2, {}}, {5, 5}, {1, 1}, {2, 1}}>();
    check_pairs<Case{{count, 2 * count, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {4, 12}, {1, 2}}>();
    check_pairs<Case{{6, 16, 1, {.kernel = {5, 5}}}, {14, 14}}, kernels::Sigmoid, Pooling::average2x2>();
    check_pairs<Case{{count + 3, count + 5, 1, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}}, {15, 17}}>();
    check_pairs<Case{{count, 2, 1, {.kernel = {1, 7}, .padding = {0, 3}}}, {3, 24}, {2, 0}, {1, 3}, false}>();
    check_pairs<Case{{3, count, 1, {.kernel = {2, 4}, .stride = {1, 3}, .padding = {0, 2}, .dilation = {3, 2}}},
                     {7, 19}}>();
}

TEST_CASE("prepared direct convolutions in double") {
    constexpr std::size_t n = Lanes<double>::count;
    check<Case{{2 * n, 3 * n + 1, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, {5, 12}, {1, 1}}, kernels::ReLU,
          Pooling::none, Lanes<double>>();
    check<Case{{3, 3, 1, {.kernel = {3, 3}}}, {8, 12}}, kernels::Sigmoid, Pooling::max2x2, Lanes<double>>();
}

TEST_CASE("an input that is not finite does not reach channels that there are not") {
    constexpr Case one{{1, 1, 1, {}}, {1, 1}};
    using S = typename StageOfCase<Lanes<float>, one, Pooling::none, kernels::Sigmoid, false>::type;
    using K = prepared::Direct<one.geometry, S>;
    const float weight = 1;
    ctcnn::detail_::AlignedVector<float> packed(K::packed_size);
    ctcnn::detail_::AlignedVector<float> input(count, std::numeric_limits<float>::infinity());
    ctcnn::detail_::AlignedVector<float> output(count, 5.0f);
    K::pack(&weight, nullptr, packed.data());
    K::forward(packed.data(), input.data(), output.data(), nullptr);
    CHECK(output[0] == 1.0f);
    for (std::size_t lane = 1; lane < count; ++lane) {
        CHECK(output[lane] == 0.0f);
    }
}

TEST_CASE("the cost of a direct convolution is its multiply-adds and little more") {
    // 32 x 32 pixels, 4 vectors of outputs, 9 x 64 products.
    constexpr std::size_t products = 32 * 32 * 4 * 9 * 64;
    constexpr std::size_t cost =
        prepared::DirectPlan<{64, 64, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, 32, 32, 16>::cost;
    static_assert(cost >= products);
    static_assert(cost < products + products / 50);
    static_assert(vector_registers != 32 || cost == products + 2 * 32 * 32 * 4);
    constexpr std::size_t of_groups =
        prepared::DirectPlan<{48, 48, 3, {.kernel = {3, 3}, .padding = {1, 1}}}, 13, 14, 16>::cost;
    static_assert(of_groups == (vector_registers == 32 ? 79'716 : 83'172));
}

TEST_CASE("the weights of a row of up to 8 taps are held where there is one vector of outputs") {
    constexpr auto taps = []<Conv2dGeometry G>(std::size_t vectors) {
        return prepared::direct_block<G, Pooling::none>({10, 20}, vectors).taps;
    };
    constexpr Conv2dGeometry three{16, 16, 1, {.kernel = {3, 3}}};
    constexpr Conv2dGeometry eight{16, 16, 1, {.kernel = {1, 8}}};
    constexpr Conv2dGeometry nine{16, 16, 1, {.kernel = {1, 9}}};
    static_assert(taps.operator()<three>(1) == 3 && taps.operator()<three>(2) == 1);
    static_assert(taps.operator()<eight>(1) == (vector_registers == 32 ? 8 : 1) && taps.operator()<nine>(1) == 1);
}
