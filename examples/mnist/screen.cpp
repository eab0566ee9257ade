// SPDX-License-Identifier: MIT
#include "screen.hpp"

#include <cerrno>
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
    return isatty(STDOUT_FILENO) == 1 && environment("TERM") != "dumb" && !environment("TERM").empty();
#else
    return false;
#endif
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

}  // namespace

Screen::Screen()
    : live_(is_terminal()), colours_(live_ && environment("NO_COLOR").empty()), unicode_(locale_is_unicode()) {}

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
    if (live_ && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
        return size.ws_col;
    }
#endif
    return 80;
}

std::string Screen::styled(Style style, std::string_view text) const {
    if (!colours_ || style == Style::plain) {
        return std::string(text);
    }
    const char* code = style == Style::bold ? "1" : style == Style::dim ? "2" : style == Style::green ? "32" : "31";
    return std::string("\033[").append(code).append("m").append(text).append("\033[0m");
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
