// SPDX-License-Identifier: MIT
// Filtering on both axes divides by 231 on each, so that no integers make it exact: its results are rounded to integers,
// which are those of the naive loops.
#include <ctcnn/kernels/conv2d/winograd2d.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>

#include "../float_and_double.hpp"
#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using kernels::conv2d::Direct;
using kernels::conv2d::Direction;
using kernels::conv2d::Winograd2d;

namespace {

template <typename T>
void round_to_integers(T* elements, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        elements[i] = std::nearbyint(elements[i]) + T(0);  // -0 becomes 0
    }
}
template <typename Layout, Number V>
void round_image(V* elements) {
    for (std::size_t c = 0; c < Layout::channels; ++c) {
        for (std::size_t h = 0; h < Layout::height; ++h) {
            round_to_integers(reinterpret_cast<scalar_t<V>*>(elements + Layout::offset(c, h, 0)),
                              Layout::width * lane_count<V>);
        }
    }
}

/// Winograd2d, whose results are integers.
struct Rounded : Winograd2d {
    template <typename Stage, typename Bias>
    static void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V* scratch) {
        Winograd2d::forward<Stage>(input, weight, bias, output, scratch);
        round_image<typename Stage::Out>(output);
    }
    template <typename Stage>
    static void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                               const typename Stage::V* grad_output, typename Stage::V* scratch) {
        Winograd2d::backward_input<Stage>(grad_input, weight, grad_output, scratch);
        round_image<typename Stage::In>(grad_input);
    }
    template <typename Stage>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch) {
        Winograd2d::backward_parameters<Stage>(input, grad_output, add, grad_weight, grad_bias, scratch);
        round_to_integers(grad_weight, Stage::geometry.weights());
    }
    template <typename Stage>
    static void backward(typename Stage::V* grad_input, const typename Stage::T* weight,
                         const typename Stage::V* grad_output, bool add, typename Stage::T* grad_weight,
                         typename Stage::T* grad_bias, typename Stage::V* scratch) {
        Winograd2d::backward<Stage>(grad_input, weight, grad_output, add, grad_weight, grad_bias, scratch);
        round_image<typename Stage::In>(grad_input);
        round_to_integers(grad_weight, Stage::geometry.weights());
    }
};

constexpr Conv2dCase case_of(std::size_t in, std::size_t out, Extent input, Extent padding) {
    return {.geometry = {in, out, 1, {.kernel = {3, 3}, .padding = padding}},
            .input = input,
            .input_border = padding,
            .output_border = {0, 0},
            .bias = true,
            .relu = true,
            .output_gap = 1};
}
template <Conv2dCase c, Number V = Lanes<float, 16>>
using PlanOf = Winograd2d::Plan<StageOf<V, c>>;

// Several portions, of which the last one is smaller; rows and columns that are left over; two panels of the weights.
constexpr Conv2dCase portions = case_of(36, 20, {27, 19}, {1, 0});
static_assert(PlanOf<portions>::piece_count == 35 && PlanOf<portions>::portion == 4);
constexpr Conv2dCase rest = case_of(20, 11, {15, 19}, {1, 1});
static_assert(PlanOf<rest>::piece_count == 20 && PlanOf<rest>::portion == 5);
constexpr Conv2dCase many = case_of(90, 70, {7, 9}, {1, 1});
static_assert(PlanOf<many>::panel == 3 && PlanOf<many>::vectors == 6 && PlanOf<many>::portion == 2);

// F(2, 3) where F(4, 3) would compute more that is not there.
// A block of sums, the shorter side of its outer product, and a factor that passes by fit into the registers.
template <kernels::RegisterTile Tile>
constexpr std::size_t held = Tile.rows * Tile.columns + std::min(Tile.rows, Tile.columns) + 1;
static_assert(held<PlanOf<case_of(64, 64, {16, 16}, {1, 1})>::forward_tile> <= vector_registers);
static_assert(held<PlanOf<case_of(64, 64, {16, 16}, {1, 1})>::backward_tile> <= vector_registers);
static_assert(held<PlanOf<case_of(16, 16, {32, 32}, {1, 1})>::forward_tile> <= vector_registers);
static_assert(held<PlanOf<portions>::forward_tile> <= vector_registers);

static_assert(PlanOf<case_of(64, 64, {8, 8}, {1, 1})>::outputs == Extent{4, 4});
static_assert(PlanOf<case_of(64, 64, {2, 2}, {1, 1})>::outputs == Extent{2, 2});
static_assert(PlanOf<case_of(64, 64, {2, 8}, {1, 1})>::outputs == Extent{2, 4});
static_assert(PlanOf<case_of(64, 64, {8, 6}, {1, 1})>::outputs == Extent{4, 2});

// Only kernels of 3 x 3 with stride and dilation 1, without groups.
template <Window W, std::size_t Groups = 1>
constexpr bool possible =
    kernels::conv2d::Winograd2dPlan<kernels::Conv2dGeometry{64, 64, Groups, W}, Layout<64, 16, 16>, Layout<64, 14, 14>,
                                    Lanes<float, 16>>::possible;
static_assert(possible<Window{.kernel = {3, 3}}> && !possible<Window{.kernel = {3, 3}}, 2>);
static_assert(!possible<Window{.kernel = {3, 2}}> && !possible<Window{.kernel = {2, 3}}>);
static_assert(!possible<Window{.kernel = {3, 3}, .stride = {1, 2}}> &&
              !possible<Window{.kernel = {3, 3}, .dilation = {2, 1}}>);
static_assert(!possible<Window{.kernel = {3, 3}, .padding = {1, 0}}> &&
              !possible<Window{.kernel = {3, 3}, .padding = {0, 1}}>);

// Where it pays: not with few channels, for which rows are filtered or sums are direct.
template <Conv2dCase c, Direction D>
constexpr bool pays = PlanOf<c>::pays(D);
static_assert(pays<case_of(16, 16, {32, 32}, {1, 1}), Direction::forward>);
static_assert(pays<case_of(16, 16, {32, 32}, {1, 1}), Direction::backward>);
static_assert(pays<case_of(256, 256, {8, 8}, {1, 1}), Direction::backward>);
static_assert(!pays<case_of(3, 16, {32, 32}, {1, 1}), Direction::backward_parameters>);
static_assert(!pays<case_of(1, 32, {28, 28}, {1, 1}), Direction::forward>);
// By 14.5 percent, by 15.1 and by 15.2; by 9.8 and by 10.4 where filtering rows pays.
static_assert(!pays<case_of(12, 6, {28, 28}, {0, 0}), Direction::forward>);
static_assert(pays<case_of(14, 6, {6, 6}, {0, 0}), Direction::forward>);
static_assert(pays<case_of(10, 14, {6, 6}, {0, 0}), Direction::backward>);
static_assert(!pays<case_of(12, 16, {13, 13}, {0, 0}), Direction::forward>);
static_assert(pays<case_of(12, 17, {13, 13}, {0, 0}), Direction::forward>);

// The estimates for 20 pieces at 36 points, 20 and 11 channels, two vectors of weights.
using Rest = PlanOf<rest>;
static_assert(Rest::cost_of({4, 4}, Direction::forward) == 720 * (220 + 8 * 31) + 36 * 8 * 2 * 11);
static_assert(Rest::cost_of({4, 2}, Direction::backward_input) == 960 * (220 + 8 * 31) + 24 * 8 * 2 * 11);
static_assert(Rest::cost_of({4, 4}, Direction::backward_parameters) ==
              720 * 32 * (11 + 12) + 720 * 8 * 11 + 36 * 8 * 2 * 11);
static_assert(Rest::cost_of({4, 4}, Direction::backward) ==
              720 * (220 + 8 * 31) + 720 * 32 * (11 + 12) + 2 * 36 * 8 * 2 * 11);

// How far apart things lie at the points, odd multiples of four, and how much memory that is.
static_assert(Rest::apart(4) == 4 && Rest::apart(5) == 12 && Rest::apart(12) == 12 && Rest::apart(13) == 20);
static_assert(Rest::weight_step == 20 * 16 && Rest::grad_weight_step == 28 && Rest::channel_step == 20);
static_assert(Rest::input_step == 100 && Rest::output_step == 60);
static_assert(Rest::grad_input_step == 100 && Rest::grad_output_step == 60 && Rest::panel_step == 164);
static_assert(Rest::forward_size == 36 * 20 + 36 * (100 + 60));
static_assert(Rest::backward_size == 36 * 20 + 36 * (60 + 28 + 164 + 20) + 20 * (2 * 6 + 2 * 22));

// A portion is a divisor of the pieces, if one is half as many as may be, and blocks have a few rows and columns.
static_assert(Rest::near_registers == 8192 && Rest::backward_portion == 5);
static_assert(PlanOf<case_of(4, 8, {28, 28}, {1, 1})>::portion == 17);  // of 49, up to 18
static_assert(PlanOf<case_of(8, 8, {31, 31}, {1, 1})>::portion == 8);   // of 64, up to 14
static_assert(PlanOf<case_of(64, 64, {8, 8}, {1, 1})>::portion == 2 &&
              PlanOf<case_of(64, 64, {8, 8}, {1, 1})>::backward_portion == 4);
template <Conv2dCase c>
constexpr kernels::RegisterTile tile = PlanOf<c>::forward_tile;
static_assert(PlanOf<case_of(80, 64, {8, 8}, {1, 1})>::vectors == 5 &&
              PlanOf<case_of(80, 64, {8, 8}, {1, 1})>::panel == 3);
static_assert(tile<case_of(64, 64, {4, 4}, {1, 1})>.rows == (vector_registers == 32 ? 16 : 8) &&
              tile<case_of(64, 64, {4, 4}, {1, 1})>.columns == 1);
static_assert(tile<rest>.rows == 4 && tile<rest>.columns == (vector_registers == 32 ? 5 : 3));
static_assert(tile<case_of(64, 64, {8, 8}, {1, 1})>.rows == (vector_registers == 32 ? 8 : 4) &&
              tile<case_of(64, 64, {8, 8}, {1, 1})>.columns == 2);

}  // namespace

TEST_CASE("minimal filtering of both axes equals the naive loops") {
    check_conv2d_cases<Rounded, Lanes<float>, 170, portion(16), Conv2dCases::filtering_both_axes>();
    check_conv2d_cases<Rounded, Lanes<double>, 172, portion(16), Conv2dCases::filtering_both_axes>();
}

TEST_CASE("minimal filtering of both axes in portions equals the naive loops") {
    check_conv2d(portions, conv2d_kernels<Rounded, Lanes<float>, portions>(), Draw(174, 0));
    check_conv2d(rest, conv2d_kernels<Rounded, Lanes<double>, rest>(), Draw(175, 0));
    check_conv2d(many, conv2d_kernels<Rounded, Lanes<float>, many>(), Draw(176, 0));
}

TEST_CASE("minimal filtering of both axes of small images equals the naive loops") {
    constexpr Conv2dCase square = case_of(20, 17, {2, 2}, {1, 1});
    constexpr Conv2dCase wide = case_of(20, 17, {2, 8}, {1, 1});
    constexpr Conv2dCase high = case_of(20, 17, {8, 6}, {1, 1});
    check_conv2d(square, conv2d_kernels<Rounded, Lanes<float>, square>(), Draw(177, 0));
    check_conv2d(wide, conv2d_kernels<Rounded, Lanes<float>, wide>(), Draw(178, 0));
    check_conv2d(high, conv2d_kernels<Rounded, Lanes<double>, high>(), Draw(179, 0));
}

TEST_CASE("the errors of minimal filtering of both axes are about twice those of direct sums") {
    // Numbers between -1 and 1: sums of either sign, whose errors are small where they cancel.
    constexpr std::size_t lanes = lane_count<Lanes<double>>;
    using F = Lanes<float, lanes>;
    using D = Lanes<double, lanes>;
    constexpr kernels::Conv2dGeometry geometry{64, 64, 1, {.kernel = {3, 3}}};
    using In = Layout<64, 14, 14>;
    using Out = Layout<64, 12, 12>;
    using One = kernels::ConvStage<geometry, Stage<In, Out, NoFunction, F>>;
    using Two = kernels::ConvStage<geometry, Stage<In, Out, NoFunction, D>>;
    Draw draw(180);
    std::vector<F> input(In::size), output(Out::size), direct(Out::size), gradient(Out::size);
    std::vector<D> input2(In::size), output2(Out::size), gradient2(Out::size);
    std::vector<float> weight(geometry.weights()), grad_weight(geometry.weights());
    std::vector<double> weight2(geometry.weights()), grad_weight2(geometry.weights());
    std::vector<F> scratch(Winograd2d::scratch_size<One>);
    draw_both(draw, input, input2);
    draw_both(draw, gradient, gradient2);
    draw_both(draw, weight, weight2);
    const auto root_mean_square = [](const auto& result, const auto& correct) {
        double squares = 0;
        for (std::size_t i = 0; i < correct.size(); ++i) {
            using Correct = std::remove_cvref_t<decltype(correct[0])>;
            for (std::size_t lane = 0; lane < lane_count<Correct>; ++lane) {
                squares += std::pow(
                    static_cast<double>(get_lane(result[i], lane)) - static_cast<double>(get_lane(correct[i], lane)),
                    2);
            }
        }
        return std::sqrt(squares);
    };

    Winograd2d::forward<One>(input.data(), weight.data(), nullptr, output.data(), scratch.data());
    Direct::forward_rows<One>(input.data(), weight.data(), nullptr, direct.data(), nullptr, {0, Out::height});
    Direct::forward_rows<Two>(input2.data(), weight2.data(), nullptr, output2.data(), nullptr, {0, Out::height});
    // Seen: 1.9 times as large, and 2.0 for the gradient of the input. A tenth more for other compilers, which add in another order; a pair of
    // points that is as usual as 1, 2 has 2.5 times the error.
    CHECK(root_mean_square(output, output2) <= 2.2 * root_mean_square(direct, output2));

    std::vector<F> grad_input = input;
    std::vector<F> direct_grad_input = input;
    std::vector<D> grad_input2 = input2;
    Winograd2d::backward<One>(grad_input.data(), weight.data(), gradient.data(), false, grad_weight.data(), nullptr,
                              scratch.data());
    Direct::backward_input<One>(direct_grad_input.data(), weight.data(), gradient.data(), nullptr);
    Direct::backward_input<Two>(grad_input2.data(), weight2.data(), gradient2.data(), nullptr);
    CHECK(root_mean_square(grad_input, grad_input2) <= 2.2 * root_mean_square(direct_grad_input, grad_input2));

    // Direct sums over pixels and lanes, one after the other.
    Direct::backward_parameters<Two>(input2.data(), gradient2.data(), false, grad_weight2.data(), nullptr, nullptr);
    std::vector<float> sums(geometry.weights(), 0.0f);
    for (std::size_t k = 0; k < sums.size(); ++k) {
        const std::size_t o = k / 9 / 64;
        const std::size_t i = k / 9 % 64;
        for (std::size_t h = 0; h < Out::height; ++h) {
            for (std::size_t w = 0; w < Out::width; ++w) {
                for (std::size_t lane = 0; lane < lanes; ++lane) {
                    sums[k] += get_lane(gradient[Out::offset(o, h, w)], lane) *
                               get_lane(input[In::offset(i, h + k % 9 / 3, w + k % 3)], lane);
                }
            }
        }
    }
    // Seen: 1.0, 1.2 and 1.6 times as large with 16, 8 and 4 lanes, the fewer of which make the direct sums shorter.
    CHECK(root_mean_square(grad_weight, grad_weight2) <= 1.75 * root_mean_square(sums, grad_weight2));
}
