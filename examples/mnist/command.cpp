// SPDX-License-Identifier: MIT
#include "command.hpp"

#include <array>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "spelling.hpp"

namespace mnist {

namespace {

constexpr std::array<Command, 4> commands{
    {{"evaluate", evaluate}, {"predict", predict}, {"show", show}, {"summary", summary}}};

}  // namespace

const Command* find_command(int argument_count, char** arguments) {
    const std::string word = argument_count > 1 ? arguments[1] : "";
    if (word.empty() || word.starts_with('-') || word == "train") {
        return nullptr;
    }
    std::vector<std::string> names{"train"};
    for (const Command& command : commands) {
        if (command.name == word) {
            return &command;
        }
        names.emplace_back(command.name);
    }
    if (const std::string meant = closest(word, names); !meant.empty()) {
        throw UsageError("there is no command '" + word + "'; did you mean " + meant + "?");
    }
    return nullptr;
}

bool is_command(std::string_view word) {
    for (const Command& command : commands) {
        if (command.name == word) {
            return true;
        }
    }
    return word == "train";
}

}  // namespace mnist
