// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
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
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/npy_header.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_API::inline CTCNN_FILES {

/// NpyFile: an array in a .npy file, as numpy.save writes it: versions 1 to 3, bool, integers and floats of any size up
/// to 8 bytes, in C and in Fortran order, little- and big-endian; plain or .gz. Opening reads and checks the header.
/// Memory   a size that the file only claims allocates nothing
/// Refuses  WrongMagic · BadDimension · FileTruncated · TrailingBytes · FileTooLarge, and what ByteSource refuses;
///          std::logic_error for a second read
/// Source   https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
class NpyFile {
public:
    [[gnu::cold]] explicit NpyFile(const std::filesystem::path& file, std::string remedy = remedy_of_damage)
        : source_(file, std::move(remedy)) {
        begin();
    }
    /// The same of a file whose bytes are in memory, and stay there.
    [[gnu::cold]] NpyFile(const std::filesystem::path& file, std::span<const std::byte> bytes)
        : source_(file, bytes, remedy_of_damage) {
        begin();
    }

    const std::vector<std::uint64_t>& shape() const& noexcept { return header_.shape; }
    /// As NumPy spells it: "<f4", "|u1".
    const std::string& dtype() const& noexcept { return header_.descr; }
    bool fortran_order() const noexcept { return header_.fortran_order; }
    bool is_integer() const noexcept { return type_.is_integer(); }
    /// Whether the elements are unsigned bytes.
    bool is_byte() const noexcept { return type_.is_byte(); }
    /// Whether the file is a .gz.
    bool is_packed() const noexcept { return source_.compressed(); }
    std::size_t size() const noexcept { return count_; }
    /// The byte of the file at which the n-th element in C order begins.
    std::uint64_t offset_of(std::size_t n) const { return header_end_ + place_of(n) * std::uint64_t{type_.bytes}; }

    /// All elements, in C order. Those of other types are converted.
    template <typename T>
    [[gnu::cold]] std::vector<T> read() {
        return detail_::load_in_memory(source_.file(), [this] {
            const std::vector<std::uint8_t> bytes = read_bytes();
            std::vector<T> elements(count_);
            for (std::size_t n = 0; n < count_; ++n) {
                elements[n] = detail_::npy_element<T>(bytes.data() + place_of(n) * type_.bytes, type_);
            }
            return elements;
        });
    }

    /// The text of an error about the byte at an offset of the file.
    DataFault fault(std::uint64_t offset, std::string_view expected, std::string_view found) const {
        return source_.fault(offset, expected, found);
    }

private:
    static constexpr std::size_t longest_header = 10'000;  // that NumPy reads
    static constexpr std::string_view magic = "\x93NUMPY";
    static constexpr const char* remedy_of_damage = "Write the file again with numpy.save, or copy it again.";

    [[gnu::cold]] void begin() {
        read_magic();
        read_header();
        check_size();
    }

    template <std::size_t N>
    std::array<std::uint8_t, N> take(const char* expected) {
        std::array<std::uint8_t, N> bytes{};
        if (source_.read(bytes) != N) {
            refuse_end(expected);
        }
        return bytes;
    }
    [[noreturn, gnu::cold]] void refuse_end(std::string_view expected) const {
        const std::uint64_t end = source_.offset();
        throw FileTruncated(source_.fault(
            end, expected, detail_::sentence({"the end of the data after ", detail_::decimal(end), " bytes"})));
    }

    [[gnu::cold]] void read_magic() {
        std::array<std::uint8_t, detail_::file_kind_bytes> head{};
        const std::size_t count = source_.read(std::span(head).first(magic.size()));
        if (std::equal(magic.begin(), magic.end(), head.begin(),
                       [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
            return;
        }
        const std::size_t all = count + source_.read(std::span(head).subspan(count));
        const detail_::FileKind kind =
            detail_::file_kind(std::span(head).first(all), source_.file(), source_.compressed());
        DataFault fault = source_.fault(0, "a NumPy array (.npy)", kind.name.empty() ? "other bytes" : kind.name);
        if (kind.name == "a zip archive") {
            fault.remedy =
                "An .npz file is a zip archive of .npy files: unpack it with unzip, and load the files in it.";
        }
        throw WrongMagic(std::move(fault));
    }

    [[gnu::cold]] void read_header() {
        const auto version = take<2>("the version of the format");
        if (version[0] < 1 || version[0] > 3) {
            throw WrongMagic(
                source_.fault(magic.size(), "version 1, 2 or 3 of the format", detail_::decimal(version[0])));
        }
        const auto low = take<2>("the length of the header");
        std::uint32_t length = low[0] | std::uint32_t{low[1]} << 8;
        if (version[0] != 1) {
            const auto high = take<2>("the length of the header");
            length |= std::uint32_t{high[0]} << 16 | std::uint32_t{high[1]} << 24;
        }
        const std::uint64_t begin = source_.offset();
        if (length > longest_header) {
            throw BadDimension(
                source_.fault(magic.size() + 2,
                              detail_::sentence({"a header of at most ", detail_::decimal(longest_header), " bytes"}),
                              detail_::sentence({"one of ", detail_::decimal(length), " bytes"})));
        }
        std::string text(length, ' ');
        if (source_.read({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}) != text.size()) {
            refuse_end("the rest of the header");
        }
        header_end_ = source_.offset();
        detail_::NpyParser parser(text);
        std::optional<detail_::NpyHeader> header = parser.parse();
        if (!header) {
            const std::size_t at = std::min(parser.position(), text.size());
            throw WrongMagic(source_.fault(
                begin + at, "a header as in {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28)}",
                detail_::sentence({"'", std::string_view(text).substr(at, 40), "'"})));
        }
        header_ = std::move(*header);
        const std::optional<detail_::NpyType> type = detail_::npy_type(header_.descr);
        if (!type) {
            DataFault fault = source_.fault(begin, "elements that are bool, integers or floats",
                                            detail_::sentence({"the dtype '", header_.descr, "'"}));
            fault.remedy = "Convert the array in Python, as in numpy.save(file, array.astype('float32')).";
            throw WrongMagic(std::move(fault));
        }
        type_ = *type;
    }

    [[gnu::cold]] void check_size() {
        constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max());
        std::uint64_t count = 1;
        bool is_empty = false;
        bool is_too_large = false;
        for (const std::uint64_t size : header_.shape) {
            is_empty = is_empty || size == 0;
            is_too_large = is_too_large || (size != 0 && count > largest / type_.bytes / size);
            count = is_empty || is_too_large ? 1 : count * size;
        }
        count = is_empty ? 0 : count;
        if (is_too_large && !is_empty) {
            throw BadDimension(source_.fault(magic.size() + 2, "sizes whose product can be counted", shape_spelled()));
        }
        count_ = static_cast<std::size_t>(count);
        const std::uint64_t expected = header_end_ + count * type_.bytes;
        const std::uint64_t length = source_.size().value_or(expected);
        if (length < expected) {
            throw FileTruncated(source_.fault(length, length_spelled(), bytes_spelled(length)));
        }
        if (length > expected) {
            throw TrailingBytes(source_.fault(expected, length_spelled(), bytes_spelled(length)));
        }
    }

    /// The bytes behind the header. Memory grows with what was read, not with what the header says.
    [[gnu::cold]] std::vector<std::uint8_t> read_bytes() {
        if (std::exchange(is_read_, true)) {
            throw std::logic_error(detail_::sentence(
                {detail_::printable(source_.file().string()), " was read already: open the .npy file again."}));
        }
        constexpr std::size_t piece = std::size_t{1} << 20;
        const std::size_t size = count_ * type_.bytes;
        std::vector<std::uint8_t> bytes;
        if (source_.size()) {
            bytes.reserve(size);  // the file is as long
        }
        while (bytes.size() < size) {
            const std::size_t begin = bytes.size();
            bytes.resize(begin + std::min(piece, size - begin));
            if (source_.read(std::span(bytes).subspan(begin)) != bytes.size() - begin) {
                refuse_end(length_spelled());
            }
        }
        source_.expect_end();
        return bytes;
    }

    /// Where the n-th element in C order lies.
    std::size_t place_of(std::size_t n) const {
        if (!header_.fortran_order || count_ == 0) {
            return n;
        }
        std::size_t place = 0;
        std::size_t rest = count_;  // the elements of one index of all axes up to here, times their sizes
        for (std::size_t axis = header_.shape.size(); axis-- > 0;) {
            const auto size = static_cast<std::size_t>(header_.shape[axis]);
            rest /= size;
            place += n % size * rest;
            n /= size;
        }
        return place;
    }

    [[gnu::cold]] std::string shape_spelled() const { return detail_::with_separator(header_.shape, " x "); }
    [[gnu::cold]] static std::string bytes_spelled(std::uint64_t count) {
        return detail_::sentence({detail_::decimal(count), " bytes"});
    }
    [[gnu::cold]] std::string length_spelled() const {
        return detail_::sentence({bytes_spelled(header_end_ + std::uint64_t{count_} * type_.bytes), " (shape ",
                                  shape_spelled(), ", dtype ", header_.descr, ", after a header of ",
                                  detail_::decimal(header_end_), ")"});
    }

    detail_::ByteSource source_;
    detail_::NpyHeader header_;
    detail_::NpyType type_;
    std::uint64_t header_end_ = 0;
    std::size_t count_ = 0;
    bool is_read_ = false;
};

}  // namespace CTCNN_API::inline CTCNN_FILES

namespace CTCNN_API {

/// How load_npy reads.
struct NpyOptions {
    std::uint32_t classes = 0;   ///< labels are below it; 0: any that the data set's Label holds
    bool channels_last = false;  ///< images are (N, H, W, C), as in TensorFlow
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
        fault.remedy = channels_last || S::rank != 3
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
    if constexpr (S::rank == 3) {
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

/// The labels of a file: 0 to `largest` or, if some are ignored, -100.
[[gnu::cold]] inline std::vector<std::int64_t> read_npy_labels(NpyFile& file, std::uint64_t largest, bool ignores) {
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
            throw BadLabel(file.fault(file.offset_of(n),
                                      sentence({"a label from 0 to ", decimal(largest), ignores ? ", or -100" : ""}),
                                      is_signed ? decimal_signed(labels[n]) : decimal(number)));
        }
    }
    return labels;
}

/// Those of a data set that stores them as `Label`. It may have -100 where that has a sign: losses ignore it.
template <typename Label>
std::vector<std::int64_t> read_npy_labels(NpyFile& file, const NpyOptions& options) {
    constexpr auto most = std::min(static_cast<std::uint64_t>(std::numeric_limits<Label>::max()),
                                   static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    const std::uint64_t largest = options.classes == 0 ? most : std::min(most, std::uint64_t{options.classes} - 1);
    return read_npy_labels(file, largest, std::signed_integral<Label>);
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
/// Refuses  BadDimension · CountMismatch · BadLabel, and what NpyFile refuses
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
