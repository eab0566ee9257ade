// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::io {

/// ProtobufMessage: the bytes of a message in the wire format of Protocol Buffers, field by field.
/// Source   protobuf.dev/programming-guides/encoding
class ProtobufMessage {
public:
    /// int64, uint64, enum: a field of the wire type VARINT.
    void add(unsigned field, std::uint64_t number) {
        append_varint(std::uint64_t{field} << 3);
        append_varint(number);
    }
    /// float: a field of the wire type I32, four bytes, the lowest first.
    void add_float(unsigned field, float number) {
        append_varint(std::uint64_t{field} << 3 | 5);
        const auto bits = std::bit_cast<std::uint32_t>(number);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes_ += static_cast<char>(static_cast<unsigned char>(bits >> shift & 0xff));
        }
    }
    /// double: a field of the wire type I64, eight bytes, the lowest first.
    void add_double(unsigned field, double number) {
        append_varint(std::uint64_t{field} << 3 | 1);
        const auto bits = std::bit_cast<std::uint64_t>(number);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            bytes_ += static_cast<char>(static_cast<unsigned char>(bits >> shift & 0xff));
        }
    }
    /// string, bytes: a field of the wire type LEN.
    void add(unsigned field, std::string_view text) {
        begin(field, text.size());
        bytes_ += text;
    }
    /// A message is such a field, too.
    void add(unsigned field, const ProtobufMessage& message) { add(field, std::string_view(message.bytes_)); }
    /// The beginning of a field of the wire type LEN whose bytes are written elsewhere.
    void begin(unsigned field, std::uint64_t size) {
        append_varint(std::uint64_t{field} << 3 | 2);
        append_varint(size);
    }

    const std::string& bytes() const { return bytes_; }

private:
    /// Seven bits in each byte, the lowest first; all bytes but the last have the highest bit.
    void append_varint(std::uint64_t number) {
        for (; number >= 0x80; number >>= 7) {
            bytes_ += static_cast<char>(static_cast<unsigned char>(0x80 | (number & 0x7f)));
        }
        bytes_ += static_cast<char>(number);
    }

    std::string bytes_;
};

}  // namespace CTCNN_DETAIL::io
