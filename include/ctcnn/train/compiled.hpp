// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/apart.hpp>
#include <ctcnn/run/apart_kernels.hpp>
#include <ctcnn/run/apart_tiles.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/run/prepared.hpp>
#include <ctcnn/train/gradient.hpp>
#include <ctcnn/train/step_memory.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

template <typename Plan, Number V>
void sum_apart(Gradient<Plan, V>& gradient, run::Team& team, StepMemory<Plan, V>& memory, std::size_t count, bool add) {
    gradient.sum(team, memory, count, add);
}

/// Forward of the tiles of a network in inference.
template <typename Plan, Number V>
auto inference_functions() {
    constexpr std::size_t together = Plan::template tiles_together<V>;
    return std::tuple(&run::apart::infer_alone<Plan, V, together>,
                      &run::apart::infer_together<Plan, V, together, together>,
                      &run::apart::infer_together<Plan, V, 1, together>);
}

/// The sums of the stages with statistics of the batch.
template <typename Plan, Number V>
auto statistics_functions() {
    return []<std::size_t... S>(std::index_sequence<S...>) {
        return std::tuple(&run::apart::tile_statistics<Plan, Plan::segment_begins[S + 1], V>...,
                          &run::apart::tile_gradients<Plan, Plan::segment_begins[S + 1], V>...);
    }(std::make_index_sequence<Plan::segment_count - 1>{});
}

/// Forward and backward in training.
template <typename Plan, Number V>
auto training_functions() {
    using Memory = StepMemory<Plan, V>;
    using Batch = typename Memory::Pass;
    return []<std::size_t... Segment>(std::index_sequence<Segment...>) {
        return std::tuple(
            &run::apart::forward<Plan, V>, &sum_apart<Plan, V>,  //
            &run::apart::forward_together<Plan, V, Memory::tiles_together>, &run::apart::forward_together<Plan, V, 1>,
            &run::apart::backward_together<Plan, V, Memory::tiles_together>, &run::apart::backward_together<Plan, V, 1>,
            &run::apart::forward_alone<
                Plan, Segment, V,
                std::conditional_t<Segment == 0, run::Gathering<typename Plan::InputLayout, V>, run::InPlace>,
                Batch>...,
            &run::apart::backward_alone<Plan, Segment, V, Batch>...);
    }(std::make_index_sequence<Plan::segment_count>{});
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// Compiled: the kernels of a network that is compiled_apart. One source file of a program has it:
///     template struct ctcnn::Compiled<LeNet>;
template <typename Net>
struct Compiled {
    static_assert(compiled_apart<Net>,
                  "Compiled is for a network that is compiled apart: behind its name stands template <> inline "
                  "constexpr bool ctcnn::compiled_apart<Net> = true;");

    /// Their addresses.
    static auto functions() {
        using V = detail_::Lanes<typename Net::scalar>;
        return std::tuple_cat(
            std::tuple(&detail_::run::apart::infer_image<typename Net::inference_plan, typename Net::scalar>),
            detail_::train::inference_functions<typename Net::template inference_plan_of<V>, V>(),
            detail_::train::training_functions<typename Net::template plan_of<V>, V>(),
            detail_::train::statistics_functions<typename Net::template plan_of<V>, V>());
    }
};
/// The same of a prepared network, which is told apart on its own:
///     template <>
///     inline constexpr bool ctcnn::compiled_apart<ctcnn::Prepared<LeNet>> = true;
template <typename Net>
    requires requires { typename Net::prepared_from; }
struct Compiled<Net> {
    static_assert(compiled_apart<Net>,
                  "Compiled is for a network that is compiled apart: behind its name stands template <> inline "
                  "constexpr bool ctcnn::compiled_apart<Net> = true;");

    static auto functions() {
        using Plan = typename Net::plan;
        return std::tuple(&detail_::run::apart::pack<Plan>,
                          &detail_::run::apart::infer_prepared<Plan, detail_::kernels::prepared::Alone>,
                          &detail_::run::apart::infer_prepared<Plan, detail_::run::EqualShares>);
    }
};

}  // namespace CTCNN_API::inline CTCNN_TEAM
