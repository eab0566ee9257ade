// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/winograd_plan.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/winograd_piece.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// Winograd2dPlan: a convolution with a kernel of 3x3 that is filtered on both axes by F(m, 3), m = 2 or 4 on each. A
/// piece is m x m pixels of the output. At each of the points it is a product of matrices, (Co, Ci) and (Ci, pieces).
template <Conv2dGeometry G, typename In, typename Out, Number V>
struct Winograd2dPlan {
    static constexpr std::size_t lanes = lane_count<V>;
    static constexpr Extent kernel = G.window.kernel;
    static constexpr bool possible =
        kernel == Extent{3, 3} && G.window.stride == Extent{1, 1} && G.window.dilation == Extent{1, 1} &&
        G.groups == 1 && In::border.height >= G.window.padding.height && In::border.width >= G.window.padding.width;

    static constexpr Extent pieces_of(Extent m) {
        return {(Out::height + m.height - 1) / m.height, (Out::width + m.width - 1) / m.width};
    }
    /// Vectors of input channels, and how many of them are side by side in the gradient of the weights.
    static constexpr std::size_t vectors = (G.in_channels + lanes - 1) / lanes;
    static constexpr std::size_t panel = equal_portion(vectors, 4);

    /// What filtering pieces of so many outputs costs, in multiplications of a register block, as in WinogradPlan. An
    /// element at a point costs as much as 8, since it goes through the L2 cache, transposing it 4, and a weight 8
    /// (measured on ResNet-8). The lanes of the gradient of the weights are channels, and may not all be used.
    static constexpr std::size_t cost_of(Extent m, Direction direction) {
        const std::size_t points = (m.height + 2) * (m.width + 2);
        const std::size_t at_points = points * pieces_of(m).height * pieces_of(m).width;
        const std::size_t of_weights = points * 8 * vectors * G.out_channels;
        const std::size_t one_way =
            at_points * (G.in_channels * G.out_channels + 8 * (G.in_channels + G.out_channels)) + of_weights;
        const std::size_t of_gradients = at_points * 8 * G.out_channels;
        const std::size_t parameters = at_points * vectors * lanes * (G.out_channels + 12) + of_gradients + of_weights;
        switch (direction) {
            case Direction::backward_parameters:
                return parameters;
            case Direction::backward:
                return one_way + parameters - of_gradients;
            default:
                return one_way;
        }
    }
    /// F(m, 3) of both axes with the least cost.
    static constexpr Extent outputs = [] {
        Extent best{4, 4};
        for (const Extent other : {Extent{4, 2}, Extent{2, 4}, Extent{2, 2}}) {
            if (cost_of(other, Direction::backward) < cost_of(best, Direction::backward)) {
                best = other;
            }
        }
        return best;
    }();
    using Piece = winograd::Piece<outputs.height + 2, outputs.width + 2>;
    static constexpr Extent pieces = pieces_of(outputs);
    static constexpr std::size_t piece_count = pieces.height * pieces.width;
    static constexpr Extent seen{Out::height + 2, Out::width + 2};  // what the kernel sees of the input

    /// Whether it pays: a gain of 15 % over direct sums, and of 10 % over filtering rows.
    static constexpr bool pays(Direction direction) {
        using Rows = WinogradPlan<G, In, Out>;
        const std::size_t both = direction == Direction::backward ? 2 : 1;
        const std::size_t direct = both * G.weights() * Out::height * Out::width;
        if (!possible || 100 * direct <= 115 * cost_of(outputs, direction)) {
            return false;
        }
        return !Rows::pays || 100 * both * Rows::cost(Rows::count) > 110 * cost_of(outputs, direction);
    }

    /// How far what there is at a point lies from that at the point before: an odd multiple of four elements.
    static constexpr std::size_t apart(std::size_t elements) { return (elements + 3) / 8 * 8 + 4; }

    /// How many pieces go together: of some pieces, inputs and outputs at all points stay in the L2 cache, or nearly,
    /// where there are many channels: then it is a few, for which the weights come from further away.
    static constexpr std::size_t near_registers = 8 * 1024;
    static consteval std::size_t portion_of(std::size_t least) {
        const std::size_t most = std::max(least, near_registers / (Piece::count * (G.in_channels + G.out_channels)));
        for (std::size_t some = std::min(most, piece_count); 2 * some > most; --some) {
            if (piece_count % some == 0) {
                return some;
            }
        }
        return equal_portion(piece_count, most);
    }
    static constexpr std::size_t portion = portion_of(2);
    static constexpr std::size_t backward_portion = portion_of(4);

    /// The register block of a product with so many rows of sums; a power of two of them, which divide a vector of
    /// weights or are divided by it. Of equal ones that with most rows, whose weights lie side by side. One column
    /// would be as many loads as products.
    static consteval RegisterTile tile_of(std::size_t count, std::size_t width) {
        RegisterTile best{4, std::min<std::size_t>(width, 2)};
        std::size_t best_cost = 0;
        for (std::size_t rows = 4; rows <= 16; rows *= 2) {
            for (std::size_t columns = std::min<std::size_t>(width, 2); columns <= std::min<std::size_t>(width, 6);
                 ++columns) {
                const std::size_t cost = (width + columns - 1) / columns * half_cycles(count, columns, {rows, columns});
                const bool held = rows * columns + std::min(rows, columns) + 1 <= vector_registers;
                if (held && (best_cost == 0 || cost <= best_cost)) {
                    best = {rows, columns};
                    best_cost = cost;
                }
            }
        }
        return best;
    }
    static constexpr RegisterTile forward_tile = tile_of(G.out_channels, portion);
    static constexpr RegisterTile backward_tile = tile_of(G.in_channels, backward_portion);
    static constexpr std::size_t weight_rows = choose_rows(G.out_channels, panel);

    // From point to point: weights, and elements V.
    static constexpr std::size_t weight_step = apart((G.out_channels * G.in_channels + lanes - 1) / lanes) * lanes;
    static constexpr std::size_t input_step = apart(G.in_channels * portion);
    static constexpr std::size_t output_step = apart(G.out_channels * portion);
    static constexpr std::size_t grad_output_step = apart(G.out_channels * backward_portion);
    static constexpr std::size_t grad_input_step = apart(G.in_channels * backward_portion);
    static constexpr std::size_t grad_weight_step = apart(G.out_channels * vectors);
    static constexpr std::size_t channel_step = apart(lanes);
    static constexpr std::size_t panel_step = apart(backward_portion * lanes * panel);

    // Sizes of the parts of the scratch memory.
    static constexpr std::size_t weights = Piece::count * weight_step / lanes;
    static constexpr std::size_t beside_row = 2 * Piece::rows;  // what a piece leaves to the next one in its row
    static constexpr std::size_t below_row = 2 * (pieces.width * outputs.width + 2);  // and a row to the next row
    static constexpr std::size_t forward_size = weights + Piece::count * (input_step + output_step);
    static constexpr std::size_t backward_size =
        weights +
        Piece::count * (grad_output_step + grad_weight_step + std::max(grad_input_step, panel_step + channel_step)) +
        G.in_channels * (beside_row + below_row);
    static constexpr std::size_t size = std::max(forward_size, backward_size);
};

}  // namespace CTCNN_DETAIL::kernels::conv2d
