// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/find_file.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/data/split.hpp>

namespace CTCNN_API {

/// The most images that load_mnist reads, which are 784 MB of float pixels. MNIST has 60,000; the largest set of the
/// same format and classes, EMNIST Digits, has 240,000.
inline constexpr std::uint32_t mnist_largest_count = 250'000;

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::inline CTCNN_FILES {

inline constexpr const char* mnist_remedy =
    "Copy the MNIST files again from the library's folder data/mnist and check them there with "
    "`sha256sum -c SHA256SUMS`, or take them from https://ossci-datasets.s3.amazonaws.com/mnist/; "
    "load_mnist reads them from any folder, and so does the program mnist with `--data FOLDER`.";
inline constexpr const char* mnist_missing_remedy =
    "Copy the MNIST files there from the library's folder data/mnist, or take them from "
    "https://ossci-datasets.s3.amazonaws.com/mnist/; load_mnist reads them from any folder, and so does the program "
    "mnist "
    "with `--data FOLDER`.";

/// The usual names of a file, the plain ones before the .gz.
using MnistNames = std::array<std::string_view, 4>;
inline constexpr MnistNames mnist_train_images{"train-images-idx3-ubyte", "train-images.idx3-ubyte",
                                               "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte.gz"};
inline constexpr MnistNames mnist_train_labels{"train-labels-idx1-ubyte", "train-labels.idx1-ubyte",
                                               "train-labels-idx1-ubyte.gz", "train-labels.idx1-ubyte.gz"};
inline constexpr MnistNames mnist_test_images{"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte",
                                              "t10k-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte.gz"};
inline constexpr MnistNames mnist_test_labels{"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte",
                                              "t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte.gz"};

/// Says what is in a folder that has none of the files.
[[noreturn, gnu::cold]] inline void refuse_folder(const std::filesystem::path& folder, const MnistNames& names) {
    constexpr std::string_view none = "no file of these names";
    const char* remedy = mnist_missing_remedy;
    const std::string name = folder.string();
    std::string found;
    std::error_code ignored;
    if (!std::filesystem::exists(folder, ignored)) {
        found = sentence({"no folder '", name, "'"});
    } else if (!std::filesystem::is_directory(folder, ignored)) {
        found = sentence({"that '", name, "' is no folder"});
    } else {
        found = but_there_are(std::string(none), folder);
        if (found != none) {
            remedy = "load_mnist knows the names of MNIST; load_idx reads files of any name.";
        }
        // The root of other data sets of torchvision.
        for (const char* raw : {"FashionMNIST/raw", "KMNIST/raw", "EMNIST/raw", "QMNIST/raw"}) {
            if (std::filesystem::is_directory(file_in(folder, raw), ignored)) {
                found = sentence({none, ", but a folder '", raw, "'"});
                remedy = "Give the name of that folder, if its files are wanted.";
                break;
            }
        }
    }
    throw FileMissing({file_in(folder, names[2]), 0,
                       sentence({names[0], " or ", names[1], " in this folder, plain or .gz"}), std::move(found),
                       remedy, OffsetIn::file});
}

/// The file of one of the names. The folder may also be the root that torchvision was given, or MNIST in it.
[[gnu::cold]] inline std::filesystem::path find_mnist_file(const std::filesystem::path& folder,
                                                           const MnistNames& names) {
    for (const char* raw : {"", "MNIST/raw", "raw"}) {
        std::filesystem::path found = find_file(file_in(folder, raw), names);
        if (!found.empty()) {
            return found;
        }
    }
    refuse_folder(folder, names);
}

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES

namespace CTCNN_API::inline CTCNN_FILES {

/// load_mnist: the images and labels of one half of MNIST, or of a data set in the same files, from a folder.
/// Files    train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-... for Split::test; also with a dot as in
///          train-images.idx3-ubyte; plain (taken first) or .gz; the folder may also be torchvision's root
/// Shapes   28 x 28 pixels in [0, 1] and a label from 0 to 9 for each image; at most mnist_largest_count images
/// Refuses  FileMissing · BadLabel · CountMismatch, and what load_idx refuses
/// As in    torchvision.datasets.MNIST with transforms.ToTensor
template <typename T = float>
Dataset<Shape<1, 28, 28>, T> load_mnist(const std::filesystem::path& folder, Split split) {
    return detail_::load_in_memory(folder, [&] {
        using namespace detail_;
        const bool train = split == Split::train;
        const std::filesystem::path images = find_mnist_file(folder, train ? mnist_train_images : mnist_test_images);
        const std::filesystem::path labels = find_mnist_file(folder, train ? mnist_train_labels : mnist_test_labels);
        return read_dataset<Shape<1, 28, 28>, T, std::uint8_t>(
            images, labels, {.classes = 10, .max_images = mnist_largest_count}, mnist_remedy);
    });
}

}  // namespace CTCNN_API::inline CTCNN_FILES
