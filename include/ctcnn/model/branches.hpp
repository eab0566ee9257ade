// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/refusal.hpp>
#include <ctcnn/graph/table.hpp>
#include <ctcnn/model/block.hpp>
#include <ctcnn/model/sequential.hpp>

// Layers that consist of branches: each branch gets what arrives, and their ends are joined.
namespace CTCNN_DETAIL::model {

/// BoundJoin: several inputs become one output.
template <LayerKind Kind, typename L, typename Output, typename First, typename... Others>
struct BoundJoin {
    static constexpr LayerKind kind = Kind;
    using layer = L;
    using input_shape = First;
    using input_shapes = List<First, Others...>;
    using output_shape = Output;
    using weight_shape = NoParameter;
    using bias_shape = NoParameter;
    static constexpr std::uint64_t multiply_adds = 0;
    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;

    static consteval OnnxNode onnx() {
        return Kind == LayerKind::concat ? OnnxNode{"Concat"}.with("axis", 1)
                                         : OnnxNode{Kind == LayerKind::add ? "Sum" : "Mul"};
    }
};

/// What the ends of branches make together: a shape, or a reason why not.
template <typename S, Reason R = Reason::none>
struct Joined {
    using shape = S;
    static constexpr Reason reason = R;
};

template <typename S, typename Other>
inline constexpr bool is_pixel_of = false;
template <std::size_t C, std::size_t H, std::size_t W>
inline constexpr bool is_pixel_of<Shape<C, 1, 1>, Shape<C, H, W>> = true;

/// The shape with another number of channels.
template <std::size_t Channels, typename S>
struct WithChannels;
template <std::size_t Channels, std::size_t C, std::size_t... Rest>
struct WithChannels<Channels, Shape<C, Rest...>> {
    using type = Shape<Channels, Rest...>;
};

template <LayerKind Kind, typename First, typename... Others>
consteval auto join_shapes() {
    if constexpr (Kind == LayerKind::add) {
        return Joined<First, (... && std::is_same_v<First, Others>) ? Reason::none : Reason::branch_shapes>{};
    } else if constexpr (Kind == LayerKind::concat) {
        constexpr std::size_t channels =
            saturating_sum<std::size_t>({First::dim(0), (Others::rank != 0 ? Others::dim(0) : 0)...});
        using Whole = typename WithChannels<channels, First>::type;
        constexpr bool fits = (... && std::is_same_v<typename WithChannels<channels, First>::type,
                                                     typename WithChannels<channels, Others>::type>);
        return Joined<Whole, fits ? Reason::none : Reason::concat_shapes>{};
    } else if constexpr (sizeof...(Others) == 0) {
        return Joined<First>{};
    } else {
        // The largest of two is what the others are compared with.
        constexpr auto two = []<typename Second>(std::type_identity<Second>) {
            if constexpr (std::is_same_v<First, Second> || is_pixel_of<Second, First>) {
                return Joined<First>{};
            } else if constexpr (is_pixel_of<First, Second>) {
                return Joined<Second>{};
            } else {
                return Joined<First, Reason::multiply_shapes>{};
            }
        };
        using Second = At<0, List<Others...>>;
        using Both = decltype(two(std::type_identity<Second>{}));
        if constexpr (Both::reason != Reason::none) {
            return Both{};
        } else {
            return []<typename S2, typename... Rest>(List<S2, Rest...>) {
                return join_shapes<Kind, typename Both::shape, Rest...>();
            }(List<Others...>{});
        }
    }
}

/// BoundBranches: branches on what arrives, and the join of their ends. Of the layers, the first Sizes[0] are the first
/// branch, and so on.
template <typename L, typename S, typename Join, typename Sizes, typename Layers>
struct BoundBranches;
template <typename L, typename S, typename Join, std::size_t... Sizes, typename... Bound>
struct BoundBranches<L, S, Join, std::index_sequence<Sizes...>, List<Bound...>> : BoundNested<L, S, List<Bound...>> {
    static constexpr LayerKind kind = LayerKind::branches;
    static constexpr std::string_view label = L::label;
    static constexpr std::array<std::size_t, sizeof...(Sizes)> branch_sizes{Sizes...};
    using join = Join;
    using leaves = graph::Leaves<Bound..., Join>;
    using output_shape = typename Join::output_shape;
};

/// How a shape flows through a branch whose layers count from First.
template <std::size_t First, typename S, typename... Ls>
using BranchFlow = decltype((graph::FlowState<First, S, graph::Accepted>{} >> ... >> std::type_identity<Ls>{}));

/// BranchesFlow: how a shape flows through branches: the first refusal, that of the join, or the layers, bound.
template <LayerKind Kind, typename L, typename S, typename... Flows>
struct BranchesFlow {
    static constexpr auto answer = [] {
        constexpr bool refused = (... || bool(Flows::refusal::mismatch));
        if constexpr (refused) {
            constexpr std::size_t first = [] {
                const std::array<bool, sizeof...(Flows)> refuses{bool(Flows::refusal::mismatch)...};
                std::size_t n = 0;
                while (!refuses[n]) {
                    ++n;
                }
                return n;
            }();
            return std::type_identity<typename At<first, List<Flows...>>::refusal>{};
        } else {
            using Join = decltype(join_shapes<Kind, typename Flows::output_shape...>());
            constexpr Reason reason = Join::reason;
            if constexpr (reason == Reason::none) {
                constexpr Reason together = Join::shape::size > most_numbers / 2
                                                ? Reason::number_too_large
                                                : graph::reason_together((List<>{} + ... + typename Flows::layers{}));
                return std::type_identity<std::conditional_t<together == Reason::none, graph::Accepted,
                                                             graph::Refusal<together, the_branches, received<S>>>>{};
            } else {
                return []<std::size_t... N>(std::index_sequence<N...>) {
                    return std::type_identity<graph::Refusal<reason, the_branches, received<S>,
                                                             branch_makes<N, typename Flows::output_shape>...>>{};
                }(std::index_sequence_for<Flows...>{});
            }
        }
    }();
    using refusal = typename decltype(answer)::type;
    using join = BoundJoin<Kind, L, typename decltype(join_shapes<Kind, typename Flows::output_shape...>())::shape,
                           typename Flows::output_shape...>;
    using type = BoundBranches<L, S, join, std::index_sequence<Flows::layers::size...>,
                               decltype((List<>{} + ... + typename Flows::layers{}))>;
};

/// Where there are too few branches.
template <typename S>
struct NoBranches {
    using refusal = graph::Refusal<Reason::too_few_branches, the_branches, received<S>>;
};

template <LayerKind Kind, typename L, typename S, typename Indices, typename... Branches>
struct FlowOfBranches;
template <LayerKind Kind, typename L, typename S, std::size_t... Index, typename... Branches>
struct FlowOfBranches<Kind, L, S, std::index_sequence<Index...>, Branches...>
    : std::conditional<(sizeof...(Branches) < 2), NoBranches<S>,
                       BranchesFlow<Kind, L, S, BranchFlow<Index, S, Branches>...>> {};

/// What the layers with branches share.
template <LayerKind Kind, typename Self, typename... Branches>
struct BranchLayer {
    using branch_layers = List<List<Branches>...>;

    template <typename S>
    using flow_from = typename FlowOfBranches<Kind, Self, S, std::index_sequence_for<Branches...>, Branches...>::type;

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return flow_from<Shape<Dims...>>::refusal::mismatch;
    }
    template <typename S>
    struct At : flow_from<S>::type {};
};

template <typename... Layers>
struct ShortcutBlock : Sequential<Layers...> {
    static constexpr std::string_view child_name = "shortcut";

    template <typename S>
    struct At : Sequential<Layers...>::template At<S> {
        static constexpr std::string_view child_name = ShortcutBlock::child_name;
    };
};

/// The flow of Residual: its layers, and the shortcut.
template <typename L, typename S, typename Main, typename Short>
struct ResidualFlow;
template <typename L, typename S, typename... Main, typename... Short>
struct ResidualFlow<L, S, List<Main...>, List<Short...>>
    : std::conditional<
          sizeof...(Main) == 0, NoBranches<S>,
          BranchesFlow<LayerKind::add, L, S, BranchFlow<0, S, Main...>, BranchFlow<sizeof...(Main), S, Short...>>> {};

}  // namespace CTCNN_DETAIL::model

namespace ctcnn {

/// Shortcut: the last argument of Residual, layers that what arrives takes beside the others.
template <typename... Layers>
struct Shortcut {};

}  // namespace ctcnn

namespace CTCNN_DETAIL::model {

/// The layers of a Residual, and its shortcut as a block.
template <typename Before, typename... Layers>
struct SplitResidual;
template <typename... Before, typename L, typename... Rest>
    requires(sizeof...(Rest) != 0)
struct SplitResidual<List<Before...>, L, Rest...> : SplitResidual<List<Before..., L>, Rest...> {};
template <typename... Before, typename L>
struct SplitResidual<List<Before...>, L> {
    using main = List<Before..., L>;
    using shortcut = List<>;
};
template <typename... Before, typename... Layers>
struct SplitResidual<List<Before...>, Shortcut<Layers...>> {
    using main = List<Before...>;
    using shortcut = List<ShortcutBlock<Layers...>>;
};
template <typename... Before>
struct SplitResidual<List<Before...>> {
    using main = List<Before...>;
    using shortcut = List<>;
};

}  // namespace CTCNN_DETAIL::model

namespace ctcnn {

/// Residual: y = f(x) + x, or with a Shortcut<Layers...> as its last argument y = f(x) + s(x); f and s are layers one
/// after the other.
/// Shapes   S -> S; with a shortcut, what both make
/// Refuses  what its layers refuse · branch_shapes · too_few_branches
/// Source   He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016
template <typename... Layers>
struct Residual {
    static constexpr std::string_view label = "Residual";
    using split = detail_::model::SplitResidual<detail_::List<>, Layers...>;
    using branch_layers = detail_::List<typename split::main, typename split::shortcut>;

    template <typename S>
    using flow_from =
        typename detail_::model::ResidualFlow<Residual, S, typename split::main, typename split::shortcut>::type;

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return flow_from<Shape<Dims...>>::refusal::mismatch;
    }
    template <typename S>
    struct At : flow_from<S>::type {};
};

/// Add: the sum of what its branches make of the same input. A branch is a layer or a Sequential without Input.
/// Shapes   S -> what all branches make
/// Refuses  what its branches refuse · branch_shapes · too_few_branches
template <typename... Branches>
struct Add : detail_::model::BranchLayer<detail_::LayerKind::add, Add<Branches...>, Branches...> {
    static constexpr std::string_view label = "Add";
};

/// Multiply: the product of what its branches make of the same input, element by element. (C, 1, 1) counts for all
/// pixels of (C, H, W).
/// Shapes   S -> the largest of what its branches make
/// Refuses  what its branches refuse · multiply_shapes · too_few_branches
/// Source   Hu, Shen, Sun, "Squeeze-and-excitation networks", CVPR 2018
template <typename... Branches>
struct Multiply : detail_::model::BranchLayer<detail_::LayerKind::multiply, Multiply<Branches...>, Branches...> {
    static constexpr std::string_view label = "Multiply";
};

/// Concat: what its branches make of the same input, one after the other along the channels, or features.
/// Shapes   S -> (C0 + C1 + ..., H, W), or (F0 + F1 + ...)
/// Refuses  what its branches refuse · concat_shapes · too_few_branches
/// As in    torch.cat of the branches, dim=1
template <typename... Branches>
struct Concat : detail_::model::BranchLayer<detail_::LayerKind::concat, Concat<Branches...>, Branches...> {
    static constexpr std::string_view label = "Concat";
};

}  // namespace ctcnn
