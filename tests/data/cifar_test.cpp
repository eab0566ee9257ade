// SPDX-License-Identifier: MIT
#include <ctcnn/data/cifar.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "allocations.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;

namespace {

/// Records of some labels each; the pixels of record n begin with the number `begin` + n.
Bytes records(std::size_t count, const Bytes& labels, std::size_t begin = 0) {
    Bytes bytes;
    for (std::size_t n = 0; n < count; ++n) {
        bytes = joined(bytes, labels);
        Bytes pixels = ramp(3072);
        pixels[0] = static_cast<std::uint8_t>(begin + n);
        bytes = joined(bytes, pixels);
    }
    return bytes;
}

template <typename Error>
Error refusal(const Bytes& bytes) {
    const ScratchFolder folder;
    folder.write("test_batch.bin", bytes);
    largest_allocation = 0;
    const Error error = error_of<Error>([&] { load_cifar10(folder.path(), Split::test); });
    CHECK(largest_allocation < 2'000'000);  // 64 records and their images
    check_sentence(error);
    return error;
}

}  // namespace

TEST_CASE("CIFAR-10 is five files and one, in the folder or in the one that the archive makes") {
    const ScratchFolder folder;
    for (std::size_t n = 0; n < 5; ++n) {
        folder.write("data_batch_" + std::to_string(n + 1) + ".bin",
                     records(n == 0 ? 70 : 2, {static_cast<std::uint8_t>(n + 5)}, 10 * n));
    }
    const auto train = load_cifar10(folder.path(), Split::train);
    REQUIRE(train.size() == 78);
    CHECK(train.label(69) == 5);
    CHECK(train.label(77) == 9);
    CHECK(train.image(69)(0, 0, 0) == 69.0f / 255);
    CHECK(train.image(77)(0, 0, 0) == 41.0f / 255);
    CHECK(train.image(77)(0, 1, 2) == static_cast<float>(static_cast<std::uint8_t>(7 * 34)) / 255);
    CHECK(train.image(77)(2, 31, 31) == static_cast<float>(static_cast<std::uint8_t>(7 * 3071)) / 255);
    std::filesystem::create_directory(folder.path() / "cifar-10-batches-bin");
    folder.write("cifar-10-batches-bin/test_batch.bin", records(3, {0}));
    CHECK(load_cifar10<double>(folder.path(), Split::test).size() == 3);
    std::filesystem::remove(folder.path() / "data_batch_3.bin");
    const auto error = error_of<FileMissing>([&] { load_cifar10(folder.path(), Split::train); });
    check_sentence(error);
    CHECK(error.expected().find("data_batch_3.bin") != std::string::npos);
}

TEST_CASE("An image of CIFAR-100 has two labels") {
    const ScratchFolder folder;
    folder.write("train.bin", records(4, {19, 99}));
    folder.write("test.bin", records(1, {3, 42}));
    CHECK(load_cifar100(folder.path(), Split::train).size() == 4);
    CHECK(load_cifar100(folder.path(), Split::test).label(0) == 42);
    CHECK(load_cifar100(folder.path(), Split::test, Cifar100Labels::coarse).label(0) == 3);
    folder.write("test.bin", records(1, {20, 42}));
    CHECK(error_of<BadLabel>([&] { load_cifar100(folder.path(), Split::test); }).offset() == 0);
    folder.write("test.bin", records(1, {0, 100}));
    CHECK(error_of<BadLabel>([&] { load_cifar100(folder.path(), Split::test); }).offset() == 1);
}

TEST_CASE("What is not CIFAR's is refused") {
    CHECK(refusal<FileTruncated>({}).offset() == 0);
    CHECK(refusal<FileTruncated>(first(records(1, {1}), 3072)).offset() == 3072);
    const FileTruncated longer = refusal<FileTruncated>(joined(records(70, {1}), {1}));
    CHECK(longer.offset() == 70 * 3073 + 1);
    CHECK(longer.expected() == "whole images of 3073 bytes");
    const BadLabel label = refusal<BadLabel>(joined(records(65, {9}), records(1, {10})));
    CHECK(label.offset() == 65 * 3073);
    CHECK(label.found() == "10");
    // A label and pixels that look like a text, or like a web page.
    refusal<FileTruncated>({9, 'a', 'b', 'c'});
    refusal<FileTruncated>({9, '<', 200, 201});
    CHECK(refusal<WrongMagic>({'x', 'a', 'b', 'c'}).found() == "the text 'xabc'");
    // The version for Python, and the archive.
    CHECK(refusal<WrongMagic>(joined({0x80, 2}, records(3, {9}))).found() == "a Python pickle");
    const WrongMagic zip = refusal<WrongMagic>({'P', 'K', 3, 4, 0, 0});
    CHECK(zip.remedy().find("unzip") != std::string::npos);
}

#if CTCNN_WITH_ZLIB
TEST_CASE("Packed files are read, too") {
    const ScratchFolder folder;
    folder.write("test_batch.bin.gz", gzip(records(70, {7})));
    CHECK(load_cifar10(folder.path(), Split::test).size() == 70);
}
#endif
