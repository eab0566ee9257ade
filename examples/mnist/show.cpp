// SPDX-License-Identifier: MIT
//
// mnist show [N]: images of a data set.
#include <ctcnn/data/split.hpp>

#include "command.hpp"
#include "options.hpp"
#include "picture.hpp"

namespace mnist {

int show(int argument_count, char** arguments) {
    DataSource source = default_source();
    bool of_training = false;
    std::size_t first = 0;
    CommandLine line("Draws N test images of a data set, 6 if nothing is said, with their labels.", "mnist show [N]");
    line.add("--data", "DATA", "fashion-mnist, or the folder of four files as those of\nMNIST",
             [&](const std::string& text) { source = data_source(text); });
    line.add("--first", "I", "the first one to draw (0)",
             [&](const std::string& text) { first = read_whole_number("--first", text, 0, 249'999); });
    line.add_flag("--train", "draw training images", of_training);
    Screen screen;
    if (const std::string help = line.parse(argument_count, arguments, 1); !help.empty()) {
        screen.print(screen.wrapped(help));
        return 0;
    }
    const std::size_t wanted = line.words().empty() ? 6 : read_whole_number("show", line.words()[0], 1, 250'000);
    const Digits data = load_images(source, of_training ? ctcnn::Split::train : ctcnn::Split::test);
    if (first >= data.size()) {
        throw UsageError("--first takes a number below " + grouped(data.size()) + ", the number of images");
    }
    const Classes& classes = *source.classes;
    std::vector<Picture> pictures;
    for (std::size_t i = first; i < data.size() && i - first < wanted; ++i) {
        pictures.push_back({&data.image(i), {format("%zu: %s", i, std::string(classes.names[data.label(i)]).c_str())}});
    }
    screen.print(screen.wrapped(format("%zu of the %s ", pictures.size(), grouped(data.size()).c_str()) +
                                (of_training ? "training" : "test") + " images\n") +
                 picture_rows(screen, pictures, classes.drawing_side));
    return 0;
}

}  // namespace mnist
