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
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/random.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_DETAIL {

[[noreturn, gnu::cold]] inline void refuse_class(std::string_view label) {
    throw std::invalid_argument(
        sentence({"Label ", label, " is no class: take out images that a loss ignores, and number classes from 0."}));
}

[[noreturn, gnu::cold]] inline void refuse_fold(std::size_t folds, std::size_t fold) {
    throw std::out_of_range(
        sentence({"There are ", decimal(folds), " folds, counted from 0; there is no number ", decimal(fold), "."}));
}

/// Indices sorted by numbers that they have, of which there are so many; those with the same number stay in order.
template <typename Index, typename NumberOf>
std::vector<Index> sorted_by(const NumberOf& number, std::vector<std::size_t> counts,
                             const std::vector<Index>& indices) {
    std::exclusive_scan(counts.begin(), counts.end(), counts.begin(), std::size_t{0});
    std::vector<Index> sorted(indices.size());
    for (const Index index : indices) {
        sorted[counts[static_cast<std::size_t>(number(index))]++] = index;
    }
    return sorted;
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// FoldOptions: how images are distributed.
struct FoldOptions {
    std::uint64_t seed = 0;
    bool shuffle = true;  ///< false: in the order of the data set
    /// true: each part has its share of each class, up to one image; unequal parts of random_split, up to one image for
    /// each part that there is
    bool stratify = false;
};

/// subset: a copy of the images with these indices, in this order, and of their targets.
/// Throws   std::out_of_range
/// As in    torch.utils.data.Subset
template <typename S, typename T, typename Target>
Dataset<S, T, Target> subset(const Dataset<S, T, Target>& data, std::span<const std::size_t> indices) {
    std::vector<Tensor<T, S>> images;
    std::vector<Target> targets;
    images.reserve(indices.size());
    targets.reserve(indices.size());
    for (const std::size_t index : indices) {
        images.push_back(data.image(index));
        targets.push_back(data.target(index));
    }
    return Dataset<S, T, Target>(std::move(images), std::move(targets));
}

/// class_counts: how many images each class has, up to the largest label. Each label is a class, also one that a loss
/// ignores, such as 255.
/// Throws   std::invalid_argument for labels below 0, or from 2^24 on
template <typename Data>
std::vector<std::size_t> class_counts(const Data& data) {
    std::vector<std::size_t> counts;
    for (const auto label : data.labels()) {
        const auto number = static_cast<std::uint64_t>(label);
        if (number >= std::uint64_t{1} << 24) {
            detail_::refuse_class(std::is_signed_v<decltype(label)>
                                      ? detail_::decimal_signed(static_cast<std::int64_t>(label))
                                      : detail_::decimal(number));
        }
        const auto index = static_cast<std::size_t>(number);
        if (index >= counts.size()) {
            counts.resize(index + 1);
        }
        ++counts[index];
    }
    return counts;
}

/// class_weights: the weight of each class that makes all classes count alike: images / (classes * images of the
/// class); 0 for a class without images, which is no class then.
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

/// The indices of all images, divided into parts of these sizes, which follow one another.
template <typename Data>
std::vector<std::size_t> divided(const Data& data, const std::vector<std::size_t>& sizes, const FoldOptions& options) {
    std::vector<std::size_t> order(data.images().size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (options.shuffle) {
        // The streams of a training's epochs begin at 1.
        shuffle(std::span(order), Philox(options.seed, std::uint64_t{1} << 62));
    }
    if (!options.stratify) {
        return order;
    }
    if constexpr (requires { data.labels(); }) {
        const auto& labels = data.labels();
        if (labels.size() != order.size()) {
            refuse_unequal(order.size(), labels.size(), true);
        }
        // Images in the order of their classes are dealt to the parts in turn: the k-th turn of a part of n images is
        // at (k + 1/2) / n. Parts of equal sizes take turns one after the other.
        std::vector<std::pair<double, std::size_t>> turns;
        for (std::size_t part = 0; part < sizes.size(); ++part) {
            for (std::size_t k = 0; k < sizes[part]; ++k) {
                turns.emplace_back((static_cast<double>(k) + 0.5) / static_cast<double>(sizes[part]), part);
            }
        }
        std::ranges::sort(turns);
        std::vector<std::size_t> part_of(order.size());
        auto turn = turns.begin();
        for (const std::size_t index :
             sorted_by([&](std::size_t n) { return labels[n]; }, ctcnn::class_counts(data), order)) {
            part_of[index] = turn++->second;
        }
        return sorted_by([&](std::size_t n) { return part_of[n]; }, sizes, order);
    } else {
        throw std::invalid_argument("stratify divides classes, and the targets of this data set are no labels");
    }
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// random_split: disjoint parts of a data set, of these shares of it, which add up to at most 1. Their sizes are
/// rounded so that shares that add up to 1 leave no image out.
///     auto [train, validation] = random_split(data, std::array{0.9, 0.1}, {.seed = 1, .stratify = true});
/// Throws   std::invalid_argument for shares that are no shares, and to stratify targets that are no classes
/// As in    torch.utils.data.random_split
template <typename S, typename T, typename Target, std::size_t N>
std::array<Dataset<S, T, Target>, N> random_split(const Dataset<S, T, Target>& data,
                                                  const std::array<double, N>& shares,
                                                  const FoldOptions& options = {}) {
    std::vector<std::size_t> sizes;
    double sum = 0;
    std::size_t end = 0;
    for (const double share : shares) {
        sum += share;
        if (!(share >= 0 && sum <= 1 + 1e-9)) {
            throw std::invalid_argument(
                "random_split takes shares of the data set: each at least 0, together at most 1");
        }
        const std::size_t begin = end;
        end = std::min(data.size(), static_cast<std::size_t>(std::llround(sum * static_cast<double>(data.size()))));
        sizes.push_back(end - begin);
    }
    sizes.push_back(data.size() - end);  // in no part
    const std::vector<std::size_t> order = detail_::divided(data, sizes, options);
    std::array<Dataset<S, T, Target>, N> parts;
    std::size_t begin = 0;
    for (std::size_t n = 0; n < N; ++n) {
        parts[n] = ctcnn::subset(data, std::span(order).subspan(begin, sizes[n]));
        begin += sizes[n];
    }
    return parts;
}
/// Other data sets are refused with one sentence.
template <typename Data, std::size_t N>
    requires(!requires(const Data& data, std::span<const std::size_t> indices) { ctcnn::subset(data, indices); })
std::array<Dataset<Shape<1>>, N> random_split(const Data&, const std::array<double, N>&, const FoldOptions& = {}) {
    static_assert(sizeof(Data) == 0,
                  "random_split copies parts of a Dataset, and this data set only refers to images, as ImagesAsTargets "
                  "and MappedNpy do: divide a Dataset, and refer to its parts");
    return {};
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
/// Throws   std::invalid_argument unless there are 2 parts or more, and an image for each, and to stratify targets that
///          are no classes; std::out_of_range for a part that is none
/// As in    sklearn.model_selection.KFold, StratifiedKFold
template <typename Data>
class KFold {
public:
    KFold(const Data& data, std::size_t folds, const FoldOptions& options = {})
        : data_(data), folds_(folds), order_(detail_::divided(data, sizes_of(data.images().size(), folds), options)) {}
    KFold(const Data&&, std::size_t, const FoldOptions& = {}) = delete;

    std::size_t size() const { return folds_; }

    /// The indices of the images of a part.
    std::span<const std::size_t> indices(std::size_t fold) const {
        if (fold >= folds_) {
            detail_::refuse_fold(folds_, fold);
        }
        // The first parts have one image more where the parts are not equal.
        const auto begin = [this](std::size_t n) {
            return n * (order_.size() / folds_) + std::min(n, order_.size() % folds_);
        };
        return std::span(order_).subspan(begin(fold), begin(fold + 1) - begin(fold));
    }

    Fold<Data> operator[](std::size_t fold) const {
        const std::span<const std::size_t> inside = indices(fold);
        constexpr bool has_parts = requires { ctcnn::subset(data_, inside); };
        static_assert(
            has_parts,
            "KFold copies parts of a Dataset, and this data set only refers to images, as ImagesAsTargets and "
            "MappedNpy do: divide a Dataset, and refer to its parts");
        if constexpr (!has_parts) {
            detail_::refuse_fold(folds_, fold);
        } else {
            const auto begin = order_.begin() + (inside.data() - order_.data());
            std::vector<std::size_t> outside(order_.begin(), begin);
            outside.insert(outside.end(), begin + static_cast<std::ptrdiff_t>(inside.size()), order_.end());
            return {ctcnn::subset(data_, std::span<const std::size_t>(outside)), ctcnn::subset(data_, inside)};
        }
    }

private:
    static std::vector<std::size_t> sizes_of(std::size_t images, std::size_t folds) {
        if (folds < 2 || folds > images) {
            throw std::invalid_argument("KFold takes 2 parts or more, and at most as many as there are images");
        }
        std::vector<std::size_t> sizes(folds, images / folds);
        std::fill_n(sizes.begin(), images % folds, images / folds + 1);
        return sizes;
    }

    const Data& data_;
    std::size_t folds_;
    std::vector<std::size_t> order_;
};
template <typename Data>
KFold(const Data&, std::size_t, const FoldOptions& = {}) -> KFold<Data>;

/// ClassBalanced: a data set of which fit and a Trainer take as many images in an epoch as it has, but of each class
/// equally many on average: for each place in the epoch a class is drawn, and then an image of it. The images of rare
/// classes come several times, each time augmented anew. The draws depend on the seed and the number of the epoch.
///     fit(net, augmented(balanced, RandomAffine{.degrees = 10}), Adam{});     with const ClassBalanced balanced(data);
/// Each label is a class, also one that a loss ignores, such as 255.
/// Throws   std::invalid_argument for labels below 0, or from 2^24 on
/// As in    torch.utils.data.WeightedRandomSampler with the weight 1 / images of the class
template <typename Data>
class ClassBalanced {
public:
    explicit ClassBalanced(const Data& data) : data_(data) {
        const std::vector<std::size_t> counts = ctcnn::class_counts(data);
        std::size_t begin = 0;
        for (const std::size_t count : counts) {
            if (count != 0) {
                classes_.push_back({begin, count});
            }
            begin += count;
        }
        const auto& labels = data.labels();
        std::vector<std::uint32_t> images(labels.size());
        std::iota(images.begin(), images.end(), std::uint32_t{0});
        by_class_ = detail_::sorted_by([&labels](std::size_t n) { return labels[n]; }, counts, images);
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
template <typename Data>
ClassBalanced(const Data&) -> ClassBalanced<Data>;

}  // namespace CTCNN_API
