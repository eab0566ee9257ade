// SPDX-License-Identifier: MIT
#include "screen.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <ctcnn/core/text.hpp>

#if __has_include(<unistd.h>) && __has_include(<sys/ioctl.h>)
#include <sys/ioctl.h>
#include <unistd.h>
#define MNIST_HAS_TERMINAL 1
#else
#define MNIST_HAS_TERMINAL 0
#endif

namespace mnist {

namespace {

/// A variable of the environment; empty if there is none.
std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

bool is_terminal() {
#if MNIST_HAS_TERMINAL
    return isatty(STDOUT_FILENO) == 1;
#else
    return false;
#endif
}

/// Calls f(characters, columns) for each piece of a text that takes one column, or none: a control sequence.
template <typename F>
void for_each_piece(std::string_view text, const F& f) {
    while (!text.empty()) {
        const bool control = text.front() == '\033';
        std::size_t length = 1;
        if (control) {
            length = std::min(text.size(), text.find_first_of("mK") + 1);
        } else {
            while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) {
                ++length;  // UTF-8
            }
        }
        f(text.substr(0, length), control ? 0 : 1);
        text.remove_prefix(length);
    }
}

std::size_t columns_of(std::string_view line) {
    std::size_t columns = 0;
    for_each_piece(line, [&](std::string_view, int width) { columns += static_cast<std::size_t>(width); });
    return columns;
}

/// Calls f(line) for each line, without its end.
template <typename F>
void for_each_line(std::string_view text, const F& f) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        f(text.substr(0, end), end != std::string_view::npos);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

/// The first of these variables that is set decides.
bool locale_is_unicode() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string_view value = environment(name);
        if (!value.empty()) {
            for (const std::string_view spelling : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
                if (value.find(spelling) != std::string_view::npos) {
                    return true;
                }
            }
            return false;
        }
    }
    return false;
}

std::string cut_to(std::size_t most, std::string_view text) {
    std::string result;
    for_each_line(text, [&](std::string_view line, bool ended) {
        std::string kept;
        std::size_t columns = 0;
        for_each_piece(line, [&](std::string_view piece, int width) {
            columns += static_cast<std::size_t>(width);
            if (width == 0 || columns <= most) {
                kept += piece;
            }
        });
        if (columns > most) {
            kept.erase(kept.find_last_not_of(' ') + 1);
        }
        result.append(kept).append(ended ? "\n" : "");
    });
    return result;
}

}  // namespace

Screen::Screen()
    : terminal_(is_terminal()),
      live_(terminal_ && environment("TERM") != "dumb" && !environment("TERM").empty()),
      colours_(live_ && environment("NO_COLOR").empty()),
      unicode_(locale_is_unicode()) {}

Screen::~Screen() {
    if (showing_) {
        // An error message is about to be printed, or nothing: the unfinished line would only be in its way.
        std::fputs("\r\033[K", stdout);
        std::fflush(stdout);
    }
}

std::size_t Screen::width() const {
#if MNIST_HAS_TERMINAL
    winsize size{};
    if (terminal_ && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
        return size.ws_col;
    }
#endif
    const std::string_view variable = environment("COLUMNS");
    int columns = 0;
    const auto [end, error] = std::from_chars(variable.data(), variable.data() + variable.size(), columns);
    const bool understood = error == std::errc{} && end == variable.data() + variable.size() && columns > 0;
    return understood ? static_cast<std::size_t>(columns) : 80;
}

std::string Screen::styled(Style style, std::string_view text) const {
    if (!colours_ || style == Style::plain) {
        return std::string(text);
    }
    const char* code = style == Style::bold ? "1" : style == Style::dim ? "2" : style == Style::green ? "32" : "31";
    return std::string("\033[").append(code).append("m").append(text).append("\033[0m");
}

std::string Screen::wrapped(std::string_view text) const {
    const std::size_t most = width();
    std::string result;
    for_each_line(text, [&](std::string_view whole, bool ended) {
        std::string line(whole);
        const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
        const std::size_t gap = line.find("  ", begin);
        std::size_t indent = gap == std::string::npos ? begin : std::min(line.find_first_not_of(' ', gap), line.size());
        if (indent > most / 2) {
            indent = std::min<std::size_t>(begin + 2, 4);
            line.erase(0, begin > indent ? begin - indent : 0);
        }
        while (columns_of(line) > most) {
            // The last blank for which there is room, or else the first.
            std::size_t columns = 0;
            std::size_t at = 0;
            std::size_t end = std::string::npos;
            bool words = false;
            for_each_piece(line, [&](std::string_view piece, int width) {
                const bool blank = piece == " " && line.compare(at + 1, 1, "%") != 0;
                if (blank && words && (columns <= most || end == std::string::npos)) {
                    end = at;
                }
                words = words || piece != " ";
                columns += static_cast<std::size_t>(width);
                at += piece.size();
            });
            const std::size_t rest =
                std::min(end == std::string::npos ? end : line.find_first_not_of(' ', end), line.size());
            if (rest == line.size()) {
                break;
            }
            result.append(line, 0, line.find_last_not_of(' ', end) + 1).append("\n");
            line.replace(0, rest, indent, ' ');
        }
        result.append(line).append(ended ? "\n" : "");
    });
    return result;
}

std::string Screen::narrowed(std::string_view table) const {
    // Where no line has a letter, a column of the table has ended; rules are lines of dashes.
    const auto is_gap = [&](std::size_t column) {
        bool gap = true;
        for_each_line(table, [&](std::string_view line, bool) {
            gap = gap && (line.size() <= column || line[column] == ' ' || line.starts_with("--"));
        });
        return gap;
    };
    std::size_t end = width();
    while (end > 0 && !is_gap(end)) {
        --end;
    }
    return cut_to(end == 0 ? width() : end, table);
}

std::string Screen::cut(std::string_view text) const { return cut_to(width(), text); }

std::string Screen::fitting(std::size_t columns, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        if (columns_of(line) <= columns) {
            return line;
        }
    }
    return cut_to(columns, lines.back());
}

void Screen::print(std::string_view lines) {
    std::string text = showing_ ? "\r\033[K" : "";
    showing_ = false;
    write(text.append(lines));
}

void Screen::show(std::string_view line) {
    if (live_) {
        showing_ = true;
        write(std::string("\r").append(line).append("\033[K"));
    }
}

void Screen::write(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        showing_ = false;
        throw OutputError("cannot write to the standard output: " + std::generic_category().message(errno));
    }
}

std::string format(const char* pattern, ...) {
    std::va_list arguments;
    va_start(arguments, pattern);
    std::va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, pattern, arguments);
    va_end(arguments);
    std::string text(length > 0 ? static_cast<std::size_t>(length) : 0, ' ');
    if (!text.empty()) {
        std::vsnprintf(text.data(), text.size() + 1, pattern, again);
    }
    va_end(again);
    return text;
}

std::string grouped(std::size_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i != 0 && (digits.size() - i) % 3 == 0) {
            text += ',';
        }
        text += digits[i];
    }
    return text;
}

}  // namespace mnist
