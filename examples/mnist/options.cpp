// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include "screen.hpp"
#include "spelling.hpp"

namespace mnist {

namespace {

template <typename T>
T whole_number(const std::string& option, const std::string& text, T least, T most) {
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
        throw UsageError(option + " takes a whole number from " + std::to_string(least) + " to " +
                         std::to_string(most) + ", not '" + text + "'");
    }
    return number;
}

float positive_number(const std::string& option, const std::string& text) {
    char* end = nullptr;
    const float number = std::strtof(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !std::isfinite(number) || !(number > 0)) {
        throw UsageError(option + " takes a number above 0, such as 0.5, not '" + text + "'");
    }
    return number;
}

double epoch_count(const std::string& option, const std::string& text) {
    constexpr double most = 100'000;
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(number > 0) || number > most) {
        throw UsageError(option + " takes a number above 0, at most 100000, such as 10 or 1.5, not '" + text + "'");
    }
    return number;
}

const Choice* network(const std::string& option, const std::string& text) {
    std::vector<std::string> names;
    std::string list;
    for (const Choice* choice : choices) {
        if (choice->name == text) {
            return choice;
        }
        names.emplace_back(choice->name);
        list.append(list.empty() ? "" : choice == choices.back() ? " or " : ", ").append(choice->name);
    }
    const std::string meant = closest(text, names);
    throw UsageError(option + " takes " + list + ", not '" + text + "'" +
                     (meant.empty() ? "" : "; did you mean " + meant + "?"));
}

/// "lenet: 10, relu: 5, quick: 1.5"
std::string defaults(const std::function<std::string(const Settings&)>& value) {
    std::string text;
    for (const Choice* choice : choices) {
        text.append(text.empty() ? "" : ", ").append(choice->name).append(": ").append(value(choice->defaults));
    }
    return text;
}

[[noreturn]] void refuse(const std::string& word, const CLI::App& app) {
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
    throw UsageError("there is no option '" + word + "'" + (meant.empty() ? "" : "; did you mean --" + meant + "?"));
}

}  // namespace

Options read_options(int argument_count, char** arguments) {
    Options result;
    result.folder = CTCNN_MNIST_FOLDER;
    std::optional<double> epochs;
    std::optional<std::size_t> batch_size;
    std::optional<float> lr;

    CLI::App app("Trains a small network on the MNIST digits, and shows its accuracy on the test images.", "mnist");
    app.get_formatter()->column_width(22);
    app.set_help_flag("-h,--help", "print this, and do nothing else");
    app.allow_extras();  // so that they are refused below, with a guess at what was meant

    const auto add = [&](const std::string& name, const std::string& type, const std::string& description,
                         const std::function<void(const std::string&)>& read) {
        app.add_option_function<std::string>(name, read, description)->type_name(type)->take_last();
    };
    std::string networks = "the network:";
    for (const Choice* choice : choices) {
        networks.append("\n").append(choice->name).append(": ").append(choice->description);
    }
    add("--net", "NAME", networks, [&](const std::string& text) { result.network = network("--net", text); });
    add("--epochs", "N",
        "how often to go through the training images, such\nas 10 or 1.5 (" +
            defaults([](const Settings& settings) { return format("%g", settings.epochs); }) + ")",
        [&](const std::string& text) { epochs = epoch_count("--epochs", text); });
    add("--batch-size", "N", "images in a step (" + defaults([](const Settings& settings) {
                                 return std::to_string(settings.batch_size);
                             }) + ")",
        [&](const std::string& text) { batch_size = whole_number<std::size_t>("--batch-size", text, 1, 250'000); });
    add("--lr", "RATE", "learning rate (" + defaults([](const Settings& settings) {
                            return format("%g", static_cast<double>(settings.lr));
                        }) + ")",
        [&](const std::string& text) { lr = positive_number("--lr", text); });
    add("--seed", "N", "of the first parameters and the order of the images\n(1); the same seed gives the same result",
        [&](const std::string& text) {
            result.settings.seed = whole_number<std::uint64_t>("--seed", text, 0, UINT64_MAX);
        });
    add("--threads", "N", "threads (all); they do not change the result", [&](const std::string& text) {
        result.settings.threads = whole_number<std::size_t>("--threads", text, 1, 1024);
    });
    add("--data", "FOLDER", "the folder of the four files of MNIST, plain or .gz",
        [&](const std::string& text) { result.folder = text; });
    const auto add_file = [&](const std::string& name, const std::string& description, std::string& file) {
        add(name, "FILE", description, [&file, name](const std::string& text) {
            if (text.empty()) {
                throw UsageError(name + " takes the name of a file");
            }
            file = text;
        });
    };
    add_file("--save", "save the parameters, at the end, as safetensors", result.files.save);
    add_file("--load", "begin with the parameters of a file of --save, and\nonly test them, unless --epochs is given",
             result.files.load);
    add_file("--checkpoint", "save the training, after each epoch and on Ctrl-C", result.files.checkpoint);
    add_file("--resume", "go on with the training of a file of --checkpoint", result.files.resume);
    add_file("--report", "write a report of the training and the network, at the\nend, as one HTML file",
             result.files.report);
    app.add_flag("--quiet", result.quiet, "print only the last line, the test accuracy")->disable_flag_override();

    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::CallForHelp&) {
        result.help = app.help();
        return result;
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string text = error.what();
        const std::string name = text.substr(0, text.find_first_of(": "));
        throw UsageError(text.find("flag override") != std::string::npos ? "--" + name + " takes no value"
                                                                         : name + " takes a value after it");
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
    if (const std::vector<std::string> unknown = app.remaining(); !unknown.empty()) {
        refuse(unknown.front(), app);
    }
    const Settings& recipe = result.network->defaults;
    Files& files = result.files;
    const bool test_only = !files.load.empty() && !epochs;
    if (!files.load.empty() && !files.resume.empty()) {
        throw UsageError("--load and --resume are two ways to begin: choose one of them");
    }
    if (test_only && !files.checkpoint.empty()) {
        throw UsageError("with --load nothing is trained that --checkpoint could save, unless --epochs is given");
    }
    if (!files.save.empty() && files.save == files.checkpoint) {
        throw UsageError("--save and --checkpoint write two files: give them two names");
    }
    result.settings.epochs = test_only ? 0 : epochs.value_or(recipe.epochs);
    result.settings.batch_size = batch_size.value_or(recipe.batch_size);
    result.settings.lr = lr.value_or(recipe.lr);
    files.settings =
        format("--net %s --epochs %g --batch-size %zu --lr %.9g", std::string(result.network->name).c_str(),
               result.settings.epochs, result.settings.batch_size, static_cast<double>(result.settings.lr));
    return result;
}

}  // namespace mnist
