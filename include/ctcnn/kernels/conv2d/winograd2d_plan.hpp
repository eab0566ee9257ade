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
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/winograd_piece.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// Winograd2dPlan: a convolution with a kernel of 3x3 that is filtered on both axes by F(m, 3), m = 2 or 4 on each. A
/// piece is m x m pixels of the output. At each of the points it is a product of matrices, (Co, Ci) and (Ci, pieces).
template <Conv2dGeometry G, typename In, typename Out, Number V>
struct Winograd2dPlan {
    static constexpr std::size_t lanes = lane_count<V>;
    static constexpr Extent kernel = G.window.kernel;
    static constexpr bool possible = kernel == Extent{3, 3} && G.window.stride == Extent{1, 1} &&
                                     G.window.dilation == Extent{1, 1} && G.groups == 1 &&
                                     In::border.height >= G.window.padding.height &&
                                     In::border.width >= G.window.padding.width;

    static constexpr Extent outputs{4, 4};  // of a piece
    using Piece = winograd::Piece<outputs.height + 2, outputs.width + 2>;
    static constexpr Extent pieces{(Out::height + outputs.height - 1) / outputs.height,
                                   (Out::width + outputs.width - 1) / outputs.width};
    static constexpr std::size_t piece_count = pieces.height * pieces.width;
    static constexpr Extent seen{Out::height + 2, Out::width + 2};  // what the kernel sees of the input

    /// Vectors of input channels, and how many of them are side by side in the gradient of the weights.
    static constexpr std::size_t vectors = (G.in_channels + lanes - 1) / lanes;
    static constexpr std::size_t panel = equal_portion(vectors, 4);

    static constexpr bool pays = possible && G.in_channels >= 8 && G.out_channels >= 8;

    /// How far what there is at a point lies from that at the point before: an odd multiple of four elements.
    static constexpr std::size_t apart(std::size_t elements) { return (elements + 3) / 8 * 8 + 4; }

    /// Inputs and outputs of some pieces at all points stay in the L2 cache.
    static constexpr std::size_t near_registers = CTCNN_NEAR * 1024;
    static consteval std::size_t portion_of(std::size_t channels) {
        return equal_portion(piece_count,
                             std::max<std::size_t>(CTCNN_LEAST, near_registers / (Piece::count * channels)));
    }
    static constexpr std::size_t portion = portion_of(G.in_channels + G.out_channels);
    static constexpr std::size_t backward_portion = equal_portion(piece_count, std::max<std::size_t>(CTCNN_LEASTB, CTCNN_NEARB * 1024 / (Piece::count * (G.in_channels + G.out_channels))));

    /// The register block of a product with so many rows of sums; of the rows, blocks of one vector or of a part of it.
    static consteval RegisterTile tile_of(std::size_t count, std::size_t pieces_at_once) {
        RegisterTile best{4, 1};
        std::size_t best_cost = 0;
        for (std::size_t rows = 4; rows <= 16; rows *= 2) {
            for (std::size_t columns = 1; columns <= std::min<std::size_t>(pieces_at_once, 6); ++columns) {
                const std::size_t cost = (pieces_at_once + columns - 1) / columns *
                                         half_cycles(count, columns, {rows, columns});
                const bool held = rows * columns + std::min(rows, columns) + 1 <= vector_registers;
                const bool loads_less =
                    (rows + columns) * best.rows * best.columns < (best.rows + best.columns) * rows * columns;
                if (held && (best_cost == 0 || cost < best_cost || (cost == best_cost && loads_less))) {
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
    static constexpr std::size_t weight_step =
        apart((G.out_channels * G.in_channels + lanes - 1) / lanes) * lanes;
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
        weights + Piece::count * (grad_output_step + grad_weight_step + std::max(grad_input_step, panel_step + channel_step)) +
        G.in_channels * (beside_row + below_row);
    static constexpr std::size_t size = std::max(forward_size, backward_size);
};

}  // namespace CTCNN_DETAIL::kernels::conv2d
