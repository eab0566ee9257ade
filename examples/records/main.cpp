// SPDX-License-Identifier: MIT
//
// Trains one recipe from one seed, tests it once, after the last step, and prints a line of JSON:
//     records RECIPE DATA_FOLDER [--seed N] [--threads N] [--validation] [--no-shifts] [--steps N]
// With --validation the last 10,000 training images are the test, and are not learned from. scripts/records runs it for
// many seeds and writes docs/records.md.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <thread>

#include <ctcnn/data/mnist.hpp>

#include "recipes.hpp"

namespace {

using namespace records;

constexpr const char* usage =
    "usage: records RECIPE DATA_FOLDER [--seed N] [--threads N] [--validation] [--no-shifts] [--steps N]\n";

#if defined(__clang__)
constexpr const char* compiler = "clang++ " __clang_version__;
#else
constexpr const char* compiler = "g++ " __VERSION__;
#endif

struct Options {
    const Recipe* recipe = nullptr;
    std::string folder;
    std::size_t seed = 1;
    std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
    std::size_t steps = 0;
    bool validation = false;
    bool shifts = true;
};

/// No recipe where the command line is none.
Options read_options(int count, char** arguments) {
    Options options;
    if (count < 3) {
        return {};
    }
    options.folder = arguments[2];
    for (int place = 3; place < count; ++place) {
        const std::string_view argument = arguments[place];
        const auto number = [&] {
            return place + 1 < count ? static_cast<std::size_t>(std::strtoul(arguments[++place], nullptr, 10)) : 0;
        };
        if (argument == "--seed") {
            options.seed = number();
        } else if (argument == "--threads") {
            options.threads = number();
        } else if (argument == "--steps") {
            options.steps = number();
        } else if (argument == "--validation") {
            options.validation = true;
        } else if (argument == "--no-shifts") {
            options.shifts = false;
        } else {
            return {};
        }
    }
    for (const Recipe* recipe : all_recipes) {
        if (recipe->name == arguments[1]) {
            options.recipe = recipe;
        }
    }
    return options;
}

void run(const Options& options) {
    using ctcnn::Split;
    Pictures train = ctcnn::load_mnist(options.folder, Split::train);
    Pictures test;
    if (options.validation) {
        const std::size_t kept = train.size() - 10'000;
        test = train.subset(kept, 10'000);
        train = train.first(kept);
    } else {
        test = ctcnn::load_mnist(options.folder, Split::test);
    }
    const Recipe& recipe = *options.recipe;
    const Outcome outcome = recipe.run({train, test, options.seed, options.threads, options.steps, options.shifts});
    std::printf("{\"recipe\": \"%s\", \"seed\": %zu, \"split\": \"%s\", \"plain\": %.2f, ", recipe.name.data(),
                options.seed, options.validation ? "validation" : "test", outcome.plain);
    if (options.shifts) {
        std::printf("\"with_shifts\": %.2f, ", outcome.with_shifts);
    }
    const double operations =
        6.0 * static_cast<double>(recipe.multiply_adds) * static_cast<double>(train.size() * recipe.epochs);
    std::printf(
        "\"train_seconds\": %.3f, \"threads\": %zu, \"epochs\": %zu, \"parameters\": %zu, "
        "\"multiply_adds\": %llu, \"gflop\": %.0f, \"compiler\": \"%s\"}\n",
        outcome.train_seconds, options.threads, recipe.epochs, recipe.parameters,
        static_cast<unsigned long long>(recipe.multiply_adds), operations * 1e-9, compiler);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const Options options = read_options(count, arguments);
        if (options.recipe == nullptr) {
            std::fputs(usage, stderr);
            std::fputs("recipes:", stderr);
            for (const Recipe* recipe : all_recipes) {
                std::fprintf(stderr, " %s", recipe->name.data());
            }
            std::fputs("\n", stderr);
            return 2;
        }
        run(options);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "records: %s\n", error.what());
        return 1;
    }
}
