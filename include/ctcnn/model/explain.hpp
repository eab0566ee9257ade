// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/spelling.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/graph/diagnosis.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/refusal.hpp>
#include <ctcnn/graph/table.hpp>
#include <ctcnn/model/block.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/model/summary.hpp>

namespace CTCNN_DETAIL::model {

namespace detail {

/// The layers inside a block, or of each branch, as they are spelled.
template <typename L>
constexpr auto branches_of() {
    if constexpr (graph::Block<L>) {
        return List<typename L::block_layers>{};
    } else {
        return typename L::branch_layers{};
    }
}

/// The word for a block, or for branches, in the table.
template <typename L>
constexpr std::string_view label_of() {
    if constexpr (graph::Block<L>) {
        return "Sequential";
    } else {
        return L::label;
    }
}

/// PartOfLayer: a block or branches of which only the first layers are there.
template <typename L, typename S, typename Layers>
struct PartOfLayer : BoundBlock<L, S, Layers> {
    static constexpr std::string_view label = label_of<L>();
    static constexpr std::string_view child_name = graph::child_name<L>();
};

/// Of a layer that contains the refused one, the layers before it; none, if a layer is refused as a whole. S is what
/// arrives there, and the layers around it count from First.
template <std::size_t First, typename S, typename Place, typename... Ls>
constexpr auto part_of(std::type_identity<Place>, List<Ls...>) {
    return List<>{};
}

/// The layers before a place, bound to their shapes; S arrives at each branch.
template <typename Place, std::size_t First, typename S, typename... Ls, typename... Others>
constexpr auto layers_before(List<List<Ls...>, Others...>);

template <std::size_t First, typename S, std::size_t Index, typename Inner, typename... Ls>
constexpr auto part_of(std::type_identity<in_block<Index, Inner>>, List<Ls...>) {
    using L = At<Index - First, List<Ls...>>;
    using Before = decltype(layers_before<Inner, 0, S>(branches_of<L>()));
    if constexpr (Before::size == 0) {
        return List<>{};
    } else {
        return List<PartOfLayer<L, S, Before>>{};
    }
}

template <typename Place, std::size_t First, typename S, typename... Ls, typename... Others>
constexpr auto layers_before(List<List<Ls...>, Others...>) {
    using F = BranchFlow<First, S, Ls...>;
    if constexpr (F::refusal::mismatch) {
        return
            typename F::layers{} + part_of<First, typename F::output_shape>(std::type_identity<Place>{}, List<Ls...>{});
    } else if constexpr (sizeof...(Others) != 0) {
        return typename F::layers{} + layers_before<Place, First + sizeof...(Ls), S>(List<Others...>{});
    } else {
        return typename F::layers{};
    }
}

/// PartOfNetwork: some layers in the place of a network: what SummaryRows asks it for.
template <std::size_t Count, typename Layers>
struct PartOfNetwork;
template <std::size_t Count, typename... Bound>
struct PartOfNetwork<Count, List<Bound...>> {
    using layers = List<Bound...>;
    using scalar = float;
    struct plan {
        using leaves = graph::Leaves<Bound...>;
    };
    static constexpr std::size_t layer_count = Count;
};

/// Whether nothing has been told of a block yet: the refusal is at its first layer, or is its own.
template <typename Place>
inline constexpr bool begins_block = true;
template <std::size_t Index, typename Inner>
inline constexpr bool begins_block<at_layer<Index, Inner>> = Index == 0;
template <std::size_t Index, typename Inner>
inline constexpr bool begins_block<in_block<Index, Inner>> = Index == 0;

/// RefusedRow: the row of what is refused, by its place; f(row) is called for the blocks around it that begin with it.
template <std::size_t IndexWidth, typename F>
struct RefusedRow {
    F& f;

    template <std::size_t Index, typename L, typename... Ls>
    constexpr SummaryRow at(std::type_identity<at_layer<Index, L>>, List<Ls...>, std::size_t depth) const {
        SummaryRow row{};
        begin_layer(row, depth, PathPart{Index, graph::child_name<L>(), {}}, IndexWidth);
        if constexpr (requires { L::describe(row.layer); }) {
            L::describe(row.layer);
        } else if constexpr (requires { L::label; }) {
            row.layer.append(L::label);
        } else {
            append_spelling<L>(row.layer);
        }
        return row;
    }
    template <std::size_t Index, typename Inner, typename... Ls>
    constexpr SummaryRow at(std::type_identity<in_block<Index, Inner>>, List<Ls...>, std::size_t depth) const {
        using L = At<Index, List<Ls...>>;
        SummaryRow row{};
        begin_layer(row, depth, PathPart{Index, graph::child_name<L>(), {}}, IndexWidth);
        row.layer.append(label_of<L>());
        if constexpr (std::is_same_v<Inner, the_sequence>) {
            return row;
        } else {
            if (begins_block<Inner>) {
                f(row);
            }
            constexpr auto inside = []<typename... Branch>(List<Branch...>) { return (List<>{} + ... + Branch{}); };
            return at(std::type_identity<Inner>{}, inside(branches_of<L>()), depth + 1);
        }
    }
    template <typename... Ls>
    constexpr SummaryRow at(std::type_identity<the_sequence>, List<Ls...>, std::size_t) const {
        SummaryRow row{};
        row.layer.append("Sequential");
        return row;
    }
};

/// ExplainedRows: the rows of the layers before the refused one, and its own.
template <typename F, typename R, typename... Ls>
struct ExplainedRows;
template <typename F, Reason R, typename Place, typename S, typename... Words, typename... Ls>
struct ExplainedRows<F, graph::Refusal<R, Place, received<S>, Words...>, Ls...> {
    using Layers = decltype(typename F::layers{} +
                            part_of<0, typename F::output_shape>(std::type_identity<Place>{}, List<Ls...>{}));
    using Before = SummaryRows<PartOfNetwork<sizeof...(Ls), Layers>>;

    template <typename Function>
    static constexpr void for_each(Function&& f) {
        Before::for_each_layer(f);
        SummaryRow row = RefusedRow<Before::index_width, std::remove_reference_t<Function>>{f}.at(
            std::type_identity<Place>{}, List<Ls...>{}, 0);
        row.output.append("refuses ");
        Text<256> shape;
        spell(S::dims, shape);
        row.output.append(shape.view());
        f(std::as_const(row));
    }
};

/// The sentence of an error with its words. The error itself is only named.
template <typename Refused>
inline constexpr graph::Message message_of{};
template <Reason R, typename... Words>
inline constexpr graph::Message message_of<refused<R, Words...>> =
    graph::compose<Words...>(refused<R, graph::sentence_alone>::sentence);

template <typename Net>
inline constexpr bool is_sequential = false;
template <typename... Ls>
inline constexpr bool is_sequential<Sequential<Ls...>> = true;

/// Explained: the text of a list of layers that begins with Input, as it is spelled.
template <typename... Ls>
struct Explained {
    static constexpr auto text =
        graph::compose<>(refused < sizeof...(Ls) == 0 ? Reason::empty_network : Reason::missing_input,
                         graph::sentence_alone > ::sentence);
};
template <std::size_t... Dims, typename... Ls>
struct Explained<Input<Dims...>, Ls...> {
    using S = Shape<Dims...>;
    using F = graph::Flow<S, Ls...>;

    static constexpr auto text = [] {
        if constexpr (!F::refusal::mismatch) {
            return summary_text<Sequential<Input<Dims...>, Ls...>>;
        } else {
            using Table = SummaryTable<ExplainedRows<F, typename F::refusal, Ls...>>;
            constexpr auto& message = message_of<graph::Error<S, typename F::refusal>>;
            Text<Table::characters + message.length + 1> result;
            Table::append_to(result);
            result.append(message.view());
            result.append("\n");
            return result;
        }
    }();
};
template <typename... Ls>
struct Explained<Sequential<Ls...>> : Explained<Ls...> {};
template <typename InputLayer, typename... Ls>
struct Explained<Sequential<InBf16<InputLayer>, Ls...>> : Explained<InputLayer, Ls...> {};
/// A network in other numbers than float, or of a class that is derived from one.
template <typename Net>
    requires(!is_sequential<Net>) && AnyNetwork<Net>
struct Explained<Net> {
    static constexpr auto& text = summary_text<Net>;
};

}  // namespace detail

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// explain: what summary tells of a network; of one that is refused, the layers before the wrong one, what arrives
/// there, and the sentence of the error with what to write instead. It takes the network, or its arguments, and never
/// fails:
///     std::cout << explain<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>>, Flatten, Linear<400, 10>>();
template <typename... Layers>
consteval std::string_view explain() {
    return detail_::model::detail::Explained<Layers...>::text.view();
}

}  // namespace CTCNN_API
