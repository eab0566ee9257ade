// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/graph.hpp>

namespace CTCNN_DETAIL::graph {

/// Block: memory that is needed from a stage to a stage, both included.
struct Block {
    std::size_t size = 0;
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t offset = 0;

    constexpr bool lives_with(const Block& other) const { return first <= other.last && other.first <= last; }
};

template <std::size_t N>
struct Memory {
    std::array<std::size_t, N> offsets{};  ///< of each buffer
    std::size_t size = 0;
};

namespace detail {

/// The lowest offset at which a block meets none of the first `count` that are placed and live with it.
template <std::size_t N>
consteval std::size_t lowest_offset(const std::array<Block, N>& blocks, const std::array<std::size_t, N>& order,
                                    std::size_t count, const Block& block) {
    std::size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t n = 0; n < count; ++n) {
            const Block& other = blocks[order[n]];
            if (block.lives_with(other) && offset < other.offset + other.size && other.offset < offset + block.size) {
                offset = other.offset + other.size;
                moved = true;
            }
        }
    }
    return offset;
}

/// Places blocks in an order; returns the size of the memory.
template <std::size_t N>
consteval std::size_t place(std::array<Block, N>& blocks, const std::array<std::size_t, N>& order, std::size_t count) {
    std::size_t size = 0;
    for (std::size_t n = 0; n < count; ++n) {
        Block& block = blocks[order[n]];
        block.offset = lowest_offset(blocks, order, n, block);
        size = std::max(size, block.offset + block.size);
    }
    return size;
}

}  // namespace detail

/// Where the buffers of a forward pass lie that keeps nothing, from buffer `from` on: each needs its place from the
/// stage that makes it to the last one that reads it. They are placed in the order of their making and in that of their
/// sizes, each as low as it can be; the smaller result is kept.
template <std::size_t Layers, std::size_t Edges>
consteval Memory<Layers + 2> inference_memory(const Graph<Layers, Edges>& graph, std::size_t from = 0) {
    constexpr std::size_t most = Layers + 2;
    std::array<Block, most> blocks{};
    std::array<std::size_t, most> order{};
    std::size_t count = 0;
    for (std::size_t b = from; b <= graph.stage_count; ++b) {
        if (graph.root_of(b) == b) {
            order[count++] = b;
            blocks[b] = {graph.buffers[b].size(), graph.stage_count, graph.buffers[b].last_stage, 0};
        }
    }
    for (std::size_t b = from; b <= graph.stage_count; ++b) {
        Block& root = blocks[graph.root_of(b)];
        root.first = std::min(root.first, b == 0 ? 0 : b - 1);  // A part is made before the whole.
    }
    std::array<Block, most> by_time = blocks;
    const std::size_t size_by_time = detail::place(by_time, order, count);
    for (std::size_t n = 1; n < count; ++n) {
        for (std::size_t i = n; i > 0 && blocks[order[i]].size > blocks[order[i - 1]].size; --i) {
            std::swap(order[i], order[i - 1]);
        }
    }
    const std::size_t size_by_size = detail::place(blocks, order, count);
    const std::array<Block, most>& best = size_by_time < size_by_size ? by_time : blocks;
    Memory<most> memory{{}, std::min(size_by_time, size_by_size)};
    for (std::size_t b = from; b <= graph.stage_count; ++b) {
        memory.offsets[b] = best[graph.root_of(b)].offset + graph.offset_in_root(b);
    }
    return memory;
}

}  // namespace CTCNN_DETAIL::graph
