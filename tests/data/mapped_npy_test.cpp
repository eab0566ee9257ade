// SPDX-License-Identifier: MIT
#include <ctcnn/data/mapped_npy.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <typeinfo>
#include <vector>

#include <sys/stat.h>

#include <ctcnn/data/folds.hpp>
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit.hpp>

#include "../train/small.hpp"
#include "allocations.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;

namespace {

/// A .npy file whose header has 128 bytes, as numpy.save makes it; or one byte more.
Bytes npy(const std::string& descr, const std::string& shape, const Bytes& content, std::size_t header_size = 128,
          const std::string& fortran = "False") {
    std::string header = "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
    header.resize(header_size - 11, ' ');
    header += '\n';
    const std::string text = std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header;
    return joined(Bytes(text.begin(), text.end()), content);
}

const std::string native = std::endian::native == std::endian::little ? "<f4" : ">f4";

Bytes bytes_of(const small::Data& data) {
    Bytes bytes(data.size() * sizeof(small::Net::input_tensor));
    std::memcpy(bytes.data(), data.images().data(), bytes.size());
    return bytes;
}

using Mapped = MappedNpy<small::Net::input_shape>;

}  // namespace

TEST_CASE("A data set in a mapped file trains and is evaluated with the bits of one in memory") {
    const auto data = small::data(50);
    const ScratchFolder folder;
    const auto images = folder.write("images.npy", npy(native, "(50, 6, 5)", bytes_of(data)));
    const auto labels =
        folder.write("labels.npy", npy("|u1", "(50,)", Bytes(data.labels().begin(), data.labels().end())));
    const Mapped mapped(images, labels, {.classes = 3});
    REQUIRE(mapped.size() == 50);
    CHECK(std::ranges::equal(mapped.images(), data.images()));
    CHECK(std::ranges::equal(mapped.labels(), data.labels()));
    const SGD sgd{.lr = 0.1f};
    const RandomHorizontalFlip flip;
    small::Net net = small::net();
    small::Net expected = small::net();
    fit(net, augmented(mapped, flip), sgd, {.epochs = 2, .batch_size = 16});
    fit(expected, augmented(data, flip), sgd, {.epochs = 2, .batch_size = 16});
    CHECK(small::same_bits(net, expected));
    CHECK(evaluate(net, mapped).loss == evaluate(net, data).loss);
    CHECK(class_counts(mapped) == class_counts(data));
    const ClassBalanced balanced(mapped);
    CHECK(fit(net, balanced, sgd).steps == 1);
    CHECK(Mapped(folder.write("four.npy", npy(native, "(50, 1, 6, 5)", bytes_of(data))), labels).size() == 50);
    CHECK(Mapped(folder.write("none.npy", npy(native, "(0, 6, 5)", {})), folder.write("no.npy", npy("|u1", "(0,)", {})))
              .size() == 0);
}

TEST_CASE("What cannot be used as it lies in the file is refused") {
    const auto data = small::data(4);
    const Bytes content = bytes_of(data);
    const ScratchFolder folder;
    const auto labels = folder.write("labels.npy", npy("|u1", "(4,)", {0, 1, 2, 0}));
    const auto refused = [&]<typename Error>(const Bytes& bytes) {
        const auto file = folder.write("images.npy", bytes);
        const Error error = error_of<Error>([&] { Mapped(file, labels); });
        check_sentence(error);
        return error;
    };
    const std::string other = native == "<f4" ? ">f4" : "<f4";
    CHECK(refused.operator()<WrongMagic>(npy(other, "(4, 6, 5)", content)).found() == "dtype '" + other + "'");
    refused.operator()<WrongMagic>(npy("|u1", "(4, 6, 5)", Bytes(120)));
    refused.operator()<WrongMagic>(npy(native, "(4, 6, 5)", content, 128, "True"));
    refused.operator()<WrongMagic>(npy(native, "(4, 6, 5)", content, 129));
    refused.operator()<BadDimension>(npy(native, "(4, 5, 6)", content));
    refused.operator()<CountMismatch>(npy(native, "(2, 6, 5)", first(content, 240)));
    refused.operator()<FileTruncated>(npy(native, "(4, 6, 5)", first(content, 479)));
#if CTCNN_WITH_ZLIB
    refused.operator()<WrongMagic>(gzip(npy(native, "(4, 6, 5)", content)));
#endif
}

TEST_CASE("Labels of a mapped file are those that its type of labels can hold") {
    const ScratchFolder folder;
    const auto images = folder.write("images.npy", npy(native, "(2, 6, 5)", bytes_of(small::data(2))));
    const auto labels = folder.write("labels.npy", npy("<i2", "(2,)", {1, 0, 0, 1}));
    CHECK(error_of<BadLabel>([&] { Mapped(images, labels); }).found() == "256");
    CHECK_THROWS_AS(Mapped(images, labels, {.classes = 1000}), std::invalid_argument);
    const auto ignored = folder.write("ignored.npy", npy("|i1", "(2,)", {1, 0x9c}));
    const MappedNpy<small::Net::input_shape, float, int> with_sign(images, ignored);
    CHECK(with_sign.labels()[1] == -100);
}

TEST_CASE("A file that is replaced while it is opened is the old one or the new one, and no mixture of both") {
    const auto data = small::data(4);
    Bytes content = bytes_of(data);
    std::ranges::reverse(content);
    const ScratchFolder folder;
    const auto labels = folder.write("labels.npy", npy("|u1", "(4,)", {0, 1, 2, 0}));
    static std::string images;
    static std::string other;
    images = (folder.path() / "images.npy").string();
    bool has_happened = true;
    std::size_t replaced = 0;
    std::size_t allocations = 0;
    for (; has_happened; ++allocations) {
        INFO("it is replaced after " << allocations << " allocations");
        folder.write("images.npy", npy(native, "(4, 6, 5)", bytes_of(data)));
        // As many images behind a longer header.
        other = folder.write("other.npy", npy(native, "(4, 6, 5)", content, 192)).string();
        event = [] { std::rename(other.c_str(), images.c_str()); };
        allocations_before_event = allocations;
        const Mapped mapped(images, labels);
        has_happened = allocations_before_event > allocations;  // it has counted below 0
        allocations_before_event = any_number;
        const bool is_new = std::memcmp(mapped.images().data(), content.data(), content.size()) == 0;
        const bool is_old = std::ranges::equal(mapped.images(), data.images());
        CHECK(is_new != is_old);
        replaced += is_new ? std::size_t{1} : 0;
    }
    CHECK(replaced < allocations - 5);
}

TEST_CASE("What is no file of images is refused as load_npy refuses it") {
    const ScratchFolder folder;
    const auto labels = folder.write("labels.npy", npy("|u1", "(4,)", {0, 1, 2, 0}));
    const auto none = folder.path() / "none.npy";
    check_sentence(error_of<FileMissing>([&] { Mapped(none, labels); }));
    CHECK(error_of<FileUnreadable>([&] { Mapped(folder.path(), labels); }).found() == "a folder");
    const auto empty = folder.write("empty.npy", {});
    check_sentence(error_of<WrongMagic>([&] { Mapped(empty, labels); }));
    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(error_of<FileUnreadable>([&] { Mapped(pipe, labels); }).found() == "a pipe or a device");
}

TEST_CASE("Where memory is short, a mapped file is refused with a sentence") {
    const ScratchFolder folder;
    const auto images = folder.write("images.npy", npy(native, "(4, 6, 5)", bytes_of(small::data(4))));
    const auto labels = folder.write("labels.npy", npy("|u1", "(4,)", {0, 1, 2, 0}));
    const std::size_t refusals =
        count_refusals([&] { const Mapped mapped(images, labels); },
                       [](const std::exception& error) { REQUIRE(typeid(error) == typeid(FileTooLarge)); });
    CHECK(refusals > 5);
}
