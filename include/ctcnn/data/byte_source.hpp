// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>

// zlib is optional. The CMake package defines CTCNN_WITH_ZLIB=1 where it has found zlib.
#if CTCNN_WITH_ZLIB
#include <zlib.h>
#endif

namespace CTCNN_DETAIL::inline CTCNN_FILES {

inline constexpr const char* memory_remedy =
    "Load less at once, close other programs, or allow this program more memory (`ulimit -v`).";

/// ByteSource: the bytes of a file from first to last; a .gz file is unpacked on the way.
/// A file counts as .gz by its first two bytes, whatever its name: browsers unpack files and keep the name.
/// Members of a .gz file that follow one another are read as one. Zero bytes behind them are padding, as gunzip and
/// Python's gzip take them; anything else is refused.
/// Memory   one fixed buffer and zlib's window, whatever the file says
/// Refuses  FileMissing · FileUnreadable · FileTooLarge · FileTruncated · TrailingBytes · DecompressionError ·
///          CompressionUnsupported
/// Source   RFC 1952 (gzip)
/// As a template, it costs a program that reads no files nothing.
template <typename Stream = std::ifstream>
class ByteSource {
public:
    /// The remedy is what the errors tell a person to do about a damaged file.
    [[gnu::cold]] explicit ByteSource(std::filesystem::path file, std::string remedy = {})
        : file_(std::move(file)), remedy_(std::move(remedy)), buffer_(buffer_size) {
        open();
        begin();
    }
    /// The same of a file whose bytes are in memory, and stay there.
    [[gnu::cold]] ByteSource(std::filesystem::path file, std::span<const std::byte> bytes, std::string remedy = {})
        : file_(std::move(file)),
          remedy_(std::move(remedy)),
          bytes_(bytes.data()),
          size_(bytes.size()),
          buffer_(buffer_size) {
        begin();
    }

    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

#if CTCNN_WITH_ZLIB
    ~ByteSource() {
        if (compressed_) {
            inflateEnd(&unpacker_);
        }
    }
#else
    ~ByteSource() = default;
#endif

    /// Fills the destination and returns how many bytes it got: fewer than asked only at the end of the data.
    [[gnu::cold]] std::size_t read(std::span<std::uint8_t> destination) {
        const std::size_t count = compressed_ ? unpack(destination) : copy(destination);
        offset_ += count;
        return count;
    }

    /// Checks that every byte was read, and for a .gz file also its checksum.
    [[gnu::cold]] void expect_end() {
        const std::uint64_t end = offset_;
        std::uint8_t next = 0;
        if (read({&next, 1}) != 0) {
            refuse<TrailingBytes>(end, {"the end of the data after ", decimal(end), " bytes"}, {"more bytes"});
        }
    }

    /// How many bytes have been read, counted after unpacking.
    std::uint64_t offset() const noexcept { return offset_; }

    /// The number of bytes in all, where it is known before they are read: not for a .gz file, whose word for it nobody
    /// has checked.
    std::optional<std::uint64_t> size() const noexcept { return compressed_ ? std::nullopt : std::optional(size_); }

    /// The length of the file itself.
    std::uint64_t file_size() const noexcept { return size_; }

    bool compressed() const noexcept { return compressed_; }
    const std::filesystem::path& file() const& noexcept { return file_; }
    const std::string& remedy() const& noexcept { return remedy_; }

    /// The text of an error about these bytes; the remedy is that of damage where none is given.
    DataFault fault(std::uint64_t offset, Parts expected, Parts found) const {
        return fault(offset, expected, found, remedy_);
    }
    [[gnu::cold, gnu::noinline]] DataFault fault(std::uint64_t offset, Parts expected, Parts found,
                                                 std::string_view remedy) const {
        return {file_,
                offset,
                sentence(expected),
                sentence(found),
                std::string(remedy),
                compressed_ ? OffsetIn::unpacked : OffsetIn::file};
    }

    /// Throws the error. Out of line: what is refused costs the compiler one call.
    template <typename Error>
    [[noreturn, gnu::cold, gnu::noinline]] void refuse(std::uint64_t offset, Parts expected, Parts found,
                                                       std::string_view remedy) const {
        throw Error(fault(offset, expected, found, remedy));
    }
    template <typename Error>
    [[noreturn]] void refuse(std::uint64_t offset, Parts expected, Parts found) const {
        refuse<Error>(offset, expected, found, remedy_);
    }

private:
    static constexpr std::size_t buffer_size = std::size_t{1} << 17;

    /// The same of an offset in the file as it is.
    template <typename Error>
    [[noreturn, gnu::cold, gnu::noinline]] void refuse_file(std::uint64_t offset, Parts expected, Parts found,
                                                            std::string_view remedy) const {
        DataFault error = fault(offset, expected, found, remedy);
        error.offset_in = OffsetIn::file;
        throw Error(std::move(error));
    }
    template <typename Error>
    [[noreturn]] void refuse_file(std::uint64_t offset, Parts expected, Parts found) const {
        refuse_file<Error>(offset, expected, found, remedy_);
    }

    [[gnu::cold]] void open() {
        std::error_code error;
        const std::filesystem::file_status status = std::filesystem::status(file_, error);
        if (status.type() == std::filesystem::file_type::not_found) {
            refuse_file<FileMissing>(0, {"a file"}, {"no such file"});
        }
        if (status.type() == std::filesystem::file_type::directory) {
            refuse_file<FileUnreadable>(0, {"a file"}, {"a folder"},
                                        "Look inside the folder: a file of that name is wanted.");
        }
        if (error) {
            refuse_reading(error);
        }
        // A pipe would let the program wait for ever, and a device has no end.
        if (status.type() != std::filesystem::file_type::regular) {
            refuse_file<FileUnreadable>(0, {"a file"}, {"a pipe or a device"}, "Copy its content into a file first.");
        }
        size_ = std::filesystem::file_size(file_, error);
        if (error) {
            refuse_reading(error);
        }
        errno = 0;
        stream_.open(file_, std::ios::binary);
        if (!stream_) {
            refuse_reading(last_error());
        }
    }

    [[gnu::cold]] void begin() {
        refill();
        compressed_ = buffer_end_ >= 2 && buffer_[0] == 0x1f && buffer_[1] == 0x8b;
        if (compressed_) {
            begin_unpacking();
        }
    }

    static std::error_code last_error() {
        return errno == 0 ? std::make_error_code(std::errc::io_error) : std::error_code(errno, std::generic_category());
    }

    [[noreturn, gnu::cold]] void refuse_reading(const std::error_code& error) const {
        std::string remedy = remedy_;
        if (error == std::errc::permission_denied) {
            remedy =
                sentence({"Make it readable with `chmod u+r ", quoted(file_), "`, and its folders with `chmod u+x`."});
        }
        refuse_file<FileUnreadable>(read_from_file_, {"a file that can be read"}, {"the error '", error.message(), "'"},
                                    remedy);
    }

    [[gnu::cold]] std::size_t read_from_file(std::span<std::uint8_t> destination) {
        if (!stream_.is_open()) {
            const auto count =
                static_cast<std::size_t>(std::min<std::uint64_t>(size_ - read_from_file_, destination.size()));
            std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes_) + read_from_file_, count, destination.data());
            read_from_file_ += count;
            return count;
        }
        errno = 0;
        stream_.read(reinterpret_cast<char*>(destination.data()), static_cast<std::streamsize>(destination.size()));
        if (stream_.bad()) {
            refuse_reading(last_error());
        }
        const auto count = static_cast<std::size_t>(stream_.gcount());
        read_from_file_ += count;
        return count;
    }

    [[gnu::cold]] void refill() {
        buffer_begin_ = 0;
        buffer_end_ = read_from_file({buffer_.data(), buffer_.size()});
    }

    std::size_t buffered() const { return buffer_end_ - buffer_begin_; }

    [[gnu::cold]] std::size_t copy(std::span<std::uint8_t> destination) {
        const std::size_t at_hand = std::min(buffered(), destination.size());
        const std::uint8_t* const next = buffer_.data() + buffer_begin_;
        std::copy_n(next, at_hand, destination.data());
        buffer_begin_ += at_hand;
        return at_hand + read_from_file(destination.subspan(at_hand));
    }

#if CTCNN_WITH_ZLIB
    void begin_unpacking() {
        constexpr int gzip_only = 16 + MAX_WBITS;
        if (inflateInit2(&unpacker_, gzip_only) != Z_OK) {
            refuse_memory();
        }
    }

    [[gnu::cold]] std::size_t unpack(std::span<std::uint8_t> destination) {
        std::size_t count = 0;
        while (count < destination.size()) {
            if (buffered() == 0) {
                refill();
            }
            if (member_ended_) {
                skip_padding();
                if (buffered() == 0) {
                    break;
                }
                begin_next_member();
            }
            const bool file_ended = buffered() == 0;
            const int result = unpack_some(destination, count);
            if (result == Z_STREAM_END) {
                member_ended_ = true;
            } else if (result == Z_BUF_ERROR && file_ended) {
                refuse_file<FileTruncated>(read_from_file_, {"the rest of the compressed data"},
                                           {"the end of the file after ", decimal(read_from_file_), " bytes"});
            } else if (result == Z_MEM_ERROR) {
                refuse_memory();
            } else if (result != Z_OK && result != Z_BUF_ERROR) {
                refuse_file<DecompressionError>(
                    position_in_file(), {"valid gzip data"},
                    {"the error '", unpacker_.msg == nullptr ? "unknown data" : unpacker_.msg, "'"});
            }
        }
        return count;
    }

    /// One step of zlib: moves on in the buffer and in the destination.
    int unpack_some(std::span<std::uint8_t> destination, std::size_t& count) {
        constexpr std::size_t step_limit = std::numeric_limits<uInt>::max();
        const std::size_t room = std::min(destination.size() - count, step_limit);
        unpacker_.next_in = buffer_.data() + buffer_begin_;
        unpacker_.avail_in = static_cast<uInt>(buffered());
        unpacker_.next_out = destination.data() + count;
        unpacker_.avail_out = static_cast<uInt>(room);
        const int result = inflate(&unpacker_, Z_NO_FLUSH);
        buffer_begin_ = buffer_end_ - unpacker_.avail_in;
        count += room - unpacker_.avail_out;
        return result;
    }

    [[noreturn, gnu::cold]] void refuse_memory() const {
        refuse_file<FileTooLarge>(position_in_file(), {"memory to unpack the file"}, {"too little"}, memory_remedy);
    }

    void skip_padding() {
        while (buffered() != 0 && buffer_[buffer_begin_] == 0) {
            ++buffer_begin_;
            if (buffered() == 0) {
                refill();
            }
        }
    }

    void begin_next_member() {
        if (buffer_[buffer_begin_] != 0x1f) {
            refuse_file<TrailingBytes>(position_in_file(), {"the end of the compressed file"}, {"more bytes"});
        }
        inflateReset(&unpacker_);
        member_ended_ = false;
    }

    std::uint64_t position_in_file() const { return read_from_file_ - buffered(); }

    z_stream unpacker_{};
    bool member_ended_ = false;
#else
    [[noreturn, gnu::cold]] void begin_unpacking() const {
        refuse_file<CompressionUnsupported>(
            0, {"a file that is not compressed, since this program was built without zlib"}, {"a .gz file"},
            sentence({"Unpack it with `gunzip --keep ", quoted(file_),
                      "`, or install zlib (on Debian `apt-get install zlib1g-dev`), configure and build again."}));
    }

    std::size_t unpack(std::span<std::uint8_t>) { return 0; }  // not reached: begin_unpacking throws
#endif

    std::filesystem::path file_;
    std::string remedy_;
    Stream stream_;
    const std::byte* bytes_ = nullptr;  // those in memory
    std::uint64_t size_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t read_from_file_ = 0;
    std::vector<std::uint8_t> buffer_;
    std::size_t buffer_begin_ = 0;
    std::size_t buffer_end_ = 0;
    bool compressed_ = false;
};

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES
