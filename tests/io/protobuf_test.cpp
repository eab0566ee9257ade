// SPDX-License-Identifier: MIT
// The bytes are those that protobuf.dev/programming-guides/encoding shows, and their neighbours.
#include <ctcnn/io/protobuf.hpp>

#include <cstdint>
#include <string>

#include "catch.hpp"

using ctcnn::detail_::io::ProtobufMessage;

namespace {

std::string bytes_of(std::initializer_list<unsigned> bytes) {
    std::string text;
    for (const unsigned byte : bytes) {
        text += static_cast<char>(static_cast<unsigned char>(byte));
    }
    return text;
}

std::string number(unsigned field, std::uint64_t value) {
    ProtobufMessage message;
    message.add(field, value);
    return message.bytes();
}

}  // namespace

TEST_CASE("numbers are written seven bits at a time, the lowest first", "[io]") {
    CHECK(number(1, 0) == bytes_of({0x08, 0x00}));
    CHECK(number(1, 150) == bytes_of({0x08, 0x96, 0x01}));
    CHECK(number(1, 127) == bytes_of({0x08, 0x7f}));
    CHECK(number(1, 128) == bytes_of({0x08, 0x80, 0x01}));
    CHECK(number(2, UINT64_MAX) == bytes_of({0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
    // From 16 on, a field's number takes a second byte.
    CHECK(number(15, 1) == bytes_of({0x78, 0x01}));
    CHECK(number(16, 1) == bytes_of({0x80, 0x01, 0x01}));
}

TEST_CASE("a float is four bytes, the lowest first", "[io]") {
    ProtobufMessage message;
    message.add_float(2, -1.5f);  // 0xbfc00000
    CHECK(message.bytes() == bytes_of({0x15, 0x00, 0x00, 0xc0, 0xbf}));
}

TEST_CASE("texts and messages have their length before them", "[io]") {
    ProtobufMessage inner;
    inner.add(1, std::uint64_t{150});
    ProtobufMessage message;
    message.add(2, std::string_view("testing"));
    message.add(3, inner);
    message.begin(4, 300);
    CHECK(message.bytes() ==
          bytes_of({0x12, 0x07}) + "testing" + bytes_of({0x1a, 0x03, 0x08, 0x96, 0x01}) + bytes_of({0x22, 0xac, 0x02}));
}
