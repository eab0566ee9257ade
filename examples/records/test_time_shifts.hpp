// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ctcnn/data/transforms.hpp>
#include <ctcnn/training.hpp>

namespace records {

using Pictures = ctcnn::Dataset<ctcnn::Shape<1, 28, 28>>;
inline constexpr std::size_t class_count = 10;
using Probabilities = std::array<float, class_count>;

/// Softmaxes: a metric that keeps the probabilities of the classes for each image, in the order of the images.
class Softmaxes {
public:
    void update(std::span<const float, class_count> outputs, std::uint8_t) {
        Probabilities image;
        const float largest = *std::ranges::max_element(outputs);
        float sum = 0;
        for (std::size_t k = 0; k < class_count; ++k) {
            sum += image[k] = std::exp(outputs[k] - largest);
        }
        for (float& probability : image) {
            probability /= sum;
        }
        images_.push_back(image);
    }
    void merge(const Softmaxes& behind) { images_.insert(images_.end(), behind.images_.begin(), behind.images_.end()); }
    std::vector<Probabilities> compute() const { return images_; }

private:
    std::vector<Probabilities> images_;
};

/// The part of the images that is classified correctly by the mean of softmax over five views of each: as it is, and
/// shifted by a pixel to each side; with `mirrored` also the mirror images of these.
template <ctcnn::AnyNetwork Net>
double accuracy_with_shifts(const Net& net, const Pictures& pictures, bool mirrored, std::size_t threads = 0) {
    using namespace ctcnn;
    std::vector<Probabilities> sums(pictures.size());
    const auto add = [&](const Pictures& view) {
        const std::vector<Probabilities> views = evaluate(net, view, threads, Softmaxes{});
        for (std::size_t n = 0; n < sums.size(); ++n) {
            std::ranges::transform(sums[n], views[n], sums[n].begin(), std::plus{});
        }
    };
    constexpr std::array<std::array<double, 2>, 5> shifts{{{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}}};
    for (const auto& shift : shifts) {
        add(transformed(pictures, Affine{.translate = shift}));
        if (mirrored) {
            add(transformed(pictures, Affine{.translate = shift}, RandomHorizontalFlip{.p = 1}));
        }
    }
    std::size_t right = 0;
    for (std::size_t n = 0; n < sums.size(); ++n) {
        const auto best = std::ranges::max_element(sums[n]) - sums[n].begin();
        right += best == pictures.label(n) ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(pictures.size());
}

}  // namespace records
