// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/prepared/direct.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

// First: the convolution of the image that a network is given, with few channels that lie one after the other.
namespace CTCNN_DETAIL::kernels::prepared {

/// First: a convolution as Direct, of a planar image (Layout) with a border of at least the padding. A group may have
/// any number of input channels, and whole blocks of output channels.
template <Conv2dGeometry G, typename S, Pooling P = Pooling::none>
    requires(!is_blocked<typename S::In>)
struct First : SumsOfProducts<G, S, P, 1, typename S::T> {};

/// Whether First can compute a convolution, and the cycles that it takes a core with one multiply-add a cycle.
template <Conv2dGeometry G, std::size_t Height, std::size_t Width, std::size_t Count>
struct FirstPlan {
    static constexpr bool possible = G.groups == 1 || G.group_outputs() % Count == 0;
    static constexpr std::size_t cost = DirectPlan<G, Height, Width, Count>::cost;
};

}  // namespace CTCNN_DETAIL::kernels::prepared
