// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/names.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_DETAIL::model {

/// SummaryRow: the cells of one line of the table.
struct SummaryRow {
    Description layer;
    Text<256> output;
    Text<27> parameters;
    Text<27> multiply_adds;
    Text<27> bytes;
};

namespace detail {

/// How many steps two paths have in common, from the network on.
constexpr std::size_t common_steps(const Path& a, const Path& b) {
    std::size_t count = 0;
    while (count < a.size() && count < b.size() && a[count].index == b[count].index) {
        ++count;
    }
    return count;
}

/// "0 ", or its name, indented by the places of the blocks around it.
constexpr void begin_layer(SummaryRow& row, std::size_t depth, const PathPart& part, std::size_t index_width) {
    Text<20> number;
    number.append_number(part.index);
    row.layer.append(depth * (index_width + 1), ' ');
    row.layer.append_right(part.name.empty() ? number.view() : part.name, index_width);
    row.layer.append(" ");
}

constexpr void spell(Indices dims, Text<256>& text) {
    for (const std::size_t dim : dims) {
        text.append(text.length == 0 ? "" : "x");
        text.append_number(dim);
    }
}

constexpr void spell(std::uint64_t number, std::string_view zero, Text<27>& text) {
    if (number == 0) {
        text.append(zero);
    } else {
        text.append_grouped(number);
    }
}

/// The name of a layer, or of a layer that gives none.
template <typename L>
constexpr void describe_layer(Description& text) {
    if constexpr (requires { L::describe(text); }) {
        L::describe(text);
    } else {
        text.append("(no description)");
    }
}

constexpr void add_numbers(SummaryRow& row, std::size_t parameters, std::uint64_t multiply_adds,
                           std::size_t scalar_bytes, std::string_view zero) {
    spell(parameters, zero, row.parameters);
    spell(multiply_adds, zero, row.multiply_adds);
    spell(parameters * scalar_bytes, zero, row.bytes);
}

/// What the table tells of a layer, besides its parameters.
struct ToldLayer {
    void (*describe)(Description&);
    Indices output;
    std::uint64_t multiply_adds;
};

template <typename... Bound>
constexpr auto told_layers(List<Bound...>) {
    return std::array<ToldLayer, sizeof...(Bound)>{
        ToldLayer{&describe_layer<typename Bound::layer>, Bound::output_shape::dims, Bound::multiply_adds}...};
}

/// SummaryRows: calls f(row) for the headings, for each block and layer, and for the totals.
template <typename Net>
struct SummaryRows {
    static constexpr std::size_t index_width = Net::layer_count > 10 ? (Net::layer_count > 100 ? 3 : 2) : 1;

    template <typename F>
    static constexpr void for_each(F&& f) {
        for_each_layer(f);
        SummaryRow totals{};
        totals.layer.append("Total");
        add_numbers(totals, Net::parameter_count, Net::multiply_adds, sizeof(typename Net::scalar), "0");
        f(totals);
    }
    /// The same without the totals.
    template <typename F>
    static constexpr void for_each_layer(F&& f) {
        SummaryRow headings{};
        headings.layer.append("Layer");
        headings.output.append("Output");
        headings.parameters.append("Param #");
        headings.multiply_adds.append("Mult-adds");
        headings.bytes.append("Bytes");
        f(headings);
        constexpr auto told = told_layers(typename Net::plan::leaves{});
        Path before{nullptr, 0};
        for (std::size_t i = 0; i < told.size(); ++i) {
            const PlacedLayer& layer = placed_layers<Net>[i];
            if (!graph::is_join(layer.kind)) {
                tell(layer, before, told[i], f);
                before = layer.path;
            }
        }
    }

private:
    template <typename F>
    static constexpr void tell(const PlacedLayer& layer, const Path& before, const ToldLayer& told, F& f) {
        const std::size_t depth = layer.path.size() - 1;
        for (std::size_t block = common_steps(layer.path, before); block < depth; ++block) {
            SummaryRow row{};
            begin_layer(row, block, layer.path[block], index_width);
            row.layer.append(layer.path[block].label);
            f(row);
        }
        SummaryRow row{};
        begin_layer(row, depth, layer.path[depth], index_width);
        told.describe(row.layer);
        spell(told.output, row.output);
        add_numbers(row, layer.parameter_count, told.multiply_adds, sizeof(typename Net::scalar), "-");
        f(row);
    }
};

/// SummarySize: the width of each column, and the number of rows.
struct SummarySize {
    std::size_t layer = 0;
    std::size_t output = 0;
    std::size_t parameters = 0;
    std::size_t multiply_adds = 0;
    std::size_t bytes = 0;
    std::size_t rows = 0;

    constexpr void operator()(const SummaryRow& row) {
        layer = std::max(layer, row.layer.length);
        output = std::max(output, row.output.length);
        parameters = std::max(parameters, row.parameters.length);
        multiply_adds = std::max(multiply_adds, row.multiply_adds.length);
        bytes = std::max(bytes, row.bytes.length);
        ++rows;
    }
    /// The width of a line: two blanks are between the columns.
    constexpr std::size_t line() const { return layer + output + parameters + multiply_adds + bytes + 4 * 2; }
};

/// SummaryTable: the rows of Rows as lines, with a rule behind the headings and before the last one.
template <typename Rows>
struct SummaryTable {
    static constexpr SummarySize size = [] {
        SummarySize result;
        Rows::for_each(result);
        return result;
    }();
    static constexpr std::size_t characters = (size.rows + 2) * (size.line() + 1);

    static constexpr void append_to(auto& text) {
        std::size_t row_number = 0;
        Rows::for_each([&](const SummaryRow& row) {
            if (row_number == 1 || row_number + 1 == size.rows) {
                text.append(size.line(), '-');
                text.append("\n");
            }
            ++row_number;
            text.append_left(row.layer.view(), size.layer + 2);
            text.append_left(row.output.view(), size.output + 2);
            text.append_right(row.parameters.view(), size.parameters);
            text.append_right(row.multiply_adds.view(), size.multiply_adds + 2);
            text.append_right(row.bytes.view(), size.bytes + 2);
            text.trim();
            text.append("\n");
        });
    }
};

template <typename Net>
constexpr auto compose_summary() {
    using Table = SummaryTable<SummaryRows<Net>>;
    constexpr std::size_t longest_last_line = 150;
    Text<Table::characters + longest_last_line> text;
    Table::append_to(text);
    text.append("Workspace of one image: ");
    text.append_grouped(Net::inference_workspace_bytes);
    text.append(" bytes to infer, ");
    text.append_grouped(Net::training_workspace_bytes);
    text.append(" bytes to train\n");
    return text;
}

}  // namespace detail

template <typename Net>
inline constexpr auto summary_text = detail::compose_summary<Net>();

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// summary: a table of a network's layers, with a line for each: name and sizes as PyTorch spells them, output shape,
/// parameters, multiplications with addition in forward of one image, bytes of the parameters; then the totals, and the
/// bytes that one image needs besides. Blocks are opened. The text is a constant, and lives as long as the program.
///     std::cout << summary<LeNet>();
/// As in    torchinfo.summary, Keras' model.summary()
template <typename Net>
consteval std::string_view summary() {
    if constexpr (Net::layer_count != 0 && RefusedNetwork<Net>) {
        return {};
    } else {
        return detail_::model::summary_text<Net>.view();
    }
}

}  // namespace CTCNN_API
