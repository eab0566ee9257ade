// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "picture.hpp"

namespace mnist {

namespace {

constexpr std::size_t rows_of_pictures = 2;

/// "  12.3 %", or as wide a dash for a part of nothing.
std::string percent(std::size_t part, std::size_t whole) {
    return whole == 0 ? format("%9s", "-")
                      : format("%7.2f %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

std::vector<std::size_t> answers(const std::vector<Outputs>& outputs) {
    std::vector<std::size_t> result;
    result.reserve(outputs.size());
    for (const Outputs& of_image : outputs) {
        std::size_t best = 0;
        for (std::size_t k = 1; k < class_count; ++k) {
            best = of_image.values[k] > of_image.values[best] ? k : best;
        }
        const bool undefined =
            std::any_of(of_image.values.begin(), of_image.values.end(), [](float x) { return !std::isfinite(x); });
        result.push_back(undefined ? class_count : best);
    }
    return result;
}

std::size_t count_right(const std::vector<std::size_t>& predictions, const Digits& test) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        right += predictions[i] == test.label(i) ? 1 : 0;
    }
    return right;
}

namespace {

/// A row for each class: how many of its images are taken for each class, and for none.
using Counts = std::array<std::array<std::size_t, class_count + 1>, class_count>;

Counts count(const std::vector<std::size_t>& predictions, const Digits& test) {
    Counts counts{};
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        ++counts[test.label(i)][std::min(predictions[i], class_count)];
    }
    return counts;
}

std::size_t sum_of(const Counts& counts, std::size_t k) {
    return std::accumulate(counts[k].begin(), counts[k].end(), std::size_t{0});
}

/// A class's number, and its name if it has one and there is room.
std::string label(const Classes& classes, std::size_t k, bool with_names) {
    const int longest = static_cast<int>(classes.longest_name());
    return with_names ? format("%3zu %-*s", k, longest, std::string(classes.names[k]).c_str()) : format("%3zu", k);
}

/// All counts, in columns of a width; names, and what part is right, if there is room.
std::string matrix(const Screen& screen, const Counts& counts, const Classes& classes, int width, bool with_names,
                   bool with_parts) {
    std::string text = screen.styled(Style::bold, "Confusion matrix") + ": rows are true " +
                       (classes.named() ? "classes" : "digits") + ", columns predictions\n";
    if (classes.named() && !with_names) {
        for (std::size_t k = 0; k < class_count; ++k) {
            text.append(k == 0 ? "" : ", ").append(std::to_string(k)).append(" ").append(classes.names[k]);
        }
        text += "\n";
    }
    text = screen.wrapped(text) + "\n" + std::string(label(classes, 0, with_names).size(), ' ');
    for (std::size_t answer = 0; answer < class_count; ++answer) {
        text += format("%*zu", width, answer);
    }
    text += with_parts ? "      right\n" : "\n";
    for (std::size_t digit = 0; digit < class_count; ++digit) {
        text += label(classes, digit, with_names);
        const std::size_t sum = sum_of(counts, digit);
        for (std::size_t answer = 0; answer < class_count; ++answer) {
            const std::size_t count = counts[digit][answer];
            const std::string cell = count == 0 ? format("%*s", width, ".") : format("%*zu", width, count);
            // One digit in fifty taken for the same other one is worth a look.
            const Style style = answer == digit     ? Style::green
                                : count == 0        ? Style::dim
                                : 50 * count >= sum ? Style::red
                                                    : Style::plain;
            text += screen.styled(style, cell);
        }
        text += (with_parts ? "  " + percent(counts[digit][digit], sum) : "") + "\n";
    }
    return text;
}

/// What there is room for on a narrow screen.
std::string matrix_in_brief(const Screen& screen, const Counts& counts, const Classes& classes) {
    std::string text = screen.wrapped(screen.styled(Style::bold, "Right answers") + ": for each " +
                                      (classes.named() ? "class" : "digit") +
                                      ", with the wrong answer that is given most often, and how often\n");
    text += "\n";
    const int longest = static_cast<int>(classes.longest_name());
    for (std::size_t digit = 0; digit < class_count; ++digit) {
        auto wrong = counts[digit];
        wrong[digit] = 0;
        const auto most = std::max_element(wrong.begin(), wrong.end() - 1);
        std::string line = format("%*s", classes.named() ? -longest : 2, std::string(classes.names[digit]).c_str()) +
                           percent(counts[digit][digit], sum_of(counts, digit));
        if (*most != 0) {
            const std::string_view name = classes.names[static_cast<std::size_t>(most - wrong.begin())];
            line.append("  ").append(name).append(format(" (%zu)", *most));
        }
        text += screen.cut(line) + "\n";
    }
    return text;
}

}  // namespace

std::string confusion_matrix(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test,
                             const Classes& classes) {
    const Counts counts = count(predictions, test);
    std::size_t largest = 0;
    for (const auto& row : counts) {
        largest = std::max(largest, *std::max_element(row.begin(), row.end() - 1));
    }
    // Beside the counts there are columns for the class, and 11 for the part that is right.
    const int room = static_cast<int>(std::min<std::size_t>(screen.width(), 1000));
    const int digits_of_largest = static_cast<int>(std::to_string(largest).size());
    const int least = digits_of_largest + 1;
    for (const bool with_names : {true, false}) {
        if (with_names && !classes.named()) {
            continue;
        }
        const int names = static_cast<int>(label(classes, 0, with_names).size());
        const int width =
            std::clamp((room - names - 11) / static_cast<int>(class_count), least, std::max(6, digits_of_largest + 2));
        if (names + 10 * width + 11 <= room) {
            return matrix(screen, counts, classes, width, with_names, true);
        }
    }
    return 3 + 10 * least <= room ? matrix(screen, counts, classes, least, false, false)
                                  : matrix_in_brief(screen, counts, classes);
}

std::string class_table(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test,
                        const Classes& classes) {
    const Counts counts = count(predictions, test);
    const int width = static_cast<int>(std::max<std::size_t>(5, classes.longest_name()));
    std::string text = format("%-*s %9s%9s%9s%8s\n", width, "class", "precision", "recall", "F1", "images");
    std::array<double, 3> sums{};
    for (std::size_t k = 0; k < class_count; ++k) {
        const std::size_t right = counts[k][k];
        std::size_t taken = 0;
        for (const auto& row : counts) {
            taken += row[k];
        }
        const std::size_t images = sum_of(counts, k);
        const std::array<std::array<std::size_t, 2>, 3> quotients{
            {{right, taken}, {right, images}, {2 * right, taken + images}}};
        text += format("%-*s ", width, std::string(classes.names[k]).c_str());
        for (std::size_t n = 0; n < quotients.size(); ++n) {
            const auto [part, whole] = quotients[n];
            text += percent(part, whole);
            sums[n] += whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
        }
        text += format("%8zu\n", images);
    }
    text += format("%-*s ", width, "mean");
    for (const double sum : sums) {
        text += format("%7.2f %%", 100 * sum / static_cast<double>(class_count));
    }
    return screen.narrowed(text + format("%8zu\n", test.size()));
}

std::string misclassified_images(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test,
                                 const Classes& classes) {
    std::vector<std::size_t> wrong;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        if (predictions[i] != test.label(i)) {
            wrong.push_back(i);
        }
    }
    if (wrong.empty()) {
        return classes.named() ? "No image was misclassified.\n" : "No digit was misclassified.\n";
    }
    const std::size_t side = classes.drawing_side;
    const std::size_t shown = std::min(wrong.size(), pictures_in_a_row(screen, side) * rows_of_pictures);
    std::vector<Picture> pictures;
    for (std::size_t n = 0; n < shown; ++n) {
        const std::size_t i = wrong[n];
        const std::string own(classes.names[test.label(i)]);
        const std::string taken =
            "taken for " + std::string(predictions[i] < class_count ? classes.names[predictions[i]] : "none");
        pictures.push_back(
            {&test.image(i), classes.named() ? std::vector{own, taken} : std::vector{own + " " + taken}});
    }
    return screen.wrapped(screen.styled(Style::bold, "Misclassified") +
                          format(": %zu of the %zu\n", shown, wrong.size())) +
           picture_rows(screen, pictures, side);
}

std::string summary_table(const Screen& screen, const Choice& network) {
    // Behind the table there is a sentence.
    const std::string_view summary = network.summary;
    const std::size_t end = summary.rfind('\n', summary.size() - 2) + 1;
    return screen.narrowed(summary.substr(0, end)) + screen.wrapped(summary.substr(end));
}

std::string final_accuracy(const std::vector<std::size_t>& predictions, const Digits& test) {
    const std::size_t right = count_right(predictions, test);
    return format("test accuracy %.2f %% (%zu of %zu)\n",
                  100 * static_cast<double>(right) / static_cast<double>(test.size()), right, test.size());
}

}  // namespace mnist
