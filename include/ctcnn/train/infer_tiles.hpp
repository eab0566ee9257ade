// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/run/apart_tiles.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/pack.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/train/stored_image.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// How many tiles a thread takes at once, if nothing else is said.
inline constexpr std::size_t tiles_at_once = 8;

/// Forward of many images, tile by tile: f(tile, first image, images present, outputs, scratch) is called for every
/// tile, on any thread; outputs is an array of V, one image in each lane, and scratch as many V for f. One thread takes
/// `at_once` tiles in a row, in their order.
template <AnyNetwork Net, Number V, typename Image, typename F>
void infer_tiles(const Net& net, std::span<const Image> images, std::size_t threads, const F& f,
                 std::size_t at_once = tiles_at_once) {
    using Plan = typename Net::template inference_plan_of<V>;
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t together = Plan::template tiles_together<V>;
    const std::size_t tiles = (images.size() + lanes - 1) / lanes;
    const std::size_t pieces = (tiles + at_once - 1) / at_once;
    const std::size_t team_size = std::max<std::size_t>(1, std::min(run::thread_count(threads), pieces));
    AlignedArray<run::InferenceWorkspace<Plan, V, together>> workspaces(team_size);
    constexpr std::size_t outputs = Net::output_shape::size;
    AlignedArray<V> scratch(team_size * outputs);
    // Numbers that are made of stored images.
    constexpr std::size_t decoded_size = StoredImage<Image> ? Net::input_shape::size : 0;
    AlignedArray<T> decoded(team_size * lanes * decoded_size);
    const T* parameters = net.parameters().data();
    AlignedArray<T> packed(Plan::template packed_numbers<V>);
    if constexpr (Plan::template packs<V>) {
        run::pack<Plan, V>(net.parameters().data(), packed.data(), false, run::one_by_one);
        parameters = packed.data();
    }
    const auto present_of = [&](std::size_t tile) { return std::min(lanes, images.size() - tile * lanes); };
    run::parallel(team_size, [&](run::Team& team) {
        auto& own = workspaces[team.member()];
        team.for_each(pieces, [&](std::size_t piece) {
            const std::size_t end = std::min(tiles, (piece + 1) * at_once);
            for (std::size_t first = piece * at_once; first < end; first += together) {
                const std::size_t here = std::min(together, end - first);
                for (std::size_t n = 0; n < here; ++n) {
                    std::array<const T*, lanes> sources{};
                    for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
                        const std::size_t image = (first + n) * lanes + std::min(lane, present_of(first + n) - 1);
                        sources[lane] = numbers_of<T>(images[image],
                                                      decoded.data() + (team.member() * lanes + lane) * decoded_size);
                    }
                    run::placed::infer_alone<Plan>(parameters, own, n, sources);
                }
                if constexpr (together == 1) {
                    run::placed::infer_together<Plan, V, 1>(parameters, own);
                } else if (here == together) {
                    run::placed::infer_together<Plan, V, together>(parameters, own);
                } else {
                    run::placed::infer_together<Plan, V, 1>(parameters, own);
                }
                for (std::size_t n = 0; n < here; ++n) {
                    f(first + n, (first + n) * lanes, present_of(first + n), own.output(n),
                      scratch.data() + team.member() * outputs);
                }
            }
        });
    });
}

/// The same with a network that answers one image at a time (model/prepare.hpp). The lanes are filled with images for f.
template <model::Infers Net, Number V, typename Image, typename F>
    requires(!AnyNetwork<Net>)
void infer_tiles(const Net& net, std::span<const Image> images, std::size_t threads, const F& f,
                 std::size_t at_once = tiles_at_once) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t outputs = Net::output_shape::size;
    const std::size_t tiles = (images.size() + lanes - 1) / lanes;
    const std::size_t pieces = (tiles + at_once - 1) / at_once;
    const std::size_t team_size = std::max<std::size_t>(1, std::min(run::thread_count(threads), pieces));
    std::vector<typename Net::workspace> workspaces(team_size);
    // Of each member: the outputs of a tile, and as much for f.
    AlignedArray<V> memory(team_size * 2 * outputs);
    constexpr std::size_t decoded_size = StoredImage<Image> ? Net::input_shape::size : 0;
    AlignedArray<T> decoded(team_size * decoded_size);
    run::parallel(team_size, [&](run::Team& team) {
        typename Net::workspace& own = workspaces[team.member()];
        V* of_tile = memory.data() + team.member() * 2 * outputs;
        team.for_each(pieces, [&](std::size_t piece) {
            for (std::size_t tile = piece * at_once; tile < std::min(tiles, (piece + 1) * at_once); ++tile) {
                const std::size_t present = std::min(lanes, images.size() - tile * lanes);
                for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
                    // The last image stands in the lanes behind it, too.
                    if (lane < present) {
                        const T* image =
                            numbers_of<T>(images[tile * lanes + lane], decoded.data() + team.member() * decoded_size);
                        const T* of_image = net.outputs(image, own);
                        for (std::size_t k = 0; k < outputs; ++k) {
                            set_lane(of_tile[k], lane, of_image[k]);
                        }
                    } else {
                        for (std::size_t k = 0; k < outputs; ++k) {
                            set_lane(of_tile[k], lane, get_lane(of_tile[k], lane - 1));
                        }
                    }
                }
                f(tile, tile * lanes, present, of_tile, of_tile + outputs);
            }
        });
    });
}

/// The class that each lane's outputs say: the index of the largest, ties go to the first; of a single output, 1 if it
/// is above the limit, else 0; no_class if one of them is NaN.
template <std::size_t Outputs, Number V>
std::array<std::size_t, lane_count<V>> classes_in_lanes(const V* outputs, scalar_t<V> limit) {
    static_assert(Outputs <= std::numeric_limits<integer_t<scalar_t<V>>>::max());
    typename V::IntegerVector best{};
    V largest = Outputs == 1 ? broadcast<V>(limit) : outputs[0];
    for (std::size_t k = Outputs == 1 ? 0 : 1; k < Outputs; ++k) {
        const auto index = static_cast<typename V::Integer>(Outputs == 1 ? 1 : k) - typename V::IntegerVector{};
        best = largest.vector < outputs[k].vector ? index : best;
        largest = larger(largest, outputs[k]);
    }
    std::array<std::size_t, lane_count<V>> result;
    for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
        result[lane] = math::is_nan(get_lane(largest, lane)) ? no_class : static_cast<std::size_t>(best[lane]);
    }
    return result;
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM
