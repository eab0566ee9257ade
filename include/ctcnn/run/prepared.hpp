// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
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

namespace CTCNN_DETAIL::run {

/// PackedWeights: what the kernels of a prepared network read, stage by stage.
template <typename Plan>
struct PackedWeights {
    using T = typename Plan::scalar;
    alignas(alignment) std::array<T, Plan::packed_numbers> numbers;

    /// Bit by bit: a pair of bf16 is no float.
    friend bool operator==(const PackedWeights& a, const PackedWeights& b) {
        return std::memcmp(a.numbers.data(), b.numbers.data(), sizeof(a.numbers)) == 0;
    }
};

/// PreparedWorkspace: the values of one image, and the scratch memory. The zeros that values rely on are written once,
/// here.
template <typename Plan>
struct PreparedWorkspace {
    using T = typename Plan::scalar;
    alignas(alignment) std::array<T, Plan::workspace_numbers> numbers;

    PreparedWorkspace() noexcept { std::fill_n(numbers.data(), Plan::zeros, T{}); }

    T* value(std::size_t buffer, ValueForm form) { return numbers.data() + Plan::offset_of(buffer, form); }
    T* scratch() { return numbers.data() + Plan::scratch_offset; }
};

namespace detail {

template <typename Plan, std::size_t K>
void pack_stage(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
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

template <typename In, typename Out, typename Plan>
void convert(const typename Plan::scalar* input, typename Plan::scalar* output) {
    kernels::prepared::Convert<Stage<In, Out, NoFunction, typename Plan::V>>::forward(nullptr, input, output, nullptr);
}

/// Brings input N of stage K into the form that the stage reads.
template <typename Plan, std::size_t K, std::size_t N>
void convert_input(PreparedWorkspace<Plan>& workspace, const typename Plan::scalar* image) {
    constexpr std::size_t buffer = Plan::graph.input_of(K, N);
    constexpr ValueForm form = Plan::stage(K).reads;
    if constexpr (Plan::converts(K, buffer, form)) {
        auto* output = workspace.value(buffer, form);
        if constexpr (form == ValueForm::planar) {
            convert<typename Plan::template Blocked<buffer>, typename Plan::template Planar<buffer>, Plan>(
                workspace.value(buffer, ValueForm::blocked), output);
        } else if constexpr (buffer == 0) {
            convert<typename Plan::ImageLayout, typename Plan::template Blocked<buffer>, Plan>(image, output);
        } else {
            convert<typename Plan::template Planar<buffer>, typename Plan::template Blocked<buffer>, Plan>(
                workspace.value(buffer, ValueForm::planar), output);
        }
    }
}

/// Input N of a concatenation that runs as in net(x).
template <typename Plan, std::size_t K, std::size_t N>
void copy_branch(PreparedWorkspace<Plan>& workspace) {
    using T = typename Plan::scalar;
    constexpr std::size_t buffer = Plan::graph.input_of(K, N);
    if constexpr (!Plan::is_part(buffer)) {
        using Inputs = typename Plan::plan;
        using Copy =
            Stage<typename Inputs::template InputOf<K, N>, typename Inputs::template PartOf<K, N>, NoFunction, T>;
        kernels::map_forward<Copy>(static_cast<const T*>(workspace.value(buffer, ValueForm::planar)),
                                   workspace.value(K + 1, ValueForm::planar) + Plan::graph.offset_of_input(K, N));
    }
}

/// A join as net(x) does it.
template <typename Plan, std::size_t K, std::size_t... N>
void run_planar_join(PreparedWorkspace<Plan>& workspace, std::index_sequence<N...>) {
    using T = typename Plan::scalar;
    using Stage = typename Plan::plan::template Stage<K>;
    if constexpr (Stage::kind == LayerKind::concat) {
        (copy_branch<Plan, K, N>(workspace), ...);
    } else {
        using Join = std::conditional_t<Stage::kind == LayerKind::add, kernels::Sum, kernels::Product>;
        const std::array<const T*, sizeof...(N)> inputs{
            workspace.value(Plan::graph.input_of(K, N), ValueForm::planar)...};
        kernels::join_forward<Join, typename Stage::Function, typename Stage::Out>(
            List<typename Plan::plan::template InputOf<K, N>...>{}, inputs, workspace.value(K + 1, ValueForm::planar));
    }
}

/// A join of blocked values.
template <typename Plan, std::size_t K, std::size_t... N>
void run_blocked_join(PreparedWorkspace<Plan>& workspace, std::index_sequence<N...>) {
    using T = typename Plan::scalar;
    using Of = typename Plan::plan::template Stage<K>;
    using Here = Stage<List<typename Plan::template Blocked<Plan::graph.input_of(K, N)>...>,
                       typename Plan::template Blocked<K + 1>, typename Of::Function, typename Plan::V>;
    const std::array<const T*, sizeof...(N)> inputs{workspace.value(Plan::graph.input_of(K, N), ValueForm::blocked)...};
    using Kernel = std::conditional_t<
        Of::kind == LayerKind::concat, kernels::prepared::Concat<Here>,
        kernels::prepared::Join<std::conditional_t<Of::kind == LayerKind::add, kernels::Sum, kernels::Product>, Here>>;
    Kernel::forward(nullptr, inputs, workspace.value(K + 1, ValueForm::blocked), nullptr);
}

template <typename Plan, std::size_t K, std::size_t... N>
void run_prepared_stage(const typename Plan::scalar* packed, const typename Plan::scalar* image,
                        PreparedWorkspace<Plan>& workspace, std::index_sequence<N...> inputs) {
    using T = typename Plan::scalar;
    using Stage = typename Plan::plan::template Stage<K>;
    if constexpr (!Plan::stage(K).is_done) {
        (convert_input<Plan, K, N>(workspace, image), ...);
        const T* own = packed + Plan::packed_offsets[K];
        constexpr std::size_t output = Plan::stage(K).output;
        T* to = workspace.value(output, Plan::forms.values[output].made);
        if constexpr (graph::is_join(Stage::kind) && Plan::stage(K).is_prepared) {
            run_blocked_join<Plan, K>(workspace, inputs);
        } else if constexpr (graph::is_join(Stage::kind)) {
            run_planar_join<Plan, K>(workspace, inputs);
        } else {
            const T* from = workspace.value(Plan::graph.input_of(K), Plan::stage(K).reads);
            if constexpr (Plan::stage(K).is_prepared) {
                Plan::template Kernel<K>::forward(own, from, to, workspace.scratch());
            } else {
                using Layer = typename Stage::Layer;
                using Forward = typename Stage::template Forward<T>;
                if constexpr (Stage::kind == LayerKind::statistics) {
                    Layer::template forward<Forward>(own, own + Plan::template statistics_offset<Layer>, from, to);
                } else {
                    Layer::template forward<Forward>(own, from, to, nullptr, workspace.scratch());
                }
            }
        }
    }
}

}  // namespace detail

/// Packs the parameters and the running statistics of a network for its prepared plan. What is between the parts is
/// zero.
template <typename Plan>
void pack(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
          PackedWeights<Plan>& packed) {
    packed.numbers.fill(0);
    Plan::plan::for_each_stage([&](auto k) {
        detail::pack_stage<Plan, decltype(k)::value>(parameters, statistics,
                                                     packed.numbers.data() + Plan::packed_offsets[k]);
    });
}

/// Forward of one image; returns where its outputs lie.
/// Layouts  image (C, H, W) without border
template <typename Plan>
const typename Plan::scalar* infer_prepared(const PackedWeights<Plan>& packed, const typename Plan::scalar* image,
                                            PreparedWorkspace<Plan>& workspace) {
    using In = typename Plan::template Planar<0>;
    if constexpr (Plan::forms.values[0].in(ValueForm::planar).exists) {
        auto* input = workspace.value(0, ValueForm::planar);
        const auto* row = image;
        for (std::size_t c = 0; c < In::channels; ++c) {
            for (std::size_t h = 0; h < In::height; ++h, row += In::width) {
                std::copy_n(row, In::width, input + In::offset(c, h, 0));
            }
        }
    }
    Plan::plan::for_each_stage([&](auto k) {
        detail::run_prepared_stage<Plan, decltype(k)::value>(
            packed.numbers.data(), image, workspace,
            std::make_index_sequence<Plan::graph.stages[decltype(k)::value].inputs>{});
    });
    constexpr std::size_t last = Plan::stage_count;
    if constexpr (Plan::converts(last, last, ValueForm::planar)) {
        detail::convert<typename Plan::template Blocked<last>, typename Plan::template Planar<last>, Plan>(
            workspace.value(last, ValueForm::blocked), workspace.value(last, ValueForm::planar));
    }
    return workspace.value(last, ValueForm::planar);
}

// As run/apart.hpp: `Apart` is whether a prepared network is compiled apart.
namespace apart {

template <typename Plan>
void pack(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
          PackedWeights<Plan>& packed);
template <typename Plan>
const typename Plan::scalar* infer_prepared(const PackedWeights<Plan>& packed, const typename Plan::scalar* image,
                                            PreparedWorkspace<Plan>& workspace);

}  // namespace apart

/// The functions of run/prepared.hpp, wherever they are compiled.
namespace placed {

template <typename Plan, bool Apart>
void pack(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
          PackedWeights<Plan>& packed) {
    if constexpr (Apart) {
        apart::pack<Plan>(parameters, statistics, packed);
    } else {
        run::pack<Plan>(parameters, statistics, packed);
    }
}

template <typename Plan, bool Apart>
[[gnu::always_inline]] inline const typename Plan::scalar* infer_prepared(const PackedWeights<Plan>& packed,
                                                                          const typename Plan::scalar* image,
                                                                          PreparedWorkspace<Plan>& workspace) {
    if constexpr (Apart) {
        return apart::infer_prepared<Plan>(packed, image, workspace);
    } else {
        return run::infer_prepared<Plan>(packed, image, workspace);
    }
}

}  // namespace placed

}  // namespace CTCNN_DETAIL::run
