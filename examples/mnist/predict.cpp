// SPDX-License-Identifier: MIT
//
// mnist predict FILE IMAGE.png ...: what a saved network takes images for.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/data/centred_digit.hpp>
#include <ctcnn/data/png.hpp>

#include "command.hpp"
#include "picture.hpp"
#include "saved_network.hpp"

namespace mnist {

namespace {

constexpr std::size_t named_classes = 3;

/// The image of a file as the network is to see it.
/// Throws   ctcnn::DataError, and std::runtime_error where nothing is drawn
Digits::image_type read_image(const std::string& file, const Classes& classes) {
    // Where an image is transparent, its paper may be white or black.
    for (const double background : {1.0, 0.0}) {
        const ctcnn::GreyImage<> image = ctcnn::read_grey_png(file, {.background = background});
        if (const auto centred = ctcnn::centred_digit(image.pixels, image.height, image.width, classes.drawing_side)) {
            return *centred;
        }
    }
    throw std::runtime_error(ctcnn::detail_::printable(file) + ": nothing is drawn in it: all its pixels are alike");
}

struct Ranked {
    std::size_t label;
    double probability;
};

/// The classes with the largest probabilities.
std::array<Ranked, named_classes> best_of(const Outputs& outputs) {
    const auto largest = static_cast<double>(*std::max_element(outputs.values.begin(), outputs.values.end()));
    std::array<Ranked, class_count> ranked;
    double sum = 0;
    for (std::size_t k = 0; k < class_count; ++k) {
        ranked[k] = {k, std::exp(static_cast<double>(outputs.values[k]) - largest)};
        sum += ranked[k].probability;
    }
    std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
        return a.probability > b.probability || (!(a.probability < b.probability) && a.label < b.label);
    });
    std::array<Ranked, named_classes> best;
    std::copy_n(ranked.begin(), best.size(), best.begin());
    for (Ranked& one : best) {
        one.probability /= sum;
    }
    return best;
}

/// The image, and the best classes beside it, or below it where there is no room.
std::string told(const Screen& screen, const std::string& file, const Digits::image_type& image,
                 const std::array<Ranked, named_classes>& best, const Classes& classes) {
    const int width = static_cast<int>(classes.longest_name());
    std::vector<std::string> probabilities;
    for (const Ranked& one : best) {
        probabilities.push_back(
            format("%-*s %6.2f %%", width, std::string(classes.names[one.label]).c_str(), 100 * one.probability));
    }
    std::string text = screen.wrapped(screen.styled(Style::bold, ctcnn::detail_::printable(file)) + ": " +
                                      screen.styled(Style::green, classes.names[best[0].label]) + "\n");
    std::vector<std::string> lines = drawing_of(screen, image, 28);
    const std::size_t room = 1 + 28 + 2 + probabilities[0].size();
    const bool beside = room <= screen.width();
    for (std::size_t n = 0; n < lines.size(); ++n) {
        std::string line(screen.width() > 28 ? 1 : 0, ' ');
        line += lines[n];
        if (const std::size_t first = 5; beside && n >= first && n < first + best.size()) {
            line += "  " + probabilities[n - first];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += screen.cut(line) + "\n";
    }
    for (std::size_t n = 0; !beside && n < best.size(); ++n) {
        text += screen.cut(probabilities[n]) + "\n";
    }
    return text;
}

}  // namespace

int predict(int argument_count, char** arguments) {
    bool quiet = false;
    CommandLine line(
        "Says what a saved network takes PNG images for: of up to 16,777,216 pixels, grey or coloured, dark on light "
        "or light on dark. What is drawn is cropped, scaled and centred as MNIST's digits are. FILE is one of --save "
        "or --checkpoint.",
        "mnist predict FILE IMAGE.png ...");
    const NetworkOptions options(line);
    line.add_flag("--quiet", "print a line for each image: its file, class and\nprobability", quiet);
    Screen screen;
    if (const std::string help = line.parse(argument_count, arguments, static_cast<std::size_t>(argument_count));
        !help.empty()) {
        screen.print(screen.wrapped(help));
        return 0;
    }
    if (line.words().size() < 2) {
        throw UsageError("predict takes the file of a network and images, as in mnist predict net.safetensors 7.png");
    }
    const SavedNetwork saved = open_network(line.words()[0], options.network);
    const Classes& classes = *saved.classes;
    std::vector<std::string> files;
    std::vector<Digits::image_type> images;
    bool is_complete = true;
    for (auto file = line.words().begin() + 1; file != line.words().end(); ++file) {
        try {
            images.push_back(read_image(*file, classes));
            files.push_back(*file);
        } catch (const ctcnn::FileMissing&) {
            std::fprintf(stderr, "mnist: there is no file '%s'\n", ctcnn::detail_::printable(*file).c_str());
            is_complete = false;
        } catch (const std::runtime_error& error) {  // DataError is one; the other images are answered
            std::fprintf(stderr, "mnist: %s\n", error.what());
            is_complete = false;
        }
    }
    if (images.empty()) {
        return 1;
    }
    const Digits data(std::move(images), std::vector<std::uint8_t>(files.size()));
    const std::vector<Outputs> outputs = outputs_of(saved, data, options.threads);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::array<Ranked, named_classes> best = best_of(outputs[i]);
        if (quiet) {
            screen.print(ctcnn::detail_::printable(files[i]) + ": " + std::string(classes.names[best[0].label]) +
                         format(" (%.2f %%)\n", 100 * best[0].probability));
        } else {
            const std::string gap(i == 0 ? 0 : 1, '\n');
            screen.print(gap + told(screen, files[i], data.image(i), best, classes));
        }
    }
    return is_complete ? 0 : 1;
}

}  // namespace mnist
