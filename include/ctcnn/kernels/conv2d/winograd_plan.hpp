// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/transposed.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/winograd.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// WinogradPlan: a convolution whose rows are filtered by F(m, kernel width). A piece is m columns of the output. At
/// each of the points it is a convolution along the rows with the columns of the kernel, (Ci, 1, Hi) -> (Co, 1, Ho)
/// with a kernel of 1 x Kh, for which the usual kernels serve. (The usual word for a piece is tile; here a tile is one
/// of images, or of registers.)
template <Conv2dGeometry G, typename InLayout, typename OutLayout>
struct WinogradPlan {
    using In = InLayout;
    using Out = OutLayout;
    static constexpr Conv2dGeometry geometry = G;
    static constexpr Extent kernel = G.window.kernel;
    static constexpr std::size_t rows = Out::height + kernel.height - 1;  // of the input, as far as the kernel sees it
    static constexpr std::size_t columns = Out::width + kernel.width - 1;

    static constexpr Window window{{1, kernel.height}, {1, 1}, {0, 0}, {1, 1}};
    static constexpr Conv2dGeometry at_point{G.in_channels, G.out_channels, G.groups, window};
    template <std::size_t Pieces>
    using Input = Layout<G.in_channels, Pieces, rows>;
    template <std::size_t Pieces>
    using Output = Layout<G.out_channels, Pieces, Out::height>;

    static constexpr bool possible = G.window.stride == Extent{1, 1} && G.window.dilation == Extent{1, 1} &&
                                     kernel.width >= 2 && kernel.width < winograd::most_points &&
                                     In::border.height >= G.window.padding.height &&
                                     In::border.width >= G.window.padding.width;

    /// What there is to compute at each point, Pieces pieces at a time.
    template <std::size_t Pieces, Number V>
    using Stage = ConvStage<at_point, detail_::Stage<Input<Pieces>, Output<Pieces>, NoFunction, V>>;

    /// How many columns of the output a piece has, if there are n points, and how many pieces that makes.
    static constexpr std::size_t outputs_of(std::size_t n) { return winograd::outputs_of(n, kernel.width); }
    static constexpr std::size_t pieces_of(std::size_t n) { return (Out::width + outputs_of(n) - 1) / outputs_of(n); }
    /// How many points the last of several pieces needs, which may have fewer columns: the first ones of the n.
    static constexpr std::size_t last_points_of(std::size_t n) {
        const std::size_t left = Out::width - (pieces_of(n) - 1) * outputs_of(n);
        return pieces_of(n) == 1 ? n : (std::max<std::size_t>(left, 2) + kernel.width) / 2 * 2;
    }

    /// What filtering costs with n points, in multiplications of a register tile. A number at a point costs as much as
    /// 8, since it goes through the L2 cache, and a row of the kernel as much as 2 (measured on LeNet).
    static constexpr std::size_t cost(std::size_t n) {
        const std::size_t multiplications = at_point.weights() * Out::height;
        const std::size_t transformed = G.in_channels * rows + G.out_channels * Out::height;
        const std::size_t at_points = (pieces_of(n) - 1) * n + last_points_of(n);
        return at_points * (multiplications + 8 * transformed) + n * 2 * at_point.weights();
    }
    static constexpr std::size_t count = winograd::cheapest_points(kernel.width, [](std::size_t n) { return cost(n); });
    using Points = winograd::Points<count>;
    using LastPoints = winograd::Points<last_points_of(count)>;
    static constexpr std::size_t outputs = outputs_of(count);
    static constexpr std::size_t pieces = pieces_of(count);
    /// The first column of the last piece that has these points.
    template <typename P>
    static constexpr std::size_t last_begin =
        (pieces - (std::is_same_v<P, LastPoints> || pieces == 1 ? 1 : 2)) * outputs;
    static constexpr std::size_t shared = kernel.width - 1;  // columns of the input that two pieces have in common

    /// Whether it pays; a gain of less than 15 % would be none on another machine.
    static constexpr bool pays = possible && 100 * G.weights() * Out::height * Out::width > 115 * cost(count);

    /// How far what there is of some pieces at a point lies from that at the point before: an odd multiple of four
    /// numbers, so that the points do not share a few sets of the L1 cache.
    static constexpr std::size_t apart(std::size_t numbers) { return (numbers + 3) / 8 * 8 + 4; }
    template <std::size_t Pieces>
    static constexpr std::size_t input_step = apart(Input<Pieces>::size);
    template <std::size_t Pieces>
    static constexpr std::size_t output_step = apart(Output<Pieces>::size);
    template <std::size_t Pieces>
    static constexpr std::size_t numbers = count * (input_step<Pieces> + output_step<Pieces>);

    /// Forward takes one piece after the other, so that what is written is read again while it is in the L2 cache.
    /// Backward takes equal portions of pieces that stay there, since each costs a sum over the lanes for every weight:
    /// 8 K registers are a quarter of the cache or a half.
    static constexpr std::size_t near_registers = 8 * 1024;
    static constexpr std::size_t portion = equal_portion(pieces, std::max<std::size_t>(1, near_registers / numbers<1>));

    /// The weights at a point, scalars in as many numbers V as they fill.
    template <Number V>
    static constexpr std::size_t weight_numbers = (at_point.weights() + lane_count<V> - 1) / lane_count<V>;

    /// Whether the gradients of the weights at a point are computed with lanes along the channels.
    template <Number V>
    static constexpr bool transposes = kernel.height >= 2 && G.groups == 1 && TransposedPlan<Stage<portion, V>>::pays;

    /// The scratch memory, in numbers V: weights and their gradients at the points, inputs and outputs there, what two
    /// portions share, transposed inputs.
    template <Number V>
    static constexpr std::size_t scratch_numbers =
        2 * count * weight_numbers<V> + numbers<portion> + shared * Input<1>::size + [] {
            if constexpr (transposes<V>) {
                return TransposedPlan<Stage<portion, V>>::size;
            } else {
                return std::size_t{0};
            }
        }();
};

}  // namespace CTCNN_DETAIL::kernels::conv2d
