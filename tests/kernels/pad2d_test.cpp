// SPDX-License-Identifier: MIT
// Zeros around images of random size against the definition, bit by bit.
#include <ctcnn/kernels/pad2d.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "linear_maps.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

struct PadCase {
    linear_maps::Sizes sizes;
    std::size_t left;
    std::size_t top;
};

struct Paddings {
    static constexpr PadCase of(std::size_t index) {
        Draw draw(1010, index);
        const Extent input = draw.extent(1, 8);
        const Extent before = draw.extent(0, 4);
        const Extent after = draw.extent(0, 4);
        const Extent output{before.height + input.height + after.height, before.width + input.width + after.width};
        return {linear_maps::draw_sizes(draw, input, output), before.width, before.height};
    }
    template <PadCase C, Number V>
    static constexpr linear_maps::Kernels<V> kernels_of() {
        using S = linear_maps::StageOf<C.sizes, V>;
        return {&kernels::zero_pad2d_forward<C.left, C.top, S>, &kernels::zero_pad2d_backward<C.left, C.top, S>};
    }
    static linear_maps::Matrix matrix(std::size_t before) {
        return [=](std::size_t output, std::size_t input) { return output == input + before ? 1.0 : 0.0; };
    }
    static linear_maps::Definition definition(const PadCase& c) {
        return {"left " + std::to_string(c.left) + ", top " + std::to_string(c.top), matrix(c.top), matrix(c.left)};
    }
};

// (1 2) with a column before it and a row below, behind a sigmoid: what is outside is the function of 0.
static_assert([] {
    const std::array<float, 2> input{0, 0};
    std::array<float, 6> output{};
    kernels::zero_pad2d_forward<1, 0, Stage<Layout<1, 1, 2>, Layout<1, 2, 3>, kernels::Sigmoid, float>>(input.data(),
                                                                                                        output.data());
    return output == std::array<float, 6>{0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f};
}());
static_assert([] {
    std::array<float, 2> grad_input{1, 2};
    const std::array<float, 6> grad_output{3, 4, 5, 6, 7, 8};
    kernels::zero_pad2d_backward<1, 0, Stage<Layout<1, 1, 2>, Layout<1, 2, 3>, NoFunction, float>>(grad_input.data(),
                                                                                                   grad_output.data());
    return grad_input == std::array<float, 2>{4, 5};
}());

}  // namespace

TEST_CASE("padding equals its definition") { linear_maps::check_cases<Paddings, portion(40)>(1011); }

TEST_CASE("some rows of a padded image are those of the whole") {
    using In = Layout<2, 3, 3>;
    using Out = Layout<2, 8, 6, 1, 2>;
    const std::vector<float> input = Draw(1012).integers<float>(In::size);
    std::vector<float> whole(Out::size);
    kernels::zero_pad2d_forward<2, 3, Stage<In, Out, NoFunction, float>>(input.data(), whole.data());
    for (std::size_t step = 1; step <= Out::height; ++step) {
        std::vector<float> parts(Out::size);
        for (std::size_t h = 0; h < Out::height; h += step) {
            kernels::zero_pad2d_forward_rows<2, 3, Stage<In, Out, NoFunction, float>>(
                input.data(), parts.data(), {h, std::min(h + step, Out::height)});
        }
        CHECK(parts == whole);
    }
}
