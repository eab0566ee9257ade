// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "command_line.hpp"
#include "data_source.hpp"
#include "training.hpp"

namespace mnist {

/// What the command line asks for.
struct Options {
    std::string help;  // what --help prints; empty if it was not given
    const Choice* network = &lenet;
    Settings settings = lenet.defaults;
    Files files;
    DataSource data = default_source();
    bool quiet = false;
};

/// Values of options.
/// Throws   UsageError
std::uint64_t read_number(const std::string& option, const std::string& text, std::uint64_t least, std::uint64_t most);
std::size_t read_whole_number(const std::string& option, const std::string& text, std::size_t least, std::size_t most);
const Choice* read_network(const std::string& option, const std::string& text);

/// Whether two names, if both are given, are those of one file.
bool are_one_file(const std::string& a, const std::string& b);

/// Reads the command line. The network's own recipe holds wherever nothing else is asked for.
Options read_options(int argument_count, char** arguments);

}  // namespace mnist
