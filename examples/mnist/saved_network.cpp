// SPDX-License-Identifier: MIT
#include "saved_network.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <ctcnn/io/safetensors.hpp>

#include "options.hpp"
#include "screen.hpp"
#include "threads.hpp"

namespace mnist {

std::map<std::string, std::string> metadata_of(const std::string& file) { return ctcnn::safetensors_metadata(file); }

SavedNetwork open_network(const std::string& file, const Choice* asked, const Choice* otherwise) {
    const std::map<std::string, std::string> metadata = metadata_of(file);
    const auto said = [&](const char* key) {
        const auto found = metadata.find(key);
        return found == metadata.end() ? std::string() : found->second;
    };
    const std::string name = said("mnist.net");
    const auto own =
        std::find_if(choices.begin(), choices.end(), [&](const Choice* choice) { return choice->name == name; });
    const Choice* network = own != choices.end() ? *own : asked != nullptr ? asked : otherwise;
    if (network == nullptr) {
        throw UsageError("'" + file + "' does not say which network it is of: say it with --net");
    }
    if (asked != nullptr && asked != network) {
        throw UsageError("'" + file + "' is of the network " + name + ", not " + std::string(asked->name));
    }
    const Classes* classes = classes_of(said("mnist.data"));
    return {file, network, classes == nullptr ? &digits : classes};
}

DataSource source_for(const SavedNetwork& saved, const std::optional<std::string>& data) {
    if (!data) {
        return source_of(*saved.classes);
    }
    DataSource source = data_source(*data);
    if (*data != digits.data && source.classes == &digits) {
        source.classes = saved.classes;  // The name of a folder says nothing of its images.
    }
    return source;
}

std::vector<Outputs> outputs_of(const SavedNetwork& saved, const Digits& images, std::size_t threads) {
    Settings settings = saved.network->defaults;
    settings.epochs = 0;
    settings.threads = choose_threads(threads);
    Files files;
    files.load = saved.file;
    Outcome outcome = saved.network->train(settings, files, Digits(), images, Listener{});
    const auto undefined = std::count_if(outcome.predictions.begin(), outcome.predictions.end(),
                                         [](std::size_t answer) { return answer >= class_count; });
    if (undefined != 0) {
        throw std::runtime_error("outputs of the network are NaN or infinite for " +
                                 grouped(static_cast<std::size_t>(undefined)) + " of " + grouped(images.size()) +
                                 " images: train it again with a lower --lr");
    }
    return std::move(outcome.outputs);
}

NetworkOptions::NetworkOptions(CommandLine& line) {
    line.add("--net", "NAME", "the network, if the file does not say it:\nlenet, relu or quick",
             [this](const std::string& text) { network = read_network("--net", text); });
    line.add("--threads", "N", "threads (all); they do not change the result",
             [this](const std::string& text) { threads = read_whole_number("--threads", text, 1, 1024); });
}

}  // namespace mnist
