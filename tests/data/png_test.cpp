// SPDX-License-Identifier: MIT
#include <ctcnn/data/png.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;

#if CTCNN_WITH_PNG && CTCNN_WITH_ZLIB
namespace {

constexpr std::size_t height = 7;
constexpr std::size_t width = 10;
using Grey = Shape<1, height, width>;
using Colour = Shape<3, height, width>;

Bytes chunk(const std::string& type, const Bytes& content) {
    Bytes bytes;
    append_number(bytes, static_cast<std::uint32_t>(content.size()));
    const Bytes checked = joined(Bytes(type.begin(), type.end()), content);
    bytes = joined(bytes, checked);
    append_number(bytes, static_cast<std::uint32_t>(crc32(0, checked.data(), static_cast<uInt>(checked.size()))));
    return bytes;
}

Bytes packed(const Bytes& bytes) {
    uLongf size = compressBound(static_cast<uLong>(bytes.size()));
    Bytes result(size);
    REQUIRE(compress(result.data(), &size, bytes.data(), static_cast<uLong>(bytes.size())) == Z_OK);
    return first(result, size);
}

/// Kind: how a PNG file stores pixels.
struct Kind {
    std::uint8_t bits;
    std::uint8_t type;  ///< 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha
    std::size_t channels;
    bool is_interlaced;
};

/// The value of a channel of a pixel, of so many bits.
std::uint32_t value(const Kind& kind, std::size_t h, std::size_t w, std::size_t c) {
    return static_cast<std::uint32_t>((h * 12345 + w * 6789 + c * 4321 + 7) & ((1u << kind.bits) - 1));
}

/// The rows of the pixels (first_h + n * step_h, first_w + m * step_w), each behind a filter of 0.
void append_rows(Bytes& bytes, const Kind& kind, std::size_t first_h, std::size_t step_h, std::size_t first_w,
                 std::size_t step_w) {
    for (std::size_t h = first_h; h < height && first_w < width; h += step_h) {
        bytes.push_back(0);
        std::uint32_t buffer = 0;
        unsigned held = 0;
        for (std::size_t w = first_w; w < width; w += step_w) {
            for (std::size_t c = 0; c < kind.channels; ++c) {
                buffer = buffer << kind.bits | value(kind, h, w, c);
                for (held += kind.bits; held >= 8; held -= 8) {
                    bytes.push_back(static_cast<std::uint8_t>(buffer >> (held - 8)));
                }
            }
        }
        if (held != 0) {
            bytes.push_back(static_cast<std::uint8_t>(buffer << (8 - held)));
        }
    }
}

Bytes header(const Kind& kind, std::uint32_t columns = width, std::uint32_t rows = height) {
    Bytes bytes;
    append_number(bytes, columns);
    append_number(bytes, rows);
    return joined(bytes, {kind.bits, kind.type, 0, 0, static_cast<std::uint8_t>(kind.is_interlaced ? 1 : 0)});
}

const Bytes signature{0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a};

Bytes png(const Kind& kind, const Bytes& more_chunks = {}) {
    Bytes rows;
    if (kind.is_interlaced) {  // Adam7
        for (const auto& [h, step_h, w, step_w] : std::array<std::array<std::size_t, 4>, 7>{
                 {{0, 8, 0, 8}, {0, 8, 4, 8}, {4, 8, 0, 4}, {0, 4, 2, 4}, {2, 4, 0, 2}, {0, 2, 1, 2}, {1, 2, 0, 1}}}) {
            append_rows(rows, kind, h, step_h, w, step_w);
        }
    } else {
        append_rows(rows, kind, 0, 1, 0, 1);
    }
    return joined(joined(joined(signature, chunk("IHDR", header(kind))), more_chunks),
                  joined(chunk("IDAT", packed(rows)), chunk("IEND", {})));
}

template <typename Error>
Error refusal(const Bytes& bytes) {
    const ScratchFolder folder;
    const auto file = folder.write("1.png", bytes);
    largest_allocation = 0;
    const Error error = error_of<Error>([&] { read_png<Grey>(file); });
    CHECK(largest_allocation < 200'000);  // the buffer of a ByteSource
    check_sentence(error);
    return error;
}

constexpr Kind plain{8, 0, 1, false};

}  // namespace

TEST_CASE("Grey, colour, alpha, of each number of bits, interlaced and not") {
    const ScratchFolder folder;
    for (const bool is_interlaced : {false, true}) {
        for (const Kind kind :
             {Kind{1, 0, 1, is_interlaced}, Kind{2, 0, 1, is_interlaced}, Kind{4, 0, 1, is_interlaced},
              Kind{8, 0, 1, is_interlaced}, Kind{16, 0, 1, is_interlaced}, Kind{8, 2, 3, is_interlaced},
              Kind{16, 2, 3, is_interlaced}, Kind{8, 4, 2, is_interlaced}, Kind{16, 4, 2, is_interlaced},
              Kind{8, 6, 4, is_interlaced}, Kind{16, 6, 4, is_interlaced}}) {
            INFO(int(kind.bits) << " bits, type " << int(kind.type) << (is_interlaced ? ", interlaced" : ""));
            const auto file = folder.write("image.png", png(kind));
            const auto colour = read_png<Colour, double>(file, {.background = 0.25});
            const auto grey = read_png<Grey, double>(file, {.background = 0.25});
            const double most = (1u << kind.bits) - 1;
            for (std::size_t h = 0; h < height; ++h) {
                for (std::size_t w = 0; w < width; ++w) {
                    const double alpha = kind.type >= 4 ? value(kind, h, w, kind.channels - 1) / most : 1;
                    std::array<double, 3> expected{};
                    for (std::size_t c = 0; c < 3; ++c) {
                        const double of_file = value(kind, h, w, kind.type == 2 || kind.type == 6 ? c : 0) / most;
                        expected[c] = alpha * of_file + (1 - alpha) * 0.25;
                        CHECK(std::abs(colour(c, h, w) - expected[c]) < 1e-15);
                    }
                    const double mixed = 0.299 * expected[0] + 0.587 * expected[1] + 0.114 * expected[2];
                    CHECK(std::abs(grey(0, h, w) - mixed) < 1e-15);
                }
            }
        }
    }
    // Grey pixels are exactly the fractions that ToTensor makes.
    const auto exact = read_png<Grey>(folder.write("image.png", png(plain)));
    for (std::size_t w = 0; w < width; ++w) {
        CHECK(exact(0, 3, w) == static_cast<float>(value(plain, 3, w, 0)) / 255);
    }
}

TEST_CASE("Palettes, and colours that are transparent") {
    const ScratchFolder folder;
    Bytes colours;
    for (std::size_t n = 0; n < 16; ++n) {
        colours = joined(colours, {static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(10 * n), 200});
    }
    const Kind kind{4, 3, 1, false};
    const auto file = folder.write("image.png", png(kind, joined(chunk("PLTE", colours), chunk("tRNS", {255, 0, 51}))));
    const auto image = read_png<Colour>(file);
    for (std::size_t h = 0; h < height; ++h) {
        for (std::size_t w = 0; w < width; ++w) {
            const std::uint32_t n = value(kind, h, w, 0);
            const double alpha = n == 1 ? 0 : n == 2 ? 0.2 : 1;
            CHECK(image(0, h, w) == Approx(alpha * n / 255 + (1 - alpha)));
            CHECK(image(1, h, w) == Approx(alpha * n * 10 / 255 + (1 - alpha)));
        }
    }
    // One grey value is transparent.
    const auto grey = read_png<Grey>(folder.write("image.png", png(plain, chunk("tRNS", {0, 7}))), {.background = 0.5});
    CHECK(value(plain, 0, 0, 0) == 7);
    CHECK(grey(0, 0, 0) == 0.5f);
}

TEST_CASE("Images of other sizes and damaged files are refused, and take no memory") {
    const Bytes whole = png(plain);
    const auto sized = [](std::uint32_t columns, std::uint32_t rows) {
        return joined(joined(signature, chunk("IHDR", header(plain, columns, rows))), chunk("IDAT", {1, 2, 3}));
    };
    CHECK(refusal<BadDimension>(sized(11, 7)).found() == "7 and 11");
    CHECK(refusal<BadDimension>(sized(width, 8)).expected() == "7 rows and 10 columns");
    refusal<BadDimension>(sized(0x7fffffff, 0x7fffffff));
    refusal<DecompressionError>(sized(0, 0));
    refusal<DecompressionError>(sized(0xffffffff, 7));
    const ScratchFolder folder;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO(length << " bytes");
        const auto file = folder.write("1.png", first(whole, length));
        if (length < 8) {
            error_of<WrongMagic>([&] { read_png<Grey>(file); });
        } else {
            error_of<FileTruncated>([&] { read_png<Grey>(file); });
        }
    }
    // Each byte is checked: by the signature, by a checksum, or it is the length or the type of a chunk.
    for (std::size_t n = 0; n < whole.size(); ++n) {
        INFO("byte " << n);
        Bytes damaged = whole;
        damaged[n] ^= 1;
        const auto file = folder.write("1.png", damaged);
        CHECK_THROWS_AS(read_png<Grey>(file), DataError);
    }
    CHECK(refusal<WrongMagic>({0xff, 0xd8, 0xff, 0xe0}).found() == "a JPEG image");
    // A text that claims to be longer than what is allowed.
    refusal<FileTruncated>(
        joined(joined(signature, chunk("IHDR", header(plain))), {0x7f, 0xff, 0xff, 0xff, 'z', 'T', 'X', 't', 1, 2, 3}));
}

TEST_CASE("A grey image of any size, up to a limit") {
    const ScratchFolder folder;
    for (const Kind kind : {Kind{8, 0, 1, false}, Kind{16, 6, 4, true}, Kind{1, 0, 1, false}}) {
        const auto file = folder.write("1.png", png(kind));
        const auto image = read_grey_png<double>(file, {.background = 0.25, .most_pixels = height * width});
        const auto expected = read_png<Grey, double>(file, {.background = 0.25});
        CHECK(image.height == height);
        CHECK(image.width == width);
        CHECK(image.pixels == std::vector<double>(expected.values.begin(), expected.values.end()));
        largest_allocation = 0;
        const auto error = error_of<BadDimension>([&] { read_grey_png(file, {.most_pixels = height * width - 1}); });
        CHECK(error.expected() == "at most 69 pixels");
        CHECK(error.found() == "7 rows and 10 columns");
        check_sentence(error);
    }
    const auto file = folder.write(
        "1.png", joined(joined(signature, chunk("IHDR", header(plain, 0x7fffffff, 2))), chunk("IDAT", {1, 2, 3})));
    largest_allocation = 0;
    error_of<BadDimension>([&] { read_grey_png(file); });
    CHECK(largest_allocation < 200'000);
    error_of<FileTruncated>([&] { read_grey_png(folder.write("1.png", first(png(plain), 60))); });
}

TEST_CASE("A folder of images has a folder for each class") {
    const ScratchFolder folder;
    const auto write = [&](const std::string& name, const Bytes& bytes) {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        folder.write(name, bytes);
    };
    write("dog/b.png", png(plain));
    write("cat/2.PNG", png(plain));
    write("cat/1.png", png({8, 2, 3, false}));
    write("cat/notes.txt", {1, 2, 3});
    write("cat/more/3.png", png(plain));
    folder.write("top.png", png(plain));
    const auto images = load_image_folder<Grey>(folder.path());
    CHECK(images.classes == std::vector<std::string>{"cat", "dog"});
    REQUIRE(images.data.size() == 4);
    CHECK(std::vector<int>(images.data.labels().begin(), images.data.labels().end()) == std::vector<int>{0, 0, 0, 1});
    CHECK(images.data.image(0) != images.data.image(1));
    CHECK(images.data.image(1) == images.data.image(3));
    // Links are followed, to folders and to files. One that leads back is refused.
    write("elsewhere/4.png", png(plain));
    const std::filesystem::path linked = folder.path() / "linked";
    std::filesystem::create_directories(linked / "class");
    std::filesystem::create_directory_symlink(folder.path() / "elsewhere", linked / "class" / "more");
    std::filesystem::create_symlink(folder.path() / "top.png", linked / "class" / "5.png");
    CHECK(load_image_folder<Grey>(linked).data.size() == 2);
    std::filesystem::create_directory_symlink(linked / "class", linked / "class" / "back");
    std::filesystem::create_directory_symlink(linked / "class", linked / "class" / "once_more");
    check_sentence(error_of<FileUnreadable>([&] { load_image_folder<Grey>(linked); }));
    std::filesystem::remove(linked / "class" / "back");
    std::filesystem::remove(linked / "class" / "once_more");
    std::filesystem::create_directory_symlink(linked / "class", folder.path() / "elsewhere" / "round");
    check_sentence(error_of<FileUnreadable>([&] { load_image_folder<Grey>(linked); }));
    std::filesystem::remove_all(folder.path() / "elsewhere");
    // The link is named, whose folder is met again behind it.
    write("up/class/6.png", png(plain));
    std::filesystem::create_directory_symlink("..", folder.path() / "up" / "class" / "link");
    const auto back = error_of<FileUnreadable>([&] { load_image_folder<Grey>(folder.path() / "up"); });
    CHECK(back.file() == folder.path() / "up" / "class" / "link");
    std::filesystem::remove_all(folder.path() / "up");
    write("dog/c.png", {1, 2, 3});
    check_sentence(error_of<WrongMagic>([&] { load_image_folder<Grey>(folder.path()); }));
    check_sentence(error_of<FileMissing>([&] { load_image_folder<Grey>(folder.path() / "dog"); }));
    check_sentence(error_of<FileMissing>([&] { load_image_folder<Grey>(folder.path() / "none"); }));
    std::filesystem::create_directories(folder.path() / "bare" / "class");
    check_sentence(error_of<FileMissing>([&] { load_image_folder<Grey>(folder.path() / "bare"); }));
    // A folder without images is no class, whatever its name.
    write("some/class/7.png", png(plain));
    write("some/.checkpoints/readme", {});
    const auto no_class = error_of<FileMissing>([&] { load_image_folder<Grey>(folder.path() / "some"); });
    check_sentence(no_class);
    CHECK(no_class.file() == folder.path() / "some" / ".checkpoints");
}
#elif !CTCNN_WITH_PNG
TEST_CASE("Without libpng, an image is refused with what to install") {
    const ScratchFolder folder;
    const auto file = folder.write("1.png", {1, 2, 3});
    error_of<CompressionUnsupported>([&] { read_grey_png(file); });
    const auto error = error_of<CompressionUnsupported>([&] { read_png<Shape<1, 28, 28>>(file); });
    check_sentence(error);
    CHECK(error.remedy().find("define CTCNN_WITH_PNG=1 and link with -lpng") != std::string::npos);
}
#endif
