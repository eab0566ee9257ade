// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <ctcnn/core/random.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/dataset.hpp>

namespace CTCNN_API {

/// FoldOptions: how images are distributed.
struct FoldOptions {
    std::uint64_t seed = 0;
    bool shuffle = true;    ///< false: in the order of the data set
    bool stratify = false;  ///< true: each part has the same share of each class, up to one image
};

/// subset: a copy of the images with these indices, in this order, and of their labels.
/// Throws   std::out_of_range
/// As in    torch.utils.data.Subset
template <typename S, typename T, typename Label>
Dataset<S, T, Label> subset(const Dataset<S, T, Label>& data, std::span<const std::size_t> indices) {
    std::vector<Tensor<T, S>> images;
    std::vector<Label> labels;
    images.reserve(indices.size());
    labels.reserve(indices.size());
    for (const std::size_t index : indices) {
        images.push_back(data.image(index));
        labels.push_back(data.label(index));
    }
    return Dataset<S, T, Label>(std::move(images), std::move(labels));
}

/// class_counts: how many images each class has, up to the largest label.
template <typename Data>
std::vector<std::size_t> class_counts(const Data& data) {
    std::vector<std::size_t> counts;
    for (const auto label : data.labels()) {
        if (static_cast<std::size_t>(label) >= counts.size()) {
            counts.resize(static_cast<std::size_t>(label) + 1);
        }
        ++counts[static_cast<std::size_t>(label)];
    }
    return counts;
}

/// class_weights: the weight of each class that makes all classes count alike: images / (classes * images of the class);
/// 0 for a class without images, which is no class then.
/// As in    sklearn.utils.class_weight.compute_class_weight("balanced")
template <typename T = float, typename Data>
std::vector<T> class_weights(const Data& data) {
    const std::vector<std::size_t> counts = class_counts(data);
    const auto images = static_cast<double>(data.labels().size());
    const auto classes = static_cast<double>(counts.size()) - static_cast<double>(std::ranges::count(counts, 0u));
    std::vector<T> weights;
    for (const std::size_t count : counts) {
        weights.push_back(count == 0 ? T(0) : static_cast<T>(images / (classes * static_cast<double>(count))));
    }
    return weights;
}

}  // namespace CTCNN_API

namespace CTCNN_DETAIL {

/// The indices of all images, in an order of which any part in a row is a fair share: shuffled; with `stratify`, the
/// classes are spread evenly.
template <typename Data>
std::vector<std::size_t> fold_order(const Data& data, const FoldOptions& options) {
    std::vector<std::size_t> order(data.labels().size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (options.shuffle) {
        // The streams of a training's epochs begin at 1.
        shuffle(std::span(order), Philox(options.seed, std::uint64_t{1} << 62));
    }
    if (options.stratify) {
        // The k-th of n images of a class stands at (k + 1/2) / n of the order; of equal ones, the first.
        const std::vector<std::size_t> counts = class_counts(data);
        std::vector<std::size_t> seen(counts.size());
        std::vector<std::pair<double, std::size_t>> places;
        for (std::size_t n = 0; n < order.size(); ++n) {
            const auto label = static_cast<std::size_t>(data.labels()[order[n]]);
            const double k = static_cast<double>(seen[label]++) + 0.5;
            places.emplace_back(k / static_cast<double>(counts[label]), n);
        }
        std::ranges::sort(places);
        const std::vector<std::size_t> before = order;
        std::ranges::transform(places, order.begin(), [&before](const auto& place) { return before[place.second]; });
    }
    return order;
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// random_split: disjoint parts of a data set, of these shares of it, which add up to at most 1. Their sizes are rounded
/// so that shares that add up to 1 leave no image out.
///     auto [train, validation] = random_split(data, std::array{0.9, 0.1}, {.seed = 1, .stratify = true});
/// Throws   std::invalid_argument for shares that are no shares
/// As in    torch.utils.data.random_split
template <typename S, typename T, typename Label, std::size_t N>
std::array<Dataset<S, T, Label>, N> random_split(const Dataset<S, T, Label>& data, const std::array<double, N>& shares,
                                                 const FoldOptions& options = {}) {
    const std::vector<std::size_t> order = detail_::fold_order(data, options);
    std::array<Dataset<S, T, Label>, N> parts;
    double sum = 0;
    std::size_t begin = 0;
    for (std::size_t n = 0; n < N; ++n) {
        sum += shares[n];
        if (!(shares[n] >= 0 && sum <= 1 + 1e-9)) {
            throw std::invalid_argument(
                "random_split takes shares of the data set: each at least 0, together at most 1");
        }
        const auto end =
            std::min(order.size(), static_cast<std::size_t>(std::llround(sum * static_cast<double>(order.size()))));
        parts[n] = subset(data, std::span(order).subspan(begin, end - begin));
        begin = end;
    }
    return parts;
}

/// Fold: the images to train on, and those to validate with.
template <typename Data>
struct Fold {
    Data train;
    Data validation;
};

/// KFold: a data set divided into k parts, for k trainings: each image is once in a part to validate with.
///     const KFold folds(data, 5, {.seed = 1, .stratify = true});
///     for (std::size_t k = 0; k < folds.size(); ++k) {
///         const auto [train, validation] = folds[k];
/// The data set outlives it. folds[k] copies the images.
/// Throws   std::invalid_argument unless there are 2 parts or more, and an image for each
/// As in    sklearn.model_selection.KFold, StratifiedKFold
template <typename Data>
class KFold {
public:
    KFold(const Data& data, std::size_t folds, const FoldOptions& options = {})
        : data_(data), folds_(folds), order_(detail_::fold_order(data, options)) {
        if (folds < 2 || folds > order_.size()) {
            throw std::invalid_argument("KFold takes 2 parts or more, and at most as many as there are images");
        }
    }
    KFold(const Data&&, std::size_t, const FoldOptions& = {}) = delete;

    std::size_t size() const { return folds_; }

    /// The indices of the images of a part.
    std::span<const std::size_t> indices(std::size_t fold) const {
        const std::size_t begin = fold * order_.size() / folds_;
        return std::span(order_).subspan(begin, (fold + 1) * order_.size() / folds_ - begin);
    }

    Fold<Data> operator[](std::size_t fold) const {
        const std::span<const std::size_t> inside = indices(fold);
        const auto begin = order_.begin() + (inside.data() - order_.data());
        std::vector<std::size_t> outside(order_.begin(), begin);
        outside.insert(outside.end(), begin + static_cast<std::ptrdiff_t>(inside.size()), order_.end());
        return {subset(data_, std::span<const std::size_t>(outside)), subset(data_, inside)};
    }

private:
    const Data& data_;
    std::size_t folds_;
    std::vector<std::size_t> order_;
};

/// ClassBalanced: a data set of which fit and a Trainer take as many images in an epoch as it has, but of each class
/// equally many on average: for each place in the epoch a class is drawn, and then an image of it. The images of rare
/// classes come several times, each time augmented anew. The draws depend on the seed and the number of the epoch.
///     fit(net, augmented(balanced, RandomAffine{.degrees = 10}), Adam{});     with const ClassBalanced balanced(data);
/// As in    torch.utils.data.WeightedRandomSampler with the weight 1 / images of the class
template <typename Data>
class ClassBalanced {
public:
    explicit ClassBalanced(const Data& data) : data_(data) {
        const std::vector<std::size_t> counts = class_counts(data);
        std::vector<std::size_t> begins(counts.size());
        for (std::size_t k = 0; k < counts.size(); ++k) {
            if (counts[k] != 0) {
                classes_.push_back({by_class_.size(), counts[k]});
            }
            begins[k] = by_class_.size();
            by_class_.resize(by_class_.size() + counts[k]);
        }
        for (std::size_t n = 0; n < by_class_.size(); ++n) {
            by_class_[begins[static_cast<std::size_t>(data.labels()[n])]++] = static_cast<std::uint32_t>(n);
        }
    }
    explicit ClassBalanced(const Data&&) = delete;

    const Data& data() const { return data_; }

    /// The images of an epoch.
    void sample(std::uint64_t seed, std::uint64_t epoch, std::span<std::uint32_t> order) const {
        const Philox random(seed, epoch + 1);
        for (std::size_t n = 0; n < order.size(); ++n) {
            const Class drawn = classes_[random.below(2 * n, static_cast<std::uint32_t>(classes_.size()))];
            order[n] = by_class_[drawn.begin + random.below(2 * n + 1, static_cast<std::uint32_t>(drawn.count))];
        }
    }

private:
    struct Class {
        std::size_t begin;
        std::size_t count;
    };
    const Data& data_;
    std::vector<Class> classes_;
    std::vector<std::uint32_t> by_class_;  // the images of the first class, those of the second, ...
};

}  // namespace CTCNN_API
