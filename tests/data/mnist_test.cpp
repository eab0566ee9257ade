// SPDX-License-Identifier: MIT
#include <ctcnn/data/mnist.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/data/dataset.hpp>

#include "files.hpp"

using namespace ctcnn;

namespace {

constexpr std::uint32_t largest = 0xffffffff;
constexpr std::size_t pixels = 28 * 28;

const std::string image_name = "train-images-idx3-ubyte";
const std::string label_name = "train-labels-idx1-ubyte";

Bytes images(std::uint32_t count) { return idx({0x803, count, 28, 28}, ramp(count * pixels)); }
Bytes labels(const Bytes& content) { return idx({0x801, static_cast<std::uint32_t>(content.size())}, content); }

/// Two good images with their labels; tests overwrite one of the files.
ScratchFolder& with_two_images(ScratchFolder& folder) {
    folder.write(image_name, images(2));
    folder.write(label_name, labels({3, 9}));
    return folder;
}

template <typename Error>
Error load_error(const ScratchFolder& folder, const std::string& name) {
    const auto error = error_of<Error>([&] { load_mnist(folder.path(), Split::train); });
    CHECK(error.file() == folder.path() / name);
    check_sentence(error);
    return error;
}

/// What is wrong with a file: it is damaged, or whole and not MNIST. Only the first is fixed by another copy.
enum class Fault { damage, difference };

template <typename Error>
Error file_error(Fault fault, const std::string& name, const Bytes& bytes) {
    ScratchFolder folder;
    with_two_images(folder).write(name, bytes);
    const auto error = load_error<Error>(folder, name);
    INFO(error.remedy());
    CHECK((error.remedy().find("Copy the MNIST files again") != std::string::npos) == (fault == Fault::damage));
    CHECK((error.remedy().find("sha256sum -c SHA256SUMS") != std::string::npos) == (fault == Fault::damage));
    return error;
}
template <typename Error>
Error image_error(const Bytes& bytes) {
    return file_error<Error>(Fault::damage, image_name, bytes);
}
template <typename Error>
Error label_error(const Bytes& bytes) {
    return file_error<Error>(Fault::damage, label_name, bytes);
}
template <typename Error>
Error other_images(const Bytes& bytes) {
    return file_error<Error>(Fault::difference, image_name, bytes);
}
template <typename Error>
Error other_labels(const Bytes& bytes) {
    return file_error<Error>(Fault::difference, label_name, bytes);
}

/// Whether the folder gives the two images of with_two_images.
void check_two_images(const std::filesystem::path& folder, Split split = Split::train) {
    const auto data = load_mnist(folder, split);
    REQUIRE(data.size() == 2);
    CHECK(data.label(0) == 3);
    CHECK(data.label(1) == 9);
    const Bytes expected = ramp(2 * pixels);
    for (std::size_t n = 0; n < expected.size(); ++n) {
        const float pixel = data.image(n / pixels).span()[n % pixels];
        const volatile float wanted = static_cast<float>(expected[n]) / 255.f;  // the x87 would keep more digits
        if (pixel != wanted) {
            FAIL("pixel " << n << " is " << pixel);
        }
    }
}

}  // namespace

static_assert(std::is_same_v<decltype(load_mnist("", Split::test)), Dataset<Shape<1, 28, 28>>>);

TEST_CASE("images and labels are loaded, pixels as a fraction of 255") {
    ScratchFolder folder;
    check_two_images(with_two_images(folder).path());
    const auto exact = load_mnist<double>(folder.path(), Split::train);
    const volatile double wanted = 7.0 / 255.0;
    CHECK(exact.image(0)(0, 0, 1) == wanted);
}

TEST_CASE("the files go by their usual names") {
    ScratchFolder folder;
    folder.write("train-images.idx3-ubyte", images(2));
    folder.write("train-labels.idx1-ubyte", labels({3, 9}));
    folder.write("t10k-images-idx3-ubyte", images(2));
    folder.write("t10k-labels.idx1-ubyte", labels({3, 9}));
    check_two_images(folder.path());
    check_two_images(folder.path(), Split::test);
    // A folder of the same name, as some archives have it, does not hide the file.
    std::filesystem::create_directory(folder.path() / image_name);
    check_two_images(folder.path());
}

TEST_CASE("a missing file or folder is named") {
    ScratchFolder folder;
    auto error = load_error<FileMissing>(folder, image_name + ".gz");
    CHECK(error.expected() == "train-images-idx3-ubyte or train-images.idx3-ubyte in this folder, plain or .gz");
    CHECK(error.found() == "no file of these names");
    folder.write(image_name, images(2));
    load_error<FileMissing>(folder, label_name + ".gz");

    const auto no_folder = folder.path() / "missing";
    error = error_of<FileMissing>([&] { load_mnist(no_folder, Split::test); });
    CHECK(error.found() == "no folder '" + no_folder.string() + "'");
    check_sentence(error);
    const auto no_directory = folder.path() / image_name;
    error = error_of<FileMissing>([&] { load_mnist(no_directory, Split::test); });
    CHECK(error.found() == "that '" + no_directory.string() + "' is no folder");
    check_sentence(error);
}

TEST_CASE("a folder in place of a file is refused") {
    const ScratchFolder folder;
    std::filesystem::create_directory(folder.path() / image_name);
    folder.write(label_name, labels({3, 9}));
    CHECK(load_error<FileUnreadable>(folder, image_name).found() == "a folder");
}

TEST_CASE("a file may lie in a folder of its name, as in archives of Kaggle") {
    ScratchFolder folder;
    const auto nest = [&](const std::string& outer, const std::string& inner, const Bytes& bytes) {
        std::filesystem::create_directory(folder.path() / outer);
        folder.write(outer + "/" + inner, bytes);
    };
    nest("train-images.idx3-ubyte", "train-images.idx3-ubyte", images(2));
    nest("train-labels.idx1-ubyte", "train-labels-idx1-ubyte", labels({3, 9}));
    check_two_images(folder.path());
    // The file beside the folder comes first.
    folder.write(image_name, first(images(2), 20));
    CHECK_THROWS_AS(load_mnist(folder.path(), Split::train), FileTruncated);
}

TEST_CASE("the folder may be the root that torchvision was given") {
    ScratchFolder folder;
    std::filesystem::create_directories(folder.path() / "MNIST" / "raw");
    folder.write("MNIST/raw/" + image_name, images(2));
    folder.write("MNIST/raw/" + label_name, labels({3, 9}));
    check_two_images(folder.path());
    check_two_images(folder.path() / "MNIST");
    check_two_images(folder.path() / "MNIST" / "raw");
    CHECK(load_mnist(folder.path().string() + "/", Split::train).size() == 2);
}

TEST_CASE("the folder of another data set of torchvision is named") {
    const ScratchFolder folder;
    std::filesystem::create_directories(folder.path() / "FashionMNIST" / "raw");
    const auto error = load_error<FileMissing>(folder, image_name + ".gz");
    CHECK(error.found() == "no file of these names, but a folder 'FashionMNIST/raw'");
    CHECK(error.remedy() == "Give the name of that folder, if its files are wanted.");
}

TEST_CASE("files of other names are named") {
    const ScratchFolder folder;
    folder.write("emnist-letters-train-images-idx3-ubyte.gz", {});
    const auto error = load_error<FileMissing>(folder, image_name + ".gz");
    CHECK(error.found() == "no file of these names, but 'emnist-letters-train-images-idx3-ubyte.gz'");
    CHECK(error.remedy().find("load_idx") != std::string::npos);
}

TEST_CASE("files that were cut anywhere are refused") {
    const Bytes whole = images(2);
    ScratchFolder folder;
    with_two_images(folder);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        folder.write(image_name, first(whole, length));
        CHECK(error_of<FileTruncated>([&] { load_mnist(folder.path(), Split::train); }).offset() == length);
    }
    for (std::size_t length = 0; length < 10; ++length) {
        CHECK(label_error<FileTruncated>(first(labels({3, 9}), length)).offset() == length);
    }
}

TEST_CASE("files of another kind are refused") {
    CHECK(other_images<WrongMagic>(labels({3, 9})).found() == "0x00000801 (idx: unsigned bytes with 1 axis)");
    CHECK(other_labels<WrongMagic>(images(2)).found() == "0x00000803 (idx: unsigned bytes with 3 axes)");
    CHECK(other_images<WrongMagic>({'P', 'K', 3, 4}).found() == "a zip archive");
    const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7840016\n";
    CHECK(other_labels<WrongMagic>({pointer.begin(), pointer.end()}).found() == "a Git LFS pointer");
    CHECK(other_images<WrongMagic>(idx({0x03080000, 0x02000000, 0x1c000000, 0x1c000000}, ramp(2 * pixels))).found() ==
          "the header of an idx file in little-endian byte order");
    CHECK(image_error<WrongMagic>(idx({0x12345678, 2, 28, 28}, ramp(2 * pixels))).found() == "0x12345678");
    CHECK(image_error<WrongMagic>(Bytes(1000)).found() == "zero bytes alone");
}

TEST_CASE("the labels of QMNIST are read") {
    ScratchFolder folder;
    with_two_images(folder);
    Bytes rows;
    for (const std::uint32_t number : {3u, 1u, 2u, 30u, 55u, 6u, 0u, 0u, 9u, 1u, 2u, 30u, 55u, 6u, 0u, 0u}) {
        append_number(rows, number);
    }
    folder.write(label_name, idx({0xc02, 2, 8}, rows));
    check_two_images(folder.path());
}

TEST_CASE("sizes that are not those of MNIST are refused") {
    CHECK(other_images<BadDimension>(images(0)).offset() == 4);
    CHECK(image_error<BadDimension>(idx({0x803, largest, 28, 28}, ramp(2 * pixels))).offset() == 4);
    CHECK(image_error<BadDimension>(idx({0x803, mnist_largest_count + 1, 28, 28}, {})).offset() == 4);
    const auto error = other_images<BadDimension>(idx({0x803, 2, 32, 32}, ramp(2 * 32 * 32)));
    CHECK(error.offset() == 8);
    CHECK(error.expected() == "images of 28 x 28");
    CHECK(error.found() == "32 x 32");
    CHECK(error.remedy() == "Load it with load_idx<Shape<1, 32, 32>>.");
    CHECK(other_images<BadDimension>(idx({0x803, 2, 0, 28}, {})).found() == "0 x 28");
    CHECK(image_error<BadDimension>(idx({0x803, 2, 32, 32}, ramp(2 * pixels))).offset() == 8);
    CHECK(other_labels<CountMismatch>(labels({})).offset() == 4);
    CHECK(label_error<FileTruncated>(idx({0x801, 2'000'000'000}, {3, 9})).offset() == 10);
    // The largest count is allowed and its bytes are missed.
    CHECK(image_error<FileTruncated>(idx({0x803, mnist_largest_count, 28, 28}, {})).offset() == 16);
}

TEST_CASE("bytes behind the last image or label are refused") {
    CHECK(image_error<TrailingBytes>(joined(images(2), {0})).offset() == 16 + 2 * pixels);
    CHECK(label_error<TrailingBytes>(joined(labels({3, 9}), {0})).offset() == 10);
}

TEST_CASE("a label above 9 is refused at its offset") {
    const auto error = other_labels<BadLabel>(labels({3, 10}));
    CHECK(error.offset() == 9);
    CHECK(error.expected() == "a label from 0 to 9");
    CHECK(error.found() == "10");
    CHECK(other_labels<BadLabel>(labels({255, 3})).offset() == 8);
    // The letters of EMNIST.
    CHECK(other_labels<BadLabel>(labels({1, 26})).remedy() ==
          "The labels run from 1 to 26: load them with load_idx<Shape<1, 28, 28>>(images, labels, {.classes = 26, "
          ".first_label = 1}). The images of EMNIST also need .transpose = true.");
}

TEST_CASE("images and labels of different count are refused") {
    const auto error = other_labels<CountMismatch>(labels({1, 2, 3}));
    CHECK(error.offset() == 4);
    CHECK(error.expected() == "2 labels, one for each image");
    CHECK(error.found() == "3");
    other_labels<CountMismatch>(labels({1}));
}

TEST_CASE("an error about a damaged file says where to get it") {
    const std::string text = label_error<TrailingBytes>(joined(labels({3, 9}), {0})).what();
    INFO(text);
    CHECK(text.find("Copy the MNIST files again from the library's folder data/mnist") != std::string::npos);
    CHECK(text.find("https://ossci-datasets.s3.amazonaws.com/mnist/") != std::string::npos);
    CHECK(text.find("--data FOLDER") != std::string::npos);
}

#if CTCNN_WITH_ZLIB

TEST_CASE("plain files are taken before .gz files, which are taken where there are no plain ones") {
    ScratchFolder folder;
    folder.write(image_name + ".gz", gzip(images(2)));
    folder.write("train-labels.idx1-ubyte.gz", gzip(labels({3, 9})));
    check_two_images(folder.path());
    folder.write(image_name + ".gz", {});
    folder.write(image_name, images(2));
    check_two_images(folder.path());
}

TEST_CASE("a gzip bomb in place of the images is refused") {
    ScratchFolder folder;
    with_two_images(folder);
    Bytes bomb = gzip(images(2));
    const Bytes zeros = gzip(Bytes(std::size_t{1} << 24));
    for (int n = 0; n < 256; ++n) {  // 4 GiB unpacked
        bomb.insert(bomb.end(), zeros.begin(), zeros.end());
    }
    folder.write(image_name, bomb);
    CHECK(load_error<TrailingBytes>(folder, image_name).offset() == 16 + 2 * pixels);
}

namespace {

/// The Adler-32 checksum (RFC 1950), which depends on the order of the bytes.
class Checksum {
public:
    void add(std::uint8_t byte) {
        low_ = (low_ + byte) % 65521;
        high_ = (high_ + low_) % 65521;
    }
    std::uint32_t value() const { return high_ << 16 | low_; }

private:
    std::uint32_t low_ = 1;
    std::uint32_t high_ = 0;
};

struct Facts {
    std::size_t size;
    std::uint64_t pixel_sum;
    std::uint32_t pixel_checksum;
    std::uint32_t label_checksum;
    std::array<std::size_t, 10> label_counts;
};

void check_facts(const Dataset<Shape<1, 28, 28>>& data, const Facts& facts) {
    REQUIRE(data.size() == facts.size);
    std::uint64_t pixel_sum = 0;
    Checksum pixel_checksum;
    Checksum label_checksum;
    std::array<std::size_t, 10> label_counts{};
    for (std::size_t n = 0; n < data.size(); ++n) {
        for (const float pixel : data.image(n).span()) {
            const auto byte = static_cast<std::uint8_t>(std::lround(pixel * 255.f));
            if (pixel != static_cast<float>(byte) / 255.f) {
                FAIL("image " << n << " has a pixel " << pixel << ", which is no fraction of 255");
            }
            pixel_sum += byte;
            pixel_checksum.add(byte);
        }
        label_checksum.add(data.label(n));
        ++label_counts.at(data.label(n));
    }
    CHECK(pixel_sum == facts.pixel_sum);
    CHECK(pixel_checksum.value() == facts.pixel_checksum);
    CHECK(label_checksum.value() == facts.label_checksum);
    CHECK(label_counts == facts.label_counts);
}

}  // namespace

// The facts come from this Python program, run in data/mnist:
//     import collections, gzip, zlib
//     for half in "train", "t10k":
//         pixels = gzip.open(half + "-images-idx3-ubyte.gz").read()[16:]
//         labels = gzip.open(half + "-labels-idx1-ubyte.gz").read()[8:]
//         counts = [count for _, count in sorted(collections.Counter(labels).items())]
//         print(len(labels), sum(pixels), zlib.adler32(pixels), zlib.adler32(labels), counts)
TEST_CASE("the shipped training images are those of MNIST") {
    const auto data = load_mnist(CTCNN_MNIST_FOLDER, Split::train);
    check_facts(
        data, {60000, 1567298545, 613453186, 2100761633, {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}});
    CHECK(data.label(0) == 5);
}

TEST_CASE("the shipped test images are those of MNIST") {
    const auto data = load_mnist(CTCNN_MNIST_FOLDER, Split::test);
    check_facts(data,
                {10000, 264923200, 1817335078, 3199643027, {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}});
    CHECK(data.label(0) == 7);
}

#else

TEST_CASE("without zlib the shipped images are refused with the commands that help") {
    const auto error = error_of<CompressionUnsupported>([] { load_mnist(CTCNN_MNIST_FOLDER, Split::test); });
    CHECK(error.remedy().find("gunzip --keep") != std::string::npos);
    check_sentence(error);
}

#endif
