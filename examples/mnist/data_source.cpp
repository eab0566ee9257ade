// SPDX-License-Identifier: MIT
#include "data_source.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <ctcnn/data/mnist.hpp>

namespace mnist {

namespace {

constexpr const char* package_folder = "/usr/share/datasets/fashion-mnist";

/// The letters alone, in lower case.
std::string letters_of(std::string_view text) {
    std::string letters;
    for (const char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            letters += c >= 'a' ? c : static_cast<char>(c - 'A' + 'a');
        }
    }
    return letters;
}

}  // namespace

const Classes digits{"mnist", "digits", 20, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
const Classes clothes{
    "fashion-mnist",
    "clothes",
    28,
    {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}};

std::size_t Classes::longest_name() const {
    std::size_t longest = 0;
    for (const std::string_view name : names) {
        longest = std::max(longest, name.size());
    }
    return longest;
}

const Classes* classes_of(std::string_view data) {
    return data == digits.data ? &digits : data == clothes.data ? &clothes : nullptr;
}

DataSource default_source() { return {CTCNN_MNIST_FOLDER, &digits}; }

DataSource source_of(const Classes& classes) {
    return &classes == &clothes ? DataSource{package_folder, &clothes, true} : default_source();
}

DataSource data_source(const std::string& text) {
    std::error_code ignored;
    if (!std::filesystem::exists(text, ignored)) {
        if (letters_of(text) == "fashionmnist") {
            return source_of(clothes);
        }
        if (text == digits.data) {
            return default_source();
        }
    }
    return {text, letters_of(text).find("fashionmnist") == std::string::npos ? &digits : &clothes};
}

Digits load_images(const DataSource& source, ctcnn::Split split) {
    std::error_code ignored;
    if (source.is_package && !std::filesystem::exists(source.folder, ignored)) {
        throw std::runtime_error(
            "Fashion-MNIST is not installed: there is no folder '" + source.folder +
            "'\nInstall it with `apt-get install dataset-fashion-mnist`, or give the folder of its "
            "four files with --data FOLDER (https://github.com/zalandoresearch/fashion-mnist).");
    }
    return ctcnn::load_mnist(source.folder, split);
}

}  // namespace mnist
