// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/find_file.hpp>
#include <ctcnn/data/idx.hpp>
#include <ctcnn/data/idx_pair.hpp>
#include <ctcnn/data/worker.hpp>

namespace CTCNN_DETAIL::inline CTCNN_FILES {

/// A pixel of an idx file: bytes as fractions of 255, exactly those of torchvision's ToTensor; floats as they are.
template <typename T>
T idx_pixel(const std::uint8_t* bytes, const IdxElement& element) {
    const std::uint64_t bits = big_endian(bytes, element.bytes);
    switch (element.code) {
        case 0x0d:
            return static_cast<T>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
        case 0x0e:
            return static_cast<T>(std::bit_cast<double>(bits));
        default:
            return static_cast<T>(bits) / static_cast<T>(255);
    }
}

/// An image from the bytes of a file that has its columns where the rows should be. With one column it is as in the
/// file.
template <typename T>
[[gnu::noinline]] void convert_image(const std::uint8_t* bytes, const IdxElement& element, std::size_t rows,
                                     std::size_t columns, std::span<T> image) {
    for (std::size_t plane = 0; plane < image.size(); plane += rows * columns) {
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t column = 0; column < columns; ++column) {
                image[plane + row * columns + column] =
                    idx_pixel<T>(bytes + element.bytes * (plane + column * rows + row), element);
            }
        }
    }
}

/// The same of bytes in the order of the image.
template <typename T>
[[gnu::noinline]] void convert_bytes(const std::uint8_t* bytes, std::span<T> image) {
    for (std::size_t n = 0; n < image.size(); ++n) {
        image[n] = static_cast<T>(bytes[n]) / static_cast<T>(255);
    }
}

/// Appends the images whose bytes these are. There is room for them.
template <typename T, typename S>
[[gnu::cold, gnu::noinline]] void append_images(std::span<const std::uint8_t> bytes, const IdxElement& element,
                                                bool transpose, std::vector<Tensor<T, S>>& images) {
    constexpr std::size_t columns = S::dims[S::rank - 1];
    constexpr std::size_t rows = S::rank == 1 ? 1 : S::dims[S::rank == 1 ? 0 : S::rank - 2];
    for (const std::size_t unit = S::size * element.bytes; !bytes.empty(); bytes = bytes.subspan(unit)) {
        const std::span<T> image = images.emplace_back().span();
        if (element.bytes == 1 && !transpose) {
            convert_bytes(bytes.data(), image);
        } else if (transpose) {
            convert_image(bytes.data(), element, rows, columns, image);
        } else {
            convert_image(bytes.data(), element, S::size, 1, image);
        }
    }
}

/// The images of a file. Of a .gz file, another thread computes the pixels while the next ones are unpacked.
template <typename T, typename S, typename Stream>
[[gnu::cold]] std::vector<Tensor<T, S>> read_images(IdxReader<Stream>& file, bool transpose) {
    constexpr std::size_t worth_a_thread = 320'000;
    const IdxElement element = file.element();
    std::vector<Tensor<T, S>> images;
    file.reserve(images, static_cast<std::size_t>(file.sizes()[0]));
    std::vector<std::uint8_t> arriving = file.begin_pieces(S::size * element.bytes, worth_a_thread);
    std::vector<std::uint8_t> arrived(file.is_packed() ? arriving.size() : 0);
    Worker worker;
    for (auto bytes = file.next_piece(arriving); !bytes.empty(); bytes = file.next_piece(arriving)) {
        const auto append = [&images, bytes, element, transpose] {
            append_images<T, S>(bytes, element, transpose, images);
        };
        if (file.is_packed()) {
            worker.run(append);
            arriving.swap(arrived);
        } else {
            append();
        }
    }
    worker.wait();
    return images;
}

/// The data set of two files.
template <typename S, typename T, typename Label, typename Stream = std::ifstream>
[[gnu::cold]] Dataset<S, T, Label> read_dataset(const std::filesystem::path& image_file,
                                                const std::filesystem::path& label_file, const IdxOptions& options,
                                                const char* remedy) {
    static_assert(S::rank != 0 && S::size != 0, "an image has one pixel or more");
    static_assert(S::rank < 256, "an idx file has at most 255 axes");
    constexpr auto sizes = S::dims;  // a copy: a reference would make S::dims a symbol that does not name the target
    IdxPair<Stream> files(image_file, label_file, sizes, options, remedy);
    std::vector<Label> labels = files.template read_labels<Label>();
    return {read_images<T, S>(files.images(), options.transpose), std::move(labels)};
}

[[noreturn, gnu::cold]] inline void refuse_for_memory(const std::filesystem::path& file) {
    throw FileTooLarge({file, 0, "memory to load it", "too little", memory_remedy, OffsetIn::file});
}

/// What load() returns. Where memory is short, the error is a sentence about the file or folder.
template <typename Load>
[[gnu::cold]] auto load_in_memory(const std::filesystem::path& file, const Load& load) {
    try {
        return load();
    } catch (const std::bad_alloc&) {
    } catch (const std::length_error&) {  // more than a vector can have
    }
    refuse_for_memory(file);
}

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES

namespace CTCNN_API::inline CTCNN_FILES {

/// load_idx: a data set from a file of images and a file of their labels, plain or .gz.
/// Shapes   images (N, H, W) fit Shape<1, H, W>, images (N, C, H, W) fit Shape<C, H, W>, features (N, F) fit Shape<F>;
///          labels (N), or (N, 8) as in QMNIST, whose first column is taken
/// Numbers  pixels that are unsigned bytes become fractions of 255, in [0, 1]; 32-bit and 64-bit floats stay as they
///          are; labels may be integers of any type
/// Refuses  FileMissing · WrongMagic · BadDimension · CountMismatch · BadLabel, and what IdxFile refuses;
///          std::invalid_argument for options that make no sense
template <typename S, typename T = float, typename Label = std::uint8_t>
Dataset<S, T, Label> load_idx(const std::filesystem::path& image_file, const std::filesystem::path& label_file,
                              const IdxOptions& options = {}) {
    return detail_::load_in_memory(image_file, [&] {
        const std::filesystem::path images = detail_::find_idx_file(image_file);
        const std::filesystem::path labels = detail_::find_idx_file(label_file);
        return detail_::read_dataset<S, T, Label>(images, labels, options, "Copy or download the file again.");
    });
}

}  // namespace CTCNN_API::inline CTCNN_FILES
