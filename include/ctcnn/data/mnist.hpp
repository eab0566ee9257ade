// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/idx.hpp>
#include <ctcnn/data/worker.hpp>

namespace CTCNN_API {

/// The two halves of a data set: one to learn from, one to measure with.
enum class Split { train, test };

/// The most images that load_mnist reads, which are 784 MB of float pixels. MNIST has 60,000; the largest set of the
/// same format and classes, EMNIST Digits, has 240,000.
inline constexpr std::uint32_t mnist_largest_count = 250'000;

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::inline CTCNN_FILES {

inline constexpr const char* mnist_remedy =
    "Copy the MNIST files again from the library's folder data/mnist and check them there with "
    "`sha256sum -c SHA256SUMS`, or take them from https://ossci-datasets.s3.amazonaws.com/mnist/; "
    "load_mnist reads them from any folder, and so does the program mnist with `--data FOLDER`.";

/// The file of a kind ("train-images", "idx3-ubyte") under one of its usual names, the plain one before the .gz.
inline std::filesystem::path find_mnist_file(const std::filesystem::path& folder, const std::string& kind,
                                             const std::string& format) {
    const std::array<std::string, 4> names{kind + "-" + format, kind + "." + format, kind + "-" + format + ".gz",
                                           kind + "." + format + ".gz"};
    std::error_code ignored;
    // Some archives unpack to folders of the same names beside the files, so that a file is looked for first.
    for (const std::string& name : names) {
        if (std::filesystem::is_regular_file(folder / name, ignored)) {
            return folder / name;
        }
    }
    // What is there under that name but is no file is refused by its reader, which says what it is.
    for (const std::string& name : names) {
        const auto type = std::filesystem::status(folder / name, ignored).type();
        if (type != std::filesystem::file_type::not_found) {
            return folder / name;
        }
    }
    std::string found = "no file of these names";
    if (!std::filesystem::is_directory(folder, ignored)) {
        found = std::filesystem::exists(folder, ignored) ? "that '" + folder.string() + "' is no folder"
                                                         : "no folder '" + folder.string() + "'";
    }
    throw FileMissing({folder / names[2], 0, names[0] + " or " + names[1] + " in this folder, plain or .gz", found,
                       mnist_remedy, OffsetIn::file});
}

/// The pixels as numbers in [0, 1], exactly those of torchvision's ToTensor: pixel / 255. Another thread computes them
/// while the next pixels are read and unpacked.
template <typename T, typename S>
std::vector<Tensor<T, S>> read_pixels(IdxFile<3>& file) {
    constexpr std::size_t portion = 400 * S::size;
    std::vector<Tensor<T, S>> images;
    images.reserve(file.credible_count() / S::size);
    std::vector<std::uint8_t> arriving;
    std::vector<std::uint8_t> arrived;
    // Its images have been reserved, so that it cannot fail.
    const auto convert = [&images, &arrived]() noexcept {
        for (std::span<const std::uint8_t> pixels = arrived; !pixels.empty(); pixels = pixels.subspan(S::size)) {
            std::ranges::transform(pixels.first(S::size), images.emplace_back().values.begin(),
                                   [](std::uint8_t pixel) { return static_cast<T>(pixel) / static_cast<T>(255); });
        }
    };
    Worker worker;
    const auto hand_over = [&] {
        worker.wait();
        std::swap(arriving, arrived);
        arriving.clear();
        const std::size_t count = images.size() + arrived.size() / S::size;
        if (count > images.capacity()) {
            images.reserve(std::max(count, 2 * images.capacity()));
        }
        worker.run(convert);
    };
    file.read_pieces(S::size, [&](std::span<const std::uint8_t> pixels) {
        arriving.insert(arriving.end(), pixels.begin(), pixels.end());
        if (arriving.size() >= portion) {
            hand_over();
        }
    });
    hand_over();
    worker.wait();
    return images;
}

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES

namespace CTCNN_API::inline CTCNN_FILES {

/// load_mnist: the images and labels of one half of MNIST, or of a data set in the same files, from a folder.
/// Files    train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-... for Split::test; also with a dot as in
///          train-images.idx3-ubyte; plain (taken first) or .gz
/// Shapes   28 x 28 pixels in [0, 1] and a label from 0 to 9 for each image; at most mnist_largest_count images
/// Refuses  FileMissing · BadLabel · CountMismatch, and what IdxFile refuses
/// As in    torchvision.datasets.MNIST with transforms.ToTensor
template <typename T = float>
Dataset<Shape<1, 28, 28>, T> load_mnist(const std::filesystem::path& folder, Split split) {
    const std::string prefix = split == Split::train ? "train" : "t10k";
    const IdxAxis rows{"rows", 28, 28};
    const IdxAxis columns{"columns", 28, 28};
    IdxFile<3> image_file(detail_::find_mnist_file(folder, prefix + "-images", "idx3-ubyte"),
                          {IdxAxis{"images", 1, mnist_largest_count}, rows, columns}, detail_::mnist_remedy);
    IdxFile<1> label_file(detail_::find_mnist_file(folder, prefix + "-labels", "idx1-ubyte"),
                          {IdxAxis{"labels", 1, mnist_largest_count}}, detail_::mnist_remedy);

    const std::uint32_t image_count = image_file.sizes()[0];
    const std::uint32_t label_count = label_file.sizes()[0];
    if (image_count != label_count) {
        throw CountMismatch(label_file.fault(4, std::to_string(image_count) + " labels, one for each image",
                                             std::to_string(label_count)));
    }

    std::vector<std::uint8_t> labels = label_file.read();
    const auto wrong = std::ranges::find_if(labels, [](std::uint8_t label) { return label > 9; });
    if (wrong != labels.end()) {
        const auto offset = IdxFile<1>::header_size + static_cast<std::size_t>(wrong - labels.begin());
        throw BadLabel(label_file.fault(offset, "a label from 0 to 9", std::to_string(*wrong)));
    }
    return {detail_::read_pixels<T, Shape<1, 28, 28>>(image_file), std::move(labels)};
}

}  // namespace CTCNN_API::inline CTCNN_FILES
