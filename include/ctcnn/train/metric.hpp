// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/train/checks.hpp>

// A metric is a small type with what it has seen:
//     metric.update(outputs, target)   adds an image: a std::span<const T, Outputs> and a label or a tensor
//     metric.merge(other)              adds what a copy of it has seen of the images behind
//     metric.compute()                 the result
//     metric.reset()                   forgets what it has seen; may be left out by one that has seen nothing
// or a function of outputs and target, of which the mean over all images is the result.
namespace CTCNN_DETAIL::train {

template <typename Metric>
concept HasResult = requires(const Metric& metric) { metric.compute(); };

template <typename Metric, typename Net, typename Target>
concept MetricFor =
    requires(Metric metric, const Metric& other, std::span<const typename Net::scalar, Net::output_shape::size> outputs,
             const Target& target) {
        metric.update(outputs, target);
        metric.merge(other);
        other.compute();
    };

/// The mean of a function.
template <typename F>
class MeanOf {
public:
    explicit MeanOf(const F& f) : f_(f) {}

    void update(const auto& outputs, const auto& target)
        requires requires(const F& f) { static_cast<double>(f(outputs, target)); }
    {
        sum_ += static_cast<double>(f_(outputs, target));
        ++count_;
    }
    void merge(const MeanOf& other) {
        sum_ += other.sum_;
        count_ += other.count_;
    }
    double compute() const { return sum_ / static_cast<double>(count_); }

private:
    F f_;
    double sum_ = 0;
    std::size_t count_ = 0;
};

/// What a metric has seen is forgotten, if it can forget.
template <typename Metric>
constexpr void reset([[maybe_unused]] Metric& metric) {
    if constexpr (requires { metric.reset(); }) {
        metric.reset();
    }
}

/// Whether a metric has a use for targets that hold NaN, as one of a program's own may have.
template <typename Metric>
inline constexpr bool takes_nan = true;
/// Whether a metric has an optional threshold between yes and no, which the network sets where it is not given.
template <typename Metric>
inline constexpr bool has_threshold = false;

/// One of those may be refused for its settings, also for those without meaning for a network and a type of targets.
template <typename Net, typename Target, typename Metric>
constexpr void validate_metric([[maybe_unused]] const Metric& metric) {
    if constexpr (has_threshold<Metric>) {
        metric.validate();
        if constexpr (requires { metric.top_k; } && (!std::is_integral_v<Target> || Net::output_shape::size == 1)) {
            refuse_unless(metric.top_k == 1,
                          "Accuracy::top_k is not 1, but the targets are tensors or the network has one output: each "
                          "output is right or wrong there");
        }
    }
}

template <typename Metric>
using as_metric =
    std::conditional_t<HasResult<Metric>, Metric, MeanOf<std::decay_t<Metric>>>;  // of a function, its pointer

/// The type of the targets of a data set; void if it is none.
template <typename Data>
struct TargetIn {
    using type = void;
};
template <typename Data>
    requires requires(const Data& data) { train::targets_in(data).data(); }
struct TargetIn<Data> {
    using type = std::remove_cvref_t<decltype(*train::targets_in(std::declval<const Data&>()).data())>;
};

template <typename Net, typename Data, typename... Metrics>
inline constexpr bool are_metrics = sizeof...(Metrics) != 0 && (HasResult<Metrics> && ...);
template <typename Net, typename Data, typename... Metrics>
    requires(sizeof...(Metrics) != 0 && !(HasResult<Metrics> && ...) && !std::is_void_v<typename TargetIn<Data>::type>)
inline constexpr bool are_metrics<Net, Data, Metrics...> =
    ((HasResult<Metrics> || MetricFor<as_metric<Metrics>, Net, typename TargetIn<Data>::type>) && ...);
template <typename Net, typename Data, typename... Metrics>
concept AreMetrics = are_metrics<Net, Data, Metrics...>;

template <typename Net, typename... Arguments>
inline constexpr bool are_metric_arguments = false;
template <typename Net, typename Data, typename First, typename... Metrics>
inline constexpr bool are_metric_arguments<Net, Data, First, Metrics...> =
    AreMetrics<Net, Data, First, Metrics...> ||
    (std::is_convertible_v<First, std::size_t> && AreMetrics<Net, Data, Metrics...>);
/// The arguments of evaluate behind the network, with metrics.
template <typename Net, typename... Arguments>
concept MetricArguments = are_metric_arguments<Net, std::remove_cvref_t<Arguments>...>;

/// What metrics say of targets together, as a loss would: a label is left out if all of them ignore it, and there are
/// two for a network with one output.
template <bool TakesNan>
struct TargetsOfMetrics {
    static constexpr bool takes_nan = TakesNan;
    std::int64_t ignore_index = std::numeric_limits<std::int64_t>::min();

    static constexpr std::size_t label_count(std::size_t outputs) { return outputs == 1 ? 2 : outputs; }
};
template <typename First, typename... Metrics>
constexpr auto targets_of_metrics([[maybe_unused]] const First& first, [[maybe_unused]] const Metrics&... metrics) {
    using Result = TargetsOfMetrics<(takes_nan<First> && ... && takes_nan<Metrics>)>;
    if constexpr (requires { first.ignore_index + (0 + ... + metrics.ignore_index); }) {
        if (((metrics.ignore_index == first.ignore_index) && ...)) {
            return Result{first.ignore_index};
        }
    }
    return Result{};
}

}  // namespace CTCNN_DETAIL::train
