// SPDX-License-Identifier: MIT
//
// Files that are wrong: each is refused with a typed error, and the network stays as it was.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <typeinfo>
#include <vector>

#include <ctcnn/inference.hpp>
#include <ctcnn/io/safetensors.hpp>

#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;

namespace {

using Net = Sequential<Input<3>, Linear<3, 2>>;

const std::string bias = entry("0.bias", "F32", "[2]", 0, 8);
const std::string weight = entry("0.weight", "F32", "[2,3]", 8, 32);

/// An entry with the members as they are given.
std::string raw(const std::string& name, const std::string& members) {
    return std::string("\"").append(name).append("\":{").append(members).append("}");
}
std::string object(const std::string& members) { return std::string("{").append(members).append("}"); }
std::string list(const std::string& a, const std::string& b) { return std::string(a).append(",").append(b); }

/// A file of the network, with more in its header.
Bytes with(const std::string& more) { return safetensors(object(list(list(bias, weight), more)), Bytes(32)); }
/// A file of one tensor.
Bytes one(const std::string& members, std::size_t data = 8) {
    return safetensors(object(raw("a", members)), Bytes(data));
}
/// A file with another first member of the header.
Bytes metadata(const std::string& value) {
    return safetensors(object(list(std::string("\"__metadata__\":").append(value), list(bias, weight))), Bytes(32));
}
Bytes header(const std::string& text) { return safetensors(text); }
Bytes nested(std::size_t levels) {
    return with(raw("x", std::string("\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[32,32],\"y\":")
                             .append(levels, '[')
                             .append(levels, ']')));
}
/// A value of a key that means nothing.
Bytes ignored(const std::string& value) {
    return with(raw("x", std::string("\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[32,32],\"y\":").append(value)));
}
Bytes sized(std::uint64_t size, std::size_t rest) {
    Bytes bytes = safetensors("", Bytes(rest));
    for (int n = 0; n < 8; ++n) {
        bytes[static_cast<std::size_t>(n)] = static_cast<std::uint8_t>(size >> (8 * n));
    }
    return bytes;
}

struct Hostile {
    const char* what;
    Bytes bytes;
};

template <typename Error>
void check_refused(const std::vector<Hostile>& files) {
    const ScratchFolder folder;
    for (const Hostile& file : files) {
        INFO(file.what);
        const auto path = folder.write("a", file.bytes);
        Net net = filled<Net>();
        const Bytes before = bits_of(net);
        const auto error = error_of<Error>(
            [&] { load_safetensors(net, path, {.convert = true, .allow_missing = true, .allow_unexpected = true}); });
        check_sentence(error);
        CHECK(error.file() == path);
        CHECK(error.offset() <= file.bytes.size());
        CHECK(bits_of(net) == before);
        CHECK_THROWS_AS(safetensors_metadata(path), Error);
    }
}

}  // namespace

TEST_CASE("files that end too soon", "[hostile]") {
    check_refused<FileTruncated>({
        {"empty", {}},
        {"one byte", {2}},
        {"seven bytes", Bytes(7)},
        {"a size alone", sized(2, 0)},
        {"half of the header", sized(60, 30)},
        {"a header of one byte more", sized(33, 32)},
        {"100 MB in a small file", sized(100'000'000, 32)},
        {"no data", safetensors(object(list(bias, weight)))},
        {"a byte is missing", safetensors(object(list(bias, weight)), Bytes(31))},
        {"half of the data", safetensors(object(list(bias, weight)), Bytes(16))},
        {"petabytes announced",
         one("\"dtype\":\"F64\",\"shape\":[1125899906842624],\"data_offsets\":[0,9007199254740992]")},
    });
}

TEST_CASE("headers that are too large", "[hostile]") {
    check_refused<BadHeader>({
        {"one byte too many", sized(100'000'001, 32)},
        {"4 GB", sized(std::uint64_t{1} << 32, 32)},
        {"the largest signed number", sized(0x7fff'ffff'ffff'ffff, 32)},
        {"a negative one", sized(0x8000'0000'0000'0000, 32)},
        {"the largest number", sized(0xffff'ffff'ffff'ffff, 32)},
        {"a sum that overflows", sized(0xffff'ffff'ffff'fff8, 32)},
        {"a zip archive", joined({'P', 'K', 3, 4, 0, 0, 8, 8}, Bytes(100))},
        {"an HDF5 file", joined({0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'}, Bytes(100))},
        {"big-endian", joined({0, 0, 0, 0, 0, 0, 0, 2}, {'{', '}'})},
    });
}

TEST_CASE("headers that are not UTF-8", "[hostile]") {
    const auto name = [](const std::string& bytes) { return with(entry(bytes, "U8", "[0]", 32, 32)); };
    check_refused<BadHeader>({
        {"a byte that is none", name("\xff")},
        {"a continuation alone", name("\x80")},
        {"two bytes, one missing", name("\xc3")},
        {"two bytes for an ASCII character", name("\xc0\xaf")},
        {"three bytes for one of two", name("\xe0\x80\xaf")},
        {"four bytes for one of three", name("\xf0\x80\x80\xaf")},
        {"a surrogate", name("\xed\xa0\x80")},
        {"above U+10FFFF", name("\xf4\x90\x80\x80")},
        {"five bytes", name("\xf8\x88\x80\x80\x80")},
        {"outside of a text", header("{}\xc3")},
        {"in an ignored value", ignored("\"\xff\"")},
    });
}

TEST_CASE("headers that are not JSON", "[hostile]") {
    check_refused<BadHeader>({
        {"nothing", header("")},
        {"blanks", header("   ")},
        {"zero bytes", header(std::string(8, '\0'))},
        {"a brace", header("{")},
        {"no end", header("{\"a\"")},
        {"no value", header("{\"a\":}")},
        {"no colon", header("{\"a\" 1}")},
        {"no quotes", header("{a:1}")},
        {"single quotes", header("{'a':1}")},
        {"an array", header("[]")},
        {"a text", header("\"a\"")},
        {"a number", header("1")},
        {"null", header("null")},
        {"two objects", header("{}{}")},
        {"something behind", header("{} x")},
        {"a zero byte behind", header(std::string("{}\0", 3))},
        {"a byte order mark", header("\xef\xbb\xbf{}")},
        {"a form feed", header("{}\f")},
        {"a comment", header("{}//")},
        {"a comma at the end", safetensors(object(list(bias, "")), Bytes(8))},
        {"a comma first", safetensors(object(list("", bias)), Bytes(8))},
        {"two commas", safetensors(object(list(list(bias, ""), weight)), Bytes(32))},
        {"a line break in a name", with(entry("a\n", "U8", "[0]", 32, 32))},
        {"a zero byte in a name", with(entry(std::string("a\0", 2), "U8", "[0]", 32, 32))},
        {"an unknown escape", with(entry("\\x41", "U8", "[0]", 32, 32))},
        {"an unknown escape with four digits", with(entry("\\x0041", "U8", "[0]", 32, 32))},
        {"half an escape", with(entry("\\u00", "U8", "[0]", 32, 32))},
        {"the first half of a character", with(entry("\\ud800", "U8", "[0]", 32, 32))},
        {"two first halves", with(entry("\\ud800\\ud800", "U8", "[0]", 32, 32))},
        {"the second half of a character", with(entry("\\udc00", "U8", "[0]", 32, 32))},
        {"a half, and another escape", with(entry("\\ud800\\n", "U8", "[0]", 32, 32))},
        {"True", ignored("True")},
        {"tru", ignored("tru")},
        {"NaN", ignored("NaN")},
        {"Infinity", ignored("-Infinity")},
        {"+1", ignored("+1")},
        {"01", ignored("01")},
        {"1.", ignored("1.")},
        {".5", ignored(".5")},
        {"1e", ignored("1e")},
        {"1e+", ignored("1e+")},
        {"-", ignored("-")},
        {"0x10", ignored("0x10")},
        {"1e309", ignored("1e309")},
        {"0.02e310", ignored("-0.2e310")},
        {"more digits than a double has powers", ignored(std::string(400, '9'))},
        {"a very large power", ignored("1e99999999999999999999")},
        {"127 levels in an entry", nested(126)},
        {"very many levels", nested(1'000'000)},
        {"an open array", ignored("[1")},
        {"an array with a brace", ignored("[1}")},
        {"an object with a bracket", ignored("{\"a\":1]")},
    });
}

TEST_CASE("headers that are JSON and no header", "[hostile]") {
    const std::string good = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]";
    check_refused<BadHeader>({
        {"a tensor is null", safetensors("{\"a\":null}")},
        {"a tensor is a number", safetensors("{\"a\":1}")},
        {"a tensor is a text", safetensors("{\"a\":\"F32\"}")},
        {"a tensor is an array", safetensors("{\"a\":[\"F32\",[2],[0,8]]}", Bytes(8))},
        {"a tensor is empty", one("", 0)},
        {"no dtype", one("\"shape\":[2],\"data_offsets\":[0,8]")},
        {"no shape", one("\"dtype\":\"F32\",\"data_offsets\":[0,8]")},
        {"no offsets", one("\"dtype\":\"F32\",\"shape\":[2]")},
        {"Dtype", one("\"Dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]")},
        {"dtype twice", one(list(good, "\"dtype\":\"F32\""))},
        {"shape twice", one(list(good, "\"shape\":[2]"))},
        {"offsets twice", one(list(good, "\"data_offsets\":[0,8]"))},
        {"a name twice", safetensors(object(list(bias, bias)), Bytes(8))},
        {"a name twice, once escaped",
         safetensors(object(list(bias, entry("\\u0030.bias", "F32", "[2]", 0, 8))), Bytes(8))},
        {"a name twice with other offsets", with(entry("0.bias", "F32", "[0]", 32, 32))},
        {"an unknown dtype", one("\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]")},
        {"f32", one("\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[0,8]")},
        {"a dtype of torch", one("\"dtype\":\"torch.float32\",\"shape\":[2],\"data_offsets\":[0,8]")},
        {"dtype null", one("\"dtype\":null,\"shape\":[2],\"data_offsets\":[0,8]")},
        {"dtype a number", one("\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]")},
        {"dtype an object", one("\"dtype\":{\"F32\":null},\"shape\":[2],\"data_offsets\":[0,8]")},
        {"shape null", one("\"dtype\":\"F32\",\"shape\":null,\"data_offsets\":[0,8]")},
        {"shape a number", one("\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]")},
        {"a negative size", one("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]")},
        {"minus zero", one("\"dtype\":\"F32\",\"shape\":[-0],\"data_offsets\":[0,0]", 0)},
        {"a size with a point", one("\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]")},
        {"a size with an exponent", one("\"dtype\":\"F32\",\"shape\":[2e0],\"data_offsets\":[0,8]")},
        {"a size with a leading zero", one("\"dtype\":\"F32\",\"shape\":[02],\"data_offsets\":[0,8]")},
        {"a size of 2^64", one("\"dtype\":\"F32\",\"shape\":[18446744073709551616],\"data_offsets\":[0,8]")},
        {"a size of 2^64 + 2", one("\"dtype\":\"F32\",\"shape\":[18446744073709551618],\"data_offsets\":[0,8]")},
        {"a size in quotes", one("\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]")},
        {"a size in brackets", one("\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[0,8]")},
        {"one offset", one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]")},
        {"three offsets", one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]")},
        {"no offsets in it", one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[]")},
        {"a negative offset", one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]")},
        {"an offset of 2^64", one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,18446744073709551616]")},
        {"offsets as an object", one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":{\"0\":8}")},
        {"metadata an array", metadata("[]")},
        {"metadata a text", metadata("\"a\"")},
        {"metadata nested", metadata("{\"a\":{\"b\":\"c\"}}")},
        {"metadata with a number", metadata("{\"epoch\":3}")},
        {"metadata with null", metadata("{\"a\":null}")},
        {"metadata with an array", metadata("{\"a\":[\"b\"]}")},
        {"metadata with a key twice", metadata("{\"a\":\"b\",\"a\":\"b\"}")},
        {"metadata twice", metadata("{},\"__metadata__\":{}")},
        {"metadata twice, once escaped", metadata("{},\"\\u005f_metadata__\":{}")},
    });
}

TEST_CASE("tensors that do not lie side by side", "[hostile]") {
    const auto two = [](std::size_t a, std::size_t b, std::size_t c, std::size_t d, std::size_t size) {
        return safetensors(object(list(entry("0.bias", "F32", "[2]", a, b), entry("x", "F32", "[2]", c, d))),
                           Bytes(size));
    };
    check_refused<BadOffsets>({
        {"a gap before the first", two(4, 12, 12, 20, 20)},
        {"a gap between them", two(0, 8, 12, 20, 20)},
        {"an overlap", two(0, 8, 4, 12, 12)},
        {"the same bytes twice", two(0, 8, 0, 8, 8)},
        {"one inside the other",
         safetensors(object(list(entry("a", "F32", "[4]", 0, 16), entry("b", "F32", "[2]", 4, 12))), Bytes(16))},
        {"the end before the beginning", two(0, 8, 8, 4, 16)},
        {"beyond the file", two(0, 8, 1000, 1008, 16)},
        {"an empty one beyond the others",
         safetensors(object(list(entry("a", "F32", "[2]", 0, 8), entry("b", "F32", "[0]", 16, 16))), Bytes(16))},
        {"the largest offset", one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[18446744073709551615,7]")},
    });
}

TEST_CASE("sizes that are not those of shape and dtype", "[hostile]") {
    const auto tensor = [](const std::string& dtype, const std::string& shape, std::size_t size) {
        return safetensors(object(entry("0.bias", dtype, shape, 0, size)), Bytes(size));
    };
    check_refused<BadDimension>({
        {"half of the bytes", tensor("F32", "[2]", 4)},
        {"twice the bytes", tensor("F32", "[2]", 16)},
        {"a byte too many", tensor("F32", "[2]", 9)},
        {"no bytes", tensor("F32", "[2]", 0)},
        {"bytes for none", tensor("F32", "[0]", 8)},
        {"a scalar of two", tensor("F32", "[]", 8)},
        {"half a byte", tensor("F4", "[1]", 1)},
        {"18 bits", tensor("F6_E2M3", "[3]", 3)},
        {"a product that overflows", tensor("F32", "[4294967296,4294967296]", 8)},
        {"a product that overflows to 2", tensor("F32", "[2,9223372036854775809]", 8)},
        {"bits that overflow", tensor("U8", "[2305843009213693952]", 0)},
        {"bits that overflow to 64", tensor("F64", "[288230376151711745]", 8)},
        {"an overflow before a zero", tensor("F32", "[4294967296,4294967296,0]", 0)},
    });
}

TEST_CASE("bytes behind the last tensor", "[hostile]") {
    check_refused<TrailingBytes>({
        {"a byte", safetensors(object(list(bias, weight)), Bytes(33))},
        {"another file", safetensors(object(list(bias, weight)), Bytes(1000))},
        {"no tensors, and data", safetensors("{}", Bytes(8))},
        {"an empty tensor, and data", safetensors(object(entry("a", "F32", "[0]", 0, 0)), Bytes(8))},
    });
}

TEST_CASE("what looks odd and is legal is loaded", "[hostile]") {
    const ScratchFolder folder;
    const std::vector<Hostile> files{
        {"blanks behind", safetensors(object(list(bias, weight)) + "  \t\r\n ", Bytes(32))},
        {"blanks before", safetensors(" \n" + object(list(bias, weight)), Bytes(32))},
        {"blanks inside",
         safetensors("{ \"0.bias\" : { \"dtype\" : \"F32\" , \"shape\" : [ 2 ] , \"data_offsets\" : [ 0 , 8 ] } , " +
                         weight + " }",
                     Bytes(32))},
        {"the order of the members",
         safetensors(object(list(weight, raw("0.bias", "\"data_offsets\":[0,8],\"shape\":[2],\"dtype\":\"F32\""))),
                     Bytes(32))},
        {"the order of the data",
         safetensors(object(list(entry("0.bias", "F32", "[2]", 24, 32), entry("0.weight", "F32", "[2,3]", 0, 24))),
                     Bytes(32))},
        {"escapes in names",
         safetensors(object(list(entry("\\u0030.b\\u0069as", "F32", "[2]", 0, 8), weight)), Bytes(32))},
        {"metadata null", metadata("null")},
        {"metadata empty", metadata("{}")},
        {"metadata", metadata("{\"a\":\"\",\"\":\"b\"}")},
        {"members that mean nothing",
         with(raw("x",
                  "\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[32,32],\"y\":[-1.5e3,{\"a\":null,\"a\":true},"
                  "\"\\ud83d\\ude00\",false,0e999999999999,1e-999999999999]"))},
        {"126 levels", nested(125)},
        {"an empty tensor between the others", with(entry("x", "F32", "[3,0,7]", 8, 8))},
        {"an empty tensor of 17 axes", with(entry("x", "F32", "[0,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", 32, 32))},
        {"four bits each", safetensors(object(list(list(bias, weight), entry("x", "F4", "[2]", 32, 33))), Bytes(33))},
        {"an empty name", with(entry("", "U8", "[0]", 32, 32))},
        {"a name of other characters", with(entry("\xe6\xa8\xa1\xf0\x9f\x98\x80", "U8", "[0]", 32, 32))},
        {"a shape of 2^64 - 1", with(entry("x", "U8", "[0,18446744073709551615]", 32, 32))},
    };
    for (const Hostile& file : files) {
        INFO(file.what);
        Net net = filled<Net>();
        load_safetensors(net, folder.write("a", file.bytes), {.allow_unexpected = true});
        CHECK(bits_of(net) == bits_of(Net{}));
    }
}

TEST_CASE("valid files, cut off at every byte", "[hostile]") {
    const ScratchFolder folder;
    using Nested = Sequential<Input<1, 5, 5>, Sequential<Conv2d<1, 2, Kernel<3>>, ReLU>, Flatten, LazyLinear<3>>;
    const Nested nested = filled<Nested>();
    save_safetensors(filled<Net>(), folder.path() / "a");
    save_safetensors(nested, folder.path() / "b", {{"epoch", "12"}, {"loss", "0.125"}}, Dtype::float16);
    save_safetensors(Sequential<Input<3>, ReLU>{}, folder.path() / "c", {{"nothing", "but metadata"}});
    std::size_t cuts = 0;
    const auto check = [&](const std::string& name, auto net) {
        const Bytes whole = read_bytes(folder.path() / name);
        const Bytes before = bits_of(net);
        for (std::size_t size = 0; size < whole.size(); ++size, ++cuts) {
            const auto path = folder.write("cut", first(whole, size));
            const auto error = error_of<FileTruncated>([&] { load_safetensors(net, path, {.convert = true}); });
            CHECK(error.offset() <= size);
            CHECK(bits_of(net) == before);
        }
        load_safetensors(net, folder.write("cut", whole), {.convert = true});
    };
    check("a", Net{});
    check("b", Nested{});
    check("c", Sequential<Input<3>, ReLU>{});
    CHECK(cuts > 600);
}

TEST_CASE("files that are none, or cannot be read", "[hostile]") {
    const ScratchFolder folder;
    Net net{};
    const auto load = [&net](const std::filesystem::path& path) {
        return [&net, path] { load_safetensors(net, path); };
    };
    check_sentence(error_of<FileMissing>(load(folder.path() / "none")));
    check_sentence(error_of<FileMissing>(load(folder.path() / "none" / "none")));
    check_sentence(error_of<FileMissing>(load("")));
    check_sentence(error_of<FileMissing>(load(folder.write("file", {}) / "through a file")));
    check_sentence(error_of<FileUnreadable>(load(folder.path())));
    check_sentence(error_of<FileUnreadable>(load("/dev/zero")));
    const auto pipe = folder.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    check_sentence(error_of<FileUnreadable>(load(pipe)));
    const auto escaped = error_of<FileMissing>(load(folder.path() / "\x1b[31m"));
    CHECK(std::string(escaped.what()).find('\x1b') == std::string::npos);
}

TEST_CASE("a message shows at most 200 bytes of a text of a file", "[safetensors]") {
    const std::string text(201, 'x');
    CHECK(detail_::io::excerpt(text.substr(1)) == text.substr(1));
    CHECK(detail_::io::excerpt(text) == text.substr(1) + "...");
}
