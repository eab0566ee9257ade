// SPDX-License-Identifier: MIT
// Affine maps whose factors are pairs of bf16 against the naive loops, bit by bit: small integers are rounded to
// themselves. What is read although nobody has written it is NaN.
#include <ctcnn/kernels/pairs.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <vector>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/linear.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using kernels::pair_count;

/// Images of a batch in the lanes of tiles, padding lanes with an image of their own, and what the naive loops make of
/// them.
template <typename V, std::size_t Inputs, std::size_t Outputs>
struct Batch {
    std::size_t tiles;
    std::vector<float> weight;
    std::vector<float> bias;
    std::vector<std::vector<float>> images;
    std::vector<std::vector<float>> gradients;

    Batch(std::size_t of_tiles, Draw& numbers)
        : tiles(of_tiles), weight(numbers.integers<float>(Inputs * Outputs)), bias(numbers.integers<float>(Outputs)) {
        for (std::size_t n = 0; n < tiles * V::count; ++n) {
            images.push_back(numbers.integers<float>(Inputs));
            gradients.push_back(numbers.integers<float>(Outputs));
        }
    }

    Buffer<V> tile(const std::vector<std::vector<float>>& rows, std::size_t number) const {
        Buffer<V> result(rows[0].size());
        for (std::size_t lane = 0; lane < V::count; ++lane) {
            result.set(lane, rows[number * V::count + lane]);
        }
        return result;
    }
};

template <typename V, std::size_t Inputs, std::size_t Outputs>
Buffer<float> packed_weights(const Batch<V, Inputs, Outputs>& batch, bool backward) {
    using Weights = kernels::PairedWeights<Inputs, Outputs, Outputs, V>;
    std::vector<float> parameters = batch.weight;
    parameters.insert(parameters.end(), batch.bias.begin(), batch.bias.end());
    Buffer<float> packed(Weights::size);
    for (std::size_t part = Weights::parts; part-- > 0;) {
        Weights::pack(parameters.data(), packed.data(), part, backward);
    }
    CHECK(packed.guards_are_untouched());
    return packed;
}

/// Forward and the gradient of the input, of two tiles at once.
template <typename V, std::size_t Inputs, std::size_t Outputs>
void check_images(Draw& numbers) {
    using Pairs = Bf16Pairs<V>;
    using Weights = kernels::PairedWeights<Inputs, Outputs, Outputs, V>;
    const Batch<V, Inputs, Outputs> batch(2, numbers);
    std::array<Buffer<V>, 2> input{batch.tile(batch.images, 0), batch.tile(batch.images, 1)};
    std::array<Buffer<V>, 2> grad_output{batch.tile(batch.gradients, 0), batch.tile(batch.gradients, 1)};
    std::array<Buffer<V>, 2> output{Buffer<V>(Outputs), Buffer<V>(Outputs)};
    std::array<Buffer<V>, 2> input_pairs{Buffer<V>(pair_count(Inputs)), Buffer<V>(pair_count(Inputs))};
    std::array<Buffer<V>, 2> gradient_pairs{Buffer<V>(pair_count(Outputs)), Buffer<V>(pair_count(Outputs))};
    std::array<Buffer<V>, 2> expected_output = output;
    std::array<Buffer<V>, 2> expected_grad_input{Buffer<V>(Inputs), Buffer<V>(Inputs)};
    for (std::size_t n = 0; n < batch.images.size(); ++n) {
        std::vector<float> result = naive::linear_forward(Outputs, batch.images[n], batch.weight, batch.bias);
        std::ranges::transform(result, result.begin(), naive::relu_forward<float>);
        expected_output[n / V::count].set(n % V::count, result);
        result = naive::linear_backward_input(Inputs, batch.weight, batch.gradients[n]);
        for (std::size_t i = 0; i < Inputs; ++i) {
            result[i] = naive::relu_backward(batch.images[n][i], result[i]);
        }
        expected_grad_input[n / V::count].set(n % V::count, result);
    }
    Buffer<float> packed = packed_weights(batch, true);
    for (std::size_t n = 0; n < 2; ++n) {
        kernels::pair_features(input[n].data(), Inputs, input_pairs[n].data());
        kernels::pair_features(grad_output[n].data(), Outputs, gradient_pairs[n].data());
        CHECK((input_pairs[n].guards_are_untouched() && gradient_pairs[n].guards_are_untouched()));
    }
    using Bias = const float*;
    const Bias bias = packed.data() + Weights::Weights::size;
    kernels::linear_forward<pair_count(Inputs), Outputs, kernels::ReLU, V, 2, Bias, Pairs>(
        {input_pairs[0].data(), input_pairs[1].data()}, packed.data(), bias, {output[0].data(), output[1].data()});
    CHECK(output == expected_output);
    kernels::linear_backward_input<Inputs, pair_count(Outputs), kernels::ReLU, V, 2, Pairs>(
        {input[0].data(), input[1].data()}, packed.data() + Weights::backward,
        {gradient_pairs[0].data(), gradient_pairs[1].data()});
    CHECK(input == expected_grad_input);

    // Without what backward needs, forward is the same.
    Buffer<float> for_inference = packed_weights(batch, false);
    CHECK(std::equal(packed.data(), packed.data() + Weights::backward, for_inference.data()));
}

/// The gradients of the parameters over a batch, the weights' for some of the inputs.
template <typename V, std::size_t Inputs, std::size_t Outputs>
void check_parameters(std::size_t count, bool add, Draw& numbers) {
    using Panels = kernels::PairPanels<Inputs, Outputs, V>;
    const Batch<V, Inputs, Outputs> batch((count + V::count - 1) / V::count, numbers);
    Buffer<float> inputs(Panels::input_numbers(batch.tiles));
    Buffer<float> grad_outputs(Panels::gradient_numbers(batch.tiles));
    for (std::size_t tile = batch.tiles; tile-- > 0;) {
        std::vector<std::vector<float>> gradients = batch.gradients;
        // Those of padding lanes are zero.
        for (std::size_t n = count; n < gradients.size(); ++n) {
            gradients[n].assign(Outputs, 0);
        }
        Panels::store(tile, batch.tile(batch.images, tile).data(), batch.tile(gradients, tile).data(), inputs.data(),
                      grad_outputs.data());
    }
    CHECK((inputs.guards_are_untouched() && grad_outputs.guards_are_untouched()));

    constexpr std::size_t width = 2 * V::count;
    constexpr std::size_t panels = (Inputs + width - 1) / width;
    const std::size_t first = width * numbers.whole(0, panels - 1);
    const std::size_t last = std::min(Inputs, width * numbers.whole(first / width, panels));
    INFO("images " << count << ", inputs " << first << " to " << last << ", add " << add);
    Buffer<float> grad_weight(Inputs * Outputs);
    Buffer<float> grad_bias(Outputs);
    if (add) {
        grad_weight.set(0, numbers.integers<float>(Inputs * Outputs));
        grad_bias.set(0, numbers.integers<float>(Outputs));
    }
    std::vector<float> weight_sum(Inputs * Outputs);
    std::vector<float> bias_sum(Outputs);
    for (std::size_t n = 0; n < count; ++n) {
        const std::vector<float> share = naive::linear_backward_weight(batch.images[n], batch.gradients[n]);
        std::ranges::transform(share, weight_sum, weight_sum.begin(), std::plus{});
        std::ranges::transform(batch.gradients[n], bias_sum, bias_sum.begin(), std::plus{});
    }
    Buffer<float> expected_grad_weight = grad_weight;
    Buffer<float> expected_grad_bias = grad_bias;
    for (std::size_t o = 0; o < Outputs; ++o) {
        for (std::size_t i = first; i < last; ++i) {
            const std::size_t place = o * Inputs + i;
            expected_grad_weight.set(place, 0, weight_sum[place] + (add ? grad_weight.data()[place] : 0));
        }
        expected_grad_bias.set(o, 0, bias_sum[o] + (add ? grad_bias.data()[o] : 0));
    }
    const Panels of_images{inputs.data(), grad_outputs.data()};
    kernels::linear_backward_weight<Inputs, Outputs>(of_images, count, first, last, add, grad_weight.data());
    CHECK(grad_weight == expected_grad_weight);
    kernels::linear_backward_bias(of_images, count, add, grad_bias.data());
    CHECK(grad_bias == expected_grad_bias);
}

template <typename V, std::size_t Inputs, std::size_t Outputs>
void check(Draw& numbers) {
    INFO("inputs " << Inputs << ", outputs " << Outputs);
    check_images<V, Inputs, Outputs>(numbers);
    // Odd numbers, and more than are taken at a time.
    for (const std::size_t count : {1U, 2U, 15U, 48U, 127U, 301U}) {
        check_parameters<V, Inputs, Outputs>(count, count % 3 == 0, numbers);
    }
}

// A template, so that what this processor has no instruction for is not compiled.
template <typename V>
void check_all() {
    if constexpr (has_pair_products<V>) {
        Draw numbers(600);
        check<V, 1, 1>(numbers);
        check<V, 2, 3>(numbers);
        check<V, 16, 34>(numbers);
        check<V, 33, 5>(numbers);
        check<V, 64, 40>(numbers);
        check<V, 71, 16>(numbers);
        check<V, 130, 7>(numbers);
    }
}

// Panels of two vectors, and portions of pairs of images, are whole.
template <std::size_t Inputs>
using Panels = kernels::PairPanels<Inputs, 5, Lanes<float, 16>>;
constexpr std::size_t tiles = kernels::rows_near / 8;
static_assert(Panels<32>::row_numbers == 32 && Panels<33>::row_numbers == 64);
static_assert(Panels<32>::input_numbers(tiles) == kernels::rows_near * 32 &&
              Panels<32>::input_numbers(tiles + 1) == 2 * kernels::rows_near * 32);
static_assert(Panels<32>::gradient_numbers(tiles) == kernels::rows_near * 5 &&
              Panels<32>::gradient_numbers(tiles + 1) == 2 * kernels::rows_near * 5);

}  // namespace

TEST_CASE("affine maps of pairs equal the naive loops") { check_all<Lanes<float>>(); }
