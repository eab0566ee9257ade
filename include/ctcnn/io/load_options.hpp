// SPDX-License-Identifier: MIT
#pragma once

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
    bool transpose = false;         ///< weights are stored as Keras does: (Kh, Kw, In, Out) and (In, Out)
    std::string prefix = {};        ///< what all names in the file begin with: "model."
    /// From names in the file, behind the prefix, to names of the network: {"conv1.weight", "0.weight"}, or for all that
    /// begin so up to a dot, {"conv1", "0"}.
    std::map<std::string, std::string> rename = {};
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::io {

/// What a tensor of a file is called in the network; nothing where it has not the prefix.
inline std::optional<std::string> name_in_network(std::string_view name_in_file, const LoadOptions& options) {
    if (!name_in_file.starts_with(options.prefix)) {
        return std::nullopt;
    }
    const std::string name(name_in_file.substr(options.prefix.size()));
    // The whole name first, then what is before each dot, from the last one on.
    for (std::size_t end = name.size(); !options.rename.empty() && end != std::string::npos;
         end = end == 0 ? std::string::npos : name.rfind('.', end - 1)) {
        if (const auto found = options.rename.find(name.substr(0, end)); found != options.rename.end()) {
            const std::string_view rest = std::string_view(name).substr(end);
            return found->second.empty() && !rest.empty() ? std::string(rest.substr(1))
                                                          : found->second + std::string(rest);
        }
    }
    return name;
}

}  // namespace CTCNN_DETAIL::io
