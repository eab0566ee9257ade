// SPDX-License-Identifier: MIT
#include <ctcnn/data/byte_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "files.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr std::uint64_t ample = std::uint64_t{1} << 32;

/// Everything in the file, fetched in pieces of one size.
Bytes read_all(const std::filesystem::path& path, std::uint64_t limit, std::size_t piece_size) {
    ByteSource source(path, limit, "Copy it again.");
    Bytes all;
    Bytes piece(piece_size);
    std::size_t count = 0;
    do {
        count = source.read(piece);
        all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
    } while (count == piece_size);
    source.expect_end();
    CHECK(source.offset() == all.size());
    return all;
}

template <typename Error>
Error read_error(const std::filesystem::path& path, std::uint64_t limit = ample) {
    const auto error = error_of<Error>([&] { read_all(path, limit, 100); });
    CHECK(error.file() == path);
    return error;
}

}  // namespace

TEST_CASE("a plain file is read whole, whatever the size of the pieces") {
    const ScratchFolder folder;
    // Below, at and above the size of the reader's buffer, and several times as much.
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{131071},
                                   std::size_t{131072}, std::size_t{131073}, std::size_t{500000}}) {
        const Bytes content = ramp(size);
        const auto path = folder.write("plain", content);
        for (const std::size_t piece_size : {std::size_t{99}, std::size_t{131072}, std::size_t{1000000}}) {
            INFO(size << " bytes in pieces of " << piece_size);
            CHECK(read_all(path, size, piece_size) == content);
        }
        CHECK(ByteSource(path, ample).size() == size);
    }
}

TEST_CASE("a plain file above the limit is refused before it is read") {
    const ScratchFolder folder;
    const auto path = folder.write("plain", ramp(1001));
    const auto error = error_of<FileTooLarge>([&] { ByteSource(path, 1000, "Copy it again."); });
    CHECK(error.expected() == "at most 1000 bytes");
    CHECK(error.found() == "1001 bytes");
    check_sentence(error);
}

TEST_CASE("bytes behind the expected end are refused") {
    const ScratchFolder folder;
    ByteSource source(folder.write("plain", ramp(11)), ample, "Copy it again.");
    Bytes ten(10);
    REQUIRE(source.read(ten) == 10);
    const auto error = error_of<TrailingBytes>([&] { source.expect_end(); });
    CHECK(error.offset() == 10);
    check_sentence(error);
}

TEST_CASE("what is no readable file is refused by what it is") {
    const ScratchFolder folder;
    CHECK(read_error<FileMissing>(folder.path() / "missing").found() == "no such file");
    CHECK(read_error<FileMissing>(folder.path() / "no_folder" / "missing").found() == "no such file");
    CHECK(read_error<FileMissing>(folder.write("file", {1}) / "inside_a_file").found() == "no such file");
    CHECK(read_error<FileUnreadable>(folder.path()).found() == "a folder");
    if (std::filesystem::exists("/dev/zero")) {
        CHECK(read_error<FileUnreadable>("/dev/zero").found() == "a pipe or a device");
    }
    // Its first page is never mapped, so that reading it is an input error.
    if (std::filesystem::exists("/proc/self/mem")) {
        CHECK(read_error<FileUnreadable>("/proc/self/mem").found().find("the error '") == 0);
    }
    const std::string too_long(5000, 'x');
    CHECK(read_error<FileUnreadable>(folder.path() / too_long).found().find("the error '") == 0);
}

TEST_CASE("a file without permission is refused with the command that gives it") {
    const ScratchFolder folder;
    const auto path = folder.write("locked", ramp(10));
    std::filesystem::permissions(path, std::filesystem::perms::none);
    if (std::ifstream(path).good()) {
        SUCCEED("the administrator may read everything");
        return;
    }
    const auto error = read_error<FileUnreadable>(path);
    CHECK(error.remedy().find("chmod u+r '" + path.string() + "'") != std::string::npos);
    check_sentence(error);
}

#if CTCNN_WITH_ZLIB

TEST_CASE("a .gz file is unpacked, whatever its name and the size of the pieces") {
    const ScratchFolder folder;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{131072}, std::size_t{3000000}}) {
        Bytes content = ramp(size);
        std::uint32_t state = 1;  // noise in the middle third, so that the packed file exceeds the reader's buffer too
        for (std::size_t n = size / 3; n < 2 * size / 3; ++n) {
            state = state * 1664525u + 1013904223u;
            content[n] = static_cast<std::uint8_t>(state >> 24);
        }
        const auto path = folder.write("no_dot_gz", gzip(content));
        for (const std::size_t piece_size : {std::size_t{101}, std::size_t{131072}, std::size_t{4000000}}) {
            INFO(size << " bytes in pieces of " << piece_size);
            CHECK(read_all(path, size, piece_size) == content);
        }
        CHECK_FALSE(ByteSource(path, ample).size().has_value());
    }
}

TEST_CASE("a file that is named .gz but was unpacked already is read as it is") {
    const ScratchFolder folder;
    CHECK(read_all(folder.write("plain.gz", ramp(100)), 100, 64) == ramp(100));
}

TEST_CASE("the members of a .gz file are read as one") {
    const ScratchFolder folder;
    const Bytes packed = joined(joined(gzip(ramp(1000)), gzip({})), gzip({1, 2, 3}));
    CHECK(read_all(folder.write("members.gz", packed), 1003, 10) == joined(ramp(1000), {1, 2, 3}));
}

TEST_CASE("bytes behind a .gz file's last member are refused") {
    const ScratchFolder folder;
    const Bytes packed = gzip(ramp(1000));
    const auto error = read_error<TrailingBytes>(folder.write("garbage.gz", joined(packed, {0, 0, 0})));
    CHECK(error.offset() == packed.size());
    CHECK(error.offset_in() == OffsetIn::file);
    check_sentence(error);
    // These look like another member and are none.
    check_sentence(read_error<DecompressionError>(folder.write("garbage.gz", joined(packed, {0x1f, 0x8c, 8}))));
    check_sentence(read_error<FileTruncated>(folder.write("garbage.gz", joined(packed, {0x1f, 0x8b, 8}))));
}

TEST_CASE("a .gz file that was cut anywhere is refused") {
    const ScratchFolder folder;
    const Bytes packed = gzip(joined(ramp(600), Bytes(5000)));
    for (std::size_t length = 2; length < packed.size(); ++length) {
        INFO("cut after " << length << " of " << packed.size() << " bytes");
        const auto error = read_error<FileTruncated>(folder.write("cut.gz", first(packed, length)));
        CHECK(error.offset() == length);
        check_sentence(error);
    }
}

TEST_CASE("a wrong checksum or length of a .gz file is refused") {
    const ScratchFolder folder;
    for (std::size_t from_end = 1; from_end <= 8; ++from_end) {
        Bytes packed = gzip(ramp(1000));
        packed[packed.size() - from_end] ^= 1;
        check_sentence(read_error<DecompressionError>(folder.write("checksum.gz", packed)));
    }
}

TEST_CASE("a gzip bomb is stopped at the limit") {
    const ScratchFolder folder;
    const Bytes member = gzip(Bytes(std::size_t{1} << 24));
    Bytes bomb;
    for (int n = 0; n < 256; ++n) {  // 4 GiB unpacked
        bomb.insert(bomb.end(), member.begin(), member.end());
    }
    const auto path = folder.write("bomb.gz", bomb);
    ByteSource source(path, 1000, "Copy it again.");
    Bytes large(5000, 1);
    const auto error = error_of<FileTooLarge>([&] { source.read(large); });
    CHECK(error.offset() == 1000);
    CHECK(error.expected() == "at most 1000 bytes");
    CHECK(std::all_of(large.begin() + 1000, large.end(), [](std::uint8_t byte) { return byte == 1; }));
    check_sentence(error);
}

#else

TEST_CASE("without zlib a .gz file is refused with the commands that help") {
    const ScratchFolder folder;
    const auto path = folder.write("packed.gz", {0x1f, 0x8b, 8, 0});
    const auto error = read_error<CompressionUnsupported>(path);
    CHECK(error.remedy().find("gunzip --keep '" + path.string() + "'") != std::string::npos);
    CHECK(error.remedy().find("install zlib") != std::string::npos);
    check_sentence(error);
}

#endif
