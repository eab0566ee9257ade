// SPDX-License-Identifier: MIT
//
// mnist evaluate FILE: what a saved network makes of the test images.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <ctcnn/data/error.hpp>

#include "command.hpp"
#include "report.hpp"
#include "saved_network.hpp"

namespace mnist {

namespace {

/// The mean cross entropy.
double loss_of(const std::vector<Outputs>& outputs, const Digits& test) {
    double sum = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto& values = outputs[i].values;
        const auto largest = static_cast<double>(*std::max_element(values.begin(), values.end()));
        double exponentials = 0;
        for (const float value : values) {
            exponentials += std::exp(static_cast<double>(value) - largest);
        }
        sum += std::log(exponentials) + largest - static_cast<double>(values[test.label(i)]);
    }
    return sum / static_cast<double>(outputs.size());
}

}  // namespace

int evaluate(int argument_count, char** arguments) {
    std::optional<std::string> data;
    bool quiet = false;
    CommandLine line(
        "Tests a saved network on the test images: accuracy, loss, confusion matrix, and precision, recall and F1 of "
        "each class. FILE is one of --save or --checkpoint.",
        "mnist evaluate FILE");
    const NetworkOptions options(line);
    line.add("--data", "DATA", "fashion-mnist, or the folder of four files as those of\nMNIST (what the file says)",
             [&](const std::string& text) { data = text; });
    line.add_flag("--quiet", "print only the last line, the test accuracy", quiet);
    Screen screen;
    if (const std::string help = line.parse(argument_count, arguments, 1); !help.empty()) {
        screen.print(screen.wrapped(help));
        return 0;
    }
    if (line.words().empty()) {
        throw UsageError("evaluate takes the file of a network, as in mnist evaluate net.safetensors");
    }
    const SavedNetwork saved = open_network(line.words()[0], options.network);
    const DataSource source = source_for(saved, data);
    const Classes& classes = *source.classes;
    const Digits test = load_images(source, ctcnn::Split::test);
    const std::vector<Outputs> outputs = outputs_of(saved, test, options.threads);
    const std::vector<std::size_t> predictions = answers(outputs);
    if (!quiet) {
        screen.print(screen.wrapped(screen.styled(Style::bold, saved.network->name) + ": " +
                                    std::string(saved.network->description) + "\nparameters of " +
                                    ctcnn::detail_::printable(saved.file) + "\n" + grouped(test.size()) +
                                    " images to be tested with\n\n"));
        screen.print(confusion_matrix(screen, predictions, test, classes) + "\n");
        screen.print(class_table(screen, predictions, test, classes) + "\n");
        screen.print(misclassified_images(screen, predictions, test, classes) + "\n");
        screen.print(format("test loss %.4f\n", loss_of(outputs, test)));
    }
    const std::string accuracy = final_accuracy(predictions, test);
    screen.print(screen.terminal() ? screen.wrapped(accuracy) : accuracy);
    return 0;
}

}  // namespace mnist
