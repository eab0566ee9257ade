// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/png_reader.hpp>

namespace CTCNN_API {

/// How read_png, read_grey_png and load_image_folder read.
struct PngOptions {
    double background = 1;                 ///< what shows through where an image is transparent: 0 is black, 1 is white
    std::uint32_t most_pixels = 1u << 24;  ///< read_grey_png refuses larger images
};

/// GreyImage: an image whose size is known when it is read, row by row.
template <typename T = float>
struct GreyImage {
    std::size_t height;
    std::size_t width;
    std::vector<T> pixels;
};

}  // namespace CTCNN_API

namespace CTCNN_API::inline CTCNN_FILES::inline CTCNN_IMAGES {

/// read_png: the image of a PNG file of any kind: grey, colour or palette, of 1 to 16 bits, with or without alpha,
/// interlaced or not. Its size is that of the shape.
/// Shapes   Shape<3, H, W>: red, green, blue; Shape<1, H, W>: 0.299 red + 0.587 green + 0.114 blue, as in PIL
/// Numbers  in [0, 1]
/// Refuses  BadDimension · WrongMagic · FileTruncated · DecompressionError for damaged data, CompressionUnsupported
///          where the program was built without libpng, and what ByteSource refuses
template <typename S, typename T = float>
Tensor<T, S> read_png(const std::filesystem::path& file, [[maybe_unused]] const PngOptions& options = {}) {
    static_assert(S::rank == 3 && (S::dims[0] == 1 || S::dims[0] == 3),
                  "read_png reads Shape<1, H, W> or Shape<3, H, W>");
    Tensor<T, S> image;
#if CTCNN_WITH_PNG
    constexpr std::size_t plane = S::dims[1] * S::dims[2];
    const detail_::PngReader reader(
        file, {static_cast<std::uint32_t>(S::dims[1]), static_cast<std::uint32_t>(S::dims[2]), 0});
    for (std::size_t n = 0; n < plane; ++n) {
        if constexpr (S::dims[0] == 3) {
            for (std::size_t c = 0; c < 3; ++c) {
                image.data()[c * plane + n] = static_cast<T>(reader.value(n, c, options.background));
            }
        } else {
            image.data()[n] = static_cast<T>(reader.grey(n, options.background));
        }
    }
#else
    detail_::refuse_png(file);
#endif
    return image;
}

/// read_grey_png: the same in grey, of any size up to options.most_pixels.
/// Memory   8 bytes for each pixel, and the result; none for an image that is refused
/// Refuses  BadDimension for larger images, FileTooLarge where memory is short, and what read_png refuses
template <typename T = float>
GreyImage<T> read_grey_png(const std::filesystem::path& file, [[maybe_unused]] const PngOptions& options = {}) {
#if CTCNN_WITH_PNG
    return detail_::load_in_memory(file, [&] {
        const detail_::PngReader reader(file, {0, 0, options.most_pixels});
        GreyImage<T> image{reader.height(), reader.width(), std::vector<T>(reader.height() * reader.width())};
        for (std::size_t n = 0; n < image.pixels.size(); ++n) {
            image.pixels[n] = static_cast<T>(reader.grey(n, options.background));
        }
        return image;
    });
#else
    detail_::refuse_png(file);
#endif
}

}  // namespace CTCNN_API::inline CTCNN_FILES::inline CTCNN_IMAGES
