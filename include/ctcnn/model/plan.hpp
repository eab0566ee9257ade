// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/flow.hpp>
#include <ctcnn/model/list.hpp>

namespace CTCNN_DETAIL::model {

namespace detail {
template <typename Bound>
consteval auto leaves_of() {
    if constexpr (Bound::kind == LayerKind::block) {
        return typename Bound::leaves{};
    } else {
        return List<Bound>{};
    }
}
}  // namespace detail

/// The layers with all blocks opened, in the order in which data flows.
template <typename... Bound>
using Leaves = decltype((List<>{} + ... + detail::leaves_of<Bound>()));

/// Running sums: {3, 4, 5} -> {0, 3, 7, 12}.
template <std::size_t N>
consteval std::array<std::size_t, N + 1> running_sums(const std::array<std::size_t, N>& values) {
    std::array<std::size_t, N + 1> sums{};
    for (std::size_t i = 0; i < N; ++i) {
        sums[i + 1] = sums[i] + values[i];
    }
    return sums;
}

inline constexpr std::size_t nothing = static_cast<std::size_t>(-1);

/// StageParts: which leaf computes, and which elementwise leaf is applied as it stores; either may be `nothing`.
struct StageParts {
    std::size_t compute = nothing;
    std::size_t elementwise = nothing;
};

template <std::size_t N>
struct StageList {
    std::array<StageParts, N + 1> parts{};
    std::size_t count = 0;
};

/// Groups the layers into stages: each compute layer begins one; an elementwise layer joins the stage before it, or
/// begins one of its own where there is none to join; a reshape belongs to none.
template <std::size_t N>
consteval StageList<N> group_stages(const std::array<LayerKind, N>& kinds) {
    StageList<N> list;
    for (std::size_t i = 0; i < N; ++i) {
        if (kinds[i] == LayerKind::compute) {
            list.parts[list.count++].compute = i;
        } else if (kinds[i] == LayerKind::elementwise) {
            if (list.count == 0 || list.parts[list.count - 1].elementwise != nothing) {
                ++list.count;
            }
            list.parts[list.count - 1].elementwise = i;
        }
    }
    if (list.count == 0) {
        ++list.count;  // reshapes alone: one stage that copies
    }
    return list;
}

namespace detail {
template <std::size_t Leaf, typename L>
struct FunctionOf {
    using type = typename At<Leaf, L>::Function;
};
template <typename L>
struct FunctionOf<nothing, L> {
    using type = NoFunction;
};

template <typename LayerList>
struct LeavesOf;
template <typename... Bound>
struct LeavesOf<List<Bound...>> {
    using type = Leaves<Bound...>;
};
template <typename... Ls>
consteval auto parameter_counts(List<Ls...>) {
    return std::array<std::size_t, sizeof...(Ls)>{model::parameter_count<Ls>()...};
}
template <typename... Ls>
consteval auto kinds(List<Ls...>) {
    return std::array<LayerKind, sizeof...(Ls)>{Ls::kind...};
}
}  // namespace detail

/// Plan: how a network runs. Its layers are grouped into stages, each of which reads one buffer and writes the next
/// one; where every buffer, parameter and gradient lies is a constant. All sizes count numbers, not bytes.
/// Its arguments are the network as it is spelled, not the layers bound to their shapes: the name of each function that
/// runs a stage contains them, and compilers take a time for a name that grows with the square of its different parts.
template <typename InputLayer, typename... Layers>
struct Plan {
    using leaves = typename detail::LeavesOf<typename Flow<typename InputLayer::shape, Layers...>::layers>::type;

    static constexpr auto leaf_offsets = running_sums(detail::parameter_counts(leaves{}));
    static constexpr auto stages = group_stages(detail::kinds(leaves{}));
    static constexpr std::size_t stage_count = stages.count;

    /// The leaf that a stage is called by: its compute layer, else the elementwise layer alone, else the first reshape.
    static constexpr std::size_t leaf_of(std::size_t stage) {
        const StageParts parts = stages.parts[stage];
        return parts.compute != nothing ? parts.compute : parts.elementwise != nothing ? parts.elementwise : 0;
    }

    template <std::size_t K>
    using Head = model::At<leaf_of(K), leaves>;

    /// The elementwise function that stage K applies as it stores.
    template <std::size_t K>
    using FunctionOf = typename detail::FunctionOf<stages.parts[K].elementwise, leaves>::type;

    /// The border of zeros of buffer K, which stage K reads. The last buffer is read by nobody.
    template <std::size_t K>
    static consteval Extent border() {
        if constexpr (K < stage_count) {
            return Head<K>::input_border;
        } else {
            return {0, 0};
        }
    }

    /// Stage K as its kernels see it.
    template <std::size_t K>
    struct Stage {
        using Layer = Head<K>;
        using In = layout_t<typename Layer::input_shape, border<K>().height, border<K>().width>;
        using Out = layout_t<typename Layer::output_shape, border<K + 1>().height, border<K + 1>().width>;
        using Function = FunctionOf<K>;
        static constexpr std::size_t parameter_offset = leaf_offsets[leaf_of(K)];
        static constexpr std::size_t parameters = model::parameter_count<Layer>();
        /// How many numbers V its kernels want as scratch memory.
        template <Number V>
        static constexpr std::size_t scratch_numbers = [] {
            if constexpr (requires { Layer::template scratch_size<In, Out, V>; }) {
                return Layer::template scratch_size<In, Out, V>;
            } else {
                return std::size_t{0};
            }
        }();
    };

    /// Calls f(std::integral_constant<std::size_t, K>{}) for the stages in order.
    template <typename F>
    static constexpr void for_each_stage(F&& f) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (f(std::integral_constant<std::size_t, K>{}), ...);
        }(std::make_index_sequence<stage_count>{});
    }
    /// The same from the last stage to the first.
    template <typename F>
    static constexpr void for_each_stage_backward(F&& f) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (f(std::integral_constant<std::size_t, stage_count - 1 - K>{}), ...);
        }(std::make_index_sequence<stage_count>{});
    }

private:
    /// {f(stage 0), f(stage 1), ...} for a constant of each stage.
    template <typename F>
    static consteval auto each(F f) {
        return [&]<std::size_t... K>(std::index_sequence<K...>) {
            return std::array<std::size_t, stage_count>{f(std::integral_constant<std::size_t, K>{})...};
        }(std::make_index_sequence<stage_count>{});
    }
    static constexpr auto inputs = each([](auto k) { return Stage<decltype(k)::value>::In::size; });

public:
    using InputLayout = typename Stage<0>::In;
    using OutputLayout = typename Stage<stage_count - 1>::Out;
    static constexpr std::size_t output_size = OutputLayout::size;

    /// Training keeps every buffer: buffer K begins at buffer_offsets[K]; the last one follows the others.
    static constexpr auto buffer_offsets = running_sums(inputs);
    static constexpr std::size_t buffer_numbers = buffer_offsets[stage_count] + output_size;

    static constexpr std::size_t buffer_size(std::size_t k) { return k < stage_count ? inputs[k] : output_size; }

    /// Inference needs two buffers at a time: even ones share the first slot, odd ones the second. The sizes of the
    /// slots for buffer `first` and all behind it:
    static constexpr std::array<std::size_t, 2> slots_from(std::size_t first) {
        std::array<std::size_t, 2> sizes{};
        for (std::size_t k = first; k <= stage_count; ++k) {
            sizes[k % 2] = std::max(sizes[k % 2], buffer_size(k));
        }
        return sizes;
    }
    static constexpr std::array<std::size_t, 2> slot_sizes = slots_from(0);
    static constexpr std::size_t inference_numbers = slot_sizes[0] + slot_sizes[1];
    static constexpr std::size_t slot_offset(std::size_t buffer) { return buffer % 2 == 0 ? 0 : slot_sizes[0]; }

    /// The scratch memory that all stages share.
    template <Number V>
    static constexpr std::size_t scratch_numbers = [] {
        const auto sizes = each([](auto k) { return Stage<decltype(k)::value>::template scratch_numbers<V>; });
        return *std::max_element(sizes.begin(), sizes.end());
    }();

    /// How many numbers T the kernels of one image put on the stack in arrays, at most.
    template <std::floating_point T>
    static constexpr std::size_t stack_numbers = [] {
        const auto sizes = each([](auto k) {
            using Here = Stage<decltype(k)::value>;
            if constexpr (requires { Here::Layer::template stack_size<typename Here::In, typename Here::Out, T>; }) {
                return Here::Layer::template stack_size<typename Here::In, typename Here::Out, T>;
            } else {
                return std::size_t{0};
            }
        });
        return *std::max_element(sizes.begin(), sizes.end());
    }();

    /// What forward leaves for backward.
    static constexpr auto saved_offsets =
        running_sums(each([](auto k) { return Head<decltype(k)::value>::saved_size; }));
    static constexpr std::size_t saved_numbers = saved_offsets[stage_count];

    /// Gradients that each tile computes for itself (a convolution's).
    static constexpr auto tile_gradient_offsets = running_sums(each([](auto k) {
        using Layer = Head<decltype(k)::value>;
        return Layer::batched_gradient ? 0 : model::parameter_count<Layer>();
    }));
    static constexpr std::size_t tile_gradient_numbers = tile_gradient_offsets[stage_count];

    /// Whether stage K's gradient is computed from rows of many images (a Linear's).
    template <std::size_t K>
    static constexpr bool batched = Head<K>::batched_gradient;

    /// From this stage on to the last one, all have batched gradients. They see an image's numbers once with each
    /// weight, so several tiles take these stages together and share the weights that are read.
    static constexpr std::size_t together_from = [] {
        constexpr auto batched_stages =
            each([](auto k) { return static_cast<std::size_t>(batched<decltype(k)::value>); });
        std::size_t first = stage_count;
        while (first > 0 && batched_stages[first - 1] != 0) {
            --first;
        }
        return first;
    }();
    static constexpr std::array<std::size_t, 2> together_slots = slots_from(together_from);
    /// How many tiles go together at most.
    template <Number V>
    static constexpr std::size_t tiles_together = is_lanes<V> && together_from < stage_count ? 2 : 1;

    /// Whether something before stage K has parameters, so that the gradient of its input is wanted.
    static constexpr std::size_t first_with_parameters = [] {
        constexpr auto counts = each([](auto k) { return model::parameter_count<Head<decltype(k)::value>>(); });
        std::size_t first = 0;
        while (first + 1 < stage_count && counts[first] == 0) {
            ++first;
        }
        return first;
    }();
};

}  // namespace CTCNN_DETAIL::model
