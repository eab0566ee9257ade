// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mnist {

/// The standard output took no more: it is closed, or its disk is full.
class OutputError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Style { plain, bold, dim, green, red };

/// Screen: the standard output, and what it is able to show.
/// Throws   OutputError, as soon as a line cannot be written
class Screen {
public:
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    /// Whether there is a terminal.
    bool terminal() const { return terminal_; }
    /// Whether a line can be written again and again: only on a terminal.
    bool live() const { return live_; }
    /// Whether there are colours: on a terminal, unless the environment has NO_COLOR (https://no-color.org).
    bool colours() const { return colours_; }
    /// Whether characters beyond ASCII are shown: where the locale says UTF-8.
    bool unicode() const { return unicode_; }
    /// The columns of the terminal; where there is none, or it does not say, the variable COLUMNS, or else 80.
    std::size_t width() const;

    /// The text in a style, where there are colours.
    std::string styled(Style style, std::string_view text) const;

    /// Sentences, broken between words where they are too long. What is broken off stands below the line's last column
    /// of text, or nearly at the left where there is little room.
    std::string wrapped(std::string_view text) const;
    /// A table, without the columns on its right for which there is no room.
    std::string narrowed(std::string_view table) const;
    /// Lines, without what is behind the last column.
    std::string cut(std::string_view text) const;
    /// The first of these lines that has at most so many columns; if none has, what of the last one has.
    static std::string fitting(std::size_t columns, const std::vector<std::string>& lines);

    /// Writes whole lines.
    void print(std::string_view lines);
    /// Shows a line that the next one takes the place of; nothing where the screen is not live.
    void show(std::string_view line);

private:
    void write(std::string_view text);

    bool terminal_;
    bool live_;
    bool colours_;
    bool unicode_;
    bool showing_ = false;
};

/// As printf: format("%d", 7) is "7".
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

/// With a comma every three digits: 61706 is "61,706".
std::string grouped(std::size_t number);

}  // namespace mnist
