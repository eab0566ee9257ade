// SPDX-License-Identifier: MIT
// Convolutions whose factors are pairs of bf16 against the naive loops, bit by bit: small integers are rounded to
// themselves.
#include <ctcnn/kernels/conv2d/in_pairs.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>

#include "../buffers.hpp"
#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn::detail_;
using kernels::conv2d::Direct;
using kernels::conv2d::InPairs;

namespace {

/// The functions of the way for one case, with scratch memory that is poison. Where it has no gradient of the weights,
/// that of the direct way.
template <Conv2dCase c, typename V>
struct Through {
    using Floats = StageOf<V, c>;
    using Stage =
        kernels::ConvStage<c.geometry,
                           PairStage<typename Floats::In, typename Floats::Out, typename Floats::Function, V>>;
    using Packed = kernels::conv2d::PairedConvolution<c.geometry, V, true, true>;
    static_assert(InPairs::possible<Stage>);

    template <typename Call>
    static void with_scratch(const Call& call) {
        Buffer<V> memory(InPairs::scratch_size<Stage>);
        call(memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static Buffer<float> packed(const float* weight, const float* bias, bool backward) {
        std::vector<float> parameters(weight, weight + c.geometry.weights());
        const std::size_t biases = bias == nullptr ? 0 : c.geometry.out_channels;
        parameters.insert(parameters.end(), bias, bias + biases);
        Buffer<float> result(Packed::size);
        for (std::size_t part = Packed::parts; part-- > 0;) {
            Packed::pack(parameters.data(), biases, result.data(), part, backward);
        }
        CHECK(result.guards_are_untouched());
        CHECK(std::equal(parameters.begin(), parameters.end(), result.data()));
        return result;
    }

    static void forward(const V* input, const float* weight, const float* bias, V* output) {
        Buffer<float> weights = packed(weight, bias, false);
        with_scratch([&](V* scratch) {
            give_bias<c.bias>(bias, [&](auto given) {
                InPairs::forward<Stage>(input, weights.data() + Packed::forward, given, output, scratch);
            });
        });
    }
    static void backward_input(V* grad_input, const float* weight, const V* grad_output) {
        Buffer<float> weights = packed(weight, nullptr, true);
        with_scratch([&](V* scratch) {
            InPairs::backward_input<Stage>(grad_input, weights.data() + Packed::backward, grad_output, scratch);
        });
    }
    static void backward_weight(const V* input, const V* grad_output, bool add, float* grad_weight, float* grad_bias) {
        if constexpr (InPairs::has_weights<Stage>) {
            with_scratch([&](V* scratch) {
                InPairs::backward_parameters<typename Stage::WithoutFunction>(input, grad_output, add, grad_weight,
                                                                              grad_bias, scratch);
            });
        } else {
            Direct::backward_parameters<Floats>(input, grad_output, add, grad_weight, grad_bias, nullptr);
        }
    }
    static void backward(V* grad_input, const float* weight, const V* grad_output, bool add, float* grad_weight,
                         float* grad_bias) {
        if constexpr (InPairs::has_weights<Stage>) {
            Buffer<float> weights = packed(weight, nullptr, true);
            with_scratch([&](V* scratch) {
                InPairs::backward<Stage>(grad_input, weights.data() + Packed::backward, grad_output, add, grad_weight,
                                         grad_bias, scratch);
            });
        }
    }
    static constexpr Conv2dKernels<V> kernels_of() {
        return {&forward, &backward_input, &backward_weight, InPairs::has_weights<Stage> ? &backward : nullptr};
    }
};

/// A case without groups. Not used where the processor has no products of pairs.
[[maybe_unused]] constexpr Conv2dCase case_of(std::uint64_t seed, std::size_t index, Conv2dCases cases) {
    Conv2dCase result = conv2d_case(seed, index, cases);
    result.geometry.groups = 1;
    return result;
}

// A template, so that what this processor has no instruction for is not compiled.
template <typename V, std::uint64_t Seed, std::size_t Count, Conv2dCases Cases>
void check() {
    if constexpr (has_pair_products<V>) {
        const auto table = []<std::size_t... Case>(std::index_sequence<Case...>) {
            return std::array<Conv2dKernels<V>, Count>{Through<case_of(Seed, Case, Cases), V>::kernels_of()...};
        }(std::make_index_sequence<Count>{});
        for (std::size_t i = 0; i < Count; ++i) {
            check_conv2d(case_of(Seed, i, Cases), table[i], Draw(Seed + 1, i));
        }
    }
}

}  // namespace

TEST_CASE("convolutions of pairs equal the naive loops") {
    check<Lanes<float>, 700, portion(24), Conv2dCases::transposed>();
    check<Lanes<float>, 710, portion(12), Conv2dCases::direct>();
}

TEST_CASE("convolutions of one pixel of pairs equal the naive loops") {
    check<Lanes<float>, 720, portion(12), Conv2dCases::pointwise>();
}
