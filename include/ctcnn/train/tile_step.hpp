// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/run/apart_tiles.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/run/sharing.hpp>
#include <ctcnn/train/round.hpp>
#include <ctcnn/train/step_memory.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// Puts the augmented images of a tile in the place of the images. They lie beside the tile in memory, behind what the
/// transforms need and before a place for a partner.
template <typename S, Number V, typename Loss, typename Image, typename Target>
[[gnu::noinline]] void augment_tile(const Round<V, Loss, Image, Target>& round, std::size_t tile, scalar_t<V>* beside,
                                    std::array<const scalar_t<V>*, lane_count<V>>& images) {
    using T = scalar_t<V>;
    const auto& batch = round.batch;
    T* const results = beside + Batch<Image, Target>::Augmentation::template scratch_size<S>;
    const auto augment = [&](std::size_t place, T* result) {
        batch.pipeline->template apply<S>(batch.images[batch.at(place)].data(), result, beside, round.randomness.seed,
                                          round.randomness.step, place);
    };
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        T* const result = results + std::min(lane, round.present(tile) - 1) * S::size;
        images[lane] = result;
        if (lane >= round.present(tile)) {
            continue;
        }
        augment(round.place(tile, lane), result);
        if constexpr (MixesImages<Batch<Image, Target>>) {
            const auto mix = round.mix(tile, lane);
            T* const partner = results + lane_count<V> * S::size;
            augment(mix.partner, partner);
            const T share = static_cast<T>(mix.share);
            for (std::size_t i = 0; i < S::size; ++i) {
                result[i] = share * result[i] + (1 - share) * partner[i];
            }
        }
    }
}

/// What a tile does alone, forward.
template <typename Plan, Number V, typename Loss, typename Image, typename Target>
constexpr void forward_tile(const Round<V, Loss, Image, Target>& round, std::size_t tile,
                            run::TileWorkspace<Plan, V>& workspace, StepMemory<Plan, V>& memory,
                            const run::SharingFor<Plan, V>& sharing) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    std::array<const T*, lanes> images{};
    if constexpr (requires { round.batch.pipeline; }) {
        if (sharing.crew.is_first()) {
            augment_tile<typename Image::shape>(round, tile, memory.beside(workspace), images);
        }
    } else {
        for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
            images[lane] = round.batch.images[round.at(tile, lane)].data();
        }
    }
    run::placed::forward_alone<Plan, 0>(round.parameters, workspace,
                                        run::Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)),
                                        memory.pass_of(round, tile, sharing));
}

/// The sum of the losses of a tile's images; leaves the gradient of its outputs. That of a padding lane, and of an
/// image that the loss ignores, is scaled by zero: if all images of a batch are ignored, the divisor is 0. Where images
/// are mixed, both are the means for the targets of image and partner.
template <typename Plan, Number V, typename Loss, typename Image, typename Target>
[[gnu::noinline]] constexpr double loss_of(const Round<V, Loss, Image, Target>& round, std::size_t tile,
                                           run::TileWorkspace<Plan, V>& workspace,
                                           [[maybe_unused]] StepMemory<Plan, V>& memory) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    using Targets = std::array<const Target*, lanes>;
    const std::size_t present = round.present(tile);
    const auto scale_of = [&](const Targets& targets) {
        const T each = T(1) / static_cast<T>(round.divisor);
        return lane_by_lane<V>([&](std::size_t lane) {
            const bool counts = lane < present && !detail_::ignores(round.loss, *targets[lane]);
            return counts ? each : T(0);
        });
    };
    const auto evaluate = [&](const Targets& targets, V scale, V* gradient) {
        return evaluate_loss<Plan::output_size>(round.loss, workspace.output(), targets, scale, gradient);
    };
    Targets targets{};
    for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
        targets[lane] = &round.batch.targets[round.at(tile, lane)];
    }
    V* const gradient = workspace.grad_output.data();
    V lane_losses{};
    if constexpr (MixesImages<Batch<Image, Target>>) {
        Targets partners{};
        V share{};
        for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
            const auto mix = round.mix(tile, lane);
            partners[lane] = &round.batch.targets[round.batch.at(mix.partner)];
            set_lane(share, lane, static_cast<T>(mix.share));
        }
        const V rest = broadcast<V>(T(1)) - share;
        V* const other = memory.mixed_gradient(workspace);
        lane_losses = share * evaluate(targets, share * scale_of(targets), gradient) +
                      rest * evaluate(partners, rest * scale_of(partners), other);
        for (std::size_t k = 0; k < Plan::output_size; ++k) {
            gradient[k] = gradient[k] + other[k];
        }
    } else {
        lane_losses = evaluate(targets, scale_of(targets), gradient);
    }
    double sum = 0;
    for (std::size_t lane = 0; lane < present; ++lane) {
        sum += static_cast<double>(get_lane(lane_losses, lane));
    }
    return sum;
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM
