// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
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

/// Opens a file. A file of another program does not say which network it is of, and `asked` does; null is nothing asked.
/// Throws   UsageError where nothing says it, or both say different things, and ctcnn::DataError
SavedNetwork open_network(const std::string& file, const Choice* asked);

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
