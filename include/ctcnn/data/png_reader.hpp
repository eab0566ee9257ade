// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/byte_source.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/file_kind.hpp>
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
        DataFault fault = source_.fault(0, {"a PNG image"}, {kind.name.empty() ? "other bytes" : kind.name});
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
            source_.refuse<FileTruncated>(end, {"the rest of the image"},
                                          {"the end of the data after ", decimal(end), " bytes"});
        }
        if (message_[0] != 0) {
            source_.refuse<DecompressionError>(end, {"the data of a PNG image"}, {"the error '", message_.data(), "'"});
        }
        if (wanted_.height == 0) {
            source_.refuse<BadDimension>(16, {"at most ", decimal(wanted_.most_pixels), " pixels"},
                                         {decimal(height_), " rows and ", decimal(width_), " columns"},
                                         "Scale the image, as in `convert OLD -resize 1000x1000 NEW`.");
        }
        source_.refuse<BadDimension>(
            16, {decimal(wanted_.height), " rows and ", decimal(wanted_.width), " columns"},
            {decimal(height_), " and ", decimal(width_)},
            "Give the shape of the image, or scale it, as in `convert OLD -resize WIDTHxHEIGHT! NEW`.");
    }

    ByteSource<> source_;
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

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES::inline CTCNN_IMAGES
