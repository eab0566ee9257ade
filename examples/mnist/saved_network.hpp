// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "data_source.hpp"
#include "training.hpp"

namespace mnist {

/// SavedNetwork: a file of --save or --checkpoint, and what it says of itself.
struct SavedNetwork {
    std::string file;
    const Choice* network;
    const Classes* classes;
};

/// Opens a file. A file of another program does not say which network it is of, and `asked` does, or else `otherwise`;
/// null is nothing asked.
/// Throws   UsageError where nothing says it, or file and `asked` say different things, and ctcnn::DataError
SavedNetwork open_network(const std::string& file, const Choice* asked, const Choice* otherwise = nullptr);

/// The images of such a network: those that --data names, or else those of the data set that it was trained on.
DataSource source_for(const SavedNetwork& saved, const std::optional<std::string>& data);

/// The outputs of a network for each image.
/// Throws   std::runtime_error if one is NaN, and ctcnn::DataError
std::vector<Outputs> outputs_of(const SavedNetwork& saved, const Digits& images, std::size_t threads);

/// NetworkOptions: the options of commands that run a saved network.
struct NetworkOptions {
    explicit NetworkOptions(CommandLine& line);
    NetworkOptions(const NetworkOptions&) = delete;
    NetworkOptions& operator=(const NetworkOptions&) = delete;

    const Choice* network = nullptr;
    std::size_t threads = 0;
};

}  // namespace mnist
