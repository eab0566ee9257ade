// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/infer_tiles.hpp>
#include <ctcnn/train/metric.hpp>

namespace CTCNN_API {

/// The mean loss over a data set, and the part of its images that are classified correctly, 0 to 1. A single output
/// says 1 above 0, or above 1/2 where the network ends with Sigmoid or Hardsigmoid, else 0. Images whose label the loss
/// ignores do not count; where there are no others, loss and accuracy are NaN. Where targets are tensors, there is no
/// accuracy.
struct Evaluation {
    double loss;
    double accuracy;            ///< NaN where targets are tensors
    std::size_t undefined = 0;  ///< how many images that count have an output that is NaN: they count as wrong
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

template <typename Net, typename Target, typename Image, typename Loss>
Evaluation evaluate_on(const Net& net, const View<Net, Target, Image>& data, std::size_t threads, const Loss& loss) {
    using V = Lanes<typename Net::scalar>;
    constexpr std::size_t outputs = Net::output_shape::size;
    constexpr bool labelled = std::integral<Target>;
    const auto images = data.images;
    const auto all_targets = data.targets;
    validate_loss<Net>(loss);
    const std::size_t tiles = (images.size() + lane_count<V> - 1) / lane_count<V>;
    // Of each tile: the sum of the losses, the sum of the weights of the targets, and how many images are right,
    // undefined or ignored.
    constexpr std::size_t columns = 5;
    AlignedArray<double> results(tiles * columns);
    infer_tiles<Net, V>(net, images, threads,
                        [&](std::size_t tile, std::size_t first, std::size_t present, const V* logits, V* gradient) {
                            std::array<const Target*, lane_count<V>> targets{};
                            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                                targets[lane] = &all_targets[first + std::min(lane, present - 1)];
                            }
                            const V lane_losses = evaluate_loss<outputs>(loss, logits, targets, V{}, gradient);
                            const auto answers = classes_in_lanes<outputs>(logits, model::threshold<Net>);
                            double* result = results.data() + tile * columns;
                            for (std::size_t lane = 0; lane < present; ++lane) {
                                const Target& target = *targets[lane];
                                result[0] += static_cast<double>(get_lane(lane_losses, lane));
                                result[1] += detail_::target_weight(loss, target);
                                const bool ignored = detail_::ignores(loss, target);
                                if constexpr (labelled) {
                                    result[2] += !ignored && answers[lane] == static_cast<std::size_t>(target) ? 1 : 0;
                                }
                                result[3] += !ignored && answers[lane] == no_class ? 1 : 0;
                                result[4] += ignored ? 1 : 0;
                            }
                        });
    double sums[columns] = {};
    for (std::size_t i = 0; i < tiles * columns; ++i) {
        sums[i % columns] += results[i];
    }
    const double accuracy = sums[2] / (static_cast<double>(images.size()) - sums[4]);
    return {sums[0] / sums[1], labelled ? accuracy : math::detail::quiet_nan<double>,
            static_cast<std::size_t>(sums[3])};
}

/// The groups of tiles of which each has its own copy of a metric: they are merged in their order, and so many threads
/// can be busy at most.
inline constexpr std::size_t metric_groups = 32;

/// One of the library's metrics of yes or no, with the limit between them, unless it has one of its own.
template <typename Net, typename Target, typename Metric>
Metric with_threshold(Metric metric) {
    train::validate_metric<Net, Target>(metric);
    if constexpr (has_threshold<Metric>) {
        metric.threshold = metric.threshold.value_or(static_cast<double>(model::threshold<Net>));
    }
    return metric;
}

template <typename Net, typename Target, typename Image, typename... Metrics>
auto measure(const Net& net, const View<Net, Target, Image>& data, std::size_t threads, const Metrics&... metrics) {
    using T = typename Net::scalar;
    using V = Lanes<T>;
    constexpr std::size_t outputs = Net::output_shape::size;
    const std::size_t tiles = (data.images.size() + lane_count<V> - 1) / lane_count<V>;
    const std::size_t at_once = std::max(tiles_at_once, (tiles + metric_groups - 1) / metric_groups);
    using All = std::tuple<Metrics...>;
    std::vector<All> groups((tiles + at_once - 1) / at_once, All(with_threshold<Net, Target>(metrics)...));
    // What the metrics have seen before counts once.
    for (std::size_t group = 1; group < groups.size(); ++group) {
        std::apply([](auto&... metric) { (train::reset(metric), ...); }, groups[group]);
    }
    AlignedArray<T> images(groups.size() * outputs);
    infer_tiles<Net, V>(
        net, data.images, threads,
        [&](std::size_t tile, std::size_t first, std::size_t present, const V* lanes, V*) {
            T* image = images.data() + tile / at_once * outputs;
            for (std::size_t lane = 0; lane < present; ++lane) {
                for (std::size_t k = 0; k < outputs; ++k) {
                    image[k] = get_lane(lanes[k], lane);
                }
                std::apply(
                    [&](auto&... metric) {
                        (metric.update(std::span<const T, outputs>(image, outputs), data.targets[first + lane]), ...);
                    },
                    groups[tile / at_once]);
            }
        },
        at_once);
    All& result = groups.front();
    for (std::size_t group = 1; group < groups.size(); ++group) {
        [&]<std::size_t... M>(std::index_sequence<M...>) {
            (std::get<M>(result).merge(std::get<M>(groups[group])), ...);
        }(std::index_sequence_for<Metrics...>{});
    }
    if constexpr (sizeof...(Metrics) == 1) {
        return std::get<0>(result).compute();
    } else {
        return std::apply([](const auto&... metric) { return std::tuple(metric.compute()...); }, result);
    }
}

template <typename Net, typename Data, typename... Metrics>
auto checked_measure(const Net& net, const Data& dataset, std::size_t threads, const Metrics&... metrics) {
    const auto data = view_of<Net>(dataset, train::targets_of_metrics(metrics...));
    using Target = typename decltype(data.targets)::value_type;
    constexpr bool right = (MetricFor<as_metric<Metrics>, Net, Target> && ...);
    static_assert(right,
                  "a metric does not take the targets of this data set: Accuracy takes labels and tensors, "
                  "ConfusionMatrix labels, MeanAbsoluteError tensors; one of your own has update(outputs, target), "
                  "merge(other) and compute(), or is a function of outputs and target that returns a number");
    if constexpr (right) {
        return train::measure(net, data, threads, as_metric<Metrics>(metrics)...);
    }
}

template <typename Net, typename Data, typename... Settings>
inline constexpr bool is_evaluation = sizeof...(Settings) == 0;
template <typename Net, typename Data, typename Threads>
inline constexpr bool is_evaluation<Net, Data, Threads> = std::is_convertible_v<Threads, std::size_t>;
template <typename Net, typename Data, typename Threads, typename Loss>
inline constexpr bool is_evaluation<Net, Data, Threads, Loss> = std::is_convertible_v<Threads, std::size_t>;
/// The arguments of evaluate behind the network.
template <typename Net, typename... Arguments>
concept EvaluateArguments = sizeof...(Arguments) != 0 && is_evaluation<Net, Arguments...>;

template <typename Net, typename Image>
std::vector<std::size_t> predict_images(const Net& net, std::span<const Image> images, std::size_t threads) {
    using V = Lanes<typename Net::scalar>;
    std::vector<std::size_t> result(images.size());
    infer_tiles<Net, V>(
        net, images, threads, [&](std::size_t, std::size_t first, std::size_t present, const V* outputs, V*) {
            const auto answers = classes_in_lanes<Net::output_shape::size>(outputs, model::threshold<Net>);
            std::copy_n(answers.begin(), present, result.begin() + static_cast<std::ptrdiff_t>(first));
        });
    return result;
}

template <typename Net, typename Image>
std::vector<typename Net::output_tensor> infer_images(const Net& net, std::span<const Image> images,
                                                      std::size_t threads) {
    using V = Lanes<typename Net::scalar>;
    std::vector<typename Net::output_tensor> result(images.size());
    infer_tiles<Net, V>(net, images, threads,
                        [&](std::size_t, std::size_t first, std::size_t present, const V* outputs, V*) {
                            for (std::size_t lane = 0; lane < present; ++lane) {
                                for (std::size_t k = 0; k < Net::output_shape::size; ++k) {
                                    result[first + lane].data()[k] = get_lane(outputs[k], lane);
                                }
                            }
                        });
    return result;
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// evaluate: loss and accuracy on a data set (anything with images() and labels() or targets()).
/// Throws   std::invalid_argument if the data set is empty, a label has no output, or a setting of the loss or of the
///          metrics makes no sense
template <detail_::model::Infers Net, typename Data, typename Loss = CrossEntropyLoss>
    requires(!detail_::train::AreMetrics<Net, Data, Loss>)
Evaluation evaluate(const Net& net, const Data& dataset, std::size_t threads = 0, const Loss& loss = {}) {
    using namespace detail_;
    const auto data = train::view_of<Net>(dataset, loss);
    if constexpr (train::check_loss<Net, Loss, typename decltype(data.targets)::value_type>()) {
        return train::evaluate_on(net, data, threads, loss);
    } else {
        return {0, 0};
    }
}
/// The same with metrics instead, such as Accuracy{.top_k = 5} and ConfusionMatrix{}: what the metric computes or, for
/// several, a tuple. The number of threads may come first. The result is the same for any number.
///     const auto [top5, matrix] = evaluate(net, test_set, Accuracy{.top_k = 5}, ConfusionMatrix{});
template <detail_::model::Infers Net, typename Data, typename... Metrics>
    requires detail_::train::AreMetrics<Net, Data, Metrics...>
auto evaluate(const Net& net, const Data& dataset, const Metrics&... metrics) {
    return detail_::train::checked_measure(net, dataset, 0, metrics...);
}
template <detail_::model::Infers Net, typename Data, typename... Metrics>
    requires detail_::train::AreMetrics<Net, Data, Metrics...>
auto evaluate(const Net& net, const Data& dataset, std::size_t threads, const Metrics&... metrics) {
    return detail_::train::checked_measure(net, dataset, threads, metrics...);
}
/// Other arguments are refused with one sentence.
template <detail_::model::Infers Net, typename... Arguments>
    requires(!detail_::train::EvaluateArguments<Net, Arguments...> &&
             !detail_::train::MetricArguments<Net, Arguments...>)
Evaluation evaluate(const Net&, Arguments&&...) {
    static_assert(
        detail_::model::never<Arguments...>,
        "the arguments of evaluate are net, data, threads, loss: the data have images() and labels(), as a Dataset "
        "has; threads and loss may be left out, and 0 threads are all, as in evaluate(net, test_set, 0, MSELoss{}); "
        "or net, data and metrics, as in evaluate(net, test_set, Accuracy{.top_k = 5})");
    return {0, 0};
}
template <RefusedNetwork Net, typename... Arguments>
Evaluation evaluate(const Net&, const Arguments&...) {
    return {0, 0};
}

/// predict: the index of the largest output for each of many images, of a single output 1 if it is above 0, or above
/// 1/2 where the network ends with Sigmoid or Hardsigmoid; no_class where an output is NaN. The images lie in a row, as
/// input_tensors or as a mapped data set has them.
template <detail_::model::Infers Net>
std::vector<std::size_t> predict(const Net& net, std::span<const typename Net::input_tensor> images,
                                 std::size_t threads = 0) {
    return detail_::train::predict_images(net, images, threads);
}
template <detail_::model::Infers Net, detail_::model::StoredImages<Net> X>
std::vector<std::size_t> predict(const Net& net, const X& images, std::size_t threads = 0) {
    return detail_::train::predict_images(net, std::span<const typename X::value_type>(images), threads);
}

/// infer: the outputs for each of many images.
/// As in    net(images)
template <detail_::model::Infers Net>
std::vector<typename Net::output_tensor> infer(const Net& net, std::span<const typename Net::input_tensor> images,
                                               std::size_t threads = 0) {
    return detail_::train::infer_images(net, images, threads);
}
template <detail_::model::Infers Net, detail_::model::StoredImages<Net> X>
std::vector<typename Net::output_tensor> infer(const Net& net, const X& images, std::size_t threads = 0) {
    return detail_::train::infer_images(net, std::span<const typename X::value_type>(images), threads);
}

template <RefusedNetwork Net, typename Images, typename... Threads>
std::vector<typename Net::output_tensor> infer(const Net&, const Images&, const Threads&...) {
    return {};
}

template <RefusedNetwork Net, typename Images, typename... Threads>
    requires(!requires { typename Images::shape; })
std::vector<std::size_t> predict(const Net&, const Images&, const Threads&...) {
    return {};
}

}  // namespace CTCNN_API::inline CTCNN_TEAM
