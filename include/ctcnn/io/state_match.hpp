// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/excerpt.hpp>
#include <ctcnn/io/keras.hpp>
#include <ctcnn/io/load_options.hpp>
#include <ctcnn/io/safetensors_header.hpp>
#include <ctcnn/model/state_names.hpp>

namespace CTCNN_DETAIL::io {

/// StateMatch: which tensor of a file belongs to which tensor of a network, and all that differs.
template <typename Calls = PosixCalls>
class StateMatch {
public:
    /// `drawn` says of each tensor of the network whether it is a weight that an initializer draws; empty: none is.
    StateMatch(const SafetensorsHeader<Calls>& header, std::span<const NamedTensor> names, std::span<const bool> drawn,
               Dtype own, const LoadOptions& options)
        : names_(names), drawn_(drawn), own_(own), options_(options), sources_(names.size()) {
        for (const FileTensor& tensor : header.tensors()) {
            assign(tensor);
        }
        for (std::size_t n = 0; n < names.size(); ++n) {
            compare(n);
        }
    }

    bool fits() const { return counts_ == std::array<std::size_t, kinds>{}; }

    /// For each tensor of the network the one in the file; null where it is missing and may be.
    const std::vector<const FileTensor*>& sources() const { return sources_; }

    /// "2 missing, 1 of another shape"
    [[gnu::cold]] std::string found() const {
        constexpr std::array<std::string_view, kinds> words{"missing",
                                                            "unexpected",
                                                            "of another shape",
                                                            "of another dtype",
                                                            "of a dtype that is not read",
                                                            "with a name that is taken"};
        std::string text;
        for (std::size_t kind = 0; kind < kinds; ++kind) {
            if (counts_[kind] != 0) {
                text.append(text.empty() ? "" : ", ").append(sentence({decimal(counts_[kind]), " ", words[kind]}));
            }
        }
        return text;
    }

    /// A line for each difference, in columns: first the network's tensors, at most 30, then other tensors of the file,
    /// as many.
    [[gnu::cold]] std::string table() const {
        std::vector<Row> rows{{"tensor", "the network", "the file"}};
        for (const auto* differences : {&own_differences_, &other_differences_}) {
            for (const Difference& difference : *differences) {
                rows.push_back(row(difference));
            }
        }
        std::size_t width = 0;
        std::size_t next_width = 0;
        for (const Row& cells : rows) {
            width = std::max(width, cells.tensor.size());
            next_width = std::max(next_width, cells.network.size());
        }
        std::string text;
        for (const Row& cells : rows) {
            text.append("\n    ").append(cells.tensor).append(width - cells.tensor.size() + 2, ' ');
            text.append(cells.network).append(next_width - cells.network.size() + 2, ' ').append(cells.file);
        }
        std::size_t all = 0;
        for (const std::size_t count : counts_) {
            all += count;
        }
        if (const std::size_t shown = rows.size() - 1; all > shown) {
            text.append(sentence({"\n    and ", decimal(all - shown), " more"}));
        }
        return text;
    }

    /// What to do about the differences: a sentence for each kind.
    [[gnu::cold]] std::string remedy() const {
        std::string text;
        const auto add_if = [&text](bool holds, std::string_view sentence) {
            if (holds) {
                text.append(text.empty() ? "" : " ").append(sentence);
            }
        };
        const auto has = [this](Kind kind) { return counts_[static_cast<std::size_t>(kind)] != 0; };
        add_if(has(Kind::missing) || has(Kind::unexpected),
               "Where names differ, set LoadOptions::prefix or rename; where tensors may be missing or left out, "
               "allow_missing "
               "or allow_unexpected.");
        add_if(has(Kind::shape), keras_layout_ ? "Weights as Keras stores them are loaded with LoadOptions::transpose."
                                               : "Load a file of the same network, or change the network.");
        add_if(has(Kind::dtype), "Other dtypes than the network's are loaded with LoadOptions::convert.");
        add_if(has(Kind::unreadable),
               sentence({"Of all dtypes, ", dtype_names(false),
                         " are read: store the others as one of these, in Python with tensor.float()."}));
        add_if(has(Kind::taken), "Two tensors of the file get one name: check LoadOptions::rename.");
        return text;
    }

private:
    enum class Kind { missing, unexpected, shape, dtype, unreadable, taken };
    static constexpr std::size_t kinds = 6;
    static constexpr std::size_t most_rows = 30;
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    struct Difference {
        Kind kind;
        std::size_t index;  // of the network's tensor, or none
        const FileTensor* tensor;
    };
    struct Row {
        std::string tensor;
        std::string network;
        std::string file;
    };

    void assign(const FileTensor& tensor) {
        const std::optional<NameParts> name = name_in_network(tensor.name, options_);
        const auto found = std::find_if(names_.begin(), names_.end(),
                                        [&name](const NamedTensor& own) { return name && *name == own.name; });
        if (found == names_.end()) {
            if (!options_.allow_unexpected && !(name && counts_batches(*name))) {
                add(other_differences_, {Kind::unexpected, none, &tensor});
            }
            return;
        }
        const auto index = static_cast<std::size_t>(found - names_.begin());
        if (sources_[index] == nullptr) {
            sources_[index] = &tensor;
        } else {
            add(other_differences_, {Kind::taken, index, &tensor});
        }
    }

    /// Whether the name is that of a count of batches, which PyTorch stores beside the running_mean of its batch norms
    /// and which nothing needs here.
    bool counts_batches(const NameParts& name) const {
        constexpr std::string_view count = "num_batches_tracked";
        constexpr std::string_view mean = "running_mean";
        const std::size_t size = name.head.size() + name.tail.size();
        return std::any_of(names_.begin(), names_.end(), [&](const NamedTensor& own) {
            if (!own.name.ends_with(mean) || size != own.name.size() - mean.size() + count.size()) {
                return false;
            }
            const std::string_view layer = own.name.substr(0, own.name.size() - mean.size());
            return name.tail.ends_with(count) &&
                   NameParts{name.head, name.tail.substr(0, name.tail.size() - count.size())} == layer;
        });
    }

    void compare(std::size_t index) {
        const FileTensor* tensor = sources_[index];
        if (tensor == nullptr) {
            if (!options_.allow_missing) {
                add(own_differences_, {Kind::missing, index, nullptr});
            }
        } else if (!has_shape_of(*tensor, index)) {
            add(own_differences_, {Kind::shape, index, tensor});
        } else if (!tensor->dtype->dtype) {
            add(own_differences_, {Kind::unreadable, index, tensor});
        } else if (*tensor->dtype->dtype != own_ && !options_.convert) {
            add(own_differences_, {Kind::dtype, index, tensor});
        }
    }

    bool has_shape_of(const FileTensor& tensor, std::size_t index) {
        const NamedTensor& own = names_[index];
        const bool weight = WeightOrder::applies_to(own.shape, !drawn_.empty() && drawn_[index]);
        const bool as_in_keras = weight && is_keras_shape_of(tensor.shape, own.shape);
        if (weight && options_.transpose) {
            return as_in_keras;
        }
        const bool same = is_shape_of(tensor.shape, own.shape);
        keras_layout_ = keras_layout_ || (as_in_keras && !same);
        return same;
    }

    void add(std::vector<Difference>& differences, const Difference& difference) {
        ++counts_[static_cast<std::size_t>(difference.kind)];
        if (differences.size() < most_rows) {
            differences.push_back(difference);
        }
    }

    [[gnu::cold]] Row row(const Difference& difference) const {
        const bool ours = difference.index != none;
        Row cells{excerpt(ours ? names_[difference.index].name : difference.tensor->name), "unexpected", "missing"};
        if (ours) {
            std::string shape;
            for (const std::size_t dim : names_[difference.index].shape) {
                shape.append(shape.empty() ? "" : ", ").append(decimal(dim));
            }
            cells.network = sentence({file_dtype(own_).spelling, " (", shape, ")"});
        }
        if (difference.tensor != nullptr) {
            cells.file = told(*difference.tensor);
            if (ours && names_[difference.index].name != difference.tensor->name) {
                cells.file.append(sentence({" as ", excerpt(difference.tensor->name)}));
            }
        }
        return cells;
    }

    [[gnu::cold]] static std::string told(const FileTensor& tensor) {
        constexpr std::size_t most_dims = 8;
        std::string shape;
        std::size_t rank = 0;
        for_each_dim(tensor.shape, [&](std::uint64_t dim) {
            if (rank++ < most_dims) {
                shape.append(shape.empty() ? "" : ", ").append(decimal(dim));
            }
        });
        return sentence({tensor.dtype->spelling, " (", shape, rank > most_dims ? ", ...)" : ")"});
    }

    std::span<const NamedTensor> names_;
    std::span<const bool> drawn_;
    Dtype own_;
    const LoadOptions& options_;
    std::vector<const FileTensor*> sources_;
    std::array<std::size_t, kinds> counts_{};
    std::vector<Difference> own_differences_;    // of the network's tensors, in their order
    std::vector<Difference> other_differences_;  // of other tensors of the file
    bool keras_layout_ = false;
};

}  // namespace CTCNN_DETAIL::io
