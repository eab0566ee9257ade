// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/idx_reader.hpp>

namespace CTCNN_API::inline CTCNN_FILES {

/// IdxFile: an array of unsigned bytes in the idx format, plain or .gz.
/// The file is a magic number 0x000008RR with the rank in RR, then the sizes, all big-endian 32-bit, then the bytes.
/// Opening reads and checks the header, so that a caller can compare sizes before read() copies anything. The bytes are
/// read once: by read() or by read_pieces().
/// Memory   a size that the file only claims allocates nothing
/// Refuses  WrongMagic · BadDimension · FileTruncated · TrailingBytes · FileTooLarge, and what ByteSource refuses;
///          std::logic_error for a second read, std::invalid_argument for units that do not divide the bytes
/// Source   http://yann.lecun.com/exdb/mnist/, "The IDX file format"
template <std::size_t Rank>
class IdxFile {
public:
    static_assert(Rank >= 1 && Rank <= 255, "the rank is stored in one byte");
    static constexpr std::uint32_t magic = 0x00000800u + static_cast<std::uint32_t>(Rank);
    static constexpr std::size_t header_size = 4 + 4 * Rank;

    /// The remedy is what the errors tell a person to do about a damaged file.
    IdxFile(const std::filesystem::path& file, const std::array<IdxAxis, Rank>& axes,
            std::string remedy = "Copy or download the file again.")
        : reader_(file, magic, std::move(remedy)) {
        reader_.read_bytes_header(axes);
        for (std::size_t axis = 0; axis < Rank; ++axis) {
            sizes_[axis] = static_cast<std::uint32_t>(reader_.sizes()[axis]);
        }
    }

    std::array<std::uint32_t, Rank> sizes() const noexcept { return sizes_; }

    /// All bytes behind the header.
    std::vector<std::uint8_t> read() {
        std::vector<std::uint8_t> bytes;
        reader_.reserve(bytes, reader_.byte_count());
        read_pieces(1, [&bytes](auto piece) { bytes.insert(bytes.end(), piece.data(), piece.data() + piece.size()); });
        return bytes;
    }

    /// Hands all bytes behind the header to take(span), in pieces of a multiple of `unit` bytes that fit into a cache.
    /// What was taken is good only when the function has returned.
    template <typename Take>
    void read_pieces(std::size_t unit, const Take& take) {
        std::vector<std::uint8_t> buffer = reader_.begin_pieces(unit);
        for (auto piece = reader_.next_piece(buffer); !piece.empty(); piece = reader_.next_piece(buffer)) {
            take(piece);
        }
    }

    /// The text of an error about the byte at an offset of the file.
    DataFault fault(std::uint64_t offset, std::string_view expected, std::string_view found) const {
        return reader_.fault(offset, {expected}, {found});
    }

private:
    detail_::IdxReader<> reader_;
    std::array<std::uint32_t, Rank> sizes_{};
};

}  // namespace CTCNN_API::inline CTCNN_FILES
