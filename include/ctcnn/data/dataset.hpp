// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>

namespace ctcnn {

/// A data set was to be built from images and labels that are not equally many.
class UnequalCounts : public std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

}  // namespace ctcnn

namespace CTCNN_API {

/// Dataset: images of one shape, and the label of each. The n-th label belongs to the n-th image.
/// Refuses  UnequalCounts · std::out_of_range
template <typename S, typename T = float>
    requires is_shape<S>
class Dataset {
public:
    using shape = S;
    using value_type = T;
    using image_type = Tensor<T, S>;

    Dataset() = default;

    Dataset(std::vector<image_type> images, std::vector<std::uint8_t> labels)
        : images_(std::move(images)), labels_(std::move(labels)) {
        if (images_.size() != labels_.size()) {
            throw UnequalCounts("A data set needs one label for each image, but was given " +
                                std::to_string(images_.size()) + " images and " + std::to_string(labels_.size()) +
                                " labels.");
        }
    }

    std::size_t size() const noexcept { return labels_.size(); }
    bool empty() const noexcept { return labels_.empty(); }

    const image_type& image(std::size_t index) const {
        expect_image(index);
        return images_[index];
    }
    std::uint8_t label(std::size_t index) const {
        expect_image(index);
        return labels_[index];
    }

    std::span<const image_type> images() const noexcept { return images_; }
    std::span<const std::uint8_t> labels() const noexcept { return labels_; }

    /// A copy of the first images and their labels.
    Dataset first(std::size_t count) const { return subset(0, count); }

    /// A copy of some images in a row and their labels: subset(50000, 10000) sets aside the last images of 60000.
    Dataset subset(std::size_t begin, std::size_t count) const {
        if (begin > size() || count > size() - begin) {
            throw std::out_of_range("The data set holds " + std::to_string(size()) + " images; " +
                                    std::to_string(count) + " images from number " + std::to_string(begin) +
                                    " on are more than that.");
        }
        const auto images_part = images().subspan(begin, count);
        const auto labels_part = labels().subspan(begin, count);
        return Dataset({images_part.begin(), images_part.end()}, {labels_part.begin(), labels_part.end()});
    }

private:
    void expect_image(std::size_t index) const {
        if (index >= size()) {
            throw std::out_of_range("The data set holds " + std::to_string(size()) +
                                    " images, counted from 0; there is no number " + std::to_string(index) + ".");
        }
    }

    std::vector<image_type> images_;
    std::vector<std::uint8_t> labels_;
};

}  // namespace CTCNN_API
