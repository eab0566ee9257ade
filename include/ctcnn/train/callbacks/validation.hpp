// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/train/averaged.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/metric.hpp>

namespace CTCNN_API::inline CTCNN_TEAM {

/// Validation: evaluates a data set after each epoch: the report gets validation_loss and validation_accuracy and, with
/// a metric, validation_metric. With EMA or SWA, the network is that of averaged(trainer). A data set that has a name
/// must outlive the callback.
///     fit(net, train_set, Adam{}, {.epochs = 5}, Validation{validation_set, Accuracy{.top_k = 5}});
/// Throws   std::invalid_argument at the start of fit for a data set that is empty or has a label without output that
///          the loss or the metric does not ignore, and for a metric whose settings make no sense
/// As in    validation_data of keras.Model.fit
template <typename Data, typename Metric = std::nullptr_t>
class Validation {
public:
    /// Where the targets are tensors, there is no accuracy.
    static constexpr bool has_accuracy = requires(const std::remove_reference_t<Data>& data) {
        requires detail_::train::LabelRange<std::remove_reference_t<decltype(detail_::train::targets_in(data))>>;
    };
    static constexpr bool has_metric = !std::is_same_v<Metric, std::nullptr_t>;

    explicit Validation(Data data, Metric metric = {}) : data_(std::forward<Data>(data)), metric_(std::move(metric)) {}

    void on_train_begin(const FitPlan&, auto& trainer) {
        using Net = std::remove_cvref_t<decltype(trainer.net())>;
        using Target = typename detail_::train::TargetIn<std::remove_cvref_t<Data>>::type;
        detail_::train::validate_metric<Net, Target>(metric_);
        const char* advice = "";
        try {
            detail_::train::view_of<Net>(data_, trainer.loss());
            if constexpr (has_metric) {
                if constexpr (has_accuracy && requires { metric_.ignore_index; }) {
                    advice = "; give the metric the .ignore_index of the loss";
                }
                detail_::train::view_of<Net>(data_, detail_::train::targets_of_metrics(metric_));
            }
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument(std::string("the validation set is refused: ") + error.what() + advice);
        }
    }
    void measure(EpochReport& report, auto& trainer) {
        if constexpr (requires { std::remove_cvref_t<decltype(trainer.optimizer())>::is_average; }) {
            evaluate_on(ctcnn::averaged(trainer), report, trainer);
        } else {
            evaluate_on(trainer.net(), report, trainer);
        }
    }

private:
    void evaluate_on(const auto& net, EpochReport& report, const auto& trainer) {
        const std::size_t threads = trainer.options().threads;
        const Evaluation found = ctcnn::evaluate(net, data_, threads, trainer.loss());
        report.validation_loss = found.loss;
        report.validation_accuracy = found.accuracy;
        if constexpr (has_metric) {
            report.validation_metric = static_cast<double>(ctcnn::evaluate(net, data_, threads, metric_));
        }
    }

    Data data_;
    Metric metric_;
};

template <typename D>
Validation(D&&) -> Validation<D, std::nullptr_t>;
template <typename D, typename M>
Validation(D&&, M) -> Validation<D, M>;

}  // namespace CTCNN_API::inline CTCNN_TEAM
