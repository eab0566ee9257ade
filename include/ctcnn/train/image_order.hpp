// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::train {

/// ImageOrder: the images of an epoch in the order in which they are trained, which depends on the seed and on the
/// number of the epoch alone.
class ImageOrder {
public:
    void shuffle_images() { sample_ = nullptr; }
    /// From now on a data set draws the images of an epoch.
    template <typename Data>
    void sample_images(const Data& dataset) {
        sampled_ = &dataset;
        sample_ = [](const void* data, std::uint64_t seed, std::uint64_t epoch, auto& order) {
            static_cast<const Data*>(data)->sample(seed, epoch, std::span<std::uint32_t>(order.data(), order.size()));
        };
    }

    void begin_epoch(std::size_t images, std::uint64_t seed, std::uint64_t epoch, bool shuffled) {
        if (order_.size() != images) {
            order_ = AlignedArray<std::uint32_t>(images);
        }
        for (std::size_t n = 0; n < images; ++n) {
            order_[n] = static_cast<std::uint32_t>(n);
        }
        if (sample_ != nullptr) {
            sample_(sampled_, seed, epoch, order_);
        } else if (shuffled) {
            // Stream 0 of a seed initializes parameters.
            detail_::permute(order_.data(), images, Philox(seed, epoch + 1));
        }
    }

    const std::uint32_t* data() const { return order_.data(); }

private:
    AlignedArray<std::uint32_t> order_{0};
    void (*sample_)(const void*, std::uint64_t, std::uint64_t, AlignedArray<std::uint32_t>&) = nullptr;
    const void* sampled_ = nullptr;
};

}  // namespace CTCNN_DETAIL::train
