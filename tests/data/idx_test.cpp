// SPDX-License-Identifier: MIT
#include <ctcnn/data/idx.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "allocations.hpp"
#include "files.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr std::uint32_t largest = 0xffffffff;

std::array<IdxAxis, 3> axes(std::uint32_t largest_count = 1000) {
    return {IdxAxis{"images", 1, largest_count}, IdxAxis{"rows", 2, 2}, IdxAxis{"columns", 3, 3}};
}

Bytes read_idx(const std::filesystem::path& path, const std::array<IdxAxis, 3>& allowed = axes()) {
    IdxFile<3> file(path, allowed, "Copy it again.");
    return file.read();
}

template <typename Error>
Error read_error(const std::filesystem::path& path, const std::array<IdxAxis, 3>& allowed = axes()) {
    const auto error = error_of<Error>([&] { read_idx(path, allowed); });
    CHECK(error.file() == path);
    check_sentence(error);
    return error;
}

}  // namespace

static_assert(idx_size(std::array<std::uint32_t, 3>{2, 3, 4}) == 24);
static_assert(idx_size(std::array<std::uint32_t, 2>{largest / 2, 0}) == 0);
static_assert(idx_size(std::array<std::uint32_t, 3>{0, largest, largest}) == 0);
static_assert(!idx_size(std::array<std::uint32_t, 3>{largest, largest, largest}));
static_assert(!idx_size(std::array<std::uint32_t, 3>{1u << 31, 1u << 31, 4}));  // 2^64, which would wrap to 0

TEST_CASE("an idx file gives its sizes before its bytes") {
    const ScratchFolder folder;
    IdxFile<3> file(folder.write("images", idx({0x803, 5, 2, 3}, ramp(30))), axes());
    CHECK(file.sizes() == std::array<std::uint32_t, 3>{5, 2, 3});
    CHECK(file.read() == ramp(30));
    IdxFile<1> labels(folder.write("labels", idx({0x801, 4}, ramp(4))), {IdxAxis{"labels", 1, 4}});
    CHECK(labels.sizes() == std::array<std::uint32_t, 1>{4});
    CHECK(labels.read() == ramp(4));
}

TEST_CASE("an idx file that is opened without a remedy has one for damaged files") {
    const ScratchFolder folder;
    const auto path = folder.write("images", idx({0x803, 5, 2, 3}, ramp(29)));
    check_sentence(error_of<FileTruncated>([&] { IdxFile<3>(path, axes()); }));
}

// Nothing that a temporary file hands out refers to it.
static_assert(!std::is_reference_v<decltype(std::declval<IdxFile<3>>().sizes())>);

TEST_CASE("an idx file is read once, and says so") {
    const ScratchFolder folder;
    const auto path = folder.write("images", idx({0x803, 5, 2, 3}, ramp(30)));
    const auto read_again = [&](const auto& read, const auto& again) {
        IdxFile<3> file(path, axes());
        read(file);
        const auto error = error_of<std::logic_error>([&] { again(file); });
        CHECK(std::string(error.what()) ==
              path.string() + " was read already: the bytes of an idx file are read once. Open it again.");
        CHECK(file.sizes()[0] == 5);
    };
    const auto read = [](IdxFile<3>& file) { file.read(); };
    const auto read_pieces = [](IdxFile<3>& file) { file.read_pieces(6, [](std::span<const std::uint8_t>) {}); };
    const auto stop_half_way = [](IdxFile<3>& file) {
        const auto stop = [](std::span<const std::uint8_t>) { throw std::runtime_error("enough"); };
        CHECK_THROWS_WITH(file.read_pieces(6, stop), "enough");
    };
    read_again(read, read);
    read_again(read, read_pieces);
    read_again(read_pieces, read);
    read_again(read_pieces, read_pieces);
    read_again(stop_half_way, read);
    read_again(stop_half_way, read_pieces);
}

TEST_CASE("a unit that does not divide the bytes is refused, and the file can still be read") {
    const ScratchFolder folder;
    IdxFile<3> file(folder.write("images", idx({0x803, 5, 2, 3}, ramp(30))), axes());
    for (const std::size_t unit : {std::size_t{0}, std::size_t{4}, std::size_t{31}, static_cast<std::size_t>(-1)}) {
        const auto error = error_of<std::invalid_argument>(
            [&] { file.read_pieces(unit, [](std::span<const std::uint8_t>) { FAIL("a piece was read"); }); });
        CHECK(std::string(error.what()).ends_with("do not divide into units of " + std::to_string(unit) + "."));
    }
    CHECK(file.read() == ramp(30));
}

TEST_CASE("an idx file that was cut anywhere is refused") {
    const ScratchFolder folder;
    const Bytes whole = idx({0x803, 5, 2, 3}, ramp(30));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto error = read_error<FileTruncated>(folder.write("images", first(whole, length)));
        CHECK(error.offset() == length);
    }
    CHECK(read_error<FileTruncated>(folder.write("images", first(whole, 45))).expected() ==
          "46 bytes (5 x 2 x 3 after a header of 16)");
}

TEST_CASE("a wrong magic number is refused and named") {
    const ScratchFolder folder;
    const auto refused = [&](std::uint32_t magic) {
        const auto error = read_error<WrongMagic>(folder.write("images", idx({magic, 5, 2, 3}, ramp(30))));
        CHECK(error.offset() == 0);
        CHECK(error.expected() == "0x00000803 (idx: unsigned bytes with 3 axes)");
        return error;
    };
    CHECK(refused(0x00000801).found() == "0x00000801 (idx: unsigned bytes with 1 axis)");
    CHECK(refused(0x00000903).found() == "0x00000903 (idx: signed bytes with 3 axes)");
    CHECK(refused(0x00000b03).found() == "0x00000b03 (idx: 16-bit integers with 3 axes)");
    CHECK(refused(0x00000c02).found() == "0x00000c02 (idx: 32-bit integers with 2 axes)");
    CHECK(refused(0x00000d03).found() == "0x00000d03 (idx: 32-bit floats with 3 axes)");
    CHECK(refused(0x00000e03).found() == "0x00000e03 (idx: 64-bit floats with 3 axes)");
    CHECK(refused(0x00000a03).found() == "0x00000a03");  // no type
    CHECK(refused(0x00000800).found() == "0x00000800");  // no axes
    CHECK(refused(0x03080000).found() == "the header of an idx file in little-endian byte order");
    CHECK(refused(0x03080000).remedy().find("big-endian") != std::string::npos);
    CHECK(refused(0x3c21444f).found() == "a web page");
    CHECK(refused(0x504b0304).found() == "a zip archive");
    for (int bit = 0; bit < 32; ++bit) {
        refused(0x803u ^ 1u << bit);
    }
}

TEST_CASE("a file of another type or rank is told from a damaged one") {
    const ScratchFolder folder;
    const auto remedy = [&](const Bytes& bytes) {
        return read_error<WrongMagic>(folder.write("images", bytes)).remedy();
    };
    CHECK(remedy(idx({0x802, 5, 6}, ramp(30))) == "Read it with IdxFile<2>.");
    CHECK(remedy(idx({0xd01, 5}, ramp(20))).find("load_idx") != std::string::npos);
    // Not as long as their headers say.
    CHECK(remedy(idx({0x802, 5, 6}, ramp(29))) == "Copy it again.");
    CHECK(remedy(idx({0x802, 5, 6}, ramp(31))) == "Copy it again.");
    CHECK(remedy(idx({0x802, largest, largest}, ramp(30))) == "Copy it again.");
    CHECK(remedy(idx({0x8ff, 5, 2, 3}, ramp(30))) == "Copy it again.");
}

TEST_CASE("a size that is 0, not the asked one or too large is refused at its offset") {
    const ScratchFolder folder;
    const auto refused = [&](std::uint32_t images, std::uint32_t rows, std::uint32_t columns) {
        return read_error<BadDimension>(folder.write("images", idx({0x803, images, rows, columns}, ramp(30))));
    };
    CHECK(refused(0, 2, 3).offset() == 4);
    CHECK(refused(1001, 2, 3).offset() == 4);
    CHECK(refused(largest, 2, 3).offset() == 4);
    CHECK(refused(5, 0, 3).offset() == 8);
    CHECK(refused(5, 3, 2).offset() == 8);
    CHECK(refused(5, largest, 3).offset() == 8);
    CHECK(refused(5, 2, 0).offset() == 12);
    CHECK(refused(5, 2, 4).offset() == 12);
    CHECK(refused(5, 2, largest).offset() == 12);
    CHECK(refused(1001, 2, 3).expected() == "1 to 1000 images");
    CHECK(refused(1001, 2, 3).found() == "1001");
    CHECK(refused(5, 3, 2).expected() == "2 rows");
}

TEST_CASE("sizes whose product overflows are refused even where each is allowed") {
    const ScratchFolder folder;
    const std::array<IdxAxis, 3> any{IdxAxis{"a", 0, largest}, IdxAxis{"b", 0, largest}, IdxAxis{"c", 0, largest}};
    read_error<BadDimension>(folder.write("images", idx({0x803, largest, largest, largest}, ramp(30))), any);
    // 2^64 + 30 bytes are 30 bytes to a product that wraps.
    read_error<BadDimension>(folder.write("images", idx({0x803, 1u << 31, 1u << 31, 4}, {})), any);
    CHECK(read_idx(folder.write("images", idx({0x803, 5, 0, largest}, {})), any).empty());
}

TEST_CASE("bytes behind the last one are refused") {
    const ScratchFolder folder;
    for (const std::size_t more : {std::size_t{1}, std::size_t{2}, std::size_t{3000}}) {
        const auto error = read_error<TrailingBytes>(folder.write("images", idx({0x803, 5, 2, 3}, ramp(30 + more))));
        CHECK(error.offset() == 46);
    }
}

TEST_CASE("an idx file is read in pieces of whole elements") {
    const ScratchFolder folder;
    const Bytes content = ramp(600'000);
    IdxFile<3> file(folder.write("images", idx({0x803, 100'000, 2, 3}, content)), axes(100'000));
    Bytes read;
    std::size_t pieces = 0;
    file.read_pieces(6, [&](std::span<const std::uint8_t> piece) {
        CHECK(piece.size() % 6 == 0);
        read.insert(read.end(), piece.begin(), piece.end());
        ++pieces;
    });
    CHECK(read == content);
    CHECK(pieces > 1);
}

TEST_CASE("a plain file's claim allocates nothing") {
    const ScratchFolder folder;
    const auto path = folder.write("images", idx({0x803, 100'000'000, 2, 3}, ramp(60)));
    largest_allocation = 0;
    read_error<FileTruncated>(path, axes(200'000'000));
    CHECK(largest_allocation < std::size_t{1} << 20);
}

#if CTCNN_WITH_ZLIB

TEST_CASE("an idx file is read from .gz") {
    const ScratchFolder folder;
    const Bytes content = ramp(6'000'000);  // more than the first step of memory, and no power of two times it
    const auto path = folder.write("images.gz", gzip(idx({0x803, 1'000'000, 2, 3}, content)));
    CHECK(read_idx(path, axes(1'000'000)) == content);
}

TEST_CASE("data that end early inside a .gz file are refused") {
    const ScratchFolder folder;
    const Bytes whole = idx({0x803, 5, 2, 3}, ramp(30));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto error = read_error<FileTruncated>(folder.write("images.gz", gzip(first(whole, length))));
        CHECK(error.offset() == length);
        CHECK(error.offset_in() == OffsetIn::unpacked);
    }
    CHECK(read_error<TrailingBytes>(folder.write("images.gz", gzip(joined(whole, {0})))).offset() == 46);
}

TEST_CASE("a .gz file with a wrong byte is refused, or the byte did not matter") {
    const ScratchFolder folder;
    const Bytes content = ramp(30);
    const Bytes packed = gzip(idx({0x803, 5, 2, 3}, content));
    int refused = 0;
    for (std::size_t position = 0; position < packed.size(); ++position) {
        for (unsigned change = 1; change <= 255; ++change) {
            Bytes wrong = packed;
            wrong[position] = static_cast<std::uint8_t>(wrong[position] ^ change);
            const auto path = folder.write("images.gz", wrong);
            try {
                if (read_idx(path) != content) {
                    FAIL("byte " << position << " changed by " << change << " went unnoticed");
                }
            } catch (const DataError&) {
                ++refused;
            }
        }
    }
    // Only the time, the flags and the system in the 10 bytes of a gzip header do not matter (RFC 1952).
    CHECK(refused >= static_cast<int>(255 * (packed.size() - 7)));
}

TEST_CASE("an idx file may be packed to almost nothing") {
    const ScratchFolder folder;
    const Bytes zeros(6'000'000);
    const auto path = folder.write("images.gz", gzip(idx({0x803, 1'000'000, 2, 3}, zeros)));
    CHECK(read_idx(path, axes(1'000'000)) == zeros);
}

TEST_CASE("a bomb that claims what it almost holds is refused before memory is taken for it") {
    const ScratchFolder folder;
    constexpr std::size_t few_steps = std::size_t{4} << 20;
    constexpr std::uint32_t count = 5'000'000;  // 30 MB of zeros in 30 kB
    const auto check = [&](const Bytes& packed, const auto& read, auto error) {
        const auto path = folder.write("bomb.gz", packed);
        largest_allocation = 0;
        IdxFile<3> file(path, axes(count), "Copy it again.");
        check_sentence(error_of<decltype(error)>([&] { read(file); }));
        CHECK(largest_allocation <= few_steps);
        CHECK(largest_allocation > 0);
    };
    const Bytes short_by_one = gzip(idx({0x803, count, 2, 3}, Bytes(6 * count - 1)));
    const Bytes long_by_one = gzip(idx({0x803, count, 2, 3}, Bytes(6 * count + 1)));
    Bytes wrong_checksum = gzip(idx({0x803, count, 2, 3}, Bytes(6 * count)));
    wrong_checksum[wrong_checksum.size() - 6] ^= 1;
    const DataFault none{};
    const auto read = [](IdxFile<3>& file) { file.read(); };
    const auto read_at_once = [](IdxFile<3>& file) {
        file.read_pieces(6 * std::size_t{count}, [](std::span<const std::uint8_t>) { FAIL("it was read"); });
    };
    check(short_by_one, read, FileTruncated(none));
    check(short_by_one, read_at_once, FileTruncated(none));
    check(long_by_one, read, TrailingBytes(none));
    check(long_by_one, read_at_once, TrailingBytes(none));
    check(wrong_checksum, read, DecompressionError(none));
    check(wrong_checksum, read_at_once, DecompressionError(none));
}

TEST_CASE("a .gz file's claim and a gzip bomb allocate no more than a few steps") {
    const ScratchFolder folder;
    constexpr std::size_t few_steps = std::size_t{4} << 20;
    const Bytes zeros = gzip(Bytes(std::size_t{1} << 24));

    const auto claim = folder.write("claim.gz", gzip(idx({0x803, 100'000'000, 2, 3}, ramp(60))));
    largest_allocation = 0;
    read_error<FileTruncated>(claim, axes(200'000'000));
    CHECK(largest_allocation <= few_steps);

    Bytes packed = gzip(idx({0x803, 5, 2, 3}, {}));
    for (int n = 0; n < 256; ++n) {  // 4 GiB unpacked
        packed.insert(packed.end(), zeros.begin(), zeros.end());
    }
    const auto bomb = folder.write("bomb.gz", packed);
    largest_allocation = 0;
    CHECK(read_error<TrailingBytes>(bomb).offset() == 46);
    CHECK(largest_allocation <= few_steps);

    const Bytes header = gzip(idx({0x803, largest, 2, 3}, {}));
    packed.erase(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(gzip(idx({0x803, 5, 2, 3}, {})).size()));
    const auto claiming_bomb = folder.write("claiming_bomb.gz", joined(header, packed));
    largest_allocation = 0;
    read_error<BadDimension>(claiming_bomb);
    CHECK(largest_allocation <= few_steps);
}

#endif
