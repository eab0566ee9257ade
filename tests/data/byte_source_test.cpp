// SPDX-License-Identifier: MIT
#include <ctcnn/data/byte_source.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <span>
#include <string>
#include <system_error>

#include "files.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// Everything in the file, fetched in pieces of one size.
Bytes read_all(const std::filesystem::path& path, std::size_t piece_size) {
    ByteSource source(path, "Copy it again.");
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
Error read_error(const std::filesystem::path& path) {
    const auto error = error_of<Error>([&] { read_all(path, 100); });
    CHECK(error.file() == path);
    return error;
}

/// A file that cannot be opened, for a reason of the system or, if that is 0, for none.
template <int Error>
struct Unopened : std::ifstream {
    void open(const std::filesystem::path&, std::ios::openmode) {
        errno = Error == 0 ? errno : Error;
        setstate(failbit);
    }
};
/// One that can be opened, but not read.
template <int Error>
struct Unread : std::ifstream {
    Unread& read(char*, std::streamsize) {
        errno = Error == 0 ? errno : Error;
        setstate(badbit);
        return *this;
    }
};

template <typename Stream>
FileUnreadable stream_error(const std::filesystem::path& path) {
    errno = EACCES;  // of another call, before
    return error_of<FileUnreadable>([&] { ByteSource<Stream>(path, "Copy it again."); });
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
            CHECK(read_all(path, piece_size) == content);
        }
        CHECK(ByteSource(path).size() == size);
    }
}

TEST_CASE("bytes behind the expected end are refused") {
    const ScratchFolder folder;
    ByteSource source(folder.write("plain", ramp(11)), "Copy it again.");
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
    // What is no damage has a remedy of its own.
    CHECK(read_error<FileUnreadable>(folder.path()).remedy() != "Copy it again.");
}

TEST_CASE("the error of the system is told, and what to do about permissions") {
    const ScratchFolder folder;
    const auto path = folder.write("plain", ramp(11));
    const auto check = [&](const FileUnreadable& error, int number, bool is_permission) {
        CHECK(error.found() == "the error '" + std::error_code(number, std::generic_category()).message() + "'");
        CHECK((error.remedy().find("chmod u+r " + quoted(path)) != std::string::npos) == is_permission);
        CHECK(error.offset() == 0);
    };
    check(stream_error<Unopened<EACCES>>(path), EACCES, true);
    check(stream_error<Unopened<EMFILE>>(path), EMFILE, false);
    check(stream_error<Unopened<0>>(path), EIO, false);
    check(stream_error<Unread<EACCES>>(path), EACCES, true);
    check(stream_error<Unread<EISDIR>>(path), EISDIR, false);
    check(stream_error<Unread<0>>(path), EIO, false);
    // The whole file is refused, and no byte of it.
    CHECK(read_error<FileMissing>(folder.path() / "missing").offset() == 0);
    CHECK(read_error<FileUnreadable>(folder.path()).offset() == 0);
}

TEST_CASE("a file without permission is refused with the command that gives it") {
    const ScratchFolder folder;
    const std::string name = GENERATE("locked", "it's; locked", "locked\n\x1b[2J");
    const auto path = folder.write(name, ramp(10));
    std::filesystem::permissions(path, std::filesystem::perms::none);
    if (std::ifstream(path).good()) {
        SUCCEED("the administrator may read everything");
        return;
    }
    const auto error = read_error<FileUnreadable>(path);
    CHECK(error.remedy().find("chmod u+r " + quoted(path)) != std::string::npos);
    CHECK(std::string(error.what()).find_first_of("\n\x1b") == std::string::npos);
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
            CHECK(read_all(path, piece_size) == content);
        }
        CHECK_FALSE(ByteSource(path).size().has_value());
    }
}

TEST_CASE("a file that is named .gz but was unpacked already is read as it is") {
    const ScratchFolder folder;
    CHECK(read_all(folder.write("plain.gz", ramp(100)), 64) == ramp(100));
}

TEST_CASE("a file is compressed if it begins with both bytes that say so") {
    const ScratchFolder folder;
    for (const Bytes& content : {Bytes{0x1f}, Bytes{0x1f, 0x8c, 8}, Bytes{0x1e, 0x8b, 8}}) {
        CHECK(read_all(folder.write("plain", content), 10) == content);
    }
}

TEST_CASE("the members of a .gz file are read as one") {
    const ScratchFolder folder;
    const Bytes packed = joined(joined(gzip(ramp(1000)), gzip({})), gzip({1, 2, 3}));
    CHECK(read_all(folder.write("members.gz", packed), 10) == joined(ramp(1000), {1, 2, 3}));
}

TEST_CASE("zero bytes behind a .gz file's member are padding") {
    const ScratchFolder folder;
    const Bytes packed = gzip(ramp(1000));
    // Fewer than the reader's buffer holds, as many, and several times as many.
    for (const std::size_t zeros : {std::size_t{1}, std::size_t{512}, (std::size_t{1} << 17) - packed.size(),
                                    std::size_t{1} << 17, std::size_t{500'000}}) {
        INFO(zeros << " zero bytes");
        const Bytes padded = joined(packed, Bytes(zeros));
        CHECK(read_all(folder.write("padded.gz", padded), 100) == ramp(1000));
        CHECK(read_all(folder.write("padded.gz", joined(padded, packed)), 100) == joined(ramp(1000), ramp(1000)));
        const auto error = read_error<TrailingBytes>(folder.write("padded.gz", joined(padded, {7})));
        CHECK(error.offset() == padded.size());
    }
}

TEST_CASE("bytes behind a .gz file's last member are refused") {
    const ScratchFolder folder;
    const Bytes packed = gzip(ramp(1000));
    const auto error = read_error<TrailingBytes>(folder.write("garbage.gz", joined(packed, {1, 0, 0})));
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
        const auto error = read_error<DecompressionError>(folder.write("checksum.gz", packed));
        CHECK(error.found() ==
              (from_end > 4 ? "the error 'incorrect data check'" : "the error 'incorrect length check'"));
        check_sentence(error);
    }
}

#else

TEST_CASE("without zlib a .gz file is refused with the commands that help") {
    const ScratchFolder folder;
    const auto path = folder.write("packed.gz", {0x1f, 0x8b, 8, 0});
    const auto error = read_error<CompressionUnsupported>(path);
    CHECK(error.remedy().find("gunzip --keep " + quoted(path)) != std::string::npos);
    CHECK(error.remedy().find("install zlib") != std::string::npos);
    CHECK(error.offset() == 0);
    check_sentence(error);
}

#endif
