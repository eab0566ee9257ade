// SPDX-License-Identifier: MIT
#include "picture.hpp"

#include <algorithm>
#include <string_view>

namespace mnist {

namespace {

constexpr std::size_t image_side = 28;
constexpr std::size_t most_in_a_row = 3;
constexpr std::string_view margin = "      ";

/// Where a window of `side` pixels begins, so that the ink on one axis lies in its middle.
template <typename HasInk>
std::size_t window_begin(std::size_t side, const HasInk& has_ink) {
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

std::string indent_of(const Screen& screen, std::size_t side) {
    return std::string(screen.width() < 3 + side ? 0 : 3, ' ');
}

std::string filled(std::string text, std::size_t width) {
    text.append(width > text.size() ? width - text.size() : 0, ' ');
    return text;
}

/// Blanks at the end of a line are left out.
std::string line_of(const Screen& screen, std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return screen.cut(text) + "\n";
}

}  // namespace

std::vector<std::string> drawing_of(const Screen& screen, const Digits::image_type& image, std::size_t side) {
    const auto ink = [&](std::size_t h, std::size_t w) { return image(0, h, w) > 0.1f; };
    const auto any = [](const auto& pixel) {
        for (std::size_t i = 0; i < image_side; ++i) {
            if (pixel(i)) {
                return true;
            }
        }
        return false;
    };
    const std::size_t top =
        window_begin(side, [&](std::size_t h) { return any([&](std::size_t w) { return ink(h, w); }); });
    const std::size_t left =
        window_begin(side, [&](std::size_t w) { return any([&](std::size_t h) { return ink(h, w); }); });
    std::vector<std::string> lines;
    for (std::size_t h = top; h < top + side; h += 2) {
        std::string& line = lines.emplace_back();
        for (std::size_t w = left; w < left + side; ++w) {
            line += draw_pair(screen, image(0, h, w), image(0, h + 1, w));
        }
    }
    return lines;
}

std::size_t pictures_in_a_row(const Screen& screen, std::size_t side) {
    const std::size_t room = screen.width() - std::min(screen.width(), indent_of(screen, side).size() + side);
    return std::min(most_in_a_row, 1 + room / (margin.size() + side));
}

std::string picture_rows(const Screen& screen, const std::vector<Picture>& pictures, std::size_t side) {
    const std::string indent = indent_of(screen, side);
    const std::size_t in_a_row = pictures_in_a_row(screen, side);
    std::string text;
    for (std::size_t first = 0; first < pictures.size(); first += in_a_row) {
        const std::size_t end = std::min(pictures.size(), first + in_a_row);
        std::vector<std::string> lines(pictures[first].captions.size() + side / 2);
        for (std::size_t i = first; i < end; ++i) {
            std::vector<std::string> own = pictures[i].captions;
            for (std::string& caption : own) {
                caption = filled(caption, side);
            }
            const std::vector<std::string> drawing = drawing_of(screen, *pictures[i].image, side);
            own.insert(own.end(), drawing.begin(), drawing.end());
            for (std::size_t n = 0; n < lines.size(); ++n) {
                lines[n].append(i == first ? indent : margin).append(own[n]);
            }
        }
        text += "\n";
        for (const std::string& line : lines) {
            text += line_of(screen, line);
        }
    }
    return text;
}

}  // namespace mnist
