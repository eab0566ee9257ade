// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
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

#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/byte_source.hpp>
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
        return source_.fault(offset, {expected}, {found});
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
        source_.refuse<FileTruncated>(end, {expected}, {"the end of the data after ", detail_::decimal(end), " bytes"});
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
        DataFault fault = source_.fault(0, {"a NumPy array (.npy)"}, {kind.name.empty() ? "other bytes" : kind.name});
        if (kind.name == "a zip archive") {
            fault.remedy =
                "An .npz file is a zip archive of .npy files: unpack it with unzip, and load the files in it.";
        }
        throw WrongMagic(std::move(fault));
    }

    [[gnu::cold]] void read_header() {
        const auto version = take<2>("the version of the format");
        if (version[0] < 1 || version[0] > 3) {
            source_.refuse<WrongMagic>(magic.size(), {"version 1, 2 or 3 of the format"},
                                       {detail_::decimal(version[0])});
        }
        const auto low = take<2>("the length of the header");
        std::uint32_t length = low[0] | std::uint32_t{low[1]} << 8;
        if (version[0] != 1) {
            const auto high = take<2>("the length of the header");
            length |= std::uint32_t{high[0]} << 16 | std::uint32_t{high[1]} << 24;
        }
        const std::uint64_t begin = source_.offset();
        if (length > longest_header) {
            source_.refuse<BadDimension>(magic.size() + 2,
                                         {"a header of at most ", detail_::decimal(longest_header), " bytes"},
                                         {"one of ", detail_::decimal(length), " bytes"});
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
            source_.refuse<WrongMagic>(
                begin + at, {"a header as in {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28)}"},
                {"'", std::string_view(text).substr(at, 40), "'"});
        }
        header_ = std::move(*header);
        const std::optional<detail_::NpyType> type = detail_::npy_type(header_.descr);
        if (!type) {
            source_.refuse<WrongMagic>(begin, {"elements that are bool, integers or floats"},
                                       {"the dtype '", header_.descr, "'"},
                                       "Convert the array in Python, as in numpy.save(file, array.astype('float32')).");
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
            source_.refuse<BadDimension>(magic.size() + 2, {"sizes whose product can be counted"}, {shape_spelled()});
        }
        count_ = detail_::narrowed<std::size_t>(count);
        const std::uint64_t expected = header_end_ + count * type_.bytes;
        const std::uint64_t length = source_.size().value_or(expected);
        if (length < expected) {
            source_.refuse<FileTruncated>(length, {length_spelled()}, {bytes_spelled(length)});
        }
        if (length > expected) {
            source_.refuse<TrailingBytes>(expected, {length_spelled()}, {bytes_spelled(length)});
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

    detail_::ByteSource<> source_;
    detail_::NpyHeader header_;
    detail_::NpyType type_;
    std::uint64_t header_end_ = 0;
    std::size_t count_ = 0;
    bool is_read_ = false;
};

}  // namespace CTCNN_API::inline CTCNN_FILES
