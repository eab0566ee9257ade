// SPDX-License-Identifier: MIT
// Maps of rows and columns with small whole weights against sums over the whole matrices, bit by bit.
#include <ctcnn/kernels/taps2d.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/window.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "linear_maps.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// A map whose outputs take up to 3 inputs, and whose inputs are part of no output, of one or of several.
struct WholeAxis {
    std::size_t inputs;
    std::size_t outputs;

    constexpr Range support(std::size_t output) const {
        const std::size_t first = output * inputs / outputs;
        return {first, std::min(first + 3, inputs)};
    }
    static constexpr double weight(std::size_t output, std::size_t input) {
        return static_cast<double>(1 + (output + 2 * input) % 4);
    }
};

template <std::size_t Inputs, std::size_t Outputs>
struct Whole {
    static constexpr std::size_t inputs = Inputs;
    static constexpr std::size_t outputs = Outputs;

    static constexpr Range support(std::size_t output) { return WholeAxis{Inputs, Outputs}.support(output); }
    static constexpr double weight(std::size_t output, std::size_t input) { return WholeAxis::weight(output, input); }
};

struct WholeMaps {
    static constexpr linear_maps::SizesAlone of(std::size_t index) {
        Draw draw(1000, index);
        const Extent input = draw.extent(1, 8);
        return {linear_maps::draw_sizes(draw, input, draw.extent(1, 8))};
    }
    template <linear_maps::SizesAlone C, Number V>
    static constexpr linear_maps::Kernels<V> kernels_of() {
        using Rows = Whole<C.sizes.input.height, C.sizes.output.height>;
        using Columns = Whole<C.sizes.input.width, C.sizes.output.width>;
        return linear_maps::taps_kernels<Rows, Columns, C.sizes, V>();
    }
    static linear_maps::Matrix matrix(std::size_t inputs, std::size_t outputs) {
        return [axis = WholeAxis{inputs, outputs}](std::size_t output, std::size_t input) {
            const Range support = axis.support(output);
            return input >= support.first && input < support.last ? axis.weight(output, input) : 0;
        };
    }
    static linear_maps::Definition definition(const linear_maps::SizesAlone& c) {
        return {"whole numbers", matrix(c.sizes.input.height, c.sizes.output.height),
                matrix(c.sizes.input.width, c.sizes.output.width)};
    }
};

// A table, and the table of the transposed map.
struct Means {
    static constexpr std::size_t inputs = 4;
    static constexpr std::size_t outputs = 2;
    static constexpr Range support(std::size_t output) { return output == 0 ? Range{0, 2} : Range{1, 3}; }
    static constexpr double weight(std::size_t output, std::size_t input) {
        return static_cast<double>(10 * output + input);
    }
};
static_assert(kernels::taps_count<Means> == 4);
static_assert(kernels::taps<Means, float>.first == std::array<std::size_t, 2>{0, 1});
static_assert(kernels::taps<Means, float>.begin == std::array<std::size_t, 3>{0, 2, 4});
static_assert(kernels::taps<Means, float>.weights == std::array<float, 4>{0, 1, 11, 12});
static_assert(kernels::transposed_taps<Means, float>.first == std::array<std::size_t, 4>{0, 0, 1, 2});
static_assert(kernels::transposed_taps<Means, float>.begin == std::array<std::size_t, 5>{0, 1, 3, 4, 4});
static_assert(kernels::transposed_taps<Means, float>.weights == std::array<float, 4>{0, 1, 11, 12});

// In constant expressions.
static_assert([] {
    const std::array<float, 4> input{1, 2, 3, 4};
    std::array<float, 2> output{};
    kernels::taps2d_forward<Whole<1, 1>, Means, Stage<Layout<1, 1, 4>, Layout<1, 1, 2>, NoFunction, float>>(
        input.data(), output.data());
    return output == std::array<float, 2>{2, 58};
}());

}  // namespace

TEST_CASE("maps of rows and columns equal sums over their matrices") {
    linear_maps::check_cases<WholeMaps, portion(30)>(1001);
}

TEST_CASE("some rows of a map are those of the whole") {
    using In = Layout<2, 5, 3>;
    using Out = Layout<2, 7, 4, 1, 2>;
    using Rows = Whole<5, 7>;
    using Columns = Whole<3, 4>;
    const std::vector<float> input = Draw(1002).integers<float>(In::size);
    std::vector<float> whole(Out::size);
    std::vector<float> parts(Out::size);
    kernels::taps2d_forward<Rows, Columns, Stage<In, Out, NoFunction, float>>(input.data(), whole.data());
    for (const Range rows : {Range{0, 1}, Range{1, 1}, Range{1, 5}, Range{5, 7}}) {
        kernels::taps2d_forward_rows<Rows, Columns, Stage<In, Out, NoFunction, float>>(input.data(), parts.data(),
                                                                                       rows);
    }
    CHECK(parts == whole);
}

TEST_CASE("NaN reaches the outputs that take it, in its lane") {
    using V = Lanes<float>;
    using Line = Whole<1, 1>;
    std::array<V, 4> input{broadcast<V>(1), broadcast<V>(2), broadcast<V>(3), broadcast<V>(4)};
    set_lane(input[2], 1, std::numeric_limits<float>::quiet_NaN());
    std::array<V, 2> output{};
    kernels::taps2d_forward<Line, Means, Stage<Layout<1, 1, 4>, Layout<1, 1, 2>, NoFunction, V>>(input.data(),
                                                                                                 output.data());
    CHECK(get_lane(output[0], 1) == 2);
    CHECK(std::isnan(get_lane(output[1], 1)));
    CHECK(get_lane(output[1], 0) == 58);
}
