// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/idx_pair.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/npy_file.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_API {

/// How load_npy reads.
struct NpyOptions {
    std::uint32_t classes = 0;   ///< labels are below it; 0: any that the data set's Label holds
    bool channels_last = false;  ///< images are (N, H, W, C), signals (N, L, C), as in TensorFlow
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::inline CTCNN_FILES {

/// Refuses a file whose shape is not that of images of this shape.
template <typename S>
[[gnu::cold]] void expect_images(const NpyFile& file, bool channels_last) {
    std::vector<std::uint64_t> expected(S::dims.begin(), S::dims.end());
    if (channels_last) {
        std::rotate(expected.begin(), expected.begin() + 1, expected.end());
    }
    const std::span<const std::uint64_t> found(file.shape());
    // (N, H, W) has one channel.
    const bool fits =
        !found.empty() &&
        (std::ranges::equal(found.subspan(1), expected) ||
         (S::rank == 3 && S::dims[0] == 1 && std::ranges::equal(found.subspan(1), std::span(S::dims).subspan(1))));
    if (!fits) {
        DataFault fault =
            file.fault(0, sentence({"an array of shape N x ", with_separator(expected, " x ")}),
                       sentence({"one of shape ", found.empty() ? "()" : with_separator(file.shape(), " x ")}));
        fault.remedy = channels_last || S::rank < 2
                           ? "Give load_npy the shape of the images in the file."
                           : "Give load_npy the shape of the images in the file; with .channels_last = true it reads "
                             "images whose channels are the last axis.";
        throw BadDimension(std::move(fault));
    }
}

/// The images of a file, as elements in a row.
template <typename S, typename T>
[[gnu::cold]] std::vector<T> read_npy_images(NpyFile& file, bool channels_last) {
    expect_images<S>(file, channels_last);
    const bool is_byte = file.is_byte();
    std::vector<T> elements = file.read<T>();
    if (is_byte) {
        for (T& element : elements) {
            element /= static_cast<T>(255);
        }
    }
    if constexpr (S::rank > 1) {
        if (channels_last && S::dims[0] != 1) {
            std::vector<T> image(S::size);
            constexpr std::size_t plane = S::size / S::dims[0];
            for (auto begin = elements.begin(); begin != elements.end(); begin += S::size) {
                for (std::size_t n = 0; n < S::size; ++n) {
                    image[n % S::dims[0] * plane + n / S::dims[0]] = begin[static_cast<std::ptrdiff_t>(n)];
                }
                std::copy(image.begin(), image.end(), begin);
            }
        }
    }
    return elements;
}

/// The labels of a file: 0 to `largest`, which may be all that their type holds, or, if some are ignored, -100.
[[gnu::cold]] inline std::vector<std::int64_t> read_npy_labels(NpyFile& file, std::uint64_t largest, bool is_of_type,
                                                               bool ignores) {
    const std::vector<std::uint64_t>& shape = file.shape();
    if (!file.is_integer() || shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1)) {
        DataFault fault = file.fault(
            0, "labels: an array of integers of shape N or N x 1",
            sentence({"dtype ", file.dtype(), ", shape ", shape.empty() ? "()" : with_separator(shape, " x ")}));
        fault.remedy =
            "Write them with numpy.save(file, labels.astype('int64')); one-hot rows become labels by "
            "labels.argmax(axis=1).";
        throw BadDimension(std::move(fault));
    }
    const bool is_signed = file.dtype()[1] == 'i';
    std::vector<std::int64_t> labels = file.read<std::int64_t>();
    for (std::size_t n = 0; n < labels.size(); ++n) {
        const auto number = static_cast<std::uint64_t>(labels[n]);
        if (number > largest && !(ignores && is_signed && labels[n] == -100)) {
            DataFault fault = file.fault(file.offset_of(n),
                                         sentence({"a label from 0 to ", decimal(largest), ignores ? ", or -100" : ""}),
                                         is_signed ? decimal_signed(labels[n]) : decimal(number));
            if (is_of_type && labels[n] >= 0) {
                fault.remedy =
                    sentence({"Take a wider type of labels, as in load_npy<S, float, ", label_type_for(number), ">."});
            }
            throw BadLabel(std::move(fault));
        }
    }
    return labels;
}

/// Those of a data set that stores them as `Label`. It may have -100 where that has a sign: losses ignore it.
template <typename Label>
std::vector<std::int64_t> read_npy_labels(NpyFile& file, const NpyOptions& options) {
    constexpr auto most = std::min(static_cast<std::uint64_t>(std::numeric_limits<Label>::max()),
                                   static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    const std::uint64_t largest = options.classes == 0 ? most : std::uint64_t{options.classes} - 1;
    if (largest > most) {
        refuse_classes(options.classes, sentence({"load_npy<S, float, ", label_type_for(largest), ">"}));
    }
    return read_npy_labels(file, largest, options.classes == 0, std::signed_integral<Label>);
}

/// Refuses labels that are not as many as the images.
[[gnu::cold]] inline void expect_labels(const NpyFile& images, const NpyFile& labels,
                                        const std::filesystem::path& image_file, std::size_t count) {
    if (!images.shape().empty() && images.shape()[0] != count) {
        throw CountMismatch(labels.fault(
            0, sentence({"labels of the ", decimal(images.shape()[0]), " images of ", printable(image_file.string())}),
            sentence({decimal(count), " labels"})));
    }
}

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES

namespace CTCNN_API::inline CTCNN_FILES {

/// load_npy: a data set from a .npy file of images and one of their labels.
/// Shapes   images (N, C, H, W) fit Shape<C, H, W>, (N, H, W) Shape<1, H, W>, features (N, F) Shape<F>; labels (N) or
///          (N, 1)
/// Numbers  pixels that are unsigned bytes become fractions of 255, in [0, 1]; others stay as they are; labels may be
///          integers of any type, and -100 where Label has a sign: losses ignore it
/// Memory   the images, and once more their bytes and elements while they are read
/// Refuses  BadDimension · CountMismatch · BadLabel, and what NpyFile refuses; std::invalid_argument for more classes
///          than Label can number
template <typename S, typename T = float, typename Label = std::uint8_t>
Dataset<S, T, Label> load_npy(const std::filesystem::path& image_file, const std::filesystem::path& label_file,
                              const NpyOptions& options = {}) {
    return detail_::load_in_memory(image_file, [&] {
        using namespace detail_;
        NpyFile images(image_file);
        NpyFile labels(label_file);
        const std::vector<std::int64_t> classes = read_npy_labels<Label>(labels, options);
        expect_labels(images, labels, image_file, classes.size());
        const std::vector<T> elements = read_npy_images<S, T>(images, options.channels_last);
        return Dataset<S, T, Label>(elements, classes);
    });
}

}  // namespace CTCNN_API::inline CTCNN_FILES
