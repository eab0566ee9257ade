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
#include <ctcnn/model/network.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/model/summary.hpp>

namespace CTCNN_DETAIL::model {

namespace detail {

/// LayersBefore: the layers of a sequence before the refused one, bound to their shapes; of a block, those inside it.
template <typename Place, typename F, typename... Ls>
struct LayersBefore {
    using type = typename F::layers;
};
template <std::size_t Index, typename Inner, typename F, typename... Ls>
    requires graph::Block<At<Index, List<Ls...>>>
struct LayersBefore<in_block<Index, Inner>, F, Ls...> {
    using L = At<Index, List<Ls...>>;
    using S = typename F::output_shape;  // what arrives at the block

    template <typename... Layers>
    static consteval auto inside(List<Layers...>) {
        return typename LayersBefore<Inner, typename L::template flow_from<S>, Layers...>::type{};
    }
    template <typename... Bound>
    static consteval auto with_block(List<Bound...>) {
        if constexpr (sizeof...(Bound) == 0) {
            return typename F::layers{};
        } else {
            return typename F::layers{} + List<BoundBlock<L, S, List<Bound...>>>{};
        }
    }
    using type = decltype(with_block(inside(typename L::block_layers{})));
};

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

    template <std::size_t Index, typename L>
    constexpr SummaryRow at(std::type_identity<at_layer<Index, L>>, std::size_t depth) const {
        SummaryRow row{};
        begin_layer(row, depth, PathPart{Index, {}, {}}, IndexWidth);
        if constexpr (requires { L::describe(row.layer); }) {
            L::describe(row.layer);
        } else {
            append_spelling<L>(row.layer);
        }
        return row;
    }
    template <std::size_t Index, typename Inner>
    constexpr SummaryRow at(std::type_identity<in_block<Index, Inner>>, std::size_t depth) const {
        SummaryRow row{};
        begin_layer(row, depth, PathPart{Index, {}, {}}, IndexWidth);
        row.layer.append("Sequential");
        if constexpr (std::is_same_v<Inner, the_sequence>) {
            return row;
        } else {
            if (begins_block<Inner>) {
                f(row);
            }
            return at(std::type_identity<Inner>{}, depth + 1);
        }
    }
    constexpr SummaryRow at(std::type_identity<the_sequence>, std::size_t) const {
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
    using Before = SummaryRows<PartOfNetwork<sizeof...(Ls), typename LayersBefore<Place, F, Ls...>::type>>;

    template <typename Function>
    static constexpr void for_each(Function&& f) {
        Before::for_each_layer(f);
        SummaryRow row =
            RefusedRow<Before::index_width, std::remove_reference_t<Function>>{f}.at(std::type_identity<Place>{}, 0);
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
template <typename T, typename Spelling, typename F>
struct Explained<NetworkOf<T, Spelling, F>> {
    static constexpr auto& text = summary_text<NetworkOf<T, Spelling, F>>;
};

}  // namespace detail

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// explain: what summary tells of a network; of one that is refused, the layers before the wrong one, what arrives there,
/// and the sentence of the error with what to write instead. It takes the network, or its arguments, and never fails:
///     std::cout << explain<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>>, Flatten, Linear<400, 10>>();
template <typename... Layers>
consteval std::string_view explain() {
    return detail_::model::detail::Explained<Layers...>::text.view();
}

}  // namespace CTCNN_API
