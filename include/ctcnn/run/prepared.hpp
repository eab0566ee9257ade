// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/graph/prepared_plan.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/join.hpp>
#include <ctcnn/kernels/prepared/convert.hpp>
#include <ctcnn/kernels/prepared/join.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

namespace CTCNN_DETAIL::run {

/// PackedWeights: what the kernels of a prepared network read, stage by stage.
template <typename Plan>
struct PackedWeights {
    using T = typename Plan::scalar;
    alignas(alignment) std::array<T, Plan::packed_numbers> numbers;

    /// Bit by bit: a pair of bf16 is no float.
    friend constexpr bool operator==(const PackedWeights& a, const PackedWeights& b) {
        return std::equal(a.numbers.begin(), a.numbers.end(), b.numbers.begin(),
                          [](T x, T y) { return std::bit_cast<integer_t<T>>(x) == std::bit_cast<integer_t<T>>(y); });
    }
};

/// PreparedValues: the memory of a workspace: the values of one image, and the scratch memory behind them.
template <typename Plan>
struct PreparedValues {
    using T = typename Plan::scalar;
    T* numbers;

    constexpr T* value(std::size_t buffer, ValueForm form) const { return numbers + Plan::offset_of(buffer, form); }
    constexpr T* scratch() const { return numbers + Plan::scratch_offset; }

    /// Writes the zeros that values rely on, once.
    constexpr void begin() const { std::fill_n(numbers, Plan::zeros, T{}); }
};

/// PreparedWorkspace: the workspace of one thread.
template <typename Plan>
struct PreparedWorkspace {
    using T = typename Plan::scalar;
    alignas(alignment) std::array<T, Plan::workspace_numbers> numbers;

    constexpr PreparedWorkspace() noexcept { values().begin(); }

    constexpr PreparedValues<Plan> values() { return {numbers.data()}; }
};

namespace detail {

template <typename Plan, std::size_t K>
constexpr void pack_stage(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
                          typename Plan::scalar* packed) {
    using Stage = typename Plan::plan::template Stage<K>;
    using Layer = typename Stage::Layer;
    if constexpr (!Plan::stage(K).is_done && !graph::is_join(Stage::kind)) {
        const auto* own = parameters + Stage::parameter_offset;
        if constexpr (!Plan::stage(K).is_prepared) {
            std::copy_n(own, Stage::parameters, packed);
            std::copy_n(statistics + Stage::buffer_offset, graph::buffer_count<Layer>(),
                        packed + Plan::template statistics_offset<Layer>);
        } else {
            using Kernel = typename Plan::template Kernel<K>;
            if constexpr (Kernel::packed_size != 0) {
                Kernel::pack(own, Layer::bias_shape::size == 0 ? nullptr : own + Layer::weight_shape::size, packed);
            }
        }
    }
}

template <typename In, typename Out, typename Plan, typename Team>
constexpr void convert(const typename Plan::scalar* input, typename Plan::scalar* output, Team& team) {
    kernels::prepared::Convert<Stage<In, Out, NoFunction, typename Plan::V>>::forward(nullptr, input, output, nullptr,
                                                                                      team);
}

/// Brings input N of stage K into the form that the stage reads.
template <typename Plan, std::size_t K, std::size_t N, typename Team>
constexpr void convert_input(const PreparedValues<Plan>& values, const typename Plan::scalar* image, Team& team) {
    constexpr std::size_t buffer = Plan::graph.input_of(K, N);
    constexpr ValueForm form = Plan::stage(K).reads;
    if constexpr (Plan::converts(K, buffer, form)) {
        auto* output = values.value(buffer, form);
        if constexpr (form == ValueForm::planar) {
            convert<typename Plan::template Blocked<buffer>, typename Plan::template Planar<buffer>, Plan>(
                values.value(buffer, ValueForm::blocked), output, team);
        } else if constexpr (buffer == 0) {
            convert<typename Plan::ImageLayout, typename Plan::template Blocked<buffer>, Plan>(image, output, team);
        } else {
            convert<typename Plan::template Planar<buffer>, typename Plan::template Blocked<buffer>, Plan>(
                values.value(buffer, ValueForm::planar), output, team);
        }
        team.barrier();
    }
}

/// Input N of a concatenation that runs as in net(x).
template <typename Plan, std::size_t K, std::size_t N>
constexpr void copy_branch(const PreparedValues<Plan>& values) {
    using T = typename Plan::scalar;
    constexpr std::size_t buffer = Plan::graph.input_of(K, N);
    if constexpr (!Plan::is_part(buffer)) {
        using Inputs = typename Plan::plan;
        using Copy =
            Stage<typename Inputs::template InputOf<K, N>, typename Inputs::template PartOf<K, N>, NoFunction, T>;
        kernels::map_forward<Copy>(static_cast<const T*>(values.value(buffer, ValueForm::planar)),
                                   values.value(K + 1, ValueForm::planar) + Plan::graph.offset_of_input(K, N));
    }
}

/// A join as net(x) does it.
template <typename Plan, std::size_t K, std::size_t... N>
constexpr void run_planar_join(const PreparedValues<Plan>& values, std::index_sequence<N...>) {
    using T = typename Plan::scalar;
    using Stage = typename Plan::plan::template Stage<K>;
    if constexpr (Stage::kind == LayerKind::concat) {
        (copy_branch<Plan, K, N>(values), ...);
    } else {
        using Join = std::conditional_t<Stage::kind == LayerKind::add, kernels::Sum, kernels::Product>;
        const std::array<const T*, sizeof...(N)> inputs{values.value(Plan::graph.input_of(K, N), ValueForm::planar)...};
        kernels::join_forward<Join, typename Stage::Function, typename Stage::Out>(
            List<typename Plan::plan::template InputOf<K, N>...>{}, inputs, values.value(K + 1, ValueForm::planar));
    }
}

/// A join of blocked values.
template <typename Plan, std::size_t K, std::size_t... N, typename Team>
constexpr void run_blocked_join(const PreparedValues<Plan>& values, std::index_sequence<N...>, Team& team) {
    using T = typename Plan::scalar;
    using Of = typename Plan::plan::template Stage<K>;
    using Here = Stage<List<typename Plan::template Blocked<Plan::graph.input_of(K, N)>...>,
                       typename Plan::template Blocked<K + 1>, typename Of::Function, typename Plan::V>;
    const std::array<const T*, sizeof...(N)> inputs{values.value(Plan::graph.input_of(K, N), ValueForm::blocked)...};
    using Kernel = std::conditional_t<
        Of::kind == LayerKind::concat, kernels::prepared::Concat<Here>,
        kernels::prepared::Join<std::conditional_t<Of::kind == LayerKind::add, kernels::Sum, kernels::Product>, Here>>;
    Kernel::forward(nullptr, inputs, values.value(K + 1, ValueForm::blocked), nullptr, team);
}

/// A layer as net(x) runs it.
template <typename Plan, std::size_t K>
constexpr void run_planar_layer(const typename Plan::scalar* packed, const PreparedValues<Plan>& values) {
    using T = typename Plan::scalar;
    using Stage = typename Plan::plan::template Stage<K>;
    using Layer = typename Stage::Layer;
    using Forward = typename Stage::template Forward<T>;
    constexpr std::size_t output = Plan::stage(K).output;
    const T* from = values.value(Plan::graph.input_of(K), Plan::stage(K).reads);
    T* to = values.value(output, Plan::forms.values[output].made);
    if constexpr (Stage::kind == LayerKind::statistics) {
        Layer::template forward<Forward>(packed, packed + Plan::template statistics_offset<Layer>, from, to);
    } else {
        Layer::template forward<Forward>(packed, from, to, nullptr, values.scratch());
    }
}

template <typename Plan, std::size_t K, std::size_t... N, typename Team>
constexpr void run_prepared_stage(const typename Plan::scalar* packed, const typename Plan::scalar* image,
                                  const PreparedValues<Plan>& values, std::index_sequence<N...> inputs, Team& team) {
    using Stage = typename Plan::plan::template Stage<K>;
    if constexpr (!Plan::stage(K).is_done) {
        (convert_input<Plan, K, N>(values, image, team), ...);
        const auto* own = packed + Plan::packed_offsets[K];
        if constexpr (!Plan::stage(K).is_prepared) {
            team.items(1)([&] {
                if constexpr (graph::is_join(Stage::kind)) {
                    run_planar_join<Plan, K>(values, inputs);
                } else {
                    run_planar_layer<Plan, K>(own, values);
                }
            });
        } else if constexpr (graph::is_join(Stage::kind)) {
            run_blocked_join<Plan, K>(values, inputs, team);
        } else {
            constexpr std::size_t output = Plan::stage(K).output;
            Plan::template Kernel<K>::forward(own, values.value(Plan::graph.input_of(K), Plan::stage(K).reads),
                                              values.value(output, Plan::forms.values[output].made), values.scratch(),
                                              team);
        }
        team.barrier();
    }
}

}  // namespace detail

/// Packs the parameters and the running statistics of a network for its prepared plan. What is between the parts is
/// zero.
template <typename Plan>
constexpr void pack(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
                    PackedWeights<Plan>& packed) {
    packed.numbers.fill(0);
    Plan::plan::for_each_stage([&](auto k) {
        detail::pack_stage<Plan, decltype(k)::value>(parameters, statistics,
                                                     packed.numbers.data() + Plan::packed_offsets[k]);
    });
}

/// Forward of one image, which the members of a team call together; returns where its outputs lie.
/// Layouts  image (C, H, W) without border
template <typename Plan, typename Team>
constexpr const typename Plan::scalar* infer_prepared(const PackedWeights<Plan>& packed,
                                                      const typename Plan::scalar* image,
                                                      const PreparedValues<Plan>& values, Team& team) {
    using In = typename Plan::template Planar<0>;
    if constexpr (Plan::forms.values[0].in(ValueForm::planar).exists) {
        auto* input = values.value(0, ValueForm::planar);
        kernels::prepared::for_each_item(team, In::channels, [&](std::size_t c) {
            const auto* row = image + c * In::height * In::width;
            for (std::size_t h = 0; h < In::height; ++h, row += In::width) {
                std::copy_n(row, In::width, input + In::offset(c, h, 0));
            }
        });
        team.barrier();
    }
    Plan::plan::for_each_stage([&](auto k) {
        detail::run_prepared_stage<Plan, decltype(k)::value>(
            packed.numbers.data(), image, values,
            std::make_index_sequence<Plan::graph.stages[decltype(k)::value].inputs>{}, team);
    });
    constexpr std::size_t last = Plan::stage_count;
    if constexpr (Plan::converts(last, last, ValueForm::planar)) {
        detail::convert<typename Plan::template Blocked<last>, typename Plan::template Planar<last>, Plan>(
            values.value(last, ValueForm::blocked), values.value(last, ValueForm::planar), team);
    }
    return values.value(last, ValueForm::planar);
}

// As run/apart.hpp: `Apart` is whether a prepared network is compiled apart.
namespace apart {

template <typename Plan>
void pack(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
          PackedWeights<Plan>& packed);
template <typename Plan, typename Team>
const typename Plan::scalar* infer_prepared(const PackedWeights<Plan>& packed, const typename Plan::scalar* image,
                                            const PreparedValues<Plan>& values, Team& team);

}  // namespace apart

/// The functions of run/prepared.hpp, wherever they are compiled.
namespace placed {

template <typename Plan, bool Apart>
constexpr void pack(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
                    PackedWeights<Plan>& packed) {
    if constexpr (Apart) {
        apart::pack<Plan>(parameters, statistics, packed);
    } else {
        run::pack<Plan>(parameters, statistics, packed);
    }
}

template <typename Plan, bool Apart, typename Team>
[[gnu::always_inline]] constexpr const typename Plan::scalar* infer_prepared(const PackedWeights<Plan>& packed,
                                                                             const typename Plan::scalar* image,
                                                                             const PreparedValues<Plan>& values,
                                                                             Team& team) {
    if constexpr (Apart) {
        return apart::infer_prepared<Plan>(packed, image, values, team);
    } else {
        return run::infer_prepared<Plan>(packed, image, values, team);
    }
}

}  // namespace placed

}  // namespace CTCNN_DETAIL::run
