// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/single_image_winograd.hpp>
#include <ctcnn/kernels/prepared/depthwise.hpp>
#include <ctcnn/kernels/prepared/direct.hpp>
#include <ctcnn/kernels/prepared/first.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/prepared/winograd.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

/// What computes a convolution. net_way is the kernel of net(x).
enum class ConvWay { net_way, winograd, direct, depthwise };

/// ConvPlan: of all ways, the one that computes a convolution of an image of Height x Width in blocks of Count channels
/// with the least cost.
template <Conv2dGeometry G, std::size_t Height, std::size_t Width, std::size_t Count>
struct ConvPlan {
private:
    template <template <Conv2dGeometry, std::size_t, std::size_t, std::size_t> typename Plan>
    static constexpr std::size_t cost_of = [] {
        if constexpr (Plan<G, Height, Width, Count>::possible) {
            return Plan<G, Height, Width, Count>::cost;
        } else {
            return static_cast<std::size_t>(-1);
        }
    }();
    /// The kernels of net(x) fill vectors with columns where there are few channels. They take about two cycles for a
    /// vector of multiply-adds, or a quarter more than their own estimate where they filter columns. What they write
    /// has then to be converted.
    static constexpr std::size_t cost_of_net_way = [] {
        using T = std::conditional_t<Count * sizeof(float) == vector_bytes, float, double>;
        constexpr Extent image = output_extent(G.window, Height, Width);
        using Filtered = conv2d::SingleWinogradPlan<
            G, Layout<G.in_channels, Height, Width, G.window.padding.height, G.window.padding.width>,
            Layout<G.out_channels, image.height, image.width>, T>;
        constexpr std::size_t conversion = 2 * image.height * image.width * G.out_channels / Count;
        if constexpr (Filtered::pays) {
            return Filtered::cost(Filtered::count) * 5 / 4 + conversion;
        } else {
            return 2 * image.height * image.width * G.weights() / Count + conversion;
        }
    }();

public:
    static constexpr ConvWay way = [] {
        ConvWay best = ConvWay::net_way;
        std::size_t least = cost_of_net_way;
        const auto ask = [&](ConvWay candidate, std::size_t cost) {
            if (cost < least) {
                best = candidate;
                least = cost;
            }
        };
        ask(ConvWay::direct, cost_of<FirstPlan>);  // which Direct is where the input is blocked
        ask(ConvWay::depthwise, cost_of<DepthwisePlan>);
        ask(ConvWay::winograd, cost_of<WinogradPlan>);
        return best;
    }();

    static constexpr PreparedFacts facts = [] {
        PreparedFacts result{.offered = way != ConvWay::net_way, .border = G.window.padding, .takes_pooling = true};
        if constexpr (way == ConvWay::winograd) {
            result.more = WinogradPlan<G, Height, Width, Count>::more;
        } else if constexpr (way == ConvWay::direct) {
            result.reads_either = DirectPlan<G, Height, Width, Count>::possible;
            result.reads = result.reads_either ? ValueForm::blocked : ValueForm::planar;
        }
        return result;
    }();
};

namespace detail {

template <ConvWay Way, bool IsBlocked>
struct ConvKernel;
template <>
struct ConvKernel<ConvWay::winograd, true> {
    template <Conv2dGeometry G, typename Stage, Pooling P>
    using type = Winograd2d<G, Stage, P>;
};
template <>
struct ConvKernel<ConvWay::direct, true> {
    template <Conv2dGeometry G, typename Stage, Pooling P>
    using type = Direct<G, Stage, P>;
};
template <>
struct ConvKernel<ConvWay::direct, false> {
    template <Conv2dGeometry G, typename Stage, Pooling P>
    using type = First<G, Stage, P>;
};
template <>
struct ConvKernel<ConvWay::depthwise, true> {
    template <Conv2dGeometry G, typename Stage, Pooling P>
    using type = Depthwise<G, Stage, P>;
};

}  // namespace detail

/// The kernel of a convolution at its place.
template <Conv2dGeometry G, typename Stage, Pooling P>
using Conv2d = typename detail::ConvKernel<ConvPlan<G, Stage::In::height, Stage::In::width, Stage::V::count>::way,
                                           is_blocked<typename Stage::In>>::template type<G, Stage, P>;

}  // namespace CTCNN_DETAIL::kernels::prepared
