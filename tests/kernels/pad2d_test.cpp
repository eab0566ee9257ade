// SPDX-License-Identifier: MIT
// Zeros around images of random size against the definition, bit by bit.
#include <ctcnn/kernels/pad2d.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
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

constexpr PadCase pad_case(std::size_t index) {
    Draw draw(1010, index);
    const Extent input = draw.extent(1, 8);
    const Extent before = draw.extent(0, 4);
    const Extent after = draw.extent(0, 4);
    const Extent output{before.height + input.height + after.height, before.width + input.width + after.width};
    return {linear_maps::draw_sizes(draw, input, output), before.width, before.height};
}

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

TEST_CASE("padding equals its definition") {
    linear_maps::for_each_case<portion(40)>([](auto index, auto number) {
        using V = decltype(number);
        constexpr PadCase c = pad_case(index);
        using In = linear_maps::In<c.sizes>;
        using Out = linear_maps::Out<c.sizes>;
        using F = linear_maps::Function<c.sizes>;
        INFO("left " << c.left << ", top " << c.top);
        linear_maps::check<V>(
            c.sizes, &kernels::zero_pad2d_forward<c.left, c.top, Stage<In, Out, F, V>>,
            &kernels::zero_pad2d_backward<c.left, c.top, Stage<In, Out, F, V>>,
            [&](std::size_t output, std::size_t input) { return output == input + c.top ? 1.0 : 0.0; },
            [&](std::size_t output, std::size_t input) { return output == input + c.left ? 1.0 : 0.0; }, 0,
            Draw(1011, index));
    });
}

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
