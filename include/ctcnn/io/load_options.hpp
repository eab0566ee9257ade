// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// LoadOptions: how the tensors of a file may differ from those of the network. By default, they may not.
struct LoadOptions {
    bool convert = false;           ///< other dtypes than the network's: float16, bfloat16, float32, float64, int8
    bool allow_missing = false;     ///< tensors that the file does not have stay as they are
    bool allow_unexpected = false;  ///< tensors that the network does not have are left out
    /// Weights are stored as Keras does: (Kh, Kw, In, Out), (K, In, Out) and (In, Out). The inputs of a Linear behind a
    /// Flatten are not put into another order: Keras flattens (H, W, C), this library and PyTorch (C, H, W).
    bool transpose = false;
    std::string prefix = {};  ///< what all names in the file begin with: "model."
    /// From names in the file, behind the prefix, to names of the network: {"conv1.weight", "0.weight"}, or for all
    /// that begin so up to a dot, {"conv1", "0"}.
    std::map<std::string, std::string, std::less<>> rename = {};
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::io {

/// NameParts: a name in two parts, so that a long one of a file is not copied.
struct NameParts {
    std::string_view head;
    std::string_view tail;

    friend bool operator==(const NameParts& parts, std::string_view name) {
        return name.size() == parts.head.size() + parts.tail.size() && name.starts_with(parts.head) &&
               name.ends_with(parts.tail);
    }
};

/// What a tensor of a file is called in the network; nothing where it has not the prefix.
template <typename Options>
std::optional<NameParts> name_in_network(std::string_view name, const Options& options) {
    if (!name.starts_with(options.prefix)) {
        return std::nullopt;
    }
    name.remove_prefix(options.prefix.size());
    // The whole name first, then what is before each dot, from the last one on.
    for (std::size_t end = name.size(); !options.rename.empty() && end != std::string_view::npos;
         end = end == 0 ? std::string_view::npos : name.rfind('.', end - 1)) {
        if (const auto found = options.rename.find(name.substr(0, end)); found != options.rename.end()) {
            const std::size_t dot = found->second.empty() && end != name.size() ? 1 : 0;
            return NameParts{found->second, name.substr(end + dot)};
        }
    }
    return NameParts{{}, name};
}

}  // namespace CTCNN_DETAIL::io
