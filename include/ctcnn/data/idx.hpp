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
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/byte_source.hpp>
#include <ctcnn/data/error.hpp>

namespace CTCNN_API {

/// What the reader of an idx file allows one axis to be, decided before the file is opened.
struct IdxAxis {
    std::string name;  // as in "expected 28 rows"
    std::uint32_t smallest = 1;
    std::uint32_t largest = 1;
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL {

/// The product of the sizes, or none where it exceeds what one array in memory can hold: idx_size({2, 3}) is 6.
constexpr std::optional<std::uint64_t> idx_size(std::span<const std::uint32_t> sizes) {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max());
    std::uint64_t product = 1;
    for (const std::uint32_t size : sizes) {
        if (size != 0 && product > largest / size) {
            return std::nullopt;
        }
        product *= size;
    }
    return product;
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API::inline CTCNN_FILES {

/// IdxFile: an array of unsigned bytes in the idx format, plain or .gz.
/// The file is a magic number 0x000008RR with the rank in RR, then the sizes, all big-endian 32-bit, then the bytes.
/// Opening reads and checks the header, so that a caller can compare sizes before read() copies anything.
/// Memory   a plain file is as long as it claims before anything is allocated; for a .gz file that claims more than 16
///          times its own length, memory grows with the bytes that have arrived (1 MiB, then doubling): a size that the
///          file only claims allocates nothing
/// Refuses  WrongMagic · BadDimension · FileTruncated · TrailingBytes, and what ByteSource refuses
/// Source   http://yann.lecun.com/exdb/mnist/, "The IDX file format"
template <std::size_t Rank>
class IdxFile {
public:
    static_assert(Rank >= 1 && Rank <= 255, "the rank is stored in one byte");
    static constexpr std::uint32_t magic = 0x00000800u + static_cast<std::uint32_t>(Rank);
    static constexpr std::size_t header_size = 4 + 4 * Rank;

    /// The remedy is what the errors tell a person to do about a damaged file.
    IdxFile(const std::filesystem::path& file, const std::array<IdxAxis, Rank>& axes, std::string remedy = {})
        : source_(file, largest_file(axes), std::move(remedy)) {
        check_magic();
        for (std::size_t axis = 0; axis < Rank; ++axis) {
            sizes_[axis] = read_size(axes[axis]);
        }
        const std::optional<std::uint64_t> count = detail_::idx_size(sizes_);
        if (!count) {
            throw BadDimension(source_.fault(4, "sizes whose product can be counted", spelled(sizes_)));
        }
        count_ = static_cast<std::size_t>(*count);
        if (source_.size()) {
            check_length(*source_.size());
        }
    }

    const std::array<std::uint32_t, Rank>& sizes() const noexcept { return sizes_; }

    /// For how many bytes behind the header memory may be taken before they are read.
    std::size_t credible_count() const noexcept {
        if (source_.size() || count_ / 16 <= source_.file_size()) {
            return count_;
        }
        return std::min(count_, std::size_t{1} << 20);
    }

    /// All bytes behind the header. To be called once, as an alternative to read_pieces().
    std::vector<std::uint8_t> read() {
        std::vector<std::uint8_t> bytes;
        bytes.reserve(credible_count());
        read_pieces(1, [&bytes](std::span<const std::uint8_t> piece) {
            bytes.insert(bytes.end(), piece.begin(), piece.end());
        });
        return bytes;
    }

    /// Hands all bytes behind the header to take(span), in pieces of a multiple of `unit` bytes that fit into a cache; the
    /// count of bytes is a multiple of it too. What was taken is good only when the function has returned.
    template <typename Take>
    void read_pieces(std::size_t unit, const Take& take) {
        constexpr std::size_t cached = std::size_t{1} << 16;
        std::vector<std::uint8_t> piece(std::min(count_, std::max(unit, cached / unit * unit)));
        for (std::size_t begin = 0; begin < count_; begin += piece.size()) {
            piece.resize(std::min(piece.size(), count_ - begin));
            if (source_.read(piece) != piece.size()) {
                refuse_length(source_.offset());
            }
            take(std::span<const std::uint8_t>(piece));
        }
        source_.expect_end();
    }

    /// The text of an error about the byte at an offset of the file.
    DataFault fault(std::uint64_t offset, std::string expected, std::string found) const {
        return source_.fault(offset, std::move(expected), std::move(found));
    }

private:
    static std::uint64_t largest_file(const std::array<IdxAxis, Rank>& axes) {
        std::array<std::uint32_t, Rank> largest{};
        std::ranges::transform(axes, largest.begin(), &IdxAxis::largest);
        constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max() - header_size;
        return header_size + detail_::idx_size(largest).value_or(no_limit);
    }

    /// The next big-endian number of the header.
    std::uint32_t read_number() {
        std::array<std::uint8_t, 4> bytes{};
        if (source_.read(bytes) != bytes.size()) {
            throw FileTruncated(source_.fault(source_.offset(), "a header of " + std::to_string(header_size) + " bytes",
                                              "the end of the data after " + std::to_string(source_.offset())));
        }
        std::uint32_t number = 0;
        for (const std::uint8_t byte : bytes) {
            number = number << 8 | byte;
        }
        return number;
    }

    void check_magic() {
        const std::uint32_t number = read_number();
        if (number == magic) {
            return;
        }
        std::string found = hexadecimal(number);
        if (number >> 8 == magic >> 8) {
            found += " (idx bytes with " + std::to_string(number & 0xff) + " axes)";
        } else if (const std::string text = as_text(number); !text.empty()) {
            found += " (the text '" + text + "', perhaps a web page instead of the file)";
        }
        const std::string expected = hexadecimal(magic) + " (idx bytes with " + std::to_string(Rank) + " axes)";
        throw WrongMagic(source_.fault(0, expected, found));
    }

    std::uint32_t read_size(const IdxAxis& axis) {
        const std::uint64_t offset = source_.offset();
        const std::uint32_t size = read_number();
        if (size < axis.smallest || size > axis.largest) {
            std::string expected = std::to_string(axis.smallest);
            if (axis.smallest != axis.largest) {
                expected += " to " + std::to_string(axis.largest);
            }
            throw BadDimension(source_.fault(offset, expected + " " + axis.name, std::to_string(size)));
        }
        return size;
    }

    void check_length(std::uint64_t length) const {
        const std::uint64_t expected = header_size + std::uint64_t{count_};
        if (length < expected) {
            refuse_length(length);
        }
        if (length > expected) {
            throw TrailingBytes(source_.fault(expected, length_spelled(), std::to_string(length) + " bytes"));
        }
    }

    [[noreturn]] void refuse_length(std::uint64_t length) const {
        throw FileTruncated(source_.fault(length, length_spelled(), std::to_string(length) + " bytes"));
    }

    /// "47040016 bytes (60000 x 28 x 28 after a header of 16)".
    std::string length_spelled() const {
        return std::to_string(header_size + std::uint64_t{count_}) + " bytes (" + spelled(sizes_) +
               " after a header of " + std::to_string(header_size) + ")";
    }

    static std::string spelled(const std::array<std::uint32_t, Rank>& sizes) {
        std::string text;
        for (const std::uint32_t size : sizes) {
            text += (text.empty() ? "" : " x ") + std::to_string(size);
        }
        return text;
    }

    static std::string hexadecimal(std::uint32_t number) {
        std::string text = "0x";
        for (int shift = 28; shift >= 0; shift -= 4) {
            text += "0123456789abcdef"[number >> shift & 0xf];
        }
        return text;
    }

    /// The four bytes as printable text, or nothing where they are none.
    static std::string as_text(std::uint32_t number) {
        std::string text;
        for (int shift = 24; shift >= 0; shift -= 8) {
            const std::uint32_t byte = number >> shift & 0xff;
            if (byte < 0x20 || byte > 0x7e) {
                return {};
            }
            text += static_cast<char>(byte);
        }
        return text;
    }

    detail_::ByteSource source_;
    std::array<std::uint32_t, Rank> sizes_{};
    std::size_t count_ = 0;
};

}  // namespace CTCNN_API::inline CTCNN_FILES
