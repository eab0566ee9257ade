// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mnist {

/// Command: what the program can do beside training: mnist NAME ...
struct Command {
    std::string_view name;
    /// Takes the command line from the name on; returns the exit status.
    int (*run)(int argument_count, char** arguments);
};

/// The command with which the command line begins; null for train, whose name may be left out.
/// Throws   UsageError for a word that is nearly a command
const Command* find_command(int argument_count, char** arguments);

bool is_command(std::string_view word);

int evaluate(int argument_count, char** arguments);
int predict(int argument_count, char** arguments);
int show(int argument_count, char** arguments);
int summary(int argument_count, char** arguments);

}  // namespace mnist
