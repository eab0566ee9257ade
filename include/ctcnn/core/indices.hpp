// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Indices: a view of constant sizes or places, such as the dimensions of a tensor. Not a std::span, whose checks in
/// libstdc++'s debug mode are not constant expressions for g++ 12 with -fsanitize=undefined; it converts to one.
struct Indices {
    const std::size_t* first = nullptr;
    std::size_t count = 0;

    constexpr Indices() = default;
    constexpr Indices(const std::size_t* indices, std::size_t size) : first(indices), count(size) {}
    template <std::size_t N>
    constexpr Indices(const std::array<std::size_t, N>& indices) : first(indices.data()), count(N) {}

    constexpr operator std::span<const std::size_t>() const { return {first, count}; }
    constexpr std::size_t size() const { return count; }
    constexpr std::size_t operator[](std::size_t i) const { return first[i]; }
    constexpr const std::size_t* begin() const { return first; }
    constexpr const std::size_t* end() const { return first + count; }
};

}  // namespace CTCNN_DETAIL
