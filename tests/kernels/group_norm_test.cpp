// SPDX-License-Identifier: MIT
// Normalisation of random groups against the definition in double. Borders are poison: no kernel reads them.
#include <ctcnn/kernels/group_norm.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

struct NormCase {
    kernels::GroupNormGeometry geometry;
    std::size_t channels;  // of the image; those of the geometry are 1 where each element has its own weight
    Extent size;
    Extent input_border;
    Extent output_border;
    bool affine;
    bool bias;
    bool tanh;  // the function that made the input; the one behind is always ReLU

    constexpr std::size_t elements() const { return channels * size.height * size.width; }
    constexpr std::size_t parameters() const {
        return geometry.affine == kernels::Affine::of_channel ? channels : elements();
    }
};

constexpr NormCase norm_case(std::uint64_t seed, std::size_t index) {
    Draw draw(seed, index);
    NormCase c{};
    constexpr std::array<std::size_t, 4> groups{1, 2, 3, 5};
    const std::size_t count = groups[draw.whole(0, groups.size() - 1)];
    c.channels = count * draw.whole(1, 4);
    c.size = draw.extent(1, 9);
    const bool of_element = draw.once_in(3);
    c.geometry = of_element ? kernels::GroupNormGeometry{1, 1, c.elements(), kernels::Affine::of_element}
                            : kernels::GroupNormGeometry{count, c.channels, c.size.height * c.size.width,
                                                         kernels::Affine::of_channel};
    c.input_border = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 2);
    c.output_border = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 2);
    c.affine = !draw.once_in(4);
    c.bias = c.affine && !(of_element && draw.once_in(3));
    c.tanh = draw.once_in(2);
    return c;
}

constexpr double eps = 0x1p-10;

template <Number V>
struct NormKernels {
    using T = scalar_t<V>;
    void (*forward)(const V*, const T*, const T*, V*);
    void (*backward)(V*, const T*, const V*, bool, T*, T*);
    void (*backward_parameters)(const V*, const V*, bool, T*, T*);
};

/// The pointer, or nullptr for a parameter that a case does not have.
template <bool Has, typename T>
auto given([[maybe_unused]] T* parameter) {
    if constexpr (Has) {
        return parameter;
    } else {
        return nullptr;
    }
}

template <NormCase c, Number V>
struct Compiled {
    using T = scalar_t<V>;
    using In = Layout<c.channels, c.size.height, c.size.width, c.input_border.height, c.input_border.width>;
    using Out = Layout<c.channels, c.size.height, c.size.width, c.output_border.height, c.output_border.width>;
    using Before = std::conditional_t<c.tanh, kernels::Tanh, NoFunction>;
    static constexpr T own_eps = static_cast<T>(eps);

    static void forward(const V* input, const T* weight, const T* bias, V* output) {
        kernels::group_norm_forward<c.geometry, Stage<In, Out, kernels::ReLU, V>>(input, given<c.affine>(weight),
                                                                                  given<c.bias>(bias), own_eps, output);
    }
    static void backward(V* grad_input, const T* weight, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        kernels::group_norm_backward<c.geometry, Stage<In, Out, Before, V>>(
            grad_input, given<c.affine>(weight), grad_output, own_eps, add, given<c.affine>(grad_weight),
            given<c.bias>(grad_bias));
    }
    static void backward_parameters(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        kernels::group_norm_backward<c.geometry, Stage<In, Out, void, V>>(
            input, nullptr, grad_output, own_eps, add, given<c.affine>(grad_weight), given<c.bias>(grad_bias));
    }
};

template <Number V, std::uint64_t Seed, std::size_t Case>
constexpr NormKernels<V> norm_kernels() {
    using Own = Compiled<norm_case(Seed, Case), V>;
    return {&Own::forward, &Own::backward, &Own::backward_parameters};
}

/// What a normalisation and its gradients are by definition, for one image.
struct Reference {
    std::vector<double> output;
    std::vector<double> grad_input;
    std::vector<double> grad_weight;
    std::vector<double> grad_bias;
};

Reference reference_of(const NormCase& c, const std::vector<double>& x, const std::vector<double>& weight,
                       const std::vector<double>& bias, const std::vector<double>& g) {
    const std::size_t plane = c.size.height * c.size.width;
    const std::size_t count = c.elements() / c.geometry.groups;
    Reference result{std::vector<double>(x.size()), std::vector<double>(x.size()), std::vector<double>(c.parameters()),
                     std::vector<double>(c.parameters())};
    for (std::size_t first = 0; first < x.size(); first += count) {
        const auto mean_of = [&](const auto& of) {
            double sum = 0;
            for (std::size_t i = first; i < first + count; ++i) {
                sum += of(i);
            }
            return sum / static_cast<double>(count);
        };
        const auto own = [&](std::size_t i) {
            return c.geometry.affine == kernels::Affine::of_channel ? i / plane : i;
        };
        const double mean = mean_of([&](std::size_t i) { return x[i]; });
        const double variance = mean_of([&](std::size_t i) { return (x[i] - mean) * (x[i] - mean); });
        const auto normal = [&](std::size_t i) { return (x[i] - mean) / std::sqrt(variance + eps); };
        const auto scaled = [&](std::size_t i) { return g[i] * weight[own(i)]; };
        const double plain = mean_of(scaled);
        const double product = mean_of([&](std::size_t i) { return scaled(i) * normal(i); });
        for (std::size_t i = first; i < first + count; ++i) {
            result.output[i] = std::max(normal(i) * weight[own(i)] + bias[own(i)], 0.0);
            result.grad_input[i] = (scaled(i) - plain - normal(i) * product) / std::sqrt(variance + eps);
            result.grad_input[i] *= c.tanh ? 1 - x[i] * x[i] : 1;
            result.grad_weight[own(i)] += g[i] * normal(i);
            result.grad_bias[own(i)] += g[i];
        }
    }
    return result;
}

/// The image in one lane of a buffer.
template <Number V>
std::vector<double> take(const Place& place, Buffer<V>& buffer, std::size_t lane) {
    std::vector<double> image;
    for (std::size_t row = 0; row < place.channels * place.size.height; ++row) {
        const std::size_t begin =
            ((row / place.size.height) * place.rows() + place.border.height + row % place.size.height) *
                place.columns() +
            place.border.width;
        for (std::size_t w = 0; w < place.size.width; ++w) {
            image.push_back(static_cast<double>(get_lane(buffer.data()[begin + w], lane)));
        }
    }
    return image;
}

/// Of numbers of size 1 or more, relative: some ten roundings for each of the sums, and where the elements of a group
/// are close to one another, a factor of up to 32, the reciprocal of the root of eps.
template <typename T>
constexpr double tolerance = 10 * 32 * (sizeof(T) == 4 ? 0x1p-24 : 0x1p-53);

template <typename T>
void check_close(const std::vector<double>& is, const std::vector<double>& right) {
    REQUIRE(is.size() == right.size());
    double worst = 0;
    for (std::size_t i = 0; i < is.size(); ++i) {
        const double error = std::abs(is[i] - right[i]) / (1 + std::abs(right[i]));
        worst = error <= worst ? worst : error;  // also NaN
    }
    CHECK(worst <= tolerance<T>);
}

template <typename T>
std::vector<double> doubles(const std::vector<T>& numbers) {
    return {numbers.begin(), numbers.end()};
}

template <Number V>
void check(const NormCase& c, const NormKernels<V>& kernels, Draw numbers) {
    using T = scalar_t<V>;
    const Place in{c.channels, c.size, c.input_border};
    const Place out{c.channels, c.size, c.output_border};
    const std::size_t count = c.parameters();
    const std::vector<T> weight = c.affine ? numbers.integers<T>(count) : std::vector<T>(count, 1);
    const std::vector<T> bias = c.bias ? numbers.integers<T>(count) : std::vector<T>(count);
    const bool add = numbers.once_in(2);
    std::vector<T> grad_weight = numbers.integers<T>(count);
    std::vector<T> grad_bias = numbers.integers<T>(count);
    std::vector<double> weight_sums = add ? doubles(grad_weight) : std::vector<double>(count);
    std::vector<double> bias_sums = add ? doubles(grad_bias) : std::vector<double>(count);
    Buffer<V> input(in.numbers());
    Buffer<V> grad_output(out.numbers());
    Buffer<V> output(out.numbers());
    std::vector<Reference> references;
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        const std::vector<T> image = numbers.reals<T>(c.elements(), -1, 1);
        const std::vector<T> gradient = numbers.integers<T>(c.elements());
        in.put(input, lane, image);
        out.put(grad_output, lane, gradient);
        references.push_back(reference_of(c, doubles(image), doubles(weight), doubles(bias), doubles(gradient)));
        for (std::size_t i = 0; i < count; ++i) {
            weight_sums[i] += references.back().grad_weight[i];
            bias_sums[i] += references.back().grad_bias[i];
        }
    }
    if (!c.affine) {
        weight_sums = doubles(grad_weight);
    }
    if (!c.bias) {
        bias_sums = doubles(grad_bias);
    }

    kernels.forward(input.data(), weight.data(), bias.data(), output.data());
    std::vector<T> weight_alone = grad_weight;
    std::vector<T> bias_alone = grad_bias;
    kernels.backward_parameters(input.data(), grad_output.data(), add, weight_alone.data(), bias_alone.data());
    kernels.backward(input.data(), weight.data(), grad_output.data(), add, grad_weight.data(), grad_bias.data());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        check_close<T>(take(out, output, lane), references[lane].output);
        check_close<T>(take(in, input, lane), references[lane].grad_input);
    }
    check_close<T>(doubles(grad_weight), weight_sums);
    check_close<T>(doubles(grad_bias), bias_sums);
    CHECK(weight_alone == grad_weight);
    CHECK(bias_alone == grad_bias);

    // The borders, and what lies around the buffers.
    CHECK((input.guards_are_untouched() && output.guards_are_untouched()));
    Buffer<V> poison(out.numbers());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        std::vector<T> result;
        for (const double number : take(out, output, lane)) {
            result.push_back(static_cast<T>(number));
        }
        out.put(poison, lane, result);
    }
    CHECK(poison == output);
}

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    const auto table = []<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<NormKernels<V>, Count>{norm_kernels<V, Seed, Case>()...};
    }(std::make_index_sequence<Count>{});
    for (std::size_t i = 0; i < table.size(); ++i) {
        const NormCase c = norm_case(Seed, i);
        INFO("groups " << c.geometry.groups << ", channels " << c.channels << ", image " << text(c.size) << ", borders "
                       << text(c.input_border) << " and " << text(c.output_border) << ", weights "
                       << (c.geometry.affine == kernels::Affine::of_channel ? "of channels" : "of elements")
                       << ", affine " << c.affine << ", bias " << c.bias << ", tanh " << c.tanh << ", lanes "
                       << lane_count<V>);
        check(c, table[i], Draw(Seed + 1, i));
    }
}

// In constant expressions: two groups of variance 1, and what each element changes.
constexpr kernels::GroupNormGeometry two_groups{2, 2, 2, kernels::Affine::of_channel};
static_assert([] {
    using L = Layout<2, 1, 2>;
    const std::array<float, 4> input{4, 6, -8, -10};
    const std::array<float, 2> weight{2, 3};
    const std::array<float, 2> bias{10, 20};
    std::array<float, 4> output{};
    kernels::group_norm_forward<two_groups, Stage<L, L, NoFunction, float>>(input.data(), weight.data(), bias.data(),
                                                                            0.0f, output.data());
    std::array<float, 4> grad_input = input;
    const std::array<float, 4> grad_output{1, 3, 5, 6};
    std::array<float, 2> grad_weight{};
    std::array<float, 2> grad_bias{};
    kernels::group_norm_backward<two_groups, Stage<L, L, NoFunction, float>>(
        grad_input.data(), weight.data(), grad_output.data(), 0.0f, false, grad_weight.data(), grad_bias.data());
    return output == std::array<float, 4>{8, 12, 23, 17} && grad_weight == std::array<float, 2>{2, -1} &&
           grad_bias == std::array<float, 2>{4, 11} && grad_input == std::array<float, 4>{0, 0, 0, 0};
}());

}  // namespace

TEST_CASE("normalisation equals its definition") {
    check_cases<float, 1500, portion(20)>();
    check_cases<double, 1510, portion(20)>();
    check_cases<Lanes<float>, 1520, portion(40)>();
    check_cases<Lanes<double>, 1530, portion(20)>();
}

TEST_CASE("equal elements become the bias") {
    const std::vector<float> input(10, 0.1f);
    const std::vector<float> bias(2, 7);
    std::vector<float> output(10);
    using L = Layout<2, 1, 5>;
    constexpr kernels::GroupNormGeometry geometry{2, 2, 5, kernels::Affine::of_channel};
    kernels::group_norm_forward<geometry, Stage<L, L, NoFunction, float>>(input.data(), bias.data(), bias.data(), 1e-5f,
                                                                          output.data());
    for (const float number : output) {
        CHECK(number == Approx(7).epsilon(1e-4));
    }
}

TEST_CASE("NaN stays in its group, and spreads in it") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    const std::array<float, 4> input{nan, 1, 2, 4};
    std::array<float, 4> output{};
    using L = Layout<2, 1, 2>;
    kernels::group_norm_forward<two_groups, Stage<L, L, kernels::ReLU, float>>(input.data(), nullptr, nullptr, 1e-5f,
                                                                               output.data());
    CHECK(std::isnan(output[0]));
    CHECK(std::isnan(output[1]));
    CHECK(output[3] == Approx(1).epsilon(1e-4));
    std::array<float, 4> grad_input = input;
    const std::array<float, 4> grad_output{1, 2, 3, 4};
    kernels::group_norm_backward<two_groups, Stage<L, L, NoFunction, float>>(
        grad_input.data(), nullptr, grad_output.data(), 1e-5f, false, nullptr, nullptr);
    CHECK(std::isnan(grad_input[0]));
    CHECK(std::isnan(grad_input[1]));
    CHECK(!std::isnan(grad_input[2]));
}

TEST_CASE("long sums, and elements that are far from zero, lose few digits") {
    constexpr std::size_t count = 65'537;
    using L = Layout<1, 1, count>;
    constexpr kernels::GroupNormGeometry geometry{1, 1, count, kernels::Affine::of_channel};
    for (const double offset : {0.0, 100.0}) {
        std::vector<float> input = Draw(1540).reals(count, 0.0f, 1.0f);
        for (float& number : input) {
            number += static_cast<float>(offset);
        }
        const std::vector<double> exact(input.begin(), input.end());
        std::vector<float> output(count);
        std::vector<double> right(count);
        kernels::group_norm_forward<geometry, Stage<L, L, NoFunction, float>>(input.data(), nullptr, nullptr, 1e-5f,
                                                                              output.data());
        kernels::group_norm_forward<geometry, Stage<L, L, NoFunction, double>>(exact.data(), nullptr, nullptr, 1e-5,
                                                                               right.data());
        double worst = 0;
        for (std::size_t i = 0; i < count; ++i) {
            worst = std::max(worst, std::abs(static_cast<double>(output[i]) - right[i]));
        }
        // In units of the standard deviation, 0.29: a few roundings of a mean near `offset`, or of the result. If one
        // element were added after the other, the error would be 8.4e-6, and 7.0e-5 with the offset.
        INFO("offset " << offset << ", error " << worst);
        CHECK(worst <= (offset + 1) * 0x1p-23 / 0.29);
    }
}
