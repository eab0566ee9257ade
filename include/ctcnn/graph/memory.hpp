// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/graph.hpp>

namespace CTCNN_DETAIL::graph {

/// Region: memory that is needed from a stage to a stage, both included.
struct Region {
    std::size_t size;
    std::size_t first;
    std::size_t last;
    std::size_t offset;

    constexpr bool lives_with(const Region& other) const { return first <= other.last && other.first <= last; }
};

template <std::size_t N>
struct Memory {
    std::array<std::size_t, N> offsets;  ///< of each buffer
    std::size_t size;
};

namespace detail {

/// The lowest offset at which a region meets none of `others`.
template <std::size_t N>
consteval std::size_t lowest_offset(const std::array<Region, N>& regions, const std::array<std::size_t, N>& others,
                                    std::size_t count, const Region& region) {
    std::size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t n = 0; n < count; ++n) {
            const Region& other = regions[others[n]];
            if (region.lives_with(other) && offset < other.offset + other.size && other.offset < offset + region.size) {
                offset = other.offset + other.size;
                moved = true;
            }
        }
    }
    return offset;
}

/// Sorts the regions of `order` so that none has one behind it that is_before it. Regions are nearly in order.
template <std::size_t N, typename Before>
consteval void sort(const std::array<Region, N>& regions, std::array<std::size_t, N>& order, std::size_t count,
                    Before is_before) {
    for (std::size_t n = 1; n < count; ++n) {
        for (std::size_t i = n; i > 0 && is_before(regions[order[i]], regions[order[i - 1]]); --i) {
            std::swap(order[i], order[i - 1]);
        }
    }
}

/// Places regions in the order in which they are needed; returns the size of the memory.
template <std::size_t N>
consteval std::size_t place_by_time(std::array<Region, N>& regions, std::array<std::size_t, N> order,
                                    std::size_t count) {
    sort(regions, order, count, [](const Region& a, const Region& b) { return a.first < b.first; });
    std::array<std::size_t, N> living{};
    std::size_t others = 0;
    std::size_t size = 0;
    for (std::size_t n = 0; n < count; ++n) {
        Region& region = regions[order[n]];
        std::size_t left = 0;
        for (std::size_t i = 0; i < others; ++i) {
            if (regions[living[i]].last >= region.first) {
                living[left++] = living[i];
            }
        }
        region.offset = lowest_offset(regions, living, left, region);
        size = std::max(size, region.offset + region.size);
        living[left] = order[n];
        others = left + 1;
    }
    return size;
}

/// The same in the order of their sizes, the largest first.
template <std::size_t N>
consteval std::size_t place_by_size(std::array<Region, N>& regions, std::array<std::size_t, N> order,
                                    std::size_t count) {
    sort(regions, order, count, [](const Region& a, const Region& b) { return a.size > b.size; });
    std::size_t size = 0;
    for (std::size_t n = 0; n < count; ++n) {
        Region& region = regions[order[n]];
        region.offset = lowest_offset(regions, order, n, region);
        size = std::max(size, region.offset + region.size);
    }
    return size;
}

/// Up to so many regions are also placed by their sizes: compilers limit the steps of a constant expression, and these
/// grow with the square of the number.
inline constexpr std::size_t most_by_size = 128;

/// Places regions in both orders, keeps the smaller result, and returns the size of the memory.
template <std::size_t N>
consteval std::size_t place(std::array<Region, N>& regions, const std::array<std::size_t, N>& order,
                            std::size_t count) {
    std::array<Region, N> by_time = regions;
    const std::size_t size_by_time = place_by_time(by_time, order, count);
    const std::size_t size_by_size =
        count <= most_by_size ? place_by_size(regions, order, count) : static_cast<std::size_t>(-1);
    if (size_by_time < size_by_size) {
        regions = by_time;
    }
    return std::min(size_by_time, size_by_size);
}

}  // namespace detail

/// Where the buffers of a forward pass lie that keeps nothing, from buffer `from` on, and the parts of these: each
/// needs its place from the stage that makes it to the last one that reads it. They are placed in the order in which
/// they are needed and in that of their sizes, each as low as it can be; the smaller result is kept.
template <std::size_t Layers, std::size_t Edges>
consteval Memory<Layers + 2> inference_memory(const Graph<Layers, Edges>& graph, std::size_t from = 0) {
    constexpr std::size_t most = Layers + 2;
    std::array<Region, most> regions{};
    std::array<std::size_t, most> order{};
    std::size_t count = 0;
    for (std::size_t b = from; b <= graph.stage_count; ++b) {
        if (graph.root_of(b) == b) {
            order[count++] = b;
            regions[b] = {graph.buffers[b].size(), graph.stage_count, graph.buffers[b].last_stage, 0};
        }
    }
    for (std::size_t b = from; b <= graph.stage_count; ++b) {
        Region& root = regions[graph.root_of(b)];
        root.first = std::min(root.first, b == 0 ? 0 : b - 1);  // A part is made before the whole.
    }
    const std::size_t size = detail::place(regions, order, count);
    Memory<most> memory{{}, size};
    for (std::size_t b = 0; b <= graph.stage_count; ++b) {
        if (graph.root_of(b) >= from) {
            memory.offsets[b] = regions[graph.root_of(b)].offset + graph.offset_in_root(b);
        }
    }
    return memory;
}

/// Where gradients lie that have places of their own: each needs it from the last reader of its value, which backward
/// comes to first, to the stage behind the one that makes it; before that one it is complete.
template <std::size_t Layers, std::size_t Edges>
consteval Memory<Layers + 2> gradient_memory(const Graph<Layers, Edges>& graph) {
    constexpr std::size_t most = Layers + 2;
    std::array<Region, most> regions{};
    std::array<std::size_t, most> order{};
    std::size_t count = 0;
    for (std::size_t b = 1; b <= graph.stage_count; ++b) {
        if (graph.buffers[b].own_gradient) {
            order[count++] = b;
            regions[b] = {graph.buffers[b].size(), b, graph.buffers[b].last_stage, 0};
        }
    }
    const std::size_t size = detail::place(regions, order, count);
    Memory<most> memory{{}, size};
    for (std::size_t b = 1; b <= graph.stage_count; ++b) {
        memory.offsets[b] = regions[b].offset;
    }
    return memory;
}

}  // namespace CTCNN_DETAIL::graph
