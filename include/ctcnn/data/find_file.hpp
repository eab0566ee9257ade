// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_DETAIL {

/// The file of a name in a folder.
[[gnu::cold, gnu::noinline]] inline std::filesystem::path file_in(const std::filesystem::path& folder,
                                                                  std::string_view name) {
    return folder / name;
}

/// The first of the names in a folder that is a file. It may also lie in a folder of one of these names, as in archives
/// of Kaggle. Where there is none: the first name that is something else, which its reader refuses, or an empty path.
template <typename Names>
[[gnu::cold]] std::filesystem::path find_file(const std::filesystem::path& folder, const Names& names) {
    const auto type_of = [](const std::filesystem::path& file) {
        std::error_code ignored;
        return std::filesystem::status(file, ignored).type();
    };
    std::filesystem::path file;
    for (const std::string_view name : names) {
        file = file_in(folder, name);
        if (type_of(file) == std::filesystem::file_type::regular) {
            return file;
        }
    }
    for (const std::string_view inner_folder : names) {
        for (const std::string_view name : names) {
            file = file_in(file_in(folder, inner_folder), name);
            if (type_of(file) == std::filesystem::file_type::regular) {
                return file;
            }
        }
    }
    for (const std::string_view name : names) {
        file = file_in(folder, name);
        if (type_of(file) != std::filesystem::file_type::not_found) {
            return file;
        }
    }
    file.clear();
    return file;
}

/// The first name behind another one, in alphabetical order, that a file called idx has in a folder; empty if there is
/// none.
[[gnu::cold]] inline std::string next_idx_name(const std::filesystem::path& folder, const std::string& previous) {
    std::string next;
    std::error_code error;
    std::filesystem::directory_iterator entries(file_in(folder, folder.empty() ? "." : ""), error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        std::string name = entries->path().filename().string();
        if (name.find("idx") != std::string::npos && name > previous && (next.empty() || name < next)) {
            next = std::move(name);
        }
    }
    return next;
}

/// "no such file, but 'a-idx3-ubyte', 'b-idx1-ubyte'": names the first files of a folder that are called idx.
[[gnu::cold]] inline std::string but_there_are(std::string found, const std::filesystem::path& folder) {
    std::string name = next_idx_name(folder, "");
    for (int shown = 0; !name.empty(); ++shown) {
        if (shown == 3) {
            return sentence({found, ", ..."});
        }
        found = sentence({found, shown == 0 ? ", but '" : ", '", name, "'"});
        name = next_idx_name(folder, name);
    }
    return found;
}

/// The file that load_idx was given: packed as .gz or unpacked since, whichever is there.
[[gnu::cold]] inline std::filesystem::path find_idx_file(const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    const bool is_packed = name.ends_with(".gz");
    const std::string other =
        sentence({std::string_view(name).substr(0, name.size() - (is_packed ? 3 : 0)), is_packed ? "" : ".gz"});
    const std::string_view names[]{name, other};
    std::filesystem::path found = find_file(file.parent_path(), names);
    if (found.empty()) {
        throw FileMissing({file, 0, "an idx file, plain or .gz", but_there_are("no such file", file.parent_path()),
                           "Check the name and the folder.", OffsetIn::file});
    }
    return found;
}

}  // namespace CTCNN_DETAIL
