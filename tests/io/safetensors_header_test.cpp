// SPDX-License-Identifier: MIT
// Many more headers that are wrong are in hostile_test.cpp.
#include <ctcnn/io/safetensors_header.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/inference.hpp>
#include <ctcnn/io/input_file.hpp>

#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;
using detail_::io::InputFile;
using detail_::io::SafetensorsHeader;

namespace {

/// What the header of a file says, written down: its tensors by their place, then its metadata by key.
std::string read(const Bytes& bytes) {
    const ScratchFolder folder;
    const InputFile<> file(folder.write("a.safetensors", bytes));
    const SafetensorsHeader<> header(file);
    std::string text = std::to_string(header.data_offset());
    for (const detail_::io::FileTensor& tensor : header.tensors()) {
        text.append("; ").append(tensor.name).append(" ").append(tensor.dtype->spelling);
        detail_::io::for_each_dim(tensor.shape,
                                  [&](std::uint64_t dim) { text.append(" ").append(std::to_string(dim)); });
        text.append(" @").append(std::to_string(tensor.begin)).append("-").append(std::to_string(tensor.end));
    }
    for (const auto& [key, value] : header.metadata()) {
        text.append("; ").append(key).append("=").append(value);
    }
    return text;
}

}  // namespace

TEST_CASE("tensors come by their place in the file, metadata by key", "[io]") {
    const std::string header = "{\"__metadata__\":{\"format\":\"pt\",\"a\\u0062\":\"1\"}," +
                               entry("b", "F64", "[ 2 , 1 ]", 12, 28) + "," + entry("empty", "U8", "[0,3]", 12, 12) +
                               "," + entry("a", "F16", "[2,3]", 0, 12) + "," + entry("scalar", "I32", "[]", 28, 32) +
                               "}   ";
    const std::string size = std::to_string(8 + header.size());
    CHECK(read(safetensors(header, Bytes(32))) ==
          size + "; a F16 2 3 @0-12; empty U8 0 3 @12-12; b F64 2 1 @12-28; scalar I32 @28-32; ab=1; format=pt");
    CHECK(read(safetensors("{}")) == "10");
    CHECK(read(safetensors("{\"__metadata__\":null}")) == "29");
}

TEST_CASE("every byte of the data belongs to one tensor", "[io]") {
    const std::string a = entry("a", "U8", "[2]", 0, 2);
    const auto two = [&](const std::string& second, std::size_t data) {
        return safetensors("{" + a + "," + second + "}", Bytes(data));
    };
    CHECK_NOTHROW(read(two(entry("b", "U8", "[2]", 2, 4), 4)));
    CHECK_THROWS_AS(read(two(entry("b", "U8", "[2]", 3, 5), 5)), BadOffsets);
    CHECK_THROWS_AS(read(two(entry("b", "U8", "[2]", 1, 3), 3)), BadOffsets);
    CHECK_THROWS_AS(read(two(entry("b", "U8", "[0]", 2, 1), 2)), BadOffsets);
    CHECK_THROWS_AS(read(two(entry("b", "U8", "[3]", 2, 4), 4)), BadDimension);
    CHECK_THROWS_AS(read(two(entry("b", "U8", "[4294967296,4294967296,4294967296]", 2, 4), 4)), BadDimension);
    CHECK_THROWS_AS(read(two(entry("b", "U8", "[2]", 2, 4), 3)), FileTruncated);
    CHECK_THROWS_AS(read(two(entry("b", "U8", "[2]", 2, 4), 5)), TrailingBytes);
    CHECK_THROWS_AS(read(two(entry("a", "U8", "[2]", 2, 4), 4)), BadHeader);
}

TEST_CASE("a header is as long as its first 8 bytes say", "[io]") {
    Bytes bytes = safetensors("{}");
    bytes[0] = 3;
    CHECK_THROWS_AS(read(bytes), FileTruncated);
    bytes[0] = 1;
    CHECK_THROWS_AS(read(bytes), BadHeader);
    bytes[7] = 1;  // more than 100 MB, whatever the file has
    CHECK_THROWS_AS(read(bytes), BadHeader);
    CHECK_THROWS_AS(read(Bytes(7)), FileTruncated);
}
