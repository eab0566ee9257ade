// SPDX-License-Identifier: MIT
// Images of random size, made larger, against the definitions.
#include <ctcnn/kernels/upsample2d.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/taps2d.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "linear_maps.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

struct UpsampleCase {
    linear_maps::Sizes sizes;
    Extent scale;
};

struct Cases {
    static constexpr UpsampleCase of(std::size_t index) {
        Draw draw(1020, index);
        const Extent input = draw.extent(1, 5);
        const Extent scale = draw.extent(1, 6);
        return {linear_maps::draw_sizes(draw, input, {input.height * scale.height, input.width * scale.width}), scale};
    }
};

struct NearestCases : Cases {
    template <UpsampleCase C, Number V>
    static constexpr linear_maps::Kernels<V> kernels_of() {
        using S = linear_maps::StageOf<C.sizes, V>;
        return {&kernels::upsample_nearest2d_forward<C.scale, S>, &kernels::upsample_nearest2d_backward<C.scale, S>};
    }
    static linear_maps::Matrix matrix(std::size_t scale) {
        return [=](std::size_t output, std::size_t input) { return output / scale == input ? 1.0 : 0.0; };
    }
    static linear_maps::Definition definition(const UpsampleCase& c) {
        return {"scale " + text(c.scale), matrix(c.scale.height), matrix(c.scale.width)};
    }
};

/// How much an output of an axis takes of an input, as PyTorch describes it: the output lies at
/// (output + 1/2)/scale - 1/2, not below 0; the pixels at both sides are weighted by how near they are, and the one
/// behind the last is the last. Places are counted in steps of 1/(2 * scale), which are whole.
double bilinear(std::size_t size, std::size_t scale, std::size_t output, std::size_t input) {
    const std::size_t place = std::max(2 * output + 1, scale) - scale;
    const std::size_t low = place / (2 * scale);
    const std::size_t high = std::min(low + 1, size - 1);
    const std::size_t steps = place % (2 * scale);
    const std::size_t taken = (input == low ? 2 * scale - steps : 0) + (input == high ? steps : 0);
    return static_cast<double>(taken) / static_cast<double>(2 * scale);
}

struct BilinearCases : Cases {
    template <UpsampleCase C, Number V>
    static constexpr linear_maps::Kernels<V> kernels_of() {
        using Rows = kernels::BilinearAxis<C.sizes.input.height, C.scale.height>;
        using Columns = kernels::BilinearAxis<C.sizes.input.width, C.scale.width>;
        return linear_maps::taps_kernels<Rows, Columns, C.sizes, V>();
    }
    static linear_maps::Matrix matrix(std::size_t size, std::size_t scale) {
        return [=](std::size_t output, std::size_t input) { return bilinear(size, scale, output, input); };
    }
    static linear_maps::Definition definition(const UpsampleCase& c) {
        // A term is rounded with its two weights, in two products and in the sums of up to 2 x 12 terms, by halves;
        // where the weights are multiples of 1/8 everything is exact.
        const bool exact = std::has_single_bit(c.scale.height) && std::has_single_bit(c.scale.width);
        return {"scale " + text(c.scale), matrix(c.sizes.input.height, c.scale.height),
                matrix(c.sizes.input.width, c.scale.width), exact ? 0.0 : 24.0};
    }
};

// An image of 1 x 2 pixels, twice as wide and three times as high.
static_assert([] {
    const std::array<float, 2> input{1, 2};
    std::array<float, 12> output{};
    kernels::upsample_nearest2d_forward<Extent{3, 2}, Stage<Layout<1, 1, 2>, Layout<1, 3, 4>, NoFunction, float>>(
        input.data(), output.data());
    std::array<float, 2> grad_input = input;
    kernels::upsample_nearest2d_backward<Extent{3, 2}, Stage<Layout<1, 1, 2>, Layout<1, 3, 4>, NoFunction, float>>(
        grad_input.data(), output.data());
    return output == std::array<float, 12>{1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2} &&
           grad_input == std::array<float, 2>{6, 12};
}());
static_assert([] {
    const std::array<float, 2> input{0, 4};
    std::array<float, 4> output{};
    kernels::taps2d_forward<kernels::BilinearAxis<1, 1>, kernels::BilinearAxis<2, 2>,
                            Stage<Layout<1, 1, 2>, Layout<1, 1, 4>, NoFunction, float>>(input.data(), output.data());
    return output == std::array<float, 4>{0, 1, 3, 4};
}());

}  // namespace

TEST_CASE("repeated pixels equal the definition") { linear_maps::check_cases<NearestCases, portion(20)>(1021); }

TEST_CASE("interpolation equals the definition") { linear_maps::check_cases<BilinearCases, portion(20)>(1022); }

TEST_CASE("an infinity reaches the pixels beside it and no others") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::array<float, 4> input{0, 0, infinity, 0};
    std::array<float, 12> output{};
    kernels::taps2d_forward<kernels::BilinearAxis<1, 1>, kernels::BilinearAxis<4, 3>,
                            Stage<Layout<1, 1, 4>, Layout<1, 1, 12>, NoFunction, float>>(input.data(), output.data());
    CHECK(output == std::array<float, 12>{0, 0, 0, 0, 0, infinity, infinity, infinity, infinity, infinity, 0, 0});
}
