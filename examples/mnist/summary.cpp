// SPDX-License-Identifier: MIT
//
// mnist summary [NAME|FILE]: the layers of a network.
#include <filesystem>
#include <system_error>

#include "command.hpp"
#include "options.hpp"
#include "report.hpp"
#include "saved_network.hpp"

namespace mnist {

int summary(int argument_count, char** arguments) {
    CommandLine line(
        "Prints the layers of a network, with shapes, parameters and multiply-accumulates. NAME is lenet, relu or "
        "quick, FILE one of --save; of all three networks, if nothing is said.",
        "mnist summary [NAME or FILE]");
    const Choice* network = nullptr;
    line.add("--net", "NAME", "the network, if the file does not say it:\nlenet, relu or quick",
             [&](const std::string& text) { network = read_network("--net", text); });
    Screen screen;
    if (const std::string help = line.parse(argument_count, arguments, 1); !help.empty()) {
        screen.print(screen.wrapped(help));
        return 0;
    }
    const std::string word = line.words().empty() ? "" : line.words()[0];
    std::vector<const Choice*> asked;
    for (const Choice* choice : choices) {
        if (word.empty() || choice->name == word) {
            asked.push_back(choice);
        }
    }
    if (!asked.empty() && network != nullptr) {
        throw UsageError("--net has no effect without a file: mnist summary " + std::string(network->name) +
                         " prints that network");
    }
    if (asked.empty()) {
        // A word that is no file is probably meant as a name.
        std::error_code ignored;
        asked.push_back(std::filesystem::exists(word, ignored) ? open_network(word, network).network
                                                               : read_network("summary", word));
    }
    std::string text;
    for (const Choice* choice : asked) {
        text.append(text.empty() ? 0 : 1, '\n');
        text +=
            screen.wrapped(screen.styled(Style::bold, choice->name) + ": " + std::string(choice->description) + "\n") +
            summary_table(screen, *choice);
    }
    screen.print(text);
    return 0;
}

}  // namespace mnist
