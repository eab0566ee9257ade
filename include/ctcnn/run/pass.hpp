// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/sharing.hpp>

namespace CTCNN_API {

/// Randomness: what decides the random numbers of a training step, such as the masks of Dropout: they depend on the
/// seed, the number of the step, the layer's place in the network, the image's place in its batch and the element, and
/// on nothing else.
struct Randomness {
    std::uint64_t seed = 0;
    std::uint64_t step = 0;
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::run {

/// Draws: the random numbers of one layer for the images of a tile.
template <Number V>
class Draws {
public:
    /// Lane n has image `first` + n of the batch.
    constexpr Draws(Randomness randomness, std::size_t layer, std::size_t first)
        // Streams below 2^63 are those of initialisation and of the order of images.
        : random_(randomness.seed, std::uint64_t{1} << 63 | randomness.step << 16 | layer), first_(first) {}

    /// Calls f(n, bits), n from 0 to 3, with 32 random bits in each lane: those of the elements 4 * block + n.
    template <typename F>
    constexpr void block(std::size_t block, const F& f) const {
        std::array<std::array<std::uint32_t, lane_count<V>>, 4> bits{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const auto numbers = random_.block(std::uint64_t{first_ + lane} << 32 | block);
            for (std::size_t n = 0; n < 4; ++n) {
                bits[n][lane] = numbers[n];
            }
        }
        for (std::size_t n = 0; n < 4; ++n) {
            f(n, bits[n]);
        }
    }

private:
    Philox random_;
    std::size_t first_;
};

/// Pass: what the stages of a training step need to know of the batch, for one tile.
template <typename Plan, Number V>
struct Pass : SharingFor<Plan, V> {
    static constexpr bool trains = true;

    const scalar_t<V>* batch_statistics;  ///< of all stages that have them
    const scalar_t<V>* batch_sums;        ///< for their gradients
    V present;                            ///< 1, or 0 in a padding lane
    Randomness randomness;
    std::size_t first_image;  ///< of the batch
    std::size_t images;       ///< in the batch

    constexpr const scalar_t<V>* statistics(std::size_t k) const {
        return batch_statistics + Plan::statistics_offsets[k];
    }
    constexpr const scalar_t<V>* gradient_sums(std::size_t k) const { return batch_sums + Plan::statistics_offsets[k]; }
    /// The place of the layer among all layers decides, and not that of its stage, which depends on what is fused.
    constexpr Draws<V> random(std::size_t k) const { return {randomness, Plan::leaf_of(k), first_image}; }
};

}  // namespace CTCNN_DETAIL::run
