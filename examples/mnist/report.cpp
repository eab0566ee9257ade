// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace mnist {

namespace {

/// A digit fills 20 x 20 of the 28 x 28 pixels, and is moved about in them.
constexpr std::size_t image_side = 28;
constexpr std::size_t side = 20;
constexpr std::size_t most_digits_in_a_row = 3;
constexpr std::size_t rows_of_digits = 2;
constexpr std::string_view margin = "      ";

/// Where a window of 20 pixels begins, so that the ink on one axis lies in its middle.
template <typename HasInk>
std::size_t window_begin(const HasInk& has_ink) {
    std::size_t first = 0;
    std::size_t last = image_side;
    while (first < last && !has_ink(first)) {
        ++first;
    }
    while (last > first && !has_ink(last - 1)) {
        --last;
    }
    const std::size_t middle = (first + last) / 2;
    return std::clamp<std::size_t>(middle, side / 2, image_side - side / 2) - side / 2;
}

/// Two pixels, one above the other, as one character.
std::string draw_pair(const Screen& screen, float upper, float lower) {
    if (screen.unicode()) {
        const bool up = upper > 0.4f;
        const bool down = lower > 0.4f;
        return up ? (down ? "\u2588" : "\u2580") : (down ? "\u2584" : " ");
    }
    constexpr std::string_view shades = " .:+#@";
    const auto shade = static_cast<std::size_t>((upper + lower) / 2 * 5.99f);
    return std::string(1, shades[shade]);
}

/// One line of the drawing of a digit.
std::string draw_line(const Screen& screen, const Digits::image_type& image, std::size_t line) {
    const auto ink = [&](std::size_t h, std::size_t w) { return image(0, h, w) > 0.1f; };
    const auto any = [](const auto& pixel) {
        for (std::size_t i = 0; i < image_side; ++i) {
            if (pixel(i)) {
                return true;
            }
        }
        return false;
    };
    const std::size_t top = window_begin([&](std::size_t h) { return any([&](std::size_t w) { return ink(h, w); }); });
    const std::size_t left = window_begin([&](std::size_t w) { return any([&](std::size_t h) { return ink(h, w); }); });
    std::string text;
    for (std::size_t w = left; w < left + side; ++w) {
        text += draw_pair(screen, image(0, top + 2 * line, w), image(0, top + 2 * line + 1, w));
    }
    return text;
}

std::string filled(std::string text, std::size_t width) {
    text.append(width > text.size() ? width - text.size() : 0, ' ');
    return text;
}

/// "  12.3 %", or as wide a dash for a part of nothing.
std::string percent(std::size_t part, std::size_t whole) {
    return whole == 0 ? format("%9s", "-")
                      : format("%7.2f %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

std::size_t count_right(const std::vector<std::size_t>& predictions, const Digits& test) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        right += predictions[i] == test.label(i) ? 1 : 0;
    }
    return right;
}

namespace {

using Counts = std::array<std::array<std::size_t, class_count>, class_count>;

/// All counts, in columns of a width; and what part is right, if there is room.
std::string matrix(const Screen& screen, const Counts& counts, int width, bool with_parts) {
    std::string text = screen.wrapped(screen.styled(Style::bold, "Confusion matrix") +
                                      ": rows are true digits, columns predictions\n");
    text += "\n   ";
    for (std::size_t answer = 0; answer < class_count; ++answer) {
        text += format("%*zu", width, answer);
    }
    text += with_parts ? "      right\n" : "\n";
    for (std::size_t digit = 0; digit < class_count; ++digit) {
        text += format("%3zu", digit);
        const std::size_t sum = std::accumulate(counts[digit].begin(), counts[digit].end(), std::size_t{0});
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
std::string matrix_in_brief(const Screen& screen, const Counts& counts) {
    std::string text =
        screen.wrapped(screen.styled(Style::bold, "Right answers") +
                       ": for each digit, with the wrong answer that is given most often, and how often\n");
    text += "\n";
    for (std::size_t digit = 0; digit < class_count; ++digit) {
        const std::size_t sum = std::accumulate(counts[digit].begin(), counts[digit].end(), std::size_t{0});
        auto wrong = counts[digit];
        wrong[digit] = 0;
        const auto most = std::max_element(wrong.begin(), wrong.end());
        std::string line = format("%2zu", digit) + percent(counts[digit][digit], sum);
        if (*most != 0) {
            line += format("  %td (%zu)", most - wrong.begin(), *most);
        }
        text += screen.cut(line) + "\n";
    }
    return text;
}

}  // namespace

std::string confusion_matrix(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test) {
    Counts counts{};
    std::size_t largest = 0;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        largest = std::max(largest, ++counts[test.label(i)][predictions[i]]);
    }
    // Beside the counts there are 3 columns for the digit, and 11 for the part that is right.
    const int room = static_cast<int>(std::min<std::size_t>(screen.width(), 1000));
    const int digits = static_cast<int>(std::to_string(largest).size());
    const int least = digits + 1;
    const int width = std::clamp((room - 3 - 11) / static_cast<int>(class_count), least, std::max(6, digits + 2));
    if (3 + 10 * width + 11 <= room) {
        return matrix(screen, counts, width, true);
    }
    return 3 + 10 * least <= room ? matrix(screen, counts, least, false) : matrix_in_brief(screen, counts);
}

std::string misclassified_digits(const Screen& screen, const std::vector<std::size_t>& predictions,
                                 const Digits& test) {
    std::vector<std::size_t> wrong;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        if (predictions[i] != test.label(i)) {
            wrong.push_back(i);
        }
    }
    if (wrong.empty()) {
        return "No digit was misclassified.\n";
    }
    // Not more than there is room for, but one.
    const std::string indent(screen.width() < 3 + side ? 0 : 3, ' ');
    const std::size_t room = screen.width() - std::min(screen.width(), indent.size() + side);
    const std::size_t digits_in_a_row = std::min(most_digits_in_a_row, 1 + room / (margin.size() + side));
    const std::size_t shown = std::min(wrong.size(), digits_in_a_row * rows_of_digits);
    std::string text =
        screen.wrapped(screen.styled(Style::bold, "Misclassified") + format(": %zu of the %zu\n", shown, wrong.size()));
    for (std::size_t first = 0; first < shown; first += digits_in_a_row) {
        const std::size_t end = std::min(shown, first + digits_in_a_row);
        text += "\n";
        for (std::size_t i = first; i < end; ++i) {
            const std::string caption = format("%d taken for %zu", int{test.label(wrong[i])}, predictions[wrong[i]]);
            text.append(i == first ? indent : margin);
            text += i + 1 < end ? filled(caption, side) : caption;
        }
        text += "\n";
        for (std::size_t line = 0; line < side / 2; ++line) {
            std::string drawn;
            for (std::size_t i = first; i < end; ++i) {
                drawn.append(i == first ? indent : margin);
                drawn += draw_line(screen, test.image(wrong[i]), line);
            }
            drawn.erase(drawn.find_last_not_of(' ') + 1);
            text += screen.cut(drawn) + "\n";
        }
    }
    return text;
}

std::string final_accuracy(const std::vector<std::size_t>& predictions, const Digits& test) {
    const std::size_t right = count_right(predictions, test);
    return format("test accuracy %.2f %% (%zu of %zu)\n",
                  100 * static_cast<double>(right) / static_cast<double>(test.size()), right, test.size());
}

}  // namespace mnist
