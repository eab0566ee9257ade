// SPDX-License-Identifier: MIT
#include <ctcnn/data/error.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

#include "catch.hpp"

using namespace ctcnn;

template <typename Error>
constexpr bool is_kind = std::is_base_of_v<DataError, Error> && std::is_nothrow_copy_constructible_v<Error>;
static_assert(is_kind<FileMissing> && is_kind<FileUnreadable> && is_kind<FileTooLarge> && is_kind<FileTruncated>);
static_assert(is_kind<TrailingBytes> && is_kind<WrongMagic> && is_kind<BadDimension> && is_kind<BadLabel>);
static_assert(is_kind<CountMismatch> && is_kind<DecompressionError> && is_kind<CompressionUnsupported>);
static_assert(std::is_base_of_v<std::runtime_error, DataError>);

TEST_CASE("an error says where, what was expected, what was found, and how to mend it") {
    const BadLabel error({"folder/labels", 12, "a label from 0 to 9", "10", "Copy it again.", OffsetIn::file});
    CHECK(std::string(error.what()) ==
          "folder/labels, byte 12: expected a label from 0 to 9, found 10. Copy it again.");
    CHECK(error.file() == "folder/labels");
    CHECK(error.offset() == 12);
    CHECK(error.offset_in() == OffsetIn::file);
    CHECK(error.expected() == "a label from 0 to 9");
    CHECK(error.found() == "10");
    CHECK(error.remedy() == "Copy it again.");
}

TEST_CASE("an error says when it counts the bytes of unpacked data") {
    const WrongMagic error({"labels.gz", 0, "one", "two", "", OffsetIn::unpacked});
    CHECK(std::string(error.what()) == "labels.gz, byte 0 of the unpacked data: expected one, found two.");
}

TEST_CASE("a copy of an error outlives it") {
    std::string text;
    const auto copy = [&text] {
        const FileMissing error({"labels", 0, "a file", "none", "Copy it.", OffsetIn::file});
        text = error.what();
        return FileMissing(error);
    }();
    CHECK(text == copy.what());
    CHECK(copy.remedy() == "Copy it.");
}
