// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/byte_source.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/file_kind.hpp>
#include <ctcnn/data/find_file.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/data/split.hpp>

namespace CTCNN_API {

/// Which of the two labels of an image of CIFAR-100: one of 100 classes, or one of 20 superclasses.
enum class Cifar100Labels { fine, coarse };

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::inline CTCNN_FILES {

inline constexpr std::size_t cifar_pixels = 3 * 32 * 32;
inline constexpr const char* cifar_remedy =
    "Take the binary version again from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it with `tar -xf`.";

/// CifarFormat: the labels of an image, which lie before its pixels, how many classes each has, and which one is
/// wanted.
struct CifarFormat {
    std::array<std::uint32_t, 2> classes;
    std::size_t labels;
    std::size_t wanted;

    constexpr std::size_t record() const { return labels + cifar_pixels; }
};

/// Refuses a file that has no whole images, or labels that are none: says what it is, if its first bytes tell, the
/// first of which is no label.
template <typename Error>
[[noreturn, gnu::cold]] void refuse_cifar(const ByteSource<>& source, const CifarFormat& format, std::uint64_t offset,
                                          Parts expected, Parts found) {
    ByteSource<> again(source.file(), source.remedy());
    std::array<std::uint8_t, file_kind_bytes> head{};
    const std::size_t count = again.read(head);
    const FileKind kind = file_kind(std::span(head).first(count), source.file(), source.compressed());
    if (head[0] >= format.classes[0] && !kind.name.empty()) {
        DataFault fault = source.fault(0, {"images of CIFAR in the binary version"}, {kind.name});
        fault.remedy = kind.name.find("archive") != std::string::npos ? kind.remedy : std::string(cifar_remedy);
        throw WrongMagic(std::move(fault));
    }
    source.refuse<Error>(offset, expected, found);
}

/// Appends the images and labels of a file.
template <typename T>
[[gnu::cold]] void append_cifar(const std::filesystem::path& file, const CifarFormat& format,
                                std::vector<Tensor<T, Shape<3, 32, 32>>>& images, std::vector<std::uint8_t>& labels) {
    ByteSource<> source(file, cifar_remedy);
    const std::size_t unit = format.record();
    std::vector<std::uint8_t> buffer(64 * unit);
    for (std::uint64_t begin = 0;; begin = source.offset()) {
        const std::size_t size = source.read(buffer);
        if (size == 0 && begin != 0) {
            return;
        }
        if (size % unit != 0 || size == 0) {
            refuse_cifar<FileTruncated>(source, format, begin + size, {"whole images of ", decimal(unit), " bytes"},
                                        {"the end of the data after ", decimal(begin + size), " bytes"});
        }
        for (std::size_t record = 0; record < size; record += unit) {
            for (std::size_t n = 0; n < format.labels; ++n) {
                if (buffer[record + n] >= format.classes[n]) {
                    refuse_cifar<BadLabel>(source, format, begin + record + n,
                                           {"a label from 0 to ", decimal(format.classes[n] - 1)},
                                           {decimal(buffer[record + n])});
                }
            }
            labels.push_back(buffer[record + format.wanted]);
            T* const pixels = images.emplace_back().data();
            for (std::size_t n = 0; n < cifar_pixels; ++n) {
                pixels[n] = static_cast<T>(buffer[record + format.labels + n]) / static_cast<T>(255);
            }
        }
    }
}

/// The data set of some files of a folder, or of the folder in it that the archive makes.
template <typename T>
[[gnu::cold]] Dataset<Shape<3, 32, 32>, T> load_cifar(const std::filesystem::path& folder, const char* inner,
                                                      std::span<const std::string_view> names,
                                                      const CifarFormat& format) {
    return load_in_memory(folder, [&] {
        std::vector<Tensor<T, Shape<3, 32, 32>>> images;
        std::vector<std::uint8_t> labels;
        for (const std::string_view name : names) {
            const std::string packed = sentence({name, ".gz"});
            const std::string_view plain_and_packed[]{name, packed};
            std::filesystem::path file = find_file(folder, plain_and_packed);
            if (file.empty()) {
                file = find_file(folder / inner, plain_and_packed);
            }
            if (file.empty()) {
                throw FileMissing({folder / std::string(name), 0,
                                   sentence({name, " in this folder or in ", inner, " in it"}), "no such file",
                                   cifar_remedy, OffsetIn::file});
            }
            append_cifar<T>(file, format, images, labels);
        }
        return Dataset<Shape<3, 32, 32>, T>(std::move(images), std::move(labels));
    });
}

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES

namespace CTCNN_API::inline CTCNN_FILES {

/// load_cifar10: the images and labels of one half of CIFAR-10 from a folder.
/// Files    data_batch_1.bin to data_batch_5.bin, or test_batch.bin, of the binary version, plain or .gz; in the folder
///          or in cifar-10-batches-bin in it
/// Shapes   3 x 32 x 32 pixels in [0, 1] and a label from 0 to 9 for each image
/// Memory   grows with the images that were read, whatever the file says
/// Refuses  FileMissing · FileTruncated · BadLabel · WrongMagic, and what ByteSource refuses
/// As in    torchvision.datasets.CIFAR10 with transforms.ToTensor
/// Source   https://www.cs.toronto.edu/~kriz/cifar.html
template <typename T = float>
Dataset<Shape<3, 32, 32>, T> load_cifar10(const std::filesystem::path& folder, Split split) {
    static constexpr std::array<std::string_view, 6> names{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                                           "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
    const std::span<const std::string_view> files(names);
    return detail_::load_cifar<T>(folder, "cifar-10-batches-bin",
                                  split == Split::train ? files.first(5) : files.last(1), {{10, 0}, 1, 0});
}

/// load_cifar100: the same of CIFAR-100.
/// Files    train.bin or test.bin; in the folder or in cifar-100-binary in it
/// Shapes   3 x 32 x 32 pixels in [0, 1] and a label from 0 to 99, or with Cifar100Labels::coarse from 0 to 19
/// Refuses  what load_cifar10 refuses
/// As in    torchvision.datasets.CIFAR100 with transforms.ToTensor
template <typename T = float>
Dataset<Shape<3, 32, 32>, T> load_cifar100(const std::filesystem::path& folder, Split split,
                                           Cifar100Labels labels = Cifar100Labels::fine) {
    static constexpr std::array<std::string_view, 2> names{"train.bin", "test.bin"};
    const std::span<const std::string_view> files(names);
    return detail_::load_cifar<T>(folder, "cifar-100-binary", split == Split::train ? files.first(1) : files.last(1),
                                  {{20, 100}, 2, labels == Cifar100Labels::fine ? std::size_t{1} : std::size_t{0}});
}

}  // namespace CTCNN_API::inline CTCNN_FILES
