// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// What the programs of this folder share: a command line, and one line of JSON for each result.
//     program --list                  the names of all cases
//     program --case NAME             measures the case of this name; where there is none, all cases whose names begin
//                                     with NAME/, and for the name all, all of them
//     --data FOLDER                   where the MNIST files are
//     --models FOLDER                 where the cases export/ write networks for the rivals
//     --amount full|quick|tiny        how much is measured; tiny only shows that the program works
namespace benchmarks {

enum class Amount { full, quick, tiny };

struct Options {
    std::string name;
    bool list = false;
    std::filesystem::path data = CTCNN_MNIST_FOLDER;
    std::filesystem::path models;
    Amount amount = Amount::full;

    /// The number for the amount that was asked for.
    template <typename T>
    T choose(T full, T quick, T tiny) const {
        return amount == Amount::full ? full : amount == Amount::quick ? quick : tiny;
    }
};

/// Line: one result, printed as a JSON object on a line of its own.
class Line {
public:
    explicit Line(std::string_view name) { add("case", name); }

    Line& add(std::string_view key, std::string_view value) {
        begin(key);
        text_ += '"';
        for (const char c : value) {
            if (c == '"' || c == '\\') {
                text_ += '\\';
            }
            text_ += c;
        }
        text_ += '"';
        return *this;
    }
    Line& add(std::string_view key, double value) {
        begin(key);
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.6g", value);
        // JSON has no word for these.
        text_ += std::isfinite(value) ? digits : "null";
        return *this;
    }
    Line& add(std::string_view key, std::size_t value) {
        begin(key);
        text_ += std::to_string(value);
        return *this;
    }

    void print() const {
        std::printf("%s}\n", text_.c_str());
        std::fflush(stdout);
    }

private:
    void begin(std::string_view key) { text_.append(text_.empty() ? "{\"" : ", \"").append(key).append("\": "); }

    std::string text_;
};

struct Case {
    std::string name;
    std::function<void(const Options&, Line&)> measure;
};

/// Whether a name lies below the one that was asked for: train/lenet asks for train/lenet/batch_32/threads_1.
inline bool asked_for(std::string_view name, std::string_view asked) {
    return asked == "all" || (name.starts_with(asked) && name.substr(asked.size()).starts_with('/'));
}

/// Throws std::invalid_argument with a sentence.
inline Options read_options(int argument_count, char** arguments) {
    Options options;
    for (int i = 1; i < argument_count; ++i) {
        const std::string option = arguments[i];
        if (option == "--list") {
            options.list = true;
            continue;
        }
        if (i + 1 == argument_count) {
            throw std::invalid_argument("there is no option " + option + " without a value");
        }
        const std::string value = arguments[++i];
        if (option == "--case") {
            options.name = value;
        } else if (option == "--data") {
            options.data = value;
        } else if (option == "--models") {
            options.models = value;
        } else if (option == "--amount" && (value == "full" || value == "quick" || value == "tiny")) {
            options.amount = value == "full" ? Amount::full : value == "quick" ? Amount::quick : Amount::tiny;
        } else {
            throw std::invalid_argument(
                "there is no option " + option + " " + value +
                ": there are --list, --case NAME, --data FOLDER, --models FOLDER, --amount full|quick|tiny");
        }
    }
    if (!options.list && options.name.empty()) {
        throw std::invalid_argument("which case? --list shows all, --case NAME measures one");
    }
    return options;
}

inline int fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    return 1;
}

/// The body of main. Returns the exit status.
inline int run_cases(int argument_count, char** arguments, const std::vector<Case>& cases) {
    try {
        const Options options = read_options(argument_count, arguments);
        const bool is_one = std::ranges::any_of(cases, [&](const Case& item) { return item.name == options.name; });
        std::size_t measured = 0;
        for (const Case& item : cases) {
            if (options.list) {
                std::puts(item.name.c_str());
            } else if (is_one ? item.name == options.name : asked_for(item.name, options.name)) {
                Line line(item.name);
                item.measure(options, line);
                line.print();
                ++measured;
            }
        }
        if (!options.list && measured == 0) {
            throw std::invalid_argument("there is no case " + options.name + ": --list shows all");
        }
        return 0;
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}

/// Seconds since some moment.
inline double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The compiler must take the value for used, and what it was computed from for changed.
template <typename T>
[[gnu::always_inline]] inline void keep(T& value) {
    asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace benchmarks
