// SPDX-License-Identifier: MIT
#include <ctcnn/data/load_idx.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>

#include "allocations.hpp"
#include "files.hpp"

using namespace ctcnn;

namespace {

/// Big-endian integers of 1, 2 or 4 bytes.
Bytes numbers(std::initializer_list<std::int32_t> values, int bytes) {
    Bytes result;
    for (const std::int32_t value : values) {
        for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8) {
            result.push_back(static_cast<std::uint8_t>(value >> shift));
        }
    }
    return result;
}

/// Two images of 2 x 3 bytes, 0, 7, 14 and so on, and the labels 3 and 9; tests overwrite one of the files.
struct Files {
    Files() {
        write_images(idx({0x803, 2, 2, 3}, ramp(12)));
        write_labels(idx({0x801, 2}, {3, 9}));
    }
    void write_images(const Bytes& bytes) { images = folder.write("images", bytes); }
    void write_labels(const Bytes& bytes) { labels = folder.write("labels", bytes); }

    template <typename S = Shape<1, 2, 3>, typename T = float, typename Label = std::uint8_t>
    Dataset<S, T, Label> load(const IdxOptions& options = {}) const {
        return load_idx<S, T, Label>(images, labels, options);
    }
    template <typename Error, typename S = Shape<1, 2, 3>>
    Error error(const IdxOptions& options = {}) const {
        const auto error = error_of<Error>([&] { load<S>(options); });
        check_sentence(error);
        return error;
    }

    ScratchFolder folder;
    std::filesystem::path images;
    std::filesystem::path labels;
};

const std::string damaged = "Copy or download the file again.";

template <typename Data>
std::vector<int> labels_of(const Data& data) {
    return {data.labels().begin(), data.labels().end()};
}

/// The pixels of an image in 255ths.
template <typename Data>
std::vector<double> pixels_of(const Data& data, std::size_t image = 0) {
    std::vector<double> pixels;
    for (const auto pixel : data.image(image).span()) {
        const double in_255ths = 255 * static_cast<double>(pixel);
        CHECK(in_255ths == Approx(std::round(in_255ths)).epsilon(1e-6));  // half a unit of float is 6e-8
        pixels.push_back(std::round(in_255ths));
    }
    return pixels;
}

/// One element of an image, in 255ths.
template <typename Data, typename... Index>
double pixel_of(const Data& data, std::size_t image, Index... index) {
    return std::round(255 * static_cast<double>(data.image(image)(index...)));
}

template <typename Data>
std::vector<float> elements_of(const Data& data) {
    const auto elements = data.image(0).span();
    return {elements.begin(), elements.end()};
}

}  // namespace

TEST_CASE("images of any size and their labels are loaded") {
    const Files files;
    const auto data = files.load();
    static_assert(std::is_same_v<decltype(data), const Dataset<Shape<1, 2, 3>, float, std::uint8_t>>);
    CHECK(labels_of(data) == std::vector{3, 9});
    CHECK(pixels_of(data, 0) == std::vector<double>{0, 7, 14, 21, 28, 35});
    CHECK(pixels_of(data, 1) == std::vector<double>{42, 49, 56, 63, 70, 77});
    CHECK(pixels_of(files.load<Shape<1, 2, 3>, double>(), 1) == std::vector<double>{42, 49, 56, 63, 70, 77});
}

TEST_CASE("the axes of the file are those of the shape, but for a single channel") {
    Files files;
    CHECK(pixel_of(files.load<Shape<2, 3>>(), 1, 1, 2) == 77);
    files.write_images(idx({0x804, 2, 1, 2, 3}, ramp(12)));
    CHECK(pixel_of(files.load<Shape<1, 2, 3>>(), 1, 0, 1, 2) == 77);
    CHECK(pixel_of(files.load<Shape<2, 3>>(), 1, 1, 2) == 77);
    files.write_images(idx({0x804, 2, 3, 2, 1}, ramp(12)));
    CHECK(pixel_of(files.load<Shape<3, 2, 1>>(), 1, 2, 1, 0) == 77);
    files.write_images(idx({0x802, 2, 6}, ramp(12)));
    CHECK(pixel_of(files.load<Shape<6>>(), 1, 5) == 77);
    CHECK(pixel_of(files.load<Shape<1, 6>>(), 1, 0, 5) == 77);
    files.write_images(idx({0x805, 2, 2, 1, 3, 1}, ramp(12)));
    CHECK(pixel_of(files.load<Shape<2, 1, 3, 1>>(), 1, 1, 0, 2, 0) == 77);
    files.write_images(idx({0x802, 2, 1}, {5, 6}));
    CHECK(pixel_of(files.load<Shape<1>>(), 1, 0) == 6);
    files.write_images(idx({0x803, 2, 1, 1}, {5, 6}));
    CHECK(pixel_of(files.load<Shape<1>>(), 1, 0) == 6);
    CHECK(pixel_of(files.load<Shape<1, 1>>(), 1, 0, 0) == 6);
}

TEST_CASE("transposed images are loaded the right way round") {
    Files files;
    // Columns of 2: 0 7 | 14 21 | 28 35.
    files.write_images(idx({0x803, 2, 3, 2}, ramp(12)));
    const auto data = files.load({.transpose = true});
    CHECK(pixels_of(data, 0) == std::vector<double>{0, 14, 28, 7, 21, 35});
    CHECK(pixel_of(data, 1, 0, 1, 0) == 49);
    CHECK(pixel_of(files.load<Shape<2, 3>>({.transpose = true}), 1, 1, 0) == 49);
    // Each channel for itself.
    files.write_images(idx({0x804, 1, 2, 3, 2}, ramp(12)));
    files.write_labels(idx({0x801, 1}, {0}));
    CHECK(pixels_of(files.load<Shape<2, 2, 3>>({.transpose = true})) ==
          std::vector<double>{0, 14, 28, 7, 21, 35, 42, 56, 70, 49, 63, 77});
    const auto error = files.error<BadDimension, Shape<2, 3, 2>>({.transpose = true});
    CHECK(error.expected() == "images of 2 x 2 x 3");
    CHECK(error.remedy() == "Load it with load_idx<Shape<2, 2, 3>>.");
    CHECK_THROWS_AS((files.load<Shape<12>>({.transpose = true})), std::invalid_argument);
}

TEST_CASE("floats are loaded as they are") {
    Files files;
    Bytes singles;
    Bytes doubles;
    const float infinite = std::numeric_limits<float>::infinity();
    for (const float value : {0.5f, -2.f, 1e-20f, 3e38f, infinite, 0.1f}) {
        append_number(singles, std::bit_cast<std::uint32_t>(value));
        const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(value));
        append_number(doubles, static_cast<std::uint32_t>(bits >> 32));
        append_number(doubles, static_cast<std::uint32_t>(bits));
    }
    const std::vector expected{0.5f, -2.f, 1e-20f, 3e38f, infinite, 0.1f};
    files.write_labels(idx({0x801, 1}, {0}));
    files.write_images(idx({0xd03, 1, 2, 3}, singles));
    CHECK(elements_of(files.load()) == expected);
    files.write_images(idx({0xe03, 1, 2, 3}, doubles));
    CHECK(elements_of(files.load()) == expected);
    CHECK(elements_of(files.load<Shape<1, 2, 3>, double>()) == expected);
    files.write_images(idx({0xd03, 1, 3, 2}, singles));
    CHECK(elements_of(files.load({.transpose = true})) == std::vector{0.5f, 1e-20f, infinite, -2.f, 3e38f, 0.1f});
    files.write_images(idx({0xd03, 1, 2, 3}, first(singles, 23)));
    CHECK(files.error<FileTruncated>().expected() == "40 bytes (1 x 2 x 3 elements of 4 bytes after a header of 16)");
}

TEST_CASE("images of other numbers are refused by their name") {
    Files files;
    for (const auto& [magic, bytes, name] :
         {std::tuple{0x903u, 1u, "signed bytes"}, std::tuple{0xb03u, 2u, "16-bit integers"},
          std::tuple{0xc03u, 4u, "32-bit integers"}}) {
        files.write_images(idx({magic, 2, 2, 3}, ramp(12 * bytes)));
        const auto error = files.error<WrongMagic>();
        CHECK(error.found().find(name) != std::string::npos);
        CHECK(error.remedy() == "Images are read from unsigned bytes and from floats: convert the elements.");
    }
}

TEST_CASE("labels are integers of any type") {
    Files files;
    for (const auto& [magic, bytes] :
         {std::pair{0x801u, 1}, std::pair{0x901u, 1}, std::pair{0xb01u, 2}, std::pair{0xc01u, 4}}) {
        files.write_labels(idx({magic, 2}, numbers({3, 9}, bytes)));
        CHECK(labels_of(files.load()) == std::vector{3, 9});
        CHECK(labels_of(files.load({.classes = 10})) == std::vector{3, 9});
    }
    for (const std::uint32_t magic : {0xd01u, 0xe01u}) {
        files.write_labels(idx({magic, 2}, ramp(magic == 0xd01u ? 8 : 16)));
        CHECK(files.error<WrongMagic>().remedy() == "Labels are integers: convert the elements.");
    }
}

TEST_CASE("the labels of QMNIST are the first of eight columns") {
    Files files;
    files.write_labels(idx({0xc02, 2, 8}, numbers({3, 1, 2, 30, 55, 6, 0, 0, 9, 1, 2, 30, 55, 6, 0, 0}, 4)));
    CHECK(labels_of(files.load({.classes = 10})) == std::vector{3, 9});
    files.write_labels(idx({0x802, 2, 1}, {3, 9}));
    CHECK(labels_of(files.load()) == std::vector{3, 9});
    // The error counts the bytes of whole rows.
    files.write_labels(idx({0xc02, 2, 8}, numbers({3, 1, 2, 30, 55, 6, 0, 0, 11, 1, 2, 30, 55, 6, 0, 0}, 4)));
    CHECK(files.error<BadLabel>({.classes = 10}).offset() == 12 + 32);
    // One number for each class, as some programs write.
    files.write_labels(idx({0x802, 2, 10}, ramp(20)));
    const auto error = files.error<BadDimension>();
    CHECK(error.found() == "10 columns");
    CHECK(error.remedy() == "Write one label for each image: the number of its class.");
    files.write_labels(idx({0x802, 2, 8}, ramp(16)));
    CHECK(files.error<BadDimension>().found() == "8 columns");
}

TEST_CASE("labels may begin at any number") {
    Files files;
    files.write_labels(idx({0x801, 2}, {1, 26}));
    CHECK(labels_of(files.load({.classes = 26, .first_label = 1})) == std::vector{0, 25});
    files.write_labels(idx({0xc01, 2}, numbers({-5, 5}, 4)));
    CHECK(labels_of(files.load({.first_label = -5})) == std::vector{0, 10});
    const std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
    files.write_labels(idx({0xc01, 2}, numbers({lowest, -1}, 4)));
    CHECK(files.load<Shape<1, 2, 3>, float, std::uint32_t>({.first_label = lowest}).label(1) == 0x7fffffff);
}

TEST_CASE("labels of many classes take a wider type") {
    Files files;
    files.write_labels(idx({0xb01, 2}, numbers({300, 999}, 2)));
    const auto data = files.load<Shape<1, 2, 3>, float, std::uint16_t>({.classes = 1000});
    CHECK(labels_of(data) == std::vector{300, 999});
    CHECK(labels_of(files.load<Shape<1, 2, 3>, float, int>()) == std::vector{300, 999});
    const auto error = files.error<BadLabel>();
    CHECK(error.expected() == "a label from 0 to 255");
    CHECK(error.found() == "300");
    CHECK(error.remedy().find("load_idx<Shape<1, 2, 3>, float, std::uint16_t>(images, labels, {.classes = 1000})") !=
          std::string::npos);
    const auto narrow = error_of<std::invalid_argument>([&] { files.load({.classes = 257}); });
    CHECK(std::string(narrow.what()) ==
          "Labels of this type cannot number 257 classes: take a wider one, load_idx<S, float, std::uint16_t>(...).");
    const auto wide = error_of<std::invalid_argument>(
        [&] { files.load<Shape<1, 2, 3>, float, std::uint16_t>({.classes = 100'000}); });
    CHECK(std::string(wide.what()).ends_with("take a wider one, load_idx<S, float, std::uint32_t>(...)."));
    if constexpr (sizeof(std::size_t) > 4) {
        const auto most = error_of<std::invalid_argument>(
            [&] { files.load({.classes = static_cast<std::size_t>(std::uint64_t{5'000'000'000})}); });
        CHECK(std::string(most.what()) == "Labels cannot number 5000000000 classes, but at most 4294967296.");
    }
    CHECK_THROWS_AS((files.load<Shape<1, 2, 3>, float, std::int8_t>({.classes = 129})), std::invalid_argument);
    CHECK_NOTHROW(files.load<Shape<1, 2, 3>, float, std::int16_t>({.classes = 1000}));
}

TEST_CASE("a label that is no class is refused at its offset") {
    Files files;
    files.write_labels(idx({0xb01, 2}, numbers({3, -1}, 2)));
    const auto negative = files.error<BadLabel>();
    CHECK(negative.offset() == 10);
    CHECK(negative.found() == "-1");
    CHECK(negative.remedy() ==
          "The labels run from -1 to 3, and those below 0 are no classes: leave their images out, or number the "
          "classes from 0.");
    // The widest type has room for what a negative number wraps to.
    CHECK_THROWS_AS((files.load<Shape<1, 2, 3>, float, std::uint64_t>()), BadLabel);
    files.write_labels(idx({0x801, 2}, {0, 26}));
    const auto below = files.error<BadLabel>({.classes = 26, .first_label = 1});
    CHECK(below.offset() == 8);
    CHECK(below.expected() == "a label from 1 to 26");
    CHECK(below.remedy().find("{.classes = 27})") != std::string::npos);
}

TEST_CASE("a few wrong labels are damage, many are another data set") {
    Files files;
    files.write_images(idx({0x803, 1000, 2, 3}, Bytes(6000)));
    const auto write_wrong_labels = [&](std::size_t count) {
        Bytes labels(1000, 1);
        for (std::size_t n = 0; n < count; ++n) {
            labels[90 * n] = 20;
        }
        files.write_labels(idx({0x801, 1000}, labels));
    };
    write_wrong_labels(1);
    CHECK(files.error<BadLabel>({.classes = 10}).remedy() == damaged);
    write_wrong_labels(10);
    CHECK(files.error<BadLabel>({.classes = 10}).remedy() == damaged);
    write_wrong_labels(11);
    CHECK(files.error<BadLabel>({.classes = 10}).remedy() ==
          "The labels run from 1 to 20: load them with load_idx<Shape<1, 2, 3>>(images, labels, {.classes = 20, "
          ".first_label = 1}). The images of EMNIST also need .transpose = true.");
}

TEST_CASE("images of other sizes are refused with the line that loads them") {
    Files files;
    const auto refused = [&](const Bytes& bytes) {
        files.write_images(bytes);
        return files.error<BadDimension>();
    };
    const auto error = refused(idx({0x803, 2, 3, 2}, ramp(12)));
    CHECK(error.expected() == "images of 2 x 3");
    CHECK(error.found() == "3 x 2");
    CHECK(error.offset() == 8);
    CHECK(error.remedy() == "Load it with load_idx<Shape<1, 3, 2>>.");
    CHECK(refused(idx({0x804, 2, 3, 2, 3}, ramp(36))).remedy() == "Load it with load_idx<Shape<3, 2, 3>>.");
    CHECK(refused(idx({0x802, 2, 6}, ramp(12))).remedy() == "Load it with load_idx<Shape<6>>.");
    CHECK(refused(idx({0xd03, 2, 3, 2}, ramp(48))).remedy() == "Load it with load_idx<Shape<1, 3, 2>>.");
    CHECK(refused(idx({0x803, 2, 0, 3}, {})).remedy() == "There is nothing in the file to load: take another one.");
    // Not as long as the header says.
    CHECK(refused(idx({0x803, 2, 3, 2}, ramp(11))).remedy() == damaged);
    CHECK(refused(idx({0x803, 2, 3, 2}, ramp(13))).remedy() == damaged);
    CHECK(refused(idx({0x803, 2, 0xffffffff, 0xffffffff}, ramp(12))).remedy() == damaged);
}

TEST_CASE("more images than allowed are refused, and none") {
    Files files;
    const auto error = files.error<BadDimension>({.max_images = 1});
    CHECK(error.expected() == "1 to 1 images");
    CHECK(error.found() == "2");
    CHECK(error.offset() == 4);
    CHECK(error.remedy() == "Load it with load_idx and .max_images = 2.");
    CHECK(files.load({.max_images = 2}).size() == 2);
    CHECK(files.load({.max_images = 0}).size() == 2);
    files.write_images(idx({0x803, 0, 2, 3}, {}));
    CHECK(files.error<BadDimension>().remedy() == "There is nothing in the file to load: take another one.");
    CHECK(files.error<BadDimension>({.max_images = 0}).found() == "0");
    files.write_images(idx({0x803, 1'000'001, 2, 3}, ramp(12)));
    CHECK(files.error<BadDimension>().remedy() == damaged);
}

TEST_CASE("images and labels that have changed places are named") {
    const Files files;
    const auto swapped = [](const auto& images, const auto& labels) {
        const auto error = error_of<WrongMagic>([&] { load_idx<Shape<1, 2, 3>>(images, labels); });
        check_sentence(error);
        CHECK(error.remedy().find("have changed places") != std::string::npos);
        return error.remedy();
    };
    CHECK(swapped(files.labels, files.images).starts_with("These are labels."));
    CHECK(swapped(files.labels, files.labels).starts_with("These are labels."));
    CHECK(swapped(files.images, files.images).starts_with("These are images."));
    Files qmnist;
    qmnist.write_labels(idx({0xc02, 2, 8}, ramp(64)));
    CHECK(swapped(qmnist.labels, qmnist.images).starts_with("These are labels."));
}

TEST_CASE("images and labels of different number are refused") {
    Files files;
    files.write_labels(idx({0x801, 3}, {1, 2, 3}));
    const auto error = files.error<CountMismatch>();
    CHECK(error.offset() == 4);
    CHECK(error.expected() == "2 labels, one for each image");
    CHECK(error.found() == "3");
    CHECK(error.remedy() == "Both files are whole: take two that belong to the same half of the same data set.");
    files.write_labels(idx({0x801, 0}, {}));
    CHECK(files.error<CountMismatch>().found() == "0");
}

TEST_CASE("files that were cut or go on are refused") {
    Files files;
    for (std::size_t length = 0; length < 28; ++length) {
        files.write_images(first(idx({0x803, 2, 2, 3}, ramp(12)), length));
        const auto error = files.error<FileTruncated>();
        CHECK(error.offset() == length);
        CHECK(error.remedy() == damaged);
    }
    files.write_images(idx({0x803, 2, 2, 3}, ramp(13)));
    CHECK(files.error<TrailingBytes>().offset() == 28);
    files.write_images(idx({0x803, 2, 2, 3}, ramp(12)));
    for (std::size_t length = 0; length < 10; ++length) {
        files.write_labels(first(idx({0x801, 2}, {3, 9}), length));
        CHECK(files.error<FileTruncated>().offset() == length);
    }
    files.write_labels(idx({0x801, 2}, {3, 9, 0}));
    CHECK(files.error<TrailingBytes>().offset() == 10);
}

TEST_CASE("an image may be larger than what is read at once") {
    Files files;
    using Large = Shape<1, 300, 400>;
    files.write_images(idx({0x803, 8, 300, 400}, ramp(8 * Large::size)));
    files.write_labels(idx({0x801, 8}, Bytes(8)));
    const auto data = files.load<Large>();
    REQUIRE(data.size() == 8);
    const Bytes expected = ramp(8 * Large::size);
    for (std::size_t n = 0; n < expected.size(); ++n) {
        const float pixel = data.image(n / Large::size).span()[n % Large::size];
        if (std::round(255 * static_cast<double>(pixel)) != expected[n]) {
            FAIL("pixel " << n << " is " << pixel);
        }
    }
}

TEST_CASE("a name stands for the file, packed or not, and for a folder with the file in it") {
    const Files files;
    const auto load = [&](const std::filesystem::path& images) {
        return load_idx<Shape<1, 2, 3>>(images, files.labels).size();
    };
    CHECK(load(files.folder.path() / "images.gz") == 2);
    std::filesystem::create_directory(files.folder.path() / "nested");
    std::filesystem::rename(files.images, files.folder.path() / "nested" / "nested");
    CHECK(load(files.folder.path() / "nested") == 2);
    std::filesystem::create_directory(files.folder.path() / "empty");
    const auto folder_error = error_of<FileUnreadable>([&] { load(files.folder.path() / "empty"); });
    CHECK(folder_error.found() == "a folder");
    check_sentence(folder_error);
#if CTCNN_WITH_ZLIB
    files.folder.write("packed.gz", gzip(idx({0x803, 2, 2, 3}, ramp(12))));
    CHECK(load(files.folder.path() / "packed") == 2);
    // The name that was given comes first.
    files.folder.write("packed", {});
    CHECK(load(files.folder.path() / "packed.gz") == 2);
    CHECK_THROWS_AS(load(files.folder.path() / "packed"), FileTruncated);
#endif
}

TEST_CASE("a missing file is named, with those that are there") {
    const Files files;
    const auto missing = files.folder.path() / "missing";
    const auto found = [&] {
        const auto error = error_of<FileMissing>([&] { load_idx<Shape<1, 2, 3>>(missing, files.labels); });
        CHECK(error.file() == missing);
        check_sentence(error);
        return error.found();
    };
    CHECK(found() == "no such file");
    files.folder.write("b-idx3-ubyte", {});
    files.folder.write("a-idx1-ubyte.gz", {});
    CHECK(found() == "no such file, but 'a-idx1-ubyte.gz', 'b-idx3-ubyte'");
    files.folder.write("c-idx3-ubyte", {});
    files.folder.write("d-idx3-ubyte", {});
    CHECK(found() == "no such file, but 'a-idx1-ubyte.gz', 'b-idx3-ubyte', 'c-idx3-ubyte', ...");
    CHECK_THROWS_AS(load_idx<Shape<1>>(files.folder.path() / "no folder" / "images", files.labels), FileMissing);
    CHECK_THROWS_AS(load_idx<Shape<1>>("", ""), FileMissing);
}

TEST_CASE("names with bytes that a terminal would obey are escaped") {
    const ScratchFolder folder;
    const std::string evil = "idx\x1b]0;title\x07\nsecond line\xff";
    folder.write(evil, {'P', 'K', 3, 4});
    const auto check = [](const auto& error) {
        const std::string text = std::string(error.what()) + error.found() + error.remedy();
        INFO(text);
        CHECK(text.find_first_of("\x1b\x07\n\xff") == std::string::npos);
        CHECK(text.find("\\x1b]0;title\\x07\\x0asecond line\\xff") != std::string::npos);
    };
    check(error_of<WrongMagic>([&] { load_idx<Shape<1>>(folder.path() / evil, folder.path() / evil); }));
    check(error_of<FileMissing>([&] { load_idx<Shape<1>>(folder.path() / "images", folder.path() / "labels"); }));
    check(error_of<FileMissing>([&] { load_idx<Shape<1>>(folder.path() / evil / "images", folder.path()); }));
    // A name longer than any file's.
    const auto long_name = error_of<FileUnreadable>(
        [&] { load_idx<Shape<1>>(folder.path() / std::string(100'000, '\x1b'), folder.path()); });
    CHECK(std::string(long_name.what()).size() < 2000);
}

TEST_CASE("images that do not fit into memory are refused with a sentence") {
    Files files;
    using S = Shape<1, 28, 28>;
    files.write_images(idx({0x803, 1000, 28, 28}, Bytes(784'000)));
    files.write_labels(idx({0x801, 1000}, Bytes(1000)));
    allocation_limit = 1'000'000;
    const auto error = error_of<FileTooLarge>([&] { files.load<S>(); });
    allocation_limit = any_number;
    check_sentence(error);
    CHECK(error.file() == files.images);
    CHECK(error.expected() == "memory for " + std::to_string(1000 * sizeof(Tensor<float, S>)) + " bytes");
    CHECK(error.found() == "too little");
    CHECK(error.remedy().find("ulimit -v") != std::string::npos);
}

TEST_CASE("a large image that does not fit into memory is refused with a sentence") {
    Files files;
    using S = Shape<1, 512, 1024>;  // whose tensor has its elements elsewhere in memory
    const Bytes image = idx({0x803, 1, 512, 1024}, Bytes(S::size));
    files.write_labels(idx({0x801, 1}, Bytes(1)));
    const auto check = [&](const Bytes& bytes) {
        files.write_images(bytes);
        allocation_limit = 1'000'000;
        const auto error = error_of<FileTooLarge>([&] { files.load<S>(); });
        allocation_limit = any_number;
        check_sentence(error);
        CHECK(error.file() == files.images);
    };
    check(image);
#if CTCNN_WITH_ZLIB
    check(gzip(image));  // another thread computes its pixels
#endif
}

TEST_CASE("whichever allocation fails, the files are loaded or refused with a sentence") {
    Files files;
#if CTCNN_WITH_ZLIB
    files.write_images(gzip(idx({0x803, 2, 2, 3}, Bytes(12))));
#endif
    const std::size_t refusals =
        count_refusals([&] { files.load(); },
                       [](const std::exception& error) {
                           REQUIRE(typeid(error) == typeid(FileTooLarge));
                           CHECK(std::string(error.what()).find("ulimit -v") != std::string::npos);
                       });
    CHECK(refusals > 5);
}

#if CTCNN_WITH_ZLIB

TEST_CASE("both files may be .gz") {
    Files files;
    files.write_images(gzip(idx({0x803, 2, 2, 3}, ramp(12))));
    files.write_labels(gzip(idx({0xc02, 2, 8}, numbers({3, 1, 2, 30, 55, 6, 0, 0, 9, 1, 2, 30, 55, 6, 0, 0}, 4))));
    CHECK(labels_of(files.load()) == std::vector{3, 9});
    CHECK(pixels_of(files.load(), 1) == std::vector<double>{42, 49, 56, 63, 70, 77});
    files.write_images(gzip(idx({0x803, 2, 3, 2}, ramp(12))));
    const auto error = files.error<BadDimension>();
    CHECK(error.offset_in() == OffsetIn::unpacked);
    CHECK(error.remedy() == "Load it with load_idx<Shape<1, 3, 2>>.");
    // No .gz file of this length can hold so much.
    files.write_images(gzip(idx({0x803, 2, 60'000, 60'000}, ramp(12))));
    CHECK(files.error<BadDimension>().remedy() == damaged);
}

TEST_CASE("a bomb that claims what it almost holds is refused before memory is taken for it") {
    constexpr std::size_t few_steps = std::size_t{4} << 20;
    constexpr std::uint32_t count = 10'000;  // 7.84 MB of zeros, or 31 MB of floats, in 8 kB
    using S = Shape<1, 28, 28>;
    Files files;
    files.write_labels(gzip(idx({0x801, count}, Bytes(count))));
    const auto check = [&](const Bytes& packed, auto error) {
        files.write_images(packed);
        largest_allocation = 0;
        CHECK(files.error<decltype(error), S>().remedy() == damaged);
        CHECK(largest_allocation <= few_steps);
    };
    const DataFault none{};
    check(gzip(idx({0x803, count, 28, 28}, Bytes(784 * count - 1))), FileTruncated(none));
    check(gzip(idx({0x803, count, 28, 28}, Bytes(784 * count + 1))), TrailingBytes(none));
    Bytes whole = gzip(idx({0x803, count, 28, 28}, Bytes(784 * count)));
    check(joined(whole, {1}), TrailingBytes(none));
    files.write_images(whole);
    CHECK(files.load<S>().size() == count);
    whole[whole.size() - 6] ^= 1;
    check(whole, DecompressionError(none));
}

#endif
