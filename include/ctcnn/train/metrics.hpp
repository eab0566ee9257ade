// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/train/metric.hpp>

namespace CTCNN_DETAIL::train {

constexpr double quotient_or_zero(std::size_t a, std::size_t b) {
    return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

/// No output is above NaN.
constexpr void refuse_nan(const std::optional<double>& threshold, const char* sentence) {
    refuse_unless(!threshold || !math::is_nan(*threshold), sentence);
}

}  // namespace CTCNN_DETAIL::train

namespace CTCNN_API {

/// Accuracy: the part of the images that are classified correctly, 0 to 1. An image with an output that is NaN is not.
///   top_k: the label is one of so many largest outputs; of equal outputs, the first counts as larger. evaluate and
///   Validation refuse all but 1 where targets are tensors or there is one output.
///   ignore_index: images of this label do not count.
///   threshold: what an output is above that says yes; without it 0, or 1/2 where the network ends with Sigmoid or
///   Hardsigmoid.
/// Where targets are tensors, each of their elements is a yes or no: the part of all elements for which the output is
/// above the threshold exactly where the target is above 1/2, as for BCEWithLogitsLoss.
/// As in    torchmetrics.Accuracy
struct Accuracy {
    std::size_t top_k = 1;
    std::int64_t ignore_index = -100;
    std::optional<double> threshold = {};
    std::size_t right = 0;
    std::size_t count = 0;

    /// Throws   std::invalid_argument for a `top_k` of 0 and a `threshold` that is NaN
    constexpr void validate() const {
        detail_::refuse_unless(top_k != 0, "Accuracy::top_k is 0: choose 1 or more");
        detail_::train::refuse_nan(threshold, "Accuracy::threshold must be a number");
    }

    template <typename T, std::size_t N>
    constexpr void update(std::span<const T, N> outputs, std::integral auto label) {
        if (static_cast<std::int64_t>(label) == ignore_index) {
            return;
        }
        ++count;
        const std::size_t predicted =
            detail_::model::class_of<N>(outputs.data(), static_cast<T>(threshold.value_or(0)));
        const auto own = static_cast<std::size_t>(label);
        if (N == 1 || top_k == 1 || predicted == no_class) {
            right += predicted == own ? std::size_t{1} : 0;
            return;
        }
        std::size_t larger = 0;
        for (std::size_t k = 0; k < N; ++k) {
            larger += outputs[k] > outputs[own] || (k < own && !(outputs[k] < outputs[own])) ? std::size_t{1} : 0;
        }
        right += larger < top_k ? std::size_t{1} : 0;
    }
    template <typename T, std::size_t N, typename S>
    constexpr void update(std::span<const T, N> outputs, const Tensor<T, S>& target) {
        const T limit = static_cast<T>(threshold.value_or(0));
        for (std::size_t k = 0; k < N; ++k) {
            const bool is_right =
                !detail_::math::is_nan(outputs[k]) && (outputs[k] > limit) == (target.values[k] > T(0.5));
            right += is_right ? std::size_t{1} : 0;
        }
        count += N;
    }
    constexpr void reset() { right = count = 0; }
    constexpr void merge(const Accuracy& other) {
        right += other.right;
        count += other.count;
    }
    /// 0 where no image counts.
    constexpr double compute() const { return detail_::train::quotient_or_zero(right, count); }
};

/// MeanAbsoluteError: the mean of |output - target| over the images and over the elements of the output.
/// As in    torchmetrics.MeanAbsoluteError
struct MeanAbsoluteError {
    double sum = 0;
    std::size_t count = 0;

    template <typename T, std::size_t N, typename S>
    constexpr void update(std::span<const T, N> outputs, const Tensor<T, S>& target) {
        for (std::size_t k = 0; k < N; ++k) {
            const double difference = static_cast<double>(outputs[k]) - static_cast<double>(target.values[k]);
            sum += difference < 0 ? -difference : difference;
        }
        count += N;
    }
    constexpr void reset() {
        sum = 0;
        count = 0;
    }
    constexpr void merge(const MeanAbsoluteError& other) {
        sum += other.sum;
        count += other.count;
    }
    constexpr double compute() const { return sum / static_cast<double>(count); }
};

/// ConfusionMatrix: how many images of each class are taken for each class, and what follows from it for each class. A
/// network with one output has the classes 0 and 1. A matrix of another number of classes begins anew. An image with an
/// output that is NaN is taken for no class: it counts as an image of its own class only. Quotients of nothing are 0:
/// precision, recall and f1 of a class that no image has, and that none is taken for.
///   ignore_index: images of this label do not count.
///   threshold: of one output, as in Accuracy.
/// As in    torchmetrics.ConfusionMatrix; sklearn.metrics.classification_report(zero_division=0)
struct ConfusionMatrix {
    std::int64_t ignore_index = -100;
    std::optional<double> threshold = {};
    std::size_t classes = 0;
    std::vector<std::size_t> counts = {};  ///< a row of each class: taken for each class, and for none

    /// Throws   std::invalid_argument for a `threshold` that is NaN
    void validate() const { detail_::train::refuse_nan(threshold, "ConfusionMatrix::threshold must be a number"); }

    template <typename T, std::size_t N>
    void update(std::span<const T, N> outputs, std::integral auto label) {
        resize(N == 1 ? 2 : N);
        if (static_cast<std::int64_t>(label) == ignore_index) {
            return;
        }
        const std::size_t predicted =
            detail_::model::class_of<N>(outputs.data(), static_cast<T>(threshold.value_or(0)));
        ++counts[static_cast<std::size_t>(label) * (classes + 1) + (predicted == no_class ? classes : predicted)];
    }
    void reset() {
        for (std::size_t& count : counts) {
            count = 0;
        }
    }
    void merge(const ConfusionMatrix& other) {
        if (!other.counts.empty()) {
            resize(other.classes);
            for (std::size_t i = 0; i < counts.size(); ++i) {
                counts[i] += other.counts[i];
            }
        }
    }
    ConfusionMatrix compute() const { return *this; }

    /// How many images of class `actual` are taken for class `predicted`.
    std::size_t operator()(std::size_t actual, std::size_t predicted) const {
        return counts[actual * (classes + 1) + predicted];
    }
    /// How many images of a class there are, how many are taken for it, and how many of its own are taken for none.
    std::size_t support(std::size_t k) const {
        std::size_t sum = 0;
        for (std::size_t predicted = 0; predicted <= classes; ++predicted) {
            sum += (*this)(k, predicted);
        }
        return sum;
    }
    std::size_t predicted(std::size_t k) const {
        std::size_t sum = 0;
        for (std::size_t actual = 0; actual < classes; ++actual) {
            sum += (*this)(actual, k);
        }
        return sum;
    }
    std::size_t undefined(std::size_t k) const { return (*this)(k, classes); }

    /// Of the images that are taken for a class, the part that is right; of those of a class, the part that is found;
    /// and their harmonic mean.
    double precision(std::size_t k) const { return detail_::train::quotient_or_zero((*this)(k, k), predicted(k)); }
    double recall(std::size_t k) const { return detail_::train::quotient_or_zero((*this)(k, k), support(k)); }
    double f1(std::size_t k) const {
        return detail_::train::quotient_or_zero(2 * (*this)(k, k), predicted(k) + support(k));
    }
    /// The mean of f1 over the classes that some image has, or is taken for.
    double macro_f1() const {
        double sum = 0;
        std::size_t met = 0;
        for (std::size_t k = 0; k < classes; ++k) {
            sum += f1(k);
            met += support(k) + predicted(k) != 0 ? std::size_t{1} : 0;
        }
        return met == 0 ? 0 : sum / static_cast<double>(met);
    }
    double accuracy() const {
        std::size_t right = 0;
        std::size_t all = 0;
        for (std::size_t k = 0; k < classes; ++k) {
            right += (*this)(k, k);
            all += support(k);
        }
        return detail_::train::quotient_or_zero(right, all);
    }

private:
    void resize(std::size_t needed) {
        if (counts.size() != needed * (needed + 1)) {
            classes = needed;
            counts.assign(needed * (needed + 1), 0);
        }
    }
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train {

// A distance from NaN is none, and NaN is neither yes nor no.
template <>
inline constexpr bool has_threshold<Accuracy> = true;
template <>
inline constexpr bool has_threshold<ConfusionMatrix> = true;
template <>
inline constexpr bool takes_nan<Accuracy> = false;
template <>
inline constexpr bool takes_nan<MeanAbsoluteError> = false;

}  // namespace CTCNN_DETAIL::train
