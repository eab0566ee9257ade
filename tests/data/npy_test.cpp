// SPDX-License-Identifier: MIT
#include <ctcnn/data/npy.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "files.hpp"
#include "npy_files.hpp"

using namespace ctcnn;

namespace {

Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

Bytes example(std::string_view name) {
    for (const NpyExample& file : npy_examples) {
        if (file.name == name) {
            return bytes_of(file.bytes);
        }
    }
    throw std::logic_error("no such example");
}

/// A file of version 1 with any header.
Bytes npy(const std::string& header, const Bytes& content = {}) {
    Bytes bytes = bytes_of(std::string_view("\x93NUMPY\1\0", 8));
    bytes.push_back(static_cast<std::uint8_t>(header.size() & 0xff));
    bytes.push_back(static_cast<std::uint8_t>(header.size() >> 8));
    return joined(joined(bytes, bytes_of(header)), content);
}

Bytes npy(const std::string& descr, const std::string& shape, const Bytes& content) {
    return npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n", content);
}

template <typename Error>
Error refusal(const Bytes& bytes) {
    const ScratchFolder folder;
    const auto file = folder.write("array.npy", bytes);
    largest_allocation = 0;
    const Error error = error_of<Error>([&] { NpyFile(file).read<float>(); });
    CHECK(largest_allocation < 200'000);  // the buffer of a ByteSource
    check_sentence(error);
    return error;
}

}  // namespace

TEST_CASE("What numpy.save writes is read: each dtype, each byte order, C and Fortran order, each version") {
    const ScratchFolder folder;
    std::size_t count = 0;
    for (const NpyExample& file : npy_examples) {
        const bool is_unsigned = file.name.substr(1, 1) == "u";
        if ((file.name.size() != 5 || file.name[3] != ' ') && !file.name.starts_with("version")) {
            continue;
        }
        INFO(file.name);
        ++count;
        const auto path = folder.write("array.npy", bytes_of(file.bytes));
        NpyFile array(path);
        CHECK(array.shape() == std::vector<std::uint64_t>{2, 3, 4});
        CHECK(array.fortran_order() == file.name.ends_with("F"));
        CHECK(array.is_byte() == file.name.starts_with("|u1"));
        CHECK(array.is_integer() == (file.name[1] == 'i' || file.name[1] == 'u'));
        const std::vector<double> elements = array.read<double>();
        REQUIRE(elements.size() == 24);
        for (std::size_t n = 0; n < 24; ++n) {
            CHECK(elements[n] == static_cast<double>(n) - (is_unsigned ? 0 : 6));
        }
        CHECK_THROWS_AS(array.read<double>(), std::logic_error);
        CHECK(NpyFile(path).read<float>()[23] == (is_unsigned ? 23 : 17));
        CHECK(NpyFile(path).read<std::int64_t>()[2] == (is_unsigned ? 2 : -4));
    }
    CHECK(count == 35);
}

TEST_CASE("Bools, scalars, empty arrays and float16 are read") {
    const ScratchFolder folder;
    const auto elements = [&](std::string_view name) {
        return NpyFile(folder.write("array.npy", example(name))).read<double>();
    };
    const std::vector<double> bools = elements("bool");
    for (std::size_t n = 0; n < 24; ++n) {
        CHECK(bools[n] == (n > 6 ? 1 : 0));
    }
    CHECK(elements("scalar") == std::vector<double>{2.5});
    CHECK(elements("empty").empty());
    const std::vector<double> halves = elements("halves");
    const std::vector<double> expected{0,
                                       -0.0,
                                       1,
                                       -2,
                                       65504,
                                       0x1p-14,
                                       0x1p-24,
                                       0x3p-24,
                                       std::numeric_limits<double>::infinity(),
                                       -std::numeric_limits<double>::infinity()};
    CHECK(std::equal(expected.begin(), expected.end(), halves.begin()));
    CHECK(std::signbit(halves[1]));
    CHECK(std::isnan(halves[10]));
}

TEST_CASE("What is no array of numbers is refused") {
    CHECK(refusal<WrongMagic>(example("complex")).found() == "the dtype '<c8'");
    CHECK(refusal<WrongMagic>(example("text")).found() == "the dtype '<U2'");
    CHECK(refusal<WrongMagic>(example("objects")).found() == "the dtype '|O'");
    CHECK(refusal<WrongMagic>(example("structured")).offset() == 20);
    CHECK(refusal<WrongMagic>(bytes_of("PK\3\4 and more of it")).found() == "a zip archive");
    CHECK(refusal<WrongMagic>(bytes_of("hello, world")).found() == "the text 'hello, world'");
    CHECK(refusal<WrongMagic>(Bytes{}).found() == "other bytes");
    Bytes version = example("<f4 C");
    version[6] = 4;
    CHECK(refusal<WrongMagic>(version).offset() == 6);
}

TEST_CASE("A header is a dictionary of three keys, and nothing else") {
    const ScratchFolder folder;
    const auto shape = [&](const std::string& header) {
        return NpyFile(folder.write("array.npy", npy(header))).shape();
    };
    CHECK(shape("{'shape':(0,),'descr':'<f4','fortran_order':False}") == std::vector<std::uint64_t>{0});
    CHECK(shape("{\"descr\": \"<f4\", \"fortran_order\": True, \"shape\": (0, 7)}   \n").size() == 2);
    for (const char* header : {
             "",
             "{",
             "{}",
             "{'descr': '<f4'}",
             "{'descr': '<f4', 'fortran_order': False}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} more",
             "{'descr': '<f4', 'fortran_order': 0, 'shape': (0,)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': 3}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), 'other': 1}",
             "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0,)}",
             "{'descr': '<f4' 'fortran_order': False, 'shape': (0,)}",
             "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (0,)}",
             "{'descr: <f4, fortran_order: False, shape: (0,)}",
         }) {
        INFO(header);
        refusal<WrongMagic>(npy(header));
    }
    std::string many = "(0";
    for (int n = 0; n < 64; ++n) {
        many += ", 1";
    }
    refusal<WrongMagic>(npy("<f4", many + ")", {}));
    for (const char* descr : {"f4", "<f3", "<i0", "<f16", "|f4", "=f4", "<m8", ""}) {
        INFO(descr);
        refusal<WrongMagic>(npy(descr, "(0,)", {}));
    }
    CHECK_NOTHROW(NpyFile(folder.write("array.npy", npy(">u1", "(0,)", {}))));
}

TEST_CASE("Files that are shorter or longer than they say are refused before memory is taken") {
    const Bytes whole = example("<f4 C");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const ScratchFolder folder;
        const auto file = folder.write("array.npy", first(whole, length));
        INFO(length << " bytes");
        if (length < 6) {
            error_of<WrongMagic>([&] { NpyFile(file).read<float>(); });
        } else {
            check_sentence(error_of<FileTruncated>([&] { NpyFile(file).read<float>(); }));
        }
    }
    const FileTruncated short_file = refusal<FileTruncated>(first(whole, 200));
    CHECK(short_file.expected() == "224 bytes (shape 2 x 3 x 4, dtype <f4, after a header of 128)");
    CHECK(short_file.found() == "200 bytes");
    CHECK(refusal<TrailingBytes>(joined(whole, {1})).offset() == 224);
    refusal<FileTruncated>(npy("<f8", "(1000000000, 1000)", Bytes(100)));
    refusal<BadDimension>(npy("<f8", "(4294967296, 4294967296)", {}));
    refusal<BadDimension>(npy("<f8", "(9223372036854775807,)", {}));
    // An axis of size 0 makes any other ones harmless.
    const ScratchFolder folder;
    CHECK(NpyFile(folder.write("array.npy", npy("<f8", "(4294967296, 4294967296, 0)", {}))).size() == 0);
    Bytes long_header = bytes_of(std::string_view("\x93NUMPY\2\0\xff\xff\xff\xff", 12));
    refusal<BadDimension>(joined(long_header, Bytes(100)));
    // NumPy reads headers of 10,000 bytes. The length has four bytes from version 2 on.
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }";
    header.resize(10'000, ' ');
    CHECK(NpyFile(folder.write("array.npy", npy(header))).size() == 0);
    refusal<BadDimension>(npy(header + ' '));
    CHECK(refusal<BadDimension>(joined(bytes_of(std::string_view("\x93NUMPY\2\0\1\2\3\4", 12)), Bytes(100))).found() ==
          "one of 67305985 bytes");
}

#if CTCNN_WITH_ZLIB
TEST_CASE("A packed file is read; one that claims more than it has takes no memory for it") {
    const ScratchFolder folder;
    const auto packed = folder.write("array.npy.gz", gzip(example(">i4 F")));
    CHECK(NpyFile(packed).read<double>()[5] == -1);
    const Bytes claims = npy("<f8", "(100000000, 10)", Bytes(1000));
    const auto file = folder.write("claims.npy.gz", gzip(claims));
    largest_allocation = 0;
    error_of<FileTruncated>([&] { NpyFile(file).read<double>(); });
    CHECK(largest_allocation < 3'000'000);  // pieces of 1 MiB
    const auto longer = folder.write("longer.npy.gz", gzip(joined(example("<f4 C"), {1})));
    error_of<TrailingBytes>([&] { NpyFile(longer).read<double>(); });
}
#endif

TEST_CASE("Where memory is short, reading an array says so") {
    const ScratchFolder folder;
    NpyFile array(folder.write("array.npy", example("<f4 C")));
    allocations_before_failure = 1;
    const FileTooLarge error = error_of<FileTooLarge>([&] { array.read<double>(); });
    allocations_before_failure = any_number;
    check_sentence(error);
    CHECK(error.file() == folder.path() / "array.npy");
    const auto load = []() -> int { throw std::length_error("more than a vector can have"); };
    check_sentence(error_of<FileTooLarge>([&] { detail_::load_in_memory("array.npy", load); }));
}

TEST_CASE("An empty array begins and ends behind its header") {
    const ScratchFolder folder;
    const std::string header = "{'descr': '<f4', 'fortran_order': True, 'shape': (0, 3)}";
    const NpyFile empty(folder.write("empty.npy", npy(header)));
    CHECK(empty.offset_of(0) == 10 + header.size());
}

TEST_CASE("load_npy makes a data set of images and labels") {
    const ScratchFolder folder;
    const auto images = folder.write("images.npy", npy("|u1", "(2, 3, 2)", ramp(12)));
    const auto labels = folder.write("labels.npy", npy("<i4", "(2,)", {3, 0, 0, 0, 1, 0, 0, 0}));
    const auto grey = load_npy<Shape<1, 3, 2>>(images, labels);
    REQUIRE(grey.size() == 2);
    CHECK(grey.label(0) == 3);
    CHECK(grey.label(1) == 1);
    CHECK(grey.image(1)(0, 1, 1) == 63.0f / 255);
    CHECK(load_npy<Shape<3, 2>>(images, labels).size() == 2);
    const auto wide = load_npy<Shape<1, 3, 2>, double, std::uint32_t>(images, labels, {.classes = 4});
    CHECK(wide.image(1)(0, 1, 1) == 63.0 / 255);

    const auto four = folder.write("four.npy", npy("<i2", "(2, 1, 2, 3)", joined(ramp(12), ramp(12))));
    const auto planes = load_npy<Shape<1, 2, 3>>(four, labels);  // integers that are no bytes stay as they are
    CHECK(planes.image(0)(0, 1, 0) == 42 + 256 * 49);
    const auto last = load_npy<Shape<3, 1, 2>>(four, labels, {.channels_last = true});
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t w = 0; w < 2; ++w) {
            CHECK(last.image(1)(c, 0, w) == planes.image(1)(0, w, c));
        }
    }
    const auto one_last = folder.write("one.npy", npy("|u1", "(2, 3, 2, 1)", ramp(12)));
    const auto one = load_npy<Shape<1, 3, 2>>(one_last, labels, {.channels_last = true});
    CHECK(one.image(1) == grey.image(1));

    const auto signals = folder.write("signals.npy", npy("|i1", "(2, 3, 2)", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
    const auto signal = load_npy<Shape<2, 3>>(signals, labels, {.channels_last = true});
    CHECK(std::ranges::equal(signal.image(0).span(), std::vector<float>{0, 2, 4, 1, 3, 5}));
    CHECK(std::ranges::equal(signal.image(1).span(), std::vector<float>{6, 8, 10, 7, 9, 11}));
    const auto volumes = folder.write("volumes.npy", npy("|i1", "(1, 1, 3, 1, 2)", {0, 1, 2, 3, 4, 5}));
    const auto volume =
        load_npy<Shape<2, 1, 3, 1>>(volumes, folder.write("one.npy", npy("|u1", "(1,)", {0})), {.channels_last = true});
    CHECK(std::ranges::equal(volume.image(0).span(), std::vector<float>{0, 2, 4, 1, 3, 5}));

    const auto refused = [&]<typename Error>(const auto& image_file, const Bytes& label_bytes) {
        const auto file = folder.write("other.npy", label_bytes);
        const Error error = error_of<Error>([&] { load_npy<Shape<1, 3, 2>>(image_file, file, {.classes = 5}); });
        check_sentence(error);
        return error;
    };
    const Bytes right = npy("|i1", "(2, 1)", {3, 1});
    CHECK(refused.operator()<BadDimension>(four, right).found() == "one of shape 2 x 1 x 2 x 3");
    CHECK(refused.operator()<CountMismatch>(images, npy("|i1", "(3,)", {0, 1, 2})).found() == "3 labels");
    const BadLabel large = refused.operator()<BadLabel>(images, npy("|i1", "(2,)", {4, 5}));
    CHECK(large.found() == "5");
    CHECK(large.offset() == npy("|i1", "(2,)", {}).size() + 1);
    CHECK(refused.operator()<BadLabel>(images, npy("|i1", "(2,)", {0xff, 0})).found() == "-1");
    refused.operator()<BadDimension>(images, npy("<f4", "(2,)", Bytes(8)));
    refused.operator()<BadDimension>(images, npy("|u1", "(2, 5)", Bytes(10)));
    // Losses ignore -100, which labels with a sign can be.
    const auto ignored = folder.write("ignored.npy", npy("|i1", "(2,)", {3, 0x9c}));
    CHECK(load_npy<Shape<1, 3, 2>, float, int>(images, ignored).label(1) == -100);
    const auto with_sign = [&](const Bytes& label_bytes) {
        const auto file = folder.write("other.npy", label_bytes);
        return error_of<BadLabel>([&] { load_npy<Shape<1, 3, 2>, float, int>(images, file, {.classes = 5}); });
    };
    CHECK(with_sign(npy("|i1", "(2,)", {0xff, 0})).expected() == "a label from 0 to 4, or -100");
    CHECK(with_sign(npy("<u8", "(2,)", joined(Bytes(8), {0x9c, 255, 255, 255, 255, 255, 255, 255}))).found() ==
          "18446744073709551516");
    CHECK(error_of<BadLabel>([&] { load_npy<Shape<1, 3, 2>>(images, ignored); }).found() == "-100");
    const auto wide_label = folder.write("wide.npy", npy("<i2", "(2,)", {3, 0, 0, 1}));
    const BadLabel too_wide = error_of<BadLabel>([&] { load_npy<Shape<1, 3, 2>>(images, wide_label); });
    check_sentence(too_wide);
    CHECK(too_wide.remedy() == "Take a wider type of labels, as in load_npy<S, float, std::uint16_t>.");
    CHECK(load_npy<Shape<1, 3, 2>, float, std::uint16_t>(images, wide_label, {.classes = 1000}).label(1) == 256);
    const auto narrow =
        error_of<std::invalid_argument>([&] { load_npy<Shape<1, 3, 2>>(images, wide_label, {.classes = 1000}); });
    CHECK(std::string(narrow.what()) ==
          "Labels of this type cannot number 1000 classes: take a wider one, load_npy<S, float, std::uint16_t>(...).");
    const auto missing = folder.path() / "missing.npy";
    check_sentence(error_of<FileMissing>([&] { load_npy<Shape<1, 3, 2>>(missing, labels); }));
}
