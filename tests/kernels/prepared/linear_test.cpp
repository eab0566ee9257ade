// SPDX-License-Identifier: MIT
// Prepared Linear layers against the naive loop, bit by bit, on inputs of all layouts.
#include <ctcnn/kernels/prepared/linear.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "images.hpp"
#include "naive.hpp"

using namespace ctcnn::detail_;
using ctcnn::bf16;

namespace {

template <std::size_t F>
using Features = Layout<F, 1, 1>;

template <typename In>
constexpr std::size_t inputs_of = In::channels * In::height * In::width;

template <typename In, std::size_t Outputs, typename Function, typename V, typename Weight = scalar_t<V>>
using Layer = kernels::prepared::Linear<inputs_of<In>, Outputs, Stage<In, Features<Outputs>, Function, V>, Weight>;

/// The outputs of a layer: whole vectors, in a buffer whose ends are guarded.
template <typename L, std::size_t Outputs, typename In>
auto run(const std::vector<typename L::T>& image, const std::vector<typename L::T>& weight, const typename L::T* bias) {
    using T = typename L::T;
    static_assert(kernels::prepared::PreparedKernel<L>);
    static_assert(L::packed_size % L::V::count == 0 && L::scratch_size == 0);
    constexpr std::size_t size =
        std::is_same_v<In, Features<inputs_of<In>>> ? whole_vectors(inputs_of<In>, L::V::count) : In::size;
    const prepared_test::Buffer<In, T, size> input(image);
    prepared_test::Buffer<Features<L::packed_size>, T> packed;
    L::pack(weight.data(), bias, packed.data());
    prepared_test::Buffer<Features<Outputs>, T, whole_vectors(Outputs, L::V::count)> output;
    L::forward(packed.data(), input.data(), output.data(), nullptr);
    return output;
}

template <typename In, std::size_t Outputs, typename Function, typename V, typename Weight = scalar_t<V>>
void check_layer() {
    using T = scalar_t<V>;
    using L = Layer<In, Outputs, Function, V, Weight>;
    INFO("inputs " << In::channels << "x" << In::height << "x" << In::width << ", blocked "
                   << is_blocked<In> << ", outputs " << Outputs << ", lanes " << V::count << ", bytes of a weight "
                   << sizeof(Weight));
    Draw draw(Outputs, inputs_of<In>);
    const std::vector<T> image = draw.integers<T>(inputs_of<In>);
    const std::vector<T> weight = draw.integers<T>(inputs_of<In> * Outputs);
    for (const bool has_bias : {true, false}) {
        const std::vector<T> bias = has_bias ? draw.integers<T>(Outputs) : std::vector<T>(Outputs);
        // The sums are whole numbers, and exact. The function gets them in lanes, as it does in the kernel.
        std::vector<T> expected = naive::linear_forward(Outputs, image, weight, bias);
        for (T& element : expected) {
            element = get_lane(Function::forward(broadcast<V>(element)), 0);
        }
        const auto output = run<L, Outputs, In>(image, weight, has_bias ? bias.data() : nullptr);
        CHECK(output == prepared_test::Buffer<Features<Outputs>, T, whole_vectors(Outputs, V::count)>(expected));
    }
}

template <typename V, typename Weight>
void check_outputs() {
    check_layer<Features<1>, 1, NoFunction, V, Weight>();
    check_layer<Features<84>, 10, NoFunction, V, Weight>();
    check_layer<Features<67>, V::count, kernels::ReLU, V, Weight>();
    check_layer<Features<67>, 2 * V::count + 1, NoFunction, V, Weight>();
    check_layer<Features<30>, 5 * V::count, NoFunction, V, Weight>();
    check_layer<Features<120>, 7 * V::count + 2, kernels::Sigmoid, V, Weight>();
    check_layer<Features<33>, 8 * V::count, NoFunction, V, Weight>();
    check_layer<Features<33>, 11 * V::count - 1, kernels::ReLU, V, Weight>();
    check_layer<Features<9>, 24 * V::count + 5, NoFunction, V, Weight>();
}

template <typename V, typename Weight>
void check_inputs() {
    constexpr std::size_t n = V::count;
    // Blocked images: whole blocks without a gap, with borders, with a block that is not full; 1 x 1 pixel.
    check_layer<BlockedLayout<n, 2 * n, 3, 3>, 20, NoFunction, V, Weight>();
    check_layer<BlockedLayout<n, 3 * n, 4, 3, 1, 2, 1, 3>, 3, NoFunction, V, Weight>();
    check_layer<BlockedLayout<n, n + 3, 5, 5>, 120, NoFunction, V, Weight>();
    check_layer<BlockedLayout<n, 2 * n + 1, 2, 5, 0, 1>, 7, kernels::ReLU, V, Weight>();
    check_layer<BlockedLayout<n, n - 1, 3, 2, 2, 0>, 5, kernels::Sigmoid, V, Weight>();
    check_layer<BlockedLayout<n, 5 * n + 1, 1, 1>, 10, NoFunction, V, Weight>();
    // Channels one after the other.
    check_layer<Layout<1, 28, 28>, 10, NoFunction, V, Weight>();
    check_layer<Layout<3, 4, 5, 2, 1, 7>, 3 * n + 1, NoFunction, V, Weight>();
    check_layer<Layout<3, 6, 1, 0, 0, 5>, 10, NoFunction, V, Weight>();
}

}  // namespace

TEST_CASE("prepared Linear, for all numbers of outputs") {
    check_outputs<Lanes<float>, float>();
    check_layer<Features<31>, 10, kernels::Sigmoid, Lanes<double>>();
    check_layer<Features<20>, 9 * Lanes<double>::count + 1, NoFunction, Lanes<double>>();
}

TEST_CASE("prepared Linear, for inputs of all layouts") {
    check_inputs<Lanes<float>, float>();
    check_layer<BlockedLayout<Lanes<double>::count, 19, 3, 2, 1, 1>, 10, NoFunction, Lanes<double>>();
}

TEST_CASE("prepared Linear with weights of 16 bits") {
    // Integers up to 3 are exact in bf16.
    check_outputs<Lanes<float>, bf16>();
    check_layer<BlockedLayout<Lanes<float>::count, Lanes<float>::count + 3, 5, 5>, 20, NoFunction, Lanes<float>,
                bf16>();
}

// The planes of 128 channels of 8 x 8 pixels have a gap each.
TEST_CASE("prepared Linear skips the gaps between planes") {
    using V = Lanes<float>;
    using In = BlockedLayout<V::count, 2 * V::count, 32, 16>;
    static_assert(In::plane > 32 * 16 * V::count);
    check_layer<In, 3, NoFunction, V>();
}

TEST_CASE("prepared Linear keeps the pixel of an image that features become") {
    using V = Lanes<float>;
    using Out = BlockedLayout<V::count, 20, 1, 1>;
    using Blocks = kernels::prepared::Linear<30, 20, Stage<Features<30>, Out, NoFunction, V>>;
    Draw draw(1);
    const auto image = draw.integers<float>(30);
    const auto weight = draw.integers<float>(600);
    const auto output = run<Blocks, 20, Features<30>>(image, weight, nullptr);
    const std::vector<float> expected = naive::linear_forward(20, image, weight, std::vector<float>(20));
    CHECK(output == prepared_test::Buffer<Features<20>, float, whole_vectors(20, V::count)>(expected));
}

TEST_CASE("behind the last output are zeros, whatever the input is") {
    using V = Lanes<float>;
    std::vector<float> image(20, 1.0f);
    const std::vector<float> weight(20 * 3, 1.0f);
    for (const float special : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        image[7] = special;
        const auto output = run<Layer<Features<20>, 3, NoFunction, V>, 3, Features<20>>(image, weight, nullptr);
        for (std::size_t o = 0; o < whole_vectors(3, V::count); ++o) {
            CHECK(std::isfinite(output.data()[o]) == (o >= 3));
            CHECK((o < 3 || output.data()[o] == 0.0f));
        }
    }
}

TEST_CASE("weights of 16 bits are rounded once, and the sums are those of floats") {
    using V = Lanes<float>;
    constexpr std::size_t inputs = 400;
    constexpr std::size_t outputs = 37;
    Draw draw(2);
    const auto image = draw.reals<float>(inputs, -1, 1);
    const auto weight = draw.reals<float>(inputs * outputs, -1, 1);
    const auto bias = draw.reals<float>(outputs, -1, 1);
    const auto output = run<Layer<Features<inputs>, outputs, NoFunction, V, bf16>, outputs, Features<inputs>>(
                            image, weight, bias.data())
                            .image();
    for (std::size_t o = 0; o < outputs; ++o) {
        double exact = static_cast<double>(bias[o]);
        double magnitude = std::abs(exact);
        for (std::size_t i = 0; i < inputs; ++i) {
            const double product =
                static_cast<double>(image[i]) * static_cast<double>(bf16::nearest(weight[o * inputs + i]).widened());
            exact += product;
            magnitude += std::abs(product);
        }
        // Each of n roundings adds at most 2^-24 of the magnitudes that it has seen: the bound is n * 2^-24 of their
        // sum. A weight that was rounded otherwise changes a product by 2^-8.
        CHECK(std::abs(static_cast<double>(output[o]) - exact) <= (inputs + 1) * 0x1p-24 * magnitude);
    }
    // NaN and infinity stay what they are.
    std::vector<float> special(2 * 2, 1.0f);
    special[0] = std::numeric_limits<float>::quiet_NaN();
    special[3] = -std::numeric_limits<float>::infinity();
    const auto results =
        run<Layer<Features<2>, 2, NoFunction, V, bf16>, 2, Features<2>>({1.0f, 1.0f}, special, nullptr).image();
    CHECK(std::isnan(results[0]));
    CHECK(results[1] == -std::numeric_limits<float>::infinity());
}
