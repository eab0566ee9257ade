// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/byte_source.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/file_kind.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/sentence.hpp>

// libpng is optional. The CMake package defines CTCNN_WITH_PNG=1 where it has found libpng.
#if !defined(CTCNN_WITH_PNG)
#define CTCNN_WITH_PNG 0
#endif
#if CTCNN_WITH_PNG
#include <png.h>

#include <csetjmp>

#define CTCNN_IMAGES images_with_png
#else
#define CTCNN_IMAGES images_without_png
#endif

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

namespace CTCNN_DETAIL::inline CTCNN_FILES::inline CTCNN_IMAGES {

inline constexpr const char* png_remedy =
    "Look at the image with another program: if it is damaged, copy it again or take it out of the folder.";

#if CTCNN_WITH_PNG

/// PngSize: the size that an image must have; or, with 0 rows, any size of at most so many pixels.
struct PngSize {
    std::uint32_t height;
    std::uint32_t width;
    std::uint32_t most_pixels;
};

/// PngReader: the pixels of a PNG file, whatever its kind, as red, green, blue and alpha of 16 bits each. Values are
/// those of the file: no gamma is applied.
/// Memory   the header is compared with the wanted sizes before any pixels are unpacked; other chunks than those of the
///          image are at most 1 MB
class PngReader {
public:
    PngReader(const std::filesystem::path& file, const PngSize& wanted) : source_(file, png_remedy), wanted_(wanted) {
        check_signature();
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
        info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
        if (info_ == nullptr) {
            png_destroy_read_struct(&png_, nullptr, nullptr);
            throw std::bad_alloc();
        }
        const bool is_read = read(png_, info_, *this);
        png_destroy_read_struct(&png_, &info_, nullptr);
        if (thrown_) {
            std::rethrow_exception(thrown_);
        }
        if (!is_read) {
            refuse();
        }
    }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    std::size_t height() const { return height_; }
    std::size_t width() const { return width_; }
    /// The pixel n, 0 to 1, before a background.
    double value(std::size_t n, std::size_t c, double background) const {
        constexpr double most = 65535;
        const double alpha = pixels_[4 * n + 3] / most;
        return alpha * (pixels_[4 * n + c] / most) + (1 - alpha) * background;
    }
    double grey(std::size_t n, double background) const {
        const bool is_grey = pixels_[4 * n] == pixels_[4 * n + 1] && pixels_[4 * n] == pixels_[4 * n + 2];
        return is_grey ? value(n, 0, background)
                       : 0.299 * value(n, 0, background) + 0.587 * value(n, 1, background) +
                             0.114 * value(n, 2, background);
    }

private:
    void check_signature() {
        std::array<std::uint8_t, file_kind_bytes> head{};
        const std::size_t count = source_.read(std::span(head).first(8));
        if (count == 8 && png_sig_cmp(head.data(), 0, 8) == 0) {
            return;
        }
        const std::size_t all = count + source_.read(std::span(head).subspan(count));
        const FileKind kind = file_kind(std::span(head).first(all), source_.file(), source_.compressed());
        DataFault fault = source_.fault(0, "a PNG image", kind.name.empty() ? "other bytes" : kind.name);
        fault.remedy = "Convert the image to PNG, or take the file out of the folder.";
        throw WrongMagic(std::move(fault));
    }

    /// What libpng does, between setjmp and longjmp: no object of C++ may begin or end here.
    static bool read(png_structp png, png_infop info, PngReader& self) {
        if (setjmp(png_jmpbuf(png)) != 0) {
            return false;
        }
        png_set_sig_bytes(png, 8);
        png_set_read_fn(png, &self, on_read);
        png_set_user_limits(png, 0x7fffffff, 0x7fffffff);  // compared below
        png_set_chunk_malloc_max(png, 1'000'000);
        png_set_chunk_cache_max(png, 16);
        png_read_info(png, info);
        if (!self.make_room(png_get_image_height(png, info), png_get_image_width(png, info))) {
            return false;
        }
        png_set_expand_16(png);  // palettes and grey of fewer bits too
        png_set_gray_to_rgb(png);
        png_set_add_alpha(png, 0xffff, PNG_FILLER_AFTER);
        if (std::endian::native == std::endian::little) {
            png_set_swap(png);
        }
        png_set_interlace_handling(png);
        png_read_update_info(png, info);
        if (png_get_rowbytes(png, info) != std::size_t{8} * self.width_) {
            return false;
        }
        png_read_image(png, self.rows_.data());
        png_read_end(png, nullptr);
        return true;
    }

    /// Room for the pixels, if the image has a wanted size.
    bool make_room(std::uint32_t height, std::uint32_t width) noexcept {
        height_ = height;
        width_ = width;
        const bool is_wanted = wanted_.height == 0 ? std::uint64_t{height} * width <= wanted_.most_pixels
                                                   : height == wanted_.height && width == wanted_.width;
        if (!is_wanted) {
            return false;
        }
        try {
            const std::size_t row_size = std::size_t{4} * width;
            if (pixels_.max_size() / row_size < height) {
                throw std::bad_alloc();
            }
            pixels_.resize(row_size * height);
            rows_.resize(height);
            for (std::size_t row = 0; row < height; ++row) {
                rows_[row] = reinterpret_cast<png_bytep>(pixels_.data() + row * row_size);
            }
            return true;
        } catch (...) {
            thrown_ = std::current_exception();
            return false;
        }
    }

    static void on_read(png_structp png, png_bytep target, std::size_t size) {
        auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
        if (!self.fill(target, size)) {
            png_error(png, "the file ends");
        }
    }
    bool fill(png_bytep target, std::size_t size) noexcept {
        try {
            is_truncated_ = source_.read({target, size}) != size;
            return !is_truncated_;
        } catch (...) {
            thrown_ = std::current_exception();
            return false;
        }
    }
    [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
        auto& self = *static_cast<PngReader*>(png_get_error_ptr(png));
        std::size_t length = 0;
        for (; text[length] != 0 && length + 1 < self.message_.size(); ++length) {
            self.message_[length] = text[length];
        }
        self.message_[length] = 0;
        png_longjmp(png, 1);
    }
    static void on_warning(png_structp, png_const_charp) {}

    [[noreturn, gnu::cold]] void refuse() const {
        const std::uint64_t end = source_.offset();
        if (is_truncated_) {
            throw FileTruncated(source_.fault(end, "the rest of the image",
                                              sentence({"the end of the data after ", decimal(end), " bytes"})));
        }
        if (message_[0] != 0) {
            throw DecompressionError(
                source_.fault(end, "the data of a PNG image", sentence({"the error '", message_.data(), "'"})));
        }
        if (wanted_.height == 0) {
            DataFault fault = source_.fault(16, sentence({"at most ", decimal(wanted_.most_pixels), " pixels"}),
                                            sentence({decimal(height_), " rows and ", decimal(width_), " columns"}));
            fault.remedy = "Scale the image, as in `convert OLD -resize 1000x1000 NEW`.";
            throw BadDimension(std::move(fault));
        }
        DataFault fault =
            source_.fault(16, sentence({decimal(wanted_.height), " rows and ", decimal(wanted_.width), " columns"}),
                          sentence({decimal(height_), " and ", decimal(width_)}));
        fault.remedy = "Give the shape of the image, or scale it, as in `convert OLD -resize WIDTHxHEIGHT! NEW`.";
        throw BadDimension(std::move(fault));
    }

    ByteSource source_;
    PngSize wanted_;
    std::uint32_t height_ = 0;
    std::uint32_t width_ = 0;
    std::vector<png_bytep> rows_;
    std::vector<std::uint16_t> pixels_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    std::array<char, 100> message_{};
    bool is_truncated_ = false;
    std::exception_ptr thrown_;
};

#else

[[noreturn, gnu::cold]] inline void refuse_png(const std::filesystem::path& file) {
    throw CompressionUnsupported({file, 0, "a program that was built with libpng", "one without",
                                  "Install libpng (on Debian `apt-get install libpng-dev`), configure and build again; "
                                  "without CMake, define CTCNN_WITH_PNG=1 and link with -lpng.",
                                  OffsetIn::file});
}

#endif

/// Refuses a folder that is, by a link, one of the `depth` folders that it lies in.
[[gnu::cold]] inline void expect_new(const std::filesystem::path& folder, int depth) {
    std::error_code ignored;
    std::filesystem::path outer = folder;
    for (int n = 0; n < depth; ++n) {
        outer = outer.parent_path();
        if (std::filesystem::equivalent(folder, outer, ignored)) {
            throw FileUnreadable({folder, 0, "a folder of images", "a link to a folder that it lies in",
                                  "Take the link out of the folder.", OffsetIn::file});
        }
    }
}

/// The PNG files in a folder and below it, also behind links, in alphabetical order.
[[gnu::cold]] inline std::vector<std::filesystem::path> png_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    std::filesystem::recursive_directory_iterator entries(
        folder, std::filesystem::directory_options::follow_directory_symlink, error);
    for (; !error && entries != std::filesystem::recursive_directory_iterator(); entries.increment(error)) {
        std::error_code ignored;
        std::string ending = entries->path().extension().string();
        std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        if (entries->is_directory(ignored)) {
            expect_new(entries->path(), entries.depth() + 1);
        } else if (ending == ".png") {
            files.push_back(entries->path());
        }
    }
    if (error) {
        throw FileUnreadable({folder, 0, "a folder that can be read", sentence({"the error '", error.message(), "'"}),
                              "Make it readable with `chmod -R u+rX`.", OffsetIn::file});
    }
    std::ranges::sort(files);
    return files;
}

/// The folders in a folder, in alphabetical order: the classes.
[[gnu::cold]] inline std::vector<std::filesystem::path> class_folders(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> folders;
    std::error_code error;
    std::filesystem::directory_iterator entries(folder, error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        std::error_code ignored;
        if (entries->is_directory(ignored)) {
            folders.push_back(entries->path());
        }
    }
    if (error || folders.empty()) {
        throw FileMissing({folder, 0, "a folder with a folder of PNG images for each class",
                           error ? sentence({"the error '", error.message(), "'"}) : "no folders in it",
                           "Put the images of each class into a folder of its own, as in images/cat/1.png.",
                           OffsetIn::file});
    }
    std::ranges::sort(folders);
    return folders;
}

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES::inline CTCNN_IMAGES

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

/// ImageFolder: the images of a folder, and the names of the classes: label k is that of classes[k].
template <typename S, typename T = float, typename Label = std::uint8_t>
struct ImageFolder {
    Dataset<S, T, Label> data;
    std::vector<std::string> classes;
};

/// load_image_folder: the PNG images below a folder that has a folder for each class, as in images/cat/1.png. Classes
/// and images are in alphabetical order; files of other kinds are left out.
/// Refuses  FileMissing without classes or without images, BadLabel for more classes than Label can number, and what
///          read_png refuses
/// As in    torchvision.datasets.ImageFolder
template <typename S, typename T = float, typename Label = std::uint8_t>
ImageFolder<S, T, Label> load_image_folder(const std::filesystem::path& folder, const PngOptions& options = {}) {
    return detail_::load_in_memory(folder, [&] {
        std::vector<Tensor<T, S>> images;
        std::vector<std::uint64_t> labels;
        std::vector<std::string> classes;
        for (const std::filesystem::path& of_class : detail_::class_folders(folder)) {
            if (classes.size() > static_cast<std::uint64_t>(std::numeric_limits<Label>::max())) {
                throw BadLabel(
                    {of_class, 0, detail_::sentence({"at most ", detail_::decimal(classes.size()), " classes"}), "more",
                     "Take a wider type of labels, as in load_image_folder<S, float, std::uint32_t>.", OffsetIn::file});
            }
            for (const std::filesystem::path& file : detail_::png_files(of_class)) {
                images.push_back(read_png<S, T>(file, options));
                labels.push_back(classes.size());
            }
            classes.push_back(of_class.filename().string());
        }
        if (images.empty()) {
            throw FileMissing({folder, 0, "PNG images in the folders of the classes", "none",
                               "Convert the images to PNG, and put those of each class into a folder of its own.",
                               OffsetIn::file});
        }
        return ImageFolder<S, T, Label>{Dataset<S, T, Label>(std::move(images), labels), std::move(classes)};
    });
}

}  // namespace CTCNN_API::inline CTCNN_FILES::inline CTCNN_IMAGES
