// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/run/pass.hpp>
#include <ctcnn/train/stored_image.hpp>

namespace CTCNN_DETAIL::train {

/// Batch: the images of one step; order[n] says which image is the n-th, null means they are taken as they lie.
template <typename Image, typename Target>
struct Batch {
    const Image* images;
    const Target* targets;
    const std::uint32_t* order;
    std::size_t count;

    constexpr std::size_t at(std::size_t n) const { return order == nullptr ? n : order[n]; }
};

/// AugmentedImages: images that go through a pipeline (data/augment.hpp) when they are gathered, each time anew.
template <typename Image, typename Pipeline>
struct AugmentedImages : std::span<const Image> {
    using shape = typename Image::shape;
    const Pipeline* pipeline;
};
template <typename Image, typename Pipeline, typename Target>
struct Batch<AugmentedImages<Image, Pipeline>, Target> : Batch<Image, Target> {
    using Augmentation = Pipeline;
    const Pipeline* pipeline;
};

/// Images as steps read them: what is stored in another form goes through its decoder.
template <typename Images>
constexpr auto as_read(const Images& images) {
    using Image = typename Images::value_type;
    if constexpr (StoredImage<Image> && !requires { images.pipeline; }) {
        return AugmentedImages<Image, typename Image::Decoder>{images, &decoder<typename Image::Decoder>};
    } else {
        return images;
    }
}

/// The batch of so many images, in an order, or as they lie.
template <typename Images, typename Target>
constexpr auto batch_of(const Images& images, const Target* targets, const std::uint32_t* order, std::size_t count) {
    const Batch<typename Images::value_type, Target> batch{images.data(), targets, order, count};
    if constexpr (requires { images.pipeline; }) {
        return Batch<Images, Target>{batch, images.pipeline};
    } else {
        return batch;
    }
}

/// Whether the images of a batch are mixed with one another.
template <typename Batch>
concept MixesImages = requires { requires Batch::Augmentation::mixes; };

/// What the mean loss of a batch divides by: the number of images or, where a loss weighs labels, the sum of their
/// weights. Each thread adds them in the same order.
template <typename Loss, typename Image, typename Target>
constexpr double divisor_of(const Loss& loss, const Batch<Image, Target>& batch,
                            [[maybe_unused]] Randomness randomness) {
    double sum = 0;
    for (std::size_t n = 0; n < batch.count; ++n) {
        const double own = detail_::target_weight(loss, batch.targets[batch.at(n)]);
        if constexpr (MixesImages<Batch<Image, Target>>) {
            const auto mix = batch.pipeline->mix(randomness.seed, randomness.step, n, batch.count);
            sum +=
                mix.share * own + (1 - mix.share) * detail_::target_weight(loss, batch.targets[batch.at(mix.partner)]);
        } else {
            sum += own;
        }
    }
    return sum;
}

/// A batch is processed in rounds of at most so many images, so that memory does not grow with the batch.
inline constexpr std::size_t round_images = 256;

/// How many groups a round's tiles are divided into. Each group's gradient is summed for itself, and the groups' sums
/// are added in order: this, and not the number of threads, fixes the bits of the result. So many threads can be busy
/// at most.
inline constexpr std::size_t largest_group_count = 16;

template <Number V>
constexpr std::size_t tile_count(std::size_t images) {
    return (images + lane_count<V> - 1) / lane_count<V>;
}
template <Number V>
constexpr std::size_t group_count(std::size_t images) {
    return std::min(tile_count<V>(images), largest_group_count);
}

/// Round: some images of a batch, from image `first` on, cut into tiles.
template <Number V, typename Loss, typename Image, typename Target>
struct Round {
    static constexpr std::size_t lanes = lane_count<V>;

    const scalar_t<V>* parameters;
    const Loss& loss;
    const Batch<Image, Target>& batch;
    double divisor;  // of the sum of the losses
    std::size_t first;
    std::size_t count;
    Randomness randomness;

    /// How many images a tile has; its other lanes are padding.
    constexpr std::size_t present(std::size_t tile) const { return std::min(lanes, count - tile * lanes); }
    /// The place in the batch of a lane's image; a padding lane has the tile's last image.
    constexpr std::size_t place(std::size_t tile, std::size_t lane) const {
        return first + tile * lanes + std::min(lane, present(tile) - 1);
    }
    /// Which image is in a lane.
    constexpr std::size_t at(std::size_t tile, std::size_t lane) const { return batch.at(place(tile, lane)); }
    /// What the image in a lane is mixed with.
    auto mix(std::size_t tile, std::size_t lane) const {
        return batch.pipeline->mix(randomness.seed, randomness.step, place(tile, lane), batch.count);
    }
};

}  // namespace CTCNN_DETAIL::train
