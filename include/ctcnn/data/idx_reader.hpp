// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/byte_source.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/file_kind.hpp>
#include <ctcnn/data/sentence.hpp>

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
template <typename Sizes>
constexpr std::optional<std::uint64_t> idx_size(const Sizes& sizes) {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max());
    std::uint64_t product = 1;
    bool is_too_large = false;
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
        const std::uint64_t size = sizes[axis];
        if (size == 0) {
            return 0;
        }
        is_too_large = is_too_large || product > largest / size;
        product = is_too_large ? 0 : product * size;
    }
    return is_too_large ? std::nullopt : std::optional(product);
}

/// "60000 x 28 x 28"
[[gnu::cold, gnu::noinline]] inline std::string with_separator(std::span<const std::uint64_t> sizes,
                                                               std::string_view separator) {
    std::string text;
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
        text.append(axis == 0 ? "" : separator).append(decimal(sizes[axis]));
    }
    return text;
}

/// IdxSizes: the sizes of a file's axes, or of an image in it. An idx file stores its rank in one byte.
struct IdxSizes {
    std::size_t rank = 0;
    std::uint64_t axes[255]{};

    std::span<const std::uint64_t> span() const { return {axes, rank}; }
};

/// IdxElement: a type of numbers that idx files hold, as the third byte of a file says; all are big-endian.
struct IdxElement {
    std::uint8_t code;
    std::uint8_t bytes;
    bool is_integer;
    std::string_view name;
};
inline constexpr IdxElement idx_elements[]{
    IdxElement{0x08, 1, true, "unsigned bytes"},  IdxElement{0x09, 1, true, "signed bytes"},
    IdxElement{0x0b, 2, true, "16-bit integers"}, IdxElement{0x0c, 4, true, "32-bit integers"},
    IdxElement{0x0d, 4, false, "32-bit floats"},  IdxElement{0x0e, 8, false, "64-bit floats"},
};

/// The type that a magic number 0x0000TTRR names; null where it is not the magic number of an idx file.
constexpr const IdxElement* idx_element(std::uint32_t magic) {
    for (const IdxElement& element : idx_elements) {
        if (magic >> 8 == element.code && (magic & 0xff) != 0) {
            return &element;
        }
    }
    return nullptr;
}

/// "0x00000803 (idx: unsigned bytes with 3 axes)"
[[gnu::cold]] inline std::string magic_spelled(std::uint32_t magic) {
    char digits[8]{};
    for (unsigned n = 0; n < 8; ++n) {
        digits[n] = "0123456789abcdef"[magic >> (28 - 4 * n) & 0xf];
    }
    const std::string_view number(digits, 8);
    if (const IdxElement* element = idx_element(magic)) {
        const std::uint32_t rank = magic & 0xff;
        return sentence(
            {"0x", number, " (idx: ", element->name, " with ", decimal(rank), rank == 1 ? " axis)" : " axes)"});
    }
    return sentence({"0x", number});
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_DETAIL::inline CTCNN_FILES {

/// IdxReader: an idx file of any type and rank, whose header is read in steps: the magic number, the sizes, accept().
/// Memory   a plain file is as long as it claims before anything is allocated; a .gz file that claims more than 16
///          times its own length is first unpacked once without keeping anything
/// Refuses  WrongMagic · BadDimension · FileTruncated · TrailingBytes · FileTooLarge, and what ByteSource refuses;
///          std::logic_error for a second read, std::invalid_argument for units that do not divide the bytes
/// As a template, it costs a program that reads no files nothing.
template <typename Stream = std::ifstream>
class IdxReader {
    static constexpr std::size_t cached = std::size_t{1} << 16;  // fits into a cache

public:
    /// Refuses what is no idx file. `wanted` is the usual magic number; the remedy is what to do about a damaged file.
    /// Of a file that is mapped, the bytes are given, and stay there.
    [[gnu::cold]] IdxReader(const std::filesystem::path& file, std::uint32_t wanted, std::string remedy,
                            const std::span<const std::byte>* mapped = nullptr)
        : source_(mapped == nullptr ? ByteSource<Stream>(file, std::move(remedy))
                                    : ByteSource<Stream>(file, *mapped, std::move(remedy))),
          wanted_(wanted) {
        magic_ = read_number();
        if (idx_element(magic_) == nullptr) {
            refuse_kind();
        }
    }

    const IdxElement& element() const noexcept { return *idx_element(magic_); }
    std::size_t rank() const noexcept { return magic_ & 0xff; }
    std::size_t header_size() const noexcept { return 4 + 4 * rank(); }
    std::size_t byte_count() const noexcept { return byte_count_; }
    bool is_packed() const noexcept { return source_.compressed(); }

    /// The header of IdxFile: unsigned bytes, whose axes have sizes from a range.
    [[gnu::cold]] void read_bytes_header(std::span<const IdxAxis> axes) {
        if (magic_ != wanted_) {
            refuse_magic(element().code == 0x08 ? sentence({"Read it with IdxFile<", decimal(rank()), ">."})
                                                : "IdxFile reads unsigned bytes; load_idx also reads images of floats "
                                                  "and labels of other integers.");
        }
        read_sizes();
        for (std::size_t axis = 0; axis < axes.size(); ++axis) {
            const IdxAxis& allowed = axes[axis];
            if (sizes_.axes[axis] < allowed.smallest || sizes_.axes[axis] > allowed.largest) {
                const bool is_one = allowed.smallest == allowed.largest;
                const Decimal largest(allowed.largest);
                source_.template refuse<BadDimension>(4 + 4 * axis,
                                                      {decimal(allowed.smallest), is_one ? "" : " to ",
                                                       is_one ? std::string_view() : largest, " ", allowed.name},
                                                      {decimal(sizes_.axes[axis])});
            }
        }
        accept();
    }

    [[gnu::cold]] void read_sizes() {
        for (sizes_.rank = 0; sizes_.rank < rank(); ++sizes_.rank) {
            sizes_.axes[sizes_.rank] = read_number();
        }
    }
    std::span<const std::uint64_t> sizes() const noexcept { return sizes_.span(); }

    /// Accepts the header; checks the length of a plain file.
    [[gnu::cold]] void accept() {
        const std::optional<std::uint64_t> bytes = bytes_claimed();
        if (!bytes) {
            source_.template refuse<BadDimension>(4, {"sizes whose product can be counted"},
                                                  {with_separator(sizes(), " x ")});
        }
        byte_count_ = static_cast<std::size_t>(*bytes);
        const std::uint64_t expected = header_size() + *bytes;
        const std::uint64_t length = source_.compressed() ? expected : source_.file_size();
        if (length < expected) {
            refuse_length(length);
        }
        if (length > expected) {
            source_.template refuse<TrailingBytes>(expected, {length_spelled()}, {decimal(length), " bytes"});
        }
    }

    /// Refuses a .gz file that is damaged or not as long as it claims, before memory is taken for a claim that is large
    /// for its length.
    [[gnu::cold]] void verify() {
        if (is_verified_ || !source_.compressed() || byte_count_ / 16 <= source_.file_size()) {
            return;
        }
        ByteSource<Stream> trial(source_.file(), source_.remedy());
        std::vector<std::uint8_t> buffer(cached);
        for (std::uint64_t rest = header_size() + std::uint64_t{byte_count_}; rest != 0;) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), rest));
            if (trial.read({buffer.data(), size}) != size) {
                refuse_length(trial.offset());
            }
            rest -= size;
        }
        trial.expect_end();
        is_verified_ = true;
    }

    /// Takes memory for elements that the file claims to hold.
    template <typename Element>
    [[gnu::cold]] void reserve(std::vector<Element>& elements, std::size_t count) {
        expect_unread();
        verify();
        if (count <= elements.max_size()) {
            try {
                elements.reserve(count);
                return;
            } catch (const std::bad_alloc&) {  // said below
            }
        }
        refuse_memory(std::uint64_t{count} * sizeof(Element));
    }

    /// Begins with the bytes behind the header: a buffer for pieces of them, which are a multiple of `unit` bytes, and
    /// at most `most` if that is not less than a unit.
    [[gnu::cold]] std::vector<std::uint8_t> begin_pieces(std::size_t unit, std::size_t most = cached) {
        expect_unread();
        if (unit == 0 || byte_count_ % unit != 0) {
            throw std::invalid_argument(
                sentence({"The ", decimal(byte_count_), " bytes of ", printable(source_.file().string()),
                          " do not divide into units of ", decimal(unit), "."}));
        }
        const std::size_t size = std::min(byte_count_, std::max(unit, most / unit * unit));
        if (size > most) {
            verify();
        }
        is_read_ = true;
        unread_ = byte_count_;
        return std::vector<std::uint8_t>(size);
    }

    /// The next piece, which is in the buffer; empty behind the last one, when the file has been checked to its end.
    [[gnu::cold]] std::span<const std::uint8_t> next_piece(std::vector<std::uint8_t>& buffer) {
        const std::size_t size = std::min(buffer.size(), unread_);
        if (source_.read({buffer.data(), size}) != size) {
            refuse_length(source_.offset());
        }
        if (size == 0) {
            source_.expect_end();
        }
        unread_ -= size;
        return {buffer.data(), size};
    }

    /// The text of an error about the byte at an offset of the file.
    DataFault fault(std::uint64_t offset, Parts expected, Parts found) const {
        return source_.fault(offset, expected, found);
    }

    /// Throws the error, with a remedy for a file that is not damaged, but different: it is as long as its header says.
    /// A .gz file is taken at its word if it can be true.
    template <typename Error>
    [[noreturn, gnu::cold, gnu::noinline]] void refuse_difference(std::uint64_t offset, Parts expected, Parts found,
                                                                  std::string_view remedy) const {
        const std::optional<std::uint64_t> bytes = bytes_claimed();
        constexpr std::uint64_t most_packed = 1032;  // what deflate makes of one byte at most
        const bool is_whole = bytes && (source_.compressed() ? *bytes / most_packed <= source_.file_size()
                                                             : header_size() + *bytes == source_.file_size());
        source_.template refuse<Error>(offset, expected, found, is_whole ? remedy : source_.remedy());
    }

    /// Refuses another type or rank than wanted, before the sizes are read; the remedy is for a file that is not
    /// damaged.
    [[noreturn, gnu::cold]] void refuse_magic(std::string_view remedy) {
        try {
            read_sizes();
        } catch (const FileTruncated&) {  // damaged
            remedy = source_.remedy();
        }
        refuse_difference<WrongMagic>(0, {magic_spelled(wanted_)}, {magic_spelled(magic_)}, remedy);
    }

private:
    /// The next big-endian number of the header.
    [[gnu::cold]] std::uint32_t read_number() {
        std::uint8_t bytes[4]{};
        if (source_.read({bytes, 4}) != 4) {
            const std::uint64_t end = source_.offset();
            const std::string header = magic_ == 0 ? "the header of an idx file"
                                                   : sentence({"a header of ", decimal(header_size()), " bytes"});
            source_.template refuse<FileTruncated>(end, {header},
                                                   {"the end of the data after ", decimal(end), " bytes"});
        }
        std::uint32_t number = 0;
        for (const std::uint8_t byte : bytes) {
            number = number << 8 | byte;
        }
        return number;
    }

    /// The file is no idx file: says what it is.
    [[noreturn, gnu::cold]] void refuse_kind() {
        std::uint8_t head[file_kind_bytes]{};
        for (std::size_t n = 0; n < 4; ++n) {
            head[n] = static_cast<std::uint8_t>(magic_ >> (24 - 8 * n));
        }
        const std::size_t count = 4 + source_.read({head + 4, file_kind_bytes - 4});
        FileKind kind = file_kind({head, count}, source_.file(), source_.compressed());
        const std::uint32_t reversed = magic_ >> 24 | (magic_ >> 8 & 0xff00) | (magic_ << 8 & 0xff0000) | magic_ << 24;
        if (idx_element(reversed) != nullptr) {
            kind = {"the header of an idx file in little-endian byte order",
                    "The numbers of an idx file are big-endian: write it again, in Python with struct.pack('>...')."};
        }
        source_.template refuse<WrongMagic>(0, {magic_spelled(wanted_)},
                                            {kind.name.empty() ? magic_spelled(magic_) : kind.name},
                                            kind.remedy.empty() ? source_.remedy() : kind.remedy);
    }

    /// How many bytes the header says are behind it, or none where that cannot be counted.
    [[gnu::cold]] std::optional<std::uint64_t> bytes_claimed() const {
        const std::optional<std::uint64_t> count = idx_size(sizes());
        constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max());
        return count && *count <= largest / element().bytes ? std::optional(*count * element().bytes) : std::nullopt;
    }

    [[gnu::cold]] void expect_unread() const {
        if (is_read_) {
            throw std::logic_error(
                sentence({printable(source_.file().string()),
                          " was read already: the bytes of an idx file are read once. Open it again."}));
        }
    }

    [[noreturn, gnu::cold]] void refuse_memory(std::uint64_t bytes) const {
        source_.template refuse<FileTooLarge>(header_size(), {"memory for ", decimal(bytes), " bytes"}, {"too little"},
                                              memory_remedy);
    }

    [[noreturn, gnu::cold]] void refuse_length(std::uint64_t length) const {
        source_.template refuse<FileTruncated>(length, {length_spelled()}, {decimal(length), " bytes"});
    }

    /// "47040016 bytes (60000 x 28 x 28 after a header of 16)".
    [[gnu::cold]] std::string length_spelled() const {
        const std::size_t bytes = element().bytes;
        return sentence({decimal(header_size() + std::uint64_t{byte_count_}), " bytes (",
                         with_separator(sizes(), " x "),
                         bytes == 1 ? "" : sentence({" elements of ", decimal(bytes), " bytes"}), " after a header of ",
                         decimal(header_size()), ")"});
    }

    ByteSource<Stream> source_;
    std::uint32_t wanted_;
    std::uint32_t magic_ = 0;
    IdxSizes sizes_;
    std::size_t byte_count_ = 0;
    std::size_t unread_ = 0;
    bool is_verified_ = false;
    bool is_read_ = false;
};

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES
