// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ctcnn/io/utf8.hpp>

#include "saved_network.hpp"
#include "screen.hpp"
#include "spelling.hpp"

namespace mnist {

namespace {

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

/// "lenet: 10, relu: 5, quick: 1.5"
std::string defaults(const std::function<std::string(const Settings&)>& value) {
    std::string text;
    for (const Choice* choice : choices) {
        text.append(text.empty() ? "" : ", ").append(choice->name).append(": ").append(value(choice->defaults));
    }
    return text;
}

}  // namespace

bool are_one_file(const std::string& a, const std::string& b) {
    const auto whole = [](const std::string& name) {
        std::error_code ignored;
        return std::filesystem::weakly_canonical(std::filesystem::absolute(name, ignored), ignored);
    };
    return !a.empty() && !b.empty() && whole(a) == whole(b);
}

std::uint64_t read_number(const std::string& option, const std::string& text, std::uint64_t least, std::uint64_t most) {
    std::uint64_t number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
        throw UsageError(option + " takes a whole number from " + std::to_string(least) + " to " +
                         std::to_string(most) + ", not '" + text + "'");
    }
    return number;
}

std::size_t read_whole_number(const std::string& option, const std::string& text, std::size_t least, std::size_t most) {
    return static_cast<std::size_t>(read_number(option, text, least, most));
}

const Choice* read_network(const std::string& option, const std::string& text) {
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

Options read_options(int argument_count, char** arguments) {
    Options result;
    std::optional<double> epochs;
    std::optional<std::size_t> batch_size;
    std::optional<float> lr;
    std::optional<std::uint64_t> seed;
    const Choice* network = nullptr;
    std::optional<std::string> data;

    CommandLine app(
        "Trains a small network on the MNIST digits, and shows its accuracy on the test images.\n"
        "Other commands, each of which has a --help:\n"
        "  mnist evaluate FILE    tests a saved network\n"
        "  mnist predict FILE IMAGE.png ...\n"
        "                         says what it takes images for\n"
        "  mnist show [N]         draws images of the data set\n"
        "  mnist summary [NAME]   prints the layers of a network",
        "mnist [train]");
    const auto add = [&](const std::string& name, const std::string& type, const std::string& description,
                         const std::function<void(const std::string&)>& read) {
        app.add(name, type, description, read);
    };
    std::string networks = "the network:";
    for (const Choice* choice : choices) {
        networks.append("\n").append(choice->name).append(": ").append(choice->description);
    }
    add("--net", "NAME", networks, [&](const std::string& text) { network = read_network("--net", text); });
    add("--epochs", "N",
        "how often to go through the training images, such\nas 10 or 1.5 (" +
            defaults([](const Settings& settings) { return format("%g", settings.epochs); }) + ")",
        [&](const std::string& text) { epochs = epoch_count("--epochs", text); });
    add("--batch-size", "N", "images in a step (" + defaults([](const Settings& settings) {
                                 return std::to_string(settings.batch_size);
                             }) + ")",
        [&](const std::string& text) { batch_size = read_whole_number("--batch-size", text, 1, 250'000); });
    add("--lr", "RATE", "learning rate (" + defaults([](const Settings& settings) {
                            return format("%g", static_cast<double>(settings.lr));
                        }) + ")",
        [&](const std::string& text) { lr = positive_number("--lr", text); });
    add("--seed", "N", "of the first parameters and the order of the images\n(1); the same seed gives the same result",
        [&](const std::string& text) { seed = read_number("--seed", text, 0, UINT64_MAX); });
    add("--threads", "N", "threads (all); they do not change the result",
        [&](const std::string& text) { result.settings.threads = read_whole_number("--threads", text, 1, 1024); });
    add("--data", "DATA",
        "fashion-mnist, or the folder of the four files of MNIST\nor of a data set like it, plain or .gz",
        [&](const std::string& text) { data = text; });
    const auto add_file = [&](const std::string& name, const std::string& description, std::string& file) {
        add(name, "FILE", description, [&file, name](const std::string& text) {
            if (text.empty()) {
                throw UsageError(name + " takes the name of a file");
            }
            file = text;
        });
    };
    add_file("--save", "save the parameters, at the end, as safetensors", result.files.save);
    add_file(
        "--load",
        "begin with the parameters of a file of --save, which\nsays the network and the images, and only test\nthem, "
        "unless --epochs is given",
        result.files.load);
    add_file("--checkpoint", "save the training, after each epoch and on Ctrl-C", result.files.checkpoint);
    add_file("--resume", "go on with the training of a file of --checkpoint", result.files.resume);
    add_file("--report", "write a report of the training and the network, at the\nend, as one HTML file",
             result.files.report);
    app.add_flag("--quiet", "print only the last line, the test accuracy", result.quiet);

    result.help = app.parse(argument_count, arguments);
    if (!result.help.empty()) {
        return result;
    }
    Files& files = result.files;
    const bool test_only = !files.load.empty() && !epochs;
    if (!files.load.empty() && !files.resume.empty()) {
        throw UsageError("--load and --resume are two ways to begin: choose one of them");
    }
    if (test_only && !files.checkpoint.empty()) {
        throw UsageError("with --load nothing is trained that --checkpoint could save, unless --epochs is given");
    }
    const std::pair<const char*, bool> of_training[] = {
        {"--batch-size", batch_size.has_value()}, {"--lr", lr.has_value()}, {"--seed", seed.has_value()}};
    for (const auto& [name, is_given] : of_training) {
        if (test_only && is_given) {
            throw UsageError(std::string(name) +
                             " has no effect: with --load nothing is trained, unless --epochs is given");
        }
    }
    if (!files.resume.empty() && seed) {
        throw UsageError("--seed has no effect with --resume: the training goes on with the seed that it began with");
    }
    if (are_one_file(files.save, files.checkpoint)) {
        throw UsageError("--save and --checkpoint write two files: give them two names");
    }
    if (!files.checkpoint.empty() && ctcnn::detail_::io::utf8_valid_size(files.load) != files.load.size()) {
        throw UsageError("--load names '" + files.load +
                         "', which is not UTF-8: --checkpoint cannot note it, so give the file another name");
    }
    for (const std::string* other : {&files.save, &files.checkpoint, &files.load, &files.resume}) {
        if (are_one_file(files.report, *other)) {
            throw UsageError("--report would overwrite '" + *other + "': give it another name");
        }
    }
    std::string_view trained_on;
    if (files.load.empty()) {
        result.network = network != nullptr ? network : result.network;
        result.data = data ? data_source(*data) : result.data;
    } else {
        const SavedNetwork saved = open_network(files.load, network, result.network);
        result.network = saved.network;
        result.data = source_for(saved, data);
        trained_on = saved.classes->data;
    }
    const Settings& recipe = result.network->defaults;
    result.settings.epochs = test_only ? 0 : epochs.value_or(recipe.epochs);
    result.settings.batch_size = batch_size.value_or(recipe.batch_size);
    result.settings.lr = lr.value_or(recipe.lr);
    result.settings.seed = seed.value_or(recipe.seed);
    files.net = result.network->name;
    files.data = test_only ? trained_on : result.data.classes->data;
    files.settings = format("--net %s --epochs %s --batch-size %zu --lr %s", std::string(result.network->name).c_str(),
                            shortest(result.settings.epochs).c_str(), result.settings.batch_size,
                            shortest(result.settings.lr).c_str());
    return result;
}

}  // namespace mnist
