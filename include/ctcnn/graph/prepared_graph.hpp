// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/graph/memory.hpp>
#include <ctcnn/graph/table.hpp>

namespace CTCNN_DETAIL::graph {

/// PreparedStage: how a prepared network runs a stage.
struct PreparedStage {
    bool is_prepared = false;  ///< by a prepared kernel, else as net(x) does it
    bool is_done = false;      ///< by the convolution before it, whose pooling it is
    ValueForm reads = ValueForm::planar;
    Pooling pooling = Pooling::none;  ///< that it does for the stage behind it
    std::size_t output = 0;           ///< the buffer that it writes
};

/// Copy: a value in one of its forms. What a stage has written is `made`; the other form, if a stage reads it, is
/// converted before the first one that does.
struct Copy {
    bool exists = false;
    std::size_t size = 0;  ///< whole cache lines
    std::size_t first = 0;
    std::size_t last = 0;
    bool has_zeros = false;  ///< around or behind its elements, which readers rely on
    std::size_t parent = no_parent;
    std::size_t offset = 0;
};

/// PreparedValue: where the two forms of a value lie.
struct PreparedValue {
    ValueForm made = ValueForm::planar;
    /// One pixel without a border: both forms are the same elements at the same places.
    bool is_flat = false;
    Extent border{0, 0};  ///< of the blocked form
    Extent more{0, 0};
    std::array<Copy, 2> copies{};

    constexpr Copy& in(ValueForm form) { return copies[is_flat || form == ValueForm::planar ? 0 : 1]; }
    constexpr const Copy& in(ValueForm form) const { return copies[is_flat || form == ValueForm::planar ? 0 : 1]; }
};

/// PreparedLayer: what the plan of a prepared network knows of the layer of a stage.
struct PreparedLayer {
    LayerKind kind = LayerKind::compute;
    PreparedFacts prepared{};
};

/// PreparedGraph: in which form each value of a graph lies, which stages run prepared kernels, and where in memory the
/// values lie.
///
/// The form of a value is that which its maker writes. Readers rely on zeros around a value, and behind features that
/// fill no whole vectors. They are written once, when a workspace is made, and no stage writes there. A value with such
/// zeros therefore shares its place only with values of the same layout; the others share places by lifetime.
template <std::size_t Layers, std::size_t Edges>
struct PreparedGraph {
    std::array<PreparedStage, Layers + 1> stages{};
    std::array<PreparedValue, Layers + 2> values{};
    std::size_t zeros = 0;  ///< elements at the beginning of the memory that are zero in a new workspace
    std::size_t size = 0;

    using Facts = graph::Graph<Layers, Edges>;

    /// forms: that each input of each stage has for its reader. line: elements of a cache line. count: channels of a
    /// block.
    consteval PreparedGraph(const Facts& graph, std::array<PreparedLayer, Layers + 1> layers,
                            std::array<Form, Edges + 1> forms, std::size_t count, std::size_t line) {
        find_borders(graph, layers, forms);
        for (std::size_t k = 0; k < graph.stage_count; ++k) {
            if (!stages[k].is_done) {
                choose(graph, layers, forms, k);
            }
        }
        find_copies(graph, count, line);
        find_parents(graph, layers);
        place(graph);
    }

private:
    static constexpr bool same(Form a, Form b) {
        return a.channels == b.channels && a.height == b.height && a.width == b.width;
    }
    static constexpr Extent larger(Extent a, Extent b) {
        return {std::max(a.height, b.height), std::max(a.width, b.width)};
    }
    /// Whether a stage reads a value as it was made, and not under another shape.
    static constexpr bool reads_as_made(const Facts& graph, const std::array<Form, Edges + 1>& forms, std::size_t k) {
        bool result = true;
        for (std::size_t i = 0; i < graph.stages[k].inputs; ++i) {
            result = result && same(forms[graph.stages[k].first_edge + i], graph.buffers[graph.input_of(k, i)].form);
        }
        return result;
    }

    consteval void find_borders(const Facts& graph, const std::array<PreparedLayer, Layers + 1>& layers,
                                const std::array<Form, Edges + 1>& forms) {
        for (std::size_t k = 0; k < graph.stage_count; ++k) {
            const PreparedFacts& facts = layers[k].prepared;
            if (facts.offered && facts.reads == ValueForm::blocked && reads_as_made(graph, forms, k)) {
                PreparedValue& value = values[graph.input_of(k)];
                value.border = larger(value.border, facts.border);
                value.more = larger(value.more, facts.more);
            }
        }
        for (std::size_t b = 0; b <= graph.stage_count; ++b) {
            const BufferFacts& buffer = graph.buffers[b];
            values[b].is_flat = buffer.form.height * buffer.form.width == 1 && buffer.border == Extent{0, 0} &&
                                values[b].border == Extent{0, 0} && values[b].more == Extent{0, 0};
        }
    }

    constexpr bool is_blocked(std::size_t buffer) const {
        return values[buffer].made == ValueForm::blocked && !values[buffer].is_flat;
    }

    consteval void choose(const Facts& graph, const std::array<PreparedLayer, Layers + 1>& layers,
                          const std::array<Form, Edges + 1>& forms, std::size_t k) {
        PreparedStage& stage = stages[k];
        const PreparedFacts& facts = layers[k].prepared;
        stage.output = k + 1;
        bool any_blocked = false;
        for (std::size_t i = 0; i < graph.stages[k].inputs; ++i) {
            any_blocked = any_blocked || is_blocked(graph.input_of(k, i));
        }
        if (!facts.offered) {
            return;
        }
        const ValueForm as_made = any_blocked ? ValueForm::blocked : ValueForm::planar;
        if (facts.has_features) {
            stage.is_prepared = true;
            stage.reads = as_made;
            return;
        }
        if (!reads_as_made(graph, forms, k) || (facts.follows && !any_blocked)) {
            return;
        }
        stage.is_prepared = true;
        stage.reads = facts.reads_either ? as_made : facts.reads;
        const BufferFacts& output = graph.buffers[k + 1];
        if (facts.takes_pooling && output.readers == 1) {
            const std::size_t reader = output.last_stage;
            if (layers[reader].prepared.pooling != Pooling::none && graph.stages[reader].function == nothing &&
                reads_as_made(graph, forms, reader)) {
                stage.pooling = layers[reader].prepared.pooling;
                stage.output = reader + 1;
                stages[reader].is_done = true;
            }
        }
        values[stage.output].made = ValueForm::blocked;
    }

    static constexpr std::size_t whole(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

    /// Elements of a value with count channels to the block (BlockedLayout::size).
    constexpr std::size_t blocked_size(Form form, const PreparedValue& value, std::size_t count) const {
        const std::size_t blocks = (form.channels + count - 1) / count;
        const std::size_t plane = (form.height + 2 * value.border.height + value.more.height) *
                                  (form.width + 2 * value.border.width + value.more.width) * count;
        return blocks * (plane + count);
    }

    consteval void read(std::size_t buffer, ValueForm form, std::size_t time) {
        PreparedValue& value = values[buffer];
        Copy& copy = value.in(form);
        Copy& made = value.in(value.made);
        if (!copy.exists) {
            copy.exists = true;
            copy.first = time;
        }
        copy.last = std::max(copy.last, time);
        made.last = std::max(made.last, copy.first);
    }

    consteval void find_copies(const Facts& graph, std::size_t count, std::size_t line) {
        for (std::size_t k = 0; k < graph.stage_count; ++k) {
            if (!stages[k].is_done) {
                PreparedValue& value = values[stages[k].output];
                Copy& made = value.in(value.made);
                made.exists = true;
                made.first = made.last = k;
            }
        }
        std::array<bool, Layers + 2> by_vectors{};   // read so, with zeros behind the features
        std::array<bool, Layers + 2> by_prepared{};  // made so, with these zeros
        for (std::size_t k = 0; k < graph.stage_count; ++k) {
            by_prepared[stages[k].output] = by_prepared[stages[k].output] || stages[k].is_prepared;
            for (std::size_t i = 0; !stages[k].is_done && i < graph.stages[k].inputs; ++i) {
                read(graph.input_of(k, i), stages[k].reads, k);
                by_vectors[graph.input_of(k, i)] = by_vectors[graph.input_of(k, i)] || stages[k].is_prepared;
            }
        }
        read(graph.stage_count, ValueForm::planar, graph.stage_count);
        values[0].copies[0].first = 0;  // where the image is copied to
        for (std::size_t b = 0; b <= graph.stage_count; ++b) {
            const BufferFacts& buffer = graph.buffers[b];
            PreparedValue& value = values[b];
            value.copies[0].size = whole(buffer.size(), line);
            value.copies[0].has_zeros =
                buffer.border != Extent{0, 0} || (by_vectors[b] && !by_prepared[b] && buffer.size() % count != 0);
            value.copies[1].size = whole(blocked_size(buffer.form, value, count), line);
            value.copies[1].has_zeros = value.border != Extent{0, 0} || value.more != Extent{0, 0};
        }
    }

    /// What net(x) makes and a concatenation reads that also runs so is a part of its buffer.
    consteval void find_parents(const Facts& graph, const std::array<PreparedLayer, Layers + 1>& layers) {
        for (std::size_t b = graph.stage_count; b-- > 1;) {
            const std::size_t parent = graph.buffers[b].parent;
            if (parent == no_parent || stages[b - 1].is_prepared || stages[parent - 1].is_prepared ||
                stages[b - 1].output != b || stages[b - 1].is_done || layers[parent - 1].kind != LayerKind::concat) {
                continue;
            }
            values[b].copies[0].parent = parent;
            values[b].copies[0].exists = false;
        }
        // A part is made before the whole, and parts of parts before these.
        for (std::size_t b = 1; b < graph.stage_count; ++b) {
            std::size_t root = b;
            while (values[root].copies[0].parent != no_parent) {
                root = values[root].copies[0].parent;
            }
            if (root != b) {
                values[root].copies[0].first = std::min(values[root].copies[0].first, values[b].copies[0].first);
            }
        }
    }

    constexpr bool same_layout(const Facts& graph, std::size_t a, std::size_t b, std::size_t form) const {
        const BufferFacts& first = graph.buffers[a];
        const BufferFacts& second = graph.buffers[b];
        return same(first.form, second.form) &&
               (form == 0 ? first.border == second.border
                          : values[a].border == values[b].border && values[a].more == values[b].more);
    }

    consteval void place(const Facts& graph) {
        constexpr std::size_t most = 2 * (Layers + 2);
        std::array<Region, most> regions{};
        std::array<std::size_t, most> order{};
        std::size_t free_count = 0;
        // Values with zeros: in the order in which they are made, each at the place of one that is not needed any more.
        std::array<std::size_t, most> holders{};  // of the places, those that hold them last
        std::size_t holder_count = 0;
        for (std::size_t time = 0; time <= graph.stage_count; ++time) {
            for (std::size_t n = 0; n < 2 * (graph.stage_count + 1); ++n) {
                Copy& copy = values[n / 2].copies[n % 2];
                if (!copy.exists || copy.first != time) {
                    continue;
                }
                if (!copy.has_zeros) {
                    regions[n] = {copy.size, copy.first, copy.last, 0};
                    order[free_count++] = n;
                    continue;
                }
                std::size_t place = 0;
                while (place < holder_count &&
                       !(holders[place] % 2 == n % 2 && same_layout(graph, holders[place] / 2, n / 2, n % 2) &&
                         values[holders[place] / 2].copies[n % 2].last < copy.first)) {
                    ++place;
                }
                if (place == holder_count) {
                    ++holder_count;
                    copy.offset = zeros;
                    zeros += copy.size;
                } else {
                    copy.offset = values[holders[place] / 2].copies[n % 2].offset;
                }
                holders[place] = n;
            }
        }
        size = zeros + detail::place(regions, order, free_count);
        for (std::size_t n = 0; n < free_count; ++n) {
            values[order[n] / 2].copies[order[n] % 2].offset = zeros + regions[order[n]].offset;
        }
        for (std::size_t b = graph.stage_count; b-- > 1;) {
            Copy& part = values[b].copies[0];
            if (part.parent != no_parent) {
                part.offset = values[part.parent].copies[0].offset + graph.buffers[b].offset_in_parent;
            }
        }
    }
};

}  // namespace CTCNN_DETAIL::graph
