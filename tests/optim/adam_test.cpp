// SPDX-License-Identifier: MIT
#include <ctcnn/optim/adam.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "against_pytorch.hpp"
#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

template <typename T>
using Five = std::array<T, 5>;

/// The parameters after some steps, with gradients that are exact in float.
template <typename T>
constexpr Five<T> after_steps(const Adam& adam, std::uint64_t steps) {
    Five<T> parameters{0.5f, -1.25f, 2, 0, 1};
    Five<T> means{};
    Five<T> squares{};
    for (std::uint64_t step = 1; step <= steps; ++step) {
        Five<T> gradients{};
        T scale = 0.25f;
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            gradients[i] = scale * static_cast<T>(static_cast<int>((3 * i + 2 * step) % 7) - 3);
            scale /= 2;
        }
        adam.step(std::span<T>(parameters), std::span<const T>(gradients), {std::span<T>(means), std::span<T>(squares)},
                  step);
    }
    return parameters;
}

/// What torch.optim.Adam of PyTorch 2.13 makes of the same, in float64.
struct Expected {
    Adam adam;
    std::uint64_t steps;
    Five<double> parameters;
};
constexpr Adam decaying{.lr = 0.0625f, .weight_decay = 0.125f};
constexpr Adam unusual{.lr = 0.125f, .betas = {0.5, 0.75}, .eps = 0.25f, .weight_decay = 0.5f};
constexpr std::array<Expected, 9> expected{{
    {{}, 1, {0.50099999996, -1.25099999996, 2.00099999992, -0.000999999680000102, 1.00099999978667}},
    {{}, 2, {0.500947368383158, -1.25075229815164, 2.00167005809831, -0.00191778066766455, 1.00187106348803}},
    {{}, 7, {0.499880501158162, -1.25051171156494, 2.00253137211247, -0.00268741976163467, 1.00234967076789}},
    {decaying, 1, {0.562499996666667, -1.31249999333333, 1.937500005, -0.0624999800000064, 0.937500007999999}},
    {decaying, 2, {0.543505658274363, -1.27385060226025, 1.87696744558323, -0.120516366893952, 0.875103534502349}},
    {decaying, 7, {0.439627433416053, -1.10885403380565, 1.59793688251942, -0.113136616333551, 0.570329640717518}},
    {unusual, 1, {0.5, -1.175, 1.90277777777778, -0.0138888888888889, 0.919444444444444}},
    {unusual, 2, {0.433648051032253, -1.08085025794623, 1.80380570335376, -0.0406694663385028, 0.839373918328539}},
    {unusual, 7, {0.248036131212891, -0.718082024855916, 1.33233637818586, 0.00165847823018047, 0.476449790622272}},
}};

constexpr bool close(double a, double b, double relative, double absolute) {
    const double difference = a < b ? b - a : a - b;
    return difference <= absolute + relative * (b < 0 ? -b : b);
}

template <typename T>
constexpr bool all_close(const Expected& e, double relative, double absolute) {
    const Five<T> parameters = after_steps<T>(e.adam, e.steps);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (!close(static_cast<double>(parameters[i]), e.parameters[i], relative, absolute)) {
            return false;
        }
    }
    return true;
}

// In double what is left is that lr and eps are floats: 2^-24 of steps that are at most 0.0625 in sum 0.5.
constexpr double double_bound = 1e-7;
static_assert(all_close<double>(expected[0], 0, double_bound));
static_assert(all_close<double>(expected[5], 0, double_bound));
static_assert(all_close<double>(expected[8], 0, double_bound));

// The defaults are PyTorch's.
static_assert(Adam{}.lr == 1e-3f && Adam{}.betas == std::array{0.9, 0.999} && Adam{}.eps == 1e-8f &&
              Adam{}.weight_decay == 0);
static_assert(Adam::state_count == 2);

template <typename T>
void check_parts() {
    constexpr std::size_t count = 203;
    Draw draw(1);
    const auto start = draw.reals(count, T(-1), T(1));
    const Adam adam{.lr = 0.1f, .weight_decay = 0.01f};
    std::vector<T> whole = start;
    std::vector<T> whole_means(count);
    std::vector<T> whole_squares(count);
    auto parts = whole;
    auto parts_means = whole_means;
    auto parts_squares = whole_squares;
    for (std::uint64_t step = 1; step <= 4; ++step) {
        const auto gradients = draw.reals(count, T(-1), T(1));
        adam.step(std::span(whole), std::span(gradients), {std::span(whole_means), std::span(whole_squares)}, step);
        // 1, 2, 3, ... numbers: with and without full registers, from every alignment.
        std::size_t size = 1;
        for (std::size_t first = 0; first < count; first += size++) {
            const std::size_t n = std::min(size, count - first);
            adam.step(std::span(parts).subspan(first, n), std::span(gradients).subspan(first, n),
                      {std::span(parts_means).subspan(first, n), std::span(parts_squares).subspan(first, n)}, step);
        }
    }
    CHECK(whole == parts);
    CHECK(whole_means == parts_means);
    CHECK(whole_squares == parts_squares);
    CHECK(whole != start);
}

}  // namespace

TEST_CASE("Adam refuses settings that make no sense, and arrays of other lengths") {
    for (const Adam& wrong : {Adam{.lr = -0.1f}, Adam{.betas = {1, 0.9}}, Adam{.betas = {0.9, -0.1}}, Adam{.eps = -1},
                              Adam{.weight_decay = -1}}) {
        CHECK_THROWS_AS(wrong.validate(), std::invalid_argument);
    }
    CHECK_NOTHROW(Adam{.lr = 0, .betas = {0, 0}}.validate());

    std::vector<float> parameters{1, 2};
    std::vector<float> two(2);
    std::vector<float> three(3);
    CHECK_THROWS_AS(Adam{}.step(parameters, three, two, two, 1), std::invalid_argument);
    CHECK_THROWS_AS(Adam{}.step(parameters, two, three, two, 1), std::invalid_argument);
    CHECK_THROWS_AS(Adam{}.step(parameters, two, two, three, 1), std::invalid_argument);
    CHECK_THROWS_AS(Adam{}.step(parameters, two, two, two, 0), std::invalid_argument);
    CHECK_THROWS_AS(Adam{.lr = -1}.step(parameters, two, two, two, 1), std::invalid_argument);
    CHECK(parameters == std::vector<float>{1, 2});
}

TEST_CASE("Adam goes where PyTorch goes") {
    for (const Expected& e : expected) {
        CAPTURE(e.adam.lr, e.steps);
        CHECK(all_close<double>(e, 0, double_bound));
        // The tolerance of PyTorch's own tests in float32.
        CHECK(all_close<float>(e, 1.3e-6, 1e-5));
    }
}

TEST_CASE("registers of parameters compute what single ones do") {
    check_parts<float>();
    check_parts<double>();
}

TEST_CASE("Adam with betas of 0 remembers the last gradient alone") {
    // The gradient divided by its own magnitude: a step of lr each.
    CHECK(against_pytorch::large_then_small(Adam{.lr = 0.5f, .betas = {0, 0}, .eps = 0}) ==
          std::pair(-1.0f, std::array{0x1p-10f, 0x1p-20f}));
}

TEST_CASE("late steps have no correction left, and a gradient of 0 moves nothing") {
    std::array<float, 2> parameters{1, 2};
    std::array<float, 2> means{0, 0.5f};
    std::array<float, 2> squares{0, 0.25f};
    const Adam adam{.lr = 0.5f, .betas = {0.5, 0.5}, .eps = 0.5f};
    adam.step(parameters, std::array<float, 2>{0, 0}, means, squares, std::uint64_t{1} << 40);
    CHECK(means == std::array<float, 2>{0, 0.25f});
    CHECK(squares == std::array<float, 2>{0, 0.125f});
    CHECK(parameters[0] == 1);
    CHECK(parameters[1] == Approx(2 - 0.5 * 0.25 / (std::sqrt(0.125) + 0.5)).epsilon(1e-6));
}
