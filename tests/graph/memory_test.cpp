// SPDX-License-Identifier: MIT
// How much memory inference takes, and that buffers that live at the same time do not overlap.
#include <ctcnn/graph/memory.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <std::size_t In, std::size_t Out, typename... Options>
using Conv = Conv2d<In, Out, Kernel<3>, Padding<1>, Options...>;

using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<400, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>;

using Block = Residual<Conv<8, 8>, ReLU, Conv<8, 8>>;
using ResNet = Sequential<Input<1, 6, 6>, Conv<1, 8>, ReLU, Block, ReLU, Block, ReLU, Flatten, Linear<288, 10>>;
using Longer = Sequential<Input<1, 6, 6>, Conv<1, 8>, ReLU, Block, ReLU, Block, ReLU, Block, ReLU, Block, ReLU, Flatten,
                          Linear<288, 10>>;

// The last level of the U-Net reads what the first one has made.
using UNet = Sequential<Input<1, 8, 8>, Conv<1, 4>, ReLU,
                        Concat<Conv2d<4, 4, Kernel<1>>,
                               Sequential<Conv<4, 8>, ReLU, Residual<Conv<8, 8>, Shortcut<Conv<8, 8>>>, Conv<8, 4>>>,
                        Conv<8, 2>>;
using Inception =
    Sequential<Input<4, 6, 6>, Conv<4, 4>,
               Concat<Conv2d<4, 2, Kernel<1>>, Concat<Conv<4, 2>, Sequential<Conv<4, 3>, Tanh>>>, Conv<7, 4>>;

/// From which stage to which one a buffer is needed, with what it is a part of.
template <typename Net>
constexpr std::array<std::size_t, 2> life_of(std::size_t buffer) {
    constexpr auto& graph = Net::inference_plan::graph;
    std::size_t first = buffer == 0 ? 0 : buffer - 1;
    std::size_t last = graph.buffers[buffer].last_stage;
    for (std::size_t b = buffer; graph.buffers[b].parent != graph::no_parent;) {
        b = graph.buffers[b].parent;
        last = graph.buffers[b].last_stage;
    }
    return {first, last};
}

/// Whether two buffers that are needed at the same time lie apart, and all of them in the memory.
template <typename Net>
consteval bool lie_apart() {
    constexpr auto& graph = Net::inference_plan::graph;
    constexpr auto& memory = Net::inference_plan::inference_places;
    for (std::size_t a = 0; a <= graph.stage_count; ++a) {
        if (memory.offsets[a] + graph.buffers[a].size() > memory.size) {
            return false;
        }
        for (std::size_t b = 0; b < a; ++b) {
            const bool is_inside = graph.root_of(a) == graph.root_of(b);  // A part lies in the whole.
            const bool together = life_of<Net>(a)[0] <= life_of<Net>(b)[1] && life_of<Net>(b)[0] <= life_of<Net>(a)[1];
            const bool overlap = memory.offsets[a] < memory.offsets[b] + graph.buffers[b].size() &&
                                 memory.offsets[b] < memory.offsets[a] + graph.buffers[a].size();
            if (!is_inside && together && overlap) {
                return false;
            }
        }
    }
    return true;
}

/// No memory can be smaller than what one stage needs.
template <typename Net>
consteval std::size_t least() {
    constexpr auto& graph = Net::inference_plan::graph;
    std::size_t most = 0;
    for (std::size_t k = 0; k < graph.stage_count; ++k) {
        std::size_t sum = 0;
        for (std::size_t b = 0; b <= graph.stage_count; ++b) {
            if (graph.root_of(b) != b) {
                continue;
            }
            std::size_t first = graph.stage_count;
            for (std::size_t part = 0; part <= graph.stage_count; ++part) {
                first = graph.root_of(part) == b ? std::min(first, life_of<Net>(part)[0]) : first;
            }
            sum += first <= k && k <= life_of<Net>(b)[1] ? graph.buffers[b].size() : 0;
        }
        most = std::max(most, sum);
    }
    return most;
}

}  // namespace

static_assert(LeNet::inference_workspace_bytes == 23'520 && least<LeNet>() * 4 == 23'520);

// Three buffers of 8 channels, two of which have a border; a fourth is not needed for any number of blocks.
static_assert(ResNet::inference_workspace_bytes == 4 * (2 * 8 * 8 * 8 + 8 * 6 * 6));
static_assert(Longer::inference_workspace_bytes == ResNet::inference_workspace_bytes);
static_assert(least<ResNet>() * 4 == ResNet::inference_workspace_bytes);

static_assert(lie_apart<LeNet>() && lie_apart<ResNet>() && lie_apart<UNet>() && lie_apart<Inception>());
static_assert(least<UNet>() <= UNet::inference_plan::inference_numbers &&
              least<Inception>() <= Inception::inference_plan::inference_numbers);

// Parts lie in the whole.
static_assert(Inception::inference_plan::inference_places.offsets[3] ==
              Inception::inference_plan::inference_places.offsets[2] + 2 * 64);

// Blocks in the order of their making may take more memory than in that of their sizes.
namespace {
consteval std::array<std::size_t, 2> sizes_in_two_orders(std::array<graph::Region, 4> blocks) {
    std::array<graph::Region, 4> again = blocks;
    const std::size_t by_time = graph::detail::place_by_time(blocks, {0, 1, 2, 3}, 4);
    const std::size_t by_size = graph::detail::place_by_size(again, {0, 1, 2, 3}, 4);
    return {by_time, by_size};
}
}  // namespace
static_assert(sizes_in_two_orders({{{4, 0, 0, 0}, {2, 0, 1, 0}, {6, 1, 2, 0}, {2, 2, 3, 0}}}) ==
              std::array<std::size_t, 2>{12, 8});

// Of blocks of one size, the first lies lowest.
namespace {
consteval bool lie_in_order() {
    std::array<graph::Region, 3> blocks{{{4, 0, 1, 9}, {4, 1, 2, 9}, {4, 0, 2, 9}}};
    return graph::detail::place_by_size(blocks, {0, 1, 2}, 3) == 12 && blocks[0].offset == 0 && blocks[1].offset == 4 &&
           blocks[2].offset == 8;
}
}  // namespace
static_assert(lie_in_order());

// Both orders are tried for up to 128 blocks: the four from above, and small ones that live later.
namespace {
template <std::size_t Count>
consteval std::size_t placed() {
    std::array<graph::Region, Count> blocks{{{4, 0, 0, 0}, {2, 0, 1, 0}, {6, 1, 2, 0}, {2, 2, 3, 0}}};
    std::array<std::size_t, Count> order{};
    for (std::size_t n = 0; n < Count; ++n) {
        order[n] = n;
        blocks[n] = n < 4 ? blocks[n] : graph::Region{1, n, n, 0};
    }
    return graph::detail::place(blocks, order, Count);
}
}  // namespace
static_assert(graph::detail::most_by_size == 128 && placed<4>() == 8 && placed<128>() == 8 && placed<129>() == 12);

TEST_CASE("blocks that do not live together share a place") {
    constexpr graph::Region first{4, 0, 1, 0};
    STATIC_REQUIRE(first.lives_with({4, 1, 2, 0}));
    STATIC_REQUIRE_FALSE(first.lives_with({4, 2, 3, 0}));
}
