// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/train/checks.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// Forward of many images, tile by tile: f(tile, first image, images present, outputs, scratch) is called for every
/// tile, on any thread; outputs is an array of V, one image in each lane, and scratch as many V for f.
template <AnyNetwork Net, Number V, typename F>
void infer_tiles(const Net& net, std::span<const typename Net::input_tensor> images, std::size_t threads, const F& f) {
    using Plan = typename Net::inference_plan;
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t together = Plan::template tiles_together<V>;
    constexpr std::size_t tiles_at_once = 8;
    const std::size_t tiles = (images.size() + lanes - 1) / lanes;
    const std::size_t pieces = (tiles + tiles_at_once - 1) / tiles_at_once;
    const std::size_t team_size = std::max<std::size_t>(1, std::min(run::thread_count(threads), pieces));
    AlignedVector<run::InferenceWorkspace<Plan, V, together>> workspaces(team_size);
    constexpr std::size_t outputs = Net::output_shape::size;
    AlignedVector<V> scratch(team_size * outputs);
    const T* parameters = net.parameters().data();
    const auto present_of = [&](std::size_t tile) { return std::min(lanes, images.size() - tile * lanes); };
    run::parallel(team_size, [&](run::Team& team) {
        auto& own = workspaces[team.member()];
        team.for_each(pieces, [&](std::size_t piece) {
            const std::size_t end = std::min(tiles, (piece + 1) * tiles_at_once);
            for (std::size_t first = piece * tiles_at_once; first < end; first += together) {
                const std::size_t here = std::min(together, end - first);
                for (std::size_t n = 0; n < here; ++n) {
                    std::array<const T*, lanes> sources{};
                    for (std::size_t lane = 0; lane < lanes; ++lane) {
                        sources[lane] = images[(first + n) * lanes + std::min(lane, present_of(first + n) - 1)].data();
                    }
                    run::infer_alone<Plan>(parameters, own, n,
                                           run::Gathering<typename Plan::InputLayout, V>(sources, own.input(n)));
                }
                if (here == together) {
                    run::infer_together<Plan, V, together>(parameters, own);
                } else {
                    run::infer_together<Plan, V, 1>(parameters, own);
                }
                for (std::size_t n = 0; n < here; ++n) {
                    f(first + n, (first + n) * lanes, present_of(first + n), own.output(n),
                      scratch.data() + team.member() * outputs);
                }
            }
        });
    });
}

/// The index of the largest of `Count` elements in each lane; ties go to the first; no_class if one of them is NaN.
template <std::size_t Count, Number V>
std::array<std::size_t, lane_count<V>> largest_in_lanes(const V* elements) {
    static_assert(Count <= std::numeric_limits<integer_t<scalar_t<V>>>::max());
    typename V::IntegerVector best{};
    V largest = elements[0];
    for (std::size_t k = 1; k < Count; ++k) {
        const auto index = static_cast<typename V::Integer>(k) - typename V::IntegerVector{};
        best = largest.vector < elements[k].vector ? index : best;
        largest = larger(largest, elements[k]);
    }
    std::array<std::size_t, lane_count<V>> result;
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        result[lane] = math::is_nan(get_lane(largest, lane)) ? no_class : static_cast<std::size_t>(best[lane]);
    }
    return result;
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API {

/// The mean loss over a data set, and the part of its images that are classified correctly, 0 to 1. A single output says
/// 1 above 0, else 0. Images whose label the loss ignores do not count. Where targets are tensors, there is no accuracy.
struct Evaluation {
    double loss;
    double accuracy;            ///< NaN where targets are tensors
    std::size_t undefined = 0;  ///< how many images have an output that is NaN: they count as wrong
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// The class that each lane's outputs say: the largest one; of a single output, 1 if it is above 0; no_class for NaN.
template <std::size_t Outputs, Number V>
std::array<std::size_t, lane_count<V>> classes_in_lanes(const V* outputs) {
    auto result = largest_in_lanes<Outputs>(outputs);
    if constexpr (Outputs == 1) {
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            result[lane] = result[lane] == no_class ? no_class : get_lane(outputs[0], lane) > 0 ? 1 : 0;
        }
    }
    return result;
}

template <typename Net, typename Target, typename Loss>
Evaluation evaluate_on(const Net& net, const View<Net, Target>& data, std::size_t threads, const Loss& loss) {
    using V = Lanes<typename Net::scalar>;
    constexpr std::size_t outputs = Net::output_shape::size;
    constexpr bool labelled = std::integral<Target>;
    const auto images = data.images;
    const auto all_targets = data.targets;
    validate_loss<Net>(loss);
    const std::size_t tiles = (images.size() + lane_count<V> - 1) / lane_count<V>;
    // Of each tile: the sum of the losses, the sum of the weights of the targets, and how many images are right, undefined
    // or ignored.
    constexpr std::size_t columns = 5;
    AlignedVector<double> results(tiles * columns);
    infer_tiles<Net, V>(net, images, threads,
                        [&](std::size_t tile, std::size_t first, std::size_t present, const V* logits, V* gradient) {
                            std::array<const Target*, lane_count<V>> targets{};
                            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                                targets[lane] = &all_targets[first + std::min(lane, present - 1)];
                            }
                            const V lane_losses = evaluate_loss<outputs>(loss, logits, targets, V{}, gradient);
                            const auto answers = classes_in_lanes<outputs>(logits);
                            double* result = results.data() + tile * columns;
                            for (std::size_t lane = 0; lane < present; ++lane) {
                                const Target& target = *targets[lane];
                                result[0] += static_cast<double>(get_lane(lane_losses, lane));
                                result[1] += target_weight(loss, target);
                                result[3] += answers[lane] == no_class ? 1 : 0;
                                if constexpr (labelled) {
                                    const bool ignored = ignores(loss, target);
                                    result[2] += !ignored && answers[lane] == static_cast<std::size_t>(target) ? 1 : 0;
                                    result[4] += ignored ? 1 : 0;
                                }
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

template <typename Net, typename Data, typename... Settings>
inline constexpr bool is_evaluation = sizeof...(Settings) == 0;
template <typename Net, typename Data, typename Threads>
inline constexpr bool is_evaluation<Net, Data, Threads> = std::is_convertible_v<Threads, std::size_t>;
template <typename Net, typename Data, typename Threads, typename Loss>
inline constexpr bool is_evaluation<Net, Data, Threads, Loss> = std::is_convertible_v<Threads, std::size_t>;
/// The arguments of evaluate behind the network.
template <typename Net, typename... Arguments>
concept EvaluateArguments = sizeof...(Arguments) != 0 && is_evaluation<Net, Arguments...>;

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// evaluate: loss and accuracy on a data set (anything with images() and labels() or targets()).
/// Throws   std::invalid_argument if the data set is empty or a label has no output
template <AnyNetwork Net, typename Data, typename Loss = CrossEntropyLoss>
Evaluation evaluate(const Net& net, const Data& dataset, std::size_t threads = 0, const Loss& loss = {}) {
    using namespace detail_;
    const auto data = train::view_of<Net>(dataset, loss);
    if constexpr (train::check_loss<Net, Loss, typename decltype(data.targets)::value_type>()) {
        return train::evaluate_on(net, data, threads, loss);
    } else {
        return {0, 0};
    }
}
/// Other arguments are refused with one sentence.
template <AnyNetwork Net, typename... Arguments>
    requires(!detail_::train::EvaluateArguments<Net, Arguments...>)
Evaluation evaluate(const Net&, Arguments&&...) {
    static_assert(
        detail_::model::never<Arguments...>,
        "the arguments of evaluate are net, data, threads, loss: the data have images() and labels(), as a Dataset "
        "has; threads and loss may be left out, and 0 threads are all, as in evaluate(net, test_set, 0, MSELoss{})");
    return {0, 0};
}
template <RefusedNetwork Net, typename... Arguments>
Evaluation evaluate(const Net&, const Arguments&...) {
    return {0, 0};
}

/// predict: the index of the largest output for each of many images; no_class where an output is NaN.
template <AnyNetwork Net>
std::vector<std::size_t> predict(const Net& net, std::span<const typename Net::input_tensor> images,
                                 std::size_t threads = 0) {
    using namespace detail_;
    using V = Lanes<typename Net::scalar>;
    std::vector<std::size_t> result(images.size());
    train::infer_tiles<Net, V>(
        net, images, threads, [&](std::size_t, std::size_t first, std::size_t present, const V* outputs, V*) {
            const auto answers = train::largest_in_lanes<Net::output_shape::size>(outputs);
            std::copy_n(answers.begin(), present, result.begin() + static_cast<std::ptrdiff_t>(first));
        });
    return result;
}

template <RefusedNetwork Net, typename Images, typename... Threads>
    requires(!requires { typename Images::shape; })
std::vector<std::size_t> predict(const Net&, const Images&, const Threads&...) {
    return {};
}

}  // namespace CTCNN_API::inline CTCNN_TEAM
