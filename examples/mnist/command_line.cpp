// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "spelling.hpp"

namespace mnist {

struct CommandLine::Parser {
    CLI::App app;
};

namespace {

[[noreturn]] void refuse(const std::string& word, const CLI::App& app) {
    if (is_command(word)) {
        throw UsageError("the command comes first: mnist " + word);
    }
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            names.push_back(name);
        }
    }
    // "-epochs" and "epochs=3" are meant as "--epochs".
    const std::string name = word.substr(0, word.find('='));
    const std::size_t dashes = name.find_first_not_of('-');
    const std::string meant = closest(dashes == std::string::npos ? "" : name.substr(dashes), names);
    throw UsageError(std::string("there is no ") + (word.starts_with('-') ? "option '" : "command or option '") + word +
                     "'" + (meant.empty() ? "" : "; did you mean --" + meant + "?"));
}

}  // namespace

CommandLine::CommandLine(const std::string& description, const std::string& usage)
    : parser_(std::make_unique<Parser>()) {
    CLI::App& app = parser_->app;
    app.description(description);
    app.name(usage);
    app.get_formatter()->column_width(22);
    app.set_help_flag("-h,--help", "print this, and do nothing else");
    app.allow_extras();  // so that they are refused below, with a guess at what was meant
}

CommandLine::~CommandLine() = default;

void CommandLine::add(const std::string& name, const std::string& type, const std::string& description,
                      const std::function<void(const std::string&)>& read) {
    parser_->app.add_option_function<std::string>(name, read, description)->type_name(type)->take_last();
}

void CommandLine::add_flag(const std::string& name, const std::string& description, bool& flag) {
    parser_->app.add_flag(name, flag, description)->disable_flag_override();
}

std::string CommandLine::parse(int argument_count, char** arguments, std::size_t most_words) {
    CLI::App& app = parser_->app;
    const std::string usage = app.get_name();
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::CallForHelp&) {
        return app.help();
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string text = error.what();
        const std::string name = text.substr(0, text.find_first_of(": "));
        throw UsageError(text.find("flag override") != std::string::npos ? "--" + name + " takes no value"
                                                                         : name + " takes a value after it");
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
    bool options_ended = false;
    for (const std::string& word : app.remaining()) {
        if (word == "--" && !options_ended) {
            options_ended = true;
            continue;
        }
        if (most_words == 0 || (word.starts_with('-') && !options_ended)) {
            refuse(word, app);
        }
        words_.push_back(word);
    }
    if (words_.size() > most_words) {
        throw UsageError("'" + words_[most_words] + "' is one word too many: " + usage);
    }
    return {};
}

}  // namespace mnist
