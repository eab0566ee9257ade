// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/table.hpp>

namespace CTCNN_DETAIL::graph {

/// Form: a shape as an image. Features are channels of one pixel.
struct Form {
    std::size_t channels = 0;
    std::size_t height = 1;
    std::size_t width = 1;
};
constexpr Form form_of(Indices dims) {
    if (dims.size() == 3) {
        return {dims[0], dims[1], dims[2]};
    }
    if (dims.size() == 2) {
        return {dims[0], 1, dims[1]};
    }
    Form form{1, 1, 1};
    for (const std::size_t dim : dims) {
        form.channels *= dim;
    }
    return form;
}

/// LayerFacts: what the graph knows of a layer.
struct LayerFacts {
    LayerKind kind;
    Extent input_border;
    Form output;
    std::size_t parameters;
    bool keeps_shape;  ///< whether its output has the shape of its input
};

/// StageFacts: a layer that computes, and the elementwise function that is applied as it stores.
struct StageFacts {
    std::size_t layer = nothing;
    std::size_t function = nothing;  ///< may be the layer itself, if no stage could take the function
    std::size_t first_edge = 0;
    std::size_t inputs = 0;
};

/// The parent of a buffer that has none: buffer 0, which no stage makes. A default that is not zero can get lost:
/// g++ 12 evaluates a table again where another one has its type, and then leaves zeros in the last elements.
inline constexpr std::size_t no_parent = 0;

/// BufferFacts: where a value lies. Buffer 0 holds the input, buffer k + 1 what stage k makes.
struct BufferFacts {
    Form form;
    Extent border{0, 0};             ///< of zeros around each channel, for the padding of its readers
    std::size_t gap = 0;             ///< elements behind each channel (Layout)
    std::size_t parent = no_parent;  ///< the buffer of a concatenation or a sum that this one is a part of
    std::size_t offset_in_parent = 0;
    std::size_t readers = 0;
    std::size_t first_stage = 0;  ///< that reads it
    std::size_t last_stage = 0;
    bool reshaped = false;        ///< whether it is also read under another shape
    bool wants_gradient = false;  ///< whether parameters lie before it
    bool own_gradient = false;    ///< whether its gradient has a place of its own until it is complete

    constexpr std::size_t plane() const {
        return (form.height + 2 * border.height) * (form.width + 2 * border.width) + gap;
    }
    constexpr std::size_t size() const { return form.channels * plane(); }
};

constexpr bool is_join(LayerKind kind) {
    return kind == LayerKind::add || kind == LayerKind::multiply || kind == LayerKind::concat;
}

/// How a network runs: Dropout and the like compute in training, and are no more than a name in inference.
enum class Mode : bool { training, inference };

/// Graph: the stages of a network and the buffers between them, from its table. A layer that computes is a stage. An
/// elementwise layer joins the stage before it, if nothing else reads what that stage makes. A reshape is another view
/// of the same buffer where that has no border, or the shape stays; else it is a stage that copies. The branches of a
/// concatenation write to their parts of its buffer. In training, a sum is computed in the place of one of its terms,
/// whose gradient it shares; in inference the term may need less memory than the sum, which may have a border.
template <std::size_t Layers, std::size_t Edges>
struct Graph {
    std::array<StageFacts, Layers + 1> stages{};
    std::array<BufferFacts, Layers + 2> buffers{};
    std::array<std::size_t, Edges + 1> inputs{};  ///< buffers that the stages read, edge by edge
    std::size_t stage_count = 0;
    std::size_t edge_count = 0;

    consteval Graph(const Table<Layers, Edges>& table, std::array<LayerFacts, Layers> layers, Form input, Mode mode)
        : Graph(table, layers, input, mode, {}, {}) {}

    /// The n-th buffer that a stage reads.
    constexpr std::size_t input_of(std::size_t stage, std::size_t n = 0) const {
        return inputs[stages[stage].first_edge + n];
    }
    /// Where the n-th input of a concatenation begins in its buffer.
    constexpr std::size_t offset_of_input(std::size_t stage, std::size_t n) const {
        const BufferFacts& whole = buffers[stage + 1];
        std::size_t offset = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const BufferFacts& part = buffers[input_of(stage, i)];
            // Features may be an image behind Flatten, which then has no border.
            const bool image = whole.form.height * whole.form.width == part.form.height * part.form.width;
            offset += image ? part.form.channels * whole.plane() : part.size();
        }
        return offset;
    }

private:
    struct ValueFacts {
        std::size_t readers = 0;
        Extent border{0, 0};
        std::size_t buffer = 0;
    };
    using Values = std::array<ValueFacts, Layers + 1>;

    /// read_once is false for all buffers, and stays so for buffer 0, which no stage has made.
    consteval Graph(const Table<Layers, Edges>& table, std::array<LayerFacts, Layers> layers, Form input, Mode mode,
                    Values values, std::array<bool, Layers + 2> read_once) {
        const bool trains = mode == Mode::training;
        for (LayerFacts& layer : layers) {
            if (layer.kind == LayerKind::random) {
                layer.kind = trains ? LayerKind::compute : LayerKind::reshape;
            }
        }
        for (std::size_t edge = 0; edge < Edges; ++edge) {
            ++values[table.values[edge]].readers;
        }
        find_borders(table, layers, values);
        buffers[0] = {.form = input, .border = values[0].border};
        for (std::size_t n = 0; n < Layers; ++n) {
            ValueFacts& in = values[table.values[table.first_edge[n]]];
            ValueFacts& out = values[n + 1];
            const bool borderless = buffers[in.buffer].border == Extent{0, 0} && out.border == Extent{0, 0};
            if (layers[n].kind == LayerKind::reshape && (borderless || layers[n].keeps_shape)) {
                out.buffer = in.buffer;
                buffers[in.buffer].reshaped = buffers[in.buffer].reshaped || !layers[n].keeps_shape;
                read_once[in.buffer] = read_once[in.buffer] && out.readers == 1;
            } else if (layers[n].kind == LayerKind::elementwise && read_once[in.buffer] &&
                       takes_function(layers, in.buffer - 1) &&
                       (!buffers[in.buffer].reshaped || out.border == Extent{0, 0})) {
                stages[in.buffer - 1].function = n;
                out.buffer = in.buffer;
                buffers[in.buffer].border = out.border;
                read_once[in.buffer] = out.readers == 1;
            } else {
                add_stage(table, layers, values, n);
                read_once[out.buffer] = out.readers == 1;
            }
        }
        if (stage_count == 0) {
            add_stage(table, layers, values, 0);  // reshapes alone
            buffers[1].form = layers[Layers - 1].output;
        }
        find_readers();
        place_branches(layers, trains);
        find_gradients(layers);
    }

    /// The border of each value that its readers ask for, from the last layer to the first.
    consteval void find_borders(const Table<Layers, Edges>& table, const std::array<LayerFacts, Layers>& layers,
                                Values& values) const {
        for (std::size_t n = Layers; n-- > 0;) {
            for (std::size_t edge = table.first_edge[n]; edge < table.first_edge[n + 1]; ++edge) {
                ValueFacts& in = values[table.values[edge]];
                Extent border = layers[n].input_border;
                if (layers[n].kind == LayerKind::concat ||
                    (layers[n].kind == LayerKind::reshape && layers[n].keeps_shape) ||
                    (layers[n].kind == LayerKind::elementwise && in.readers == 1)) {
                    border = values[n + 1].border;
                }
                in.border = {std::max(in.border.height, border.height), std::max(in.border.width, border.width)};
            }
        }
    }

    consteval void add_stage(const Table<Layers, Edges>& table, const std::array<LayerFacts, Layers>& layers,
                             Values& values, std::size_t n) {
        StageFacts& stage = stages[stage_count++];
        stage = {n, layers[n].kind == LayerKind::elementwise ? n : nothing, edge_count, 0};
        for (std::size_t edge = table.first_edge[n]; edge < table.first_edge[n + 1]; ++edge, ++stage.inputs) {
            inputs[edge_count++] = values[table.values[edge]].buffer;
        }
        values[n + 1].buffer = stage_count;
        buffers[stage_count] = {.form = layers[n].output, .border = values[n + 1].border};
    }

    consteval bool takes_function(const std::array<LayerFacts, Layers>& layers, std::size_t stage) const {
        return stages[stage].function == nothing && layers[stages[stage].layer].kind != LayerKind::concat;
    }

    consteval void find_readers() {
        for (std::size_t k = 0; k < stage_count; ++k) {
            for (std::size_t i = 0; i < stages[k].inputs; ++i) {
                BufferFacts& buffer = buffers[input_of(k, i)];
                buffer.first_stage = buffer.readers == 0 ? k : buffer.first_stage;
                buffer.last_stage = k;
                ++buffer.readers;
            }
        }
        buffers[stage_count].last_stage = stage_count;
    }

    /// The whole comes before its parts.
    consteval void place_branches(const std::array<LayerFacts, Layers>& layers, bool trains) {
        for (std::size_t k = stage_count; k-- > 0;) {
            if (trains && layers[stages[k].layer].kind == LayerKind::add) {
                place_term(layers, k);
            }
            if (layers[stages[k].layer].kind != LayerKind::concat) {
                continue;
            }
            for (std::size_t i = 0; i < stages[k].inputs; ++i) {
                BufferFacts& part = buffers[input_of(k, i)];
                if (input_of(k, i) != 0 && part.readers == 1) {
                    part.parent = k + 1;
                    part.offset_in_parent = offset_of_input(k, i);
                }
            }
        }
    }

    /// The first term that nothing else reads becomes the sum: one that is what its stage has computed, since the
    /// derivative of a function needs the output of the function. The parts of a concatenation lie as it does.
    consteval void place_term(const std::array<LayerFacts, Layers>& layers, std::size_t k) {
        for (std::size_t i = 0; i < stages[k].inputs; ++i) {
            BufferFacts& term = buffers[input_of(k, i)];
            if (input_of(k, i) == 0 || term.readers != 1 || term.reshaped) {
                continue;
            }
            const StageFacts& maker = stages[input_of(k, i) - 1];
            if (maker.function == nothing && layers[maker.layer].kind != LayerKind::concat) {
                term.parent = k + 1;
                term.border = buffers[k + 1].border;
                return;
            }
        }
    }

    consteval void find_gradients(const std::array<LayerFacts, Layers>& layers) {
        for (std::size_t k = 0; k < stage_count; ++k) {
            bool wants = layers[stages[k].layer].parameters != 0;
            for (std::size_t i = 0; i < stages[k].inputs; ++i) {
                wants = wants || buffers[input_of(k, i)].wants_gradient;
            }
            buffers[k + 1].wants_gradient = wants;
        }
        for (std::size_t k = 0; k < stage_count; ++k) {
            const LayerKind kind = layers[stages[k].layer].kind;
            for (std::size_t i = 0; i < stages[k].inputs; ++i) {
                BufferFacts& buffer = buffers[input_of(k, i)];
                if (buffer.parent == no_parent && buffer.wants_gradient &&
                    (buffer.readers > 1 || kind == LayerKind::multiply)) {
                    buffer.own_gradient = true;
                }
            }
            // The reader of a concatenation cannot apply the functions of its parts.
            if (kind != LayerKind::concat && stages[k].function != nothing && buffers[k + 1].parent != no_parent &&
                buffers[k + 1].wants_gradient) {
                buffers[root_of(k + 1)].own_gradient = true;
            }
        }
        buffers[stage_count].own_gradient = false;  // The loss gives the gradient of the output a place.
    }

public:
    /// The buffer that a buffer is a part of, or itself.
    constexpr std::size_t root_of(std::size_t buffer) const {
        while (buffers[buffer].parent != no_parent) {
            buffer = buffers[buffer].parent;
        }
        return buffer;
    }
    /// The same graph with a gap behind each channel where channels would lie a multiple of `period` elements apart.
    /// There is none in a value that is also read under another shape, in which the elements follow one another, in
    /// those that share its buffer, and in the output.
    consteval Graph with_gaps(std::size_t period) const {
        std::array<bool, Layers + 2> has_gap{};
        for (std::size_t b = 0; b < stage_count; ++b) {
            has_gap[b] =
                buffers[b].parent == no_parent && buffers[b].form.channels > 1 && buffers[b].plane() % period == 0;
        }
        for (std::size_t b = 0; b < stage_count; ++b) {
            has_gap[root_of(b)] = has_gap[root_of(b)] && !buffers[b].reshaped;
        }
        Graph result = *this;
        for (std::size_t b = 0; b <= stage_count; ++b) {
            result.buffers[b].gap = has_gap[root_of(b)] ? 1 : 0;
        }
        for (std::size_t k = 0; k < stage_count; ++k) {
            for (std::size_t i = 0; i < stages[k].inputs; ++i) {
                if (buffers[input_of(k, i)].parent == k + 1 && buffers[input_of(k, i)].offset_in_parent != 0) {
                    result.buffers[input_of(k, i)].offset_in_parent = result.offset_of_input(k, i);
                }
            }
        }
        return result;
    }
    constexpr bool has_gaps() const {
        bool found = false;
        for (std::size_t b = 0; b <= stage_count; ++b) {
            found = found || buffers[b].gap != 0;
        }
        return found;
    }

    /// Where a buffer begins in its root.
    constexpr std::size_t offset_in_root(std::size_t buffer) const {
        std::size_t offset = 0;
        for (; buffers[buffer].parent != no_parent; buffer = buffers[buffer].parent) {
            offset += buffers[buffer].offset_in_parent;
        }
        return offset;
    }
};

template <std::size_t Layers, std::size_t Edges>
Graph(const Table<Layers, Edges>&, std::array<LayerFacts, Layers>, Form, Mode) -> Graph<Layers, Edges>;

}  // namespace CTCNN_DETAIL::graph
