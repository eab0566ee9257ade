// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

#include "training.hpp"

namespace mnist {

/// What the command line asks for.
struct Options {
    std::string help;  // what --help prints; empty if it was not given
    const Choice* network = &lenet;
    Settings settings = lenet.defaults;
    Files files;
    std::string folder;
    bool quiet = false;
};

/// The command line cannot be understood; what() is a sentence that says what to write.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads the command line. The network's own recipe holds wherever nothing else is asked for.
Options read_options(int argument_count, char** arguments);

}  // namespace mnist
