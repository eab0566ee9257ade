// SPDX-License-Identifier: MIT
#include <ctcnn/data/error.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "catch.hpp"

using namespace ctcnn;
using ctcnn::detail_::printable;
using ctcnn::detail_::quoted;

template <typename Error>
constexpr bool is_kind = std::is_base_of_v<DataError, Error> && std::is_nothrow_copy_constructible_v<Error>;
static_assert(is_kind<FileMissing> && is_kind<FileUnreadable> && is_kind<FileTooLarge> && is_kind<FileTruncated>);
static_assert(is_kind<TrailingBytes> && is_kind<WrongMagic> && is_kind<BadDimension> && is_kind<BadLabel>);
static_assert(is_kind<CountMismatch> && is_kind<DecompressionError> && is_kind<CompressionUnsupported>);
static_assert(std::is_base_of_v<std::runtime_error, DataError>);

TEST_CASE("an error says where, what was expected, what was found, and how to fix it") {
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

TEST_CASE("what a temporary error tells outlives it") {
    const auto error = [] { return FileMissing({"labels", 0, "a file", "none", "Copy it.", OffsetIn::file}); };
    const auto& file = error().file();
    const auto& expected = error().expected();
    const auto& found = error().found();
    const auto& remedy = error().remedy();
    CHECK(file == "labels");
    CHECK(expected == "a file");
    CHECK(found == "none");
    CHECK(remedy == "Copy it.");
}

TEST_CASE("what a terminal would obey is escaped") {
    using std::string_view_literals::operator""sv;
    CHECK(printable("plain: \\ ~ '") == "plain: \\ ~ '");
    CHECK(printable("\x1b[2J\r\n\t\0\x7f"sv) == "\\x1b[2J\\x0d\\x0a\\x09\\x00\\x7f");
    // Letters of other alphabets stay: two, three and four bytes.
    CHECK(printable("\u00e9\u6570\U0001f600") == "\u00e9\u6570\U0001f600");
    // The control characters above ASCII, of which U+009B begins a command; and U+00A0, which is none.
    CHECK(printable("\xc2\x80\xc2\x9b"
                    "31m\xc2\x9f\xc2\xa0") == "\\xc2\\x80\\xc2\\x9b31m\\xc2\\x9f\xc2\xa0");
    CHECK(printable("\u202e\u2066\u2028") == "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\xa8");
    // What is no UTF-8: a lone second byte, a missing one, a longer spelling, a surrogate, a number too large.
    CHECK(printable("\xa9") == "\\xa9");
    CHECK(printable("\xe6\x95") == "\\xe6\\x95");
    CHECK(printable("\xe6z") == "\\xe6z");
    CHECK(printable("\xc1\x9b") == "\\xc1\\x9b");
    CHECK(printable("\xe0\x82\x9b") == "\\xe0\\x82\\x9b");
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
    CHECK(printable("\xf8\xff") == "\\xf8\\xff");
    CHECK(printable("") == "");
}

TEST_CASE("a long text loses its middle, and no character is cut") {
    const std::string thousand(1000, 'x');
    CHECK(printable(thousand) == thousand);
    CHECK(printable("<" + thousand + ">") == "<" + std::string(399, 'x') + " ... " + std::string(399, 'x') + ">");
    for (const std::size_t shift : {0u, 1u, 2u}) {
        std::string text(shift, 'x');
        for (int n = 0; n < 1000; ++n) {
            text += "\u6570";
        }
        const std::string shown = printable(text);
        CHECK(shown.size() < 1000);
        CHECK(shown.find("\\x") == std::string::npos);
        CHECK(printable(shown) == shown);
    }
}

TEST_CASE("a name becomes one word of a command line") {
    CHECK(quoted("a name") == "'a name'");
    CHECK(quoted("it's") == "$'it\\'s'");
    CHECK(quoted("a\\b") == "'a\\b'");
    CHECK(quoted("a\\b\n") == "$'a\\\\b\\x0a'");
    CHECK(quoted("\u6570") == "'\u6570'");
}

TEST_CASE("no error shows bytes that a terminal would obey") {
    const std::string evil = "a\x1b]0;b\x07\n\xff";
    const BadLabel error({evil, 0, evil, evil, "Copy it.", OffsetIn::file});
    const std::string shown = "a\\x1b]0;b\\x07\\x0a\\xff";
    CHECK(std::string(error.what()) == shown + ", byte 0: expected " + shown + ", found " + shown + ". Copy it.");
    CHECK(error.found() == shown);
    CHECK(error.expected() == shown);
    CHECK(error.file() == evil);
    const BadLabel nameless({"", 0, "a file", "none", "", OffsetIn::file});
    CHECK(std::string(nameless.what()) == "'', byte 0: expected a file, found none.");
}
