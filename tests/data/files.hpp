// SPDX-License-Identifier: MIT
// Files that tests write: a folder for them, their bytes, and what an error about them must tell.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <ios>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

#include <ctcnn/data/byte_source.hpp>  // decides CTCNN_WITH_ZLIB
#include <ctcnn/data/error.hpp>

#if CTCNN_WITH_ZLIB
#include <zlib.h>
#endif

#include "catch.hpp"

using Bytes = std::vector<std::uint8_t>;

/// A folder of its own below the system's temporary one; removed with all that is in it.
class ScratchFolder {
public:
    ScratchFolder() {
        static std::atomic<unsigned> count{0};
        const auto now = std::chrono::high_resolution_clock::now().time_since_epoch().count();
        do {
            path_ = std::filesystem::temp_directory_path() /
                    ("ctcnn_data_" + std::to_string(now) + "_" + std::to_string(count++));
        } while (!std::filesystem::create_directory(path_));
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

    std::filesystem::path write(const std::string& name, const Bytes& bytes) const {
        std::filesystem::remove(path_ / name);  // Some file systems write a truncated file to the disk at once.
        std::ofstream file(path_ / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        file.close();
        if (!file) {
            throw std::runtime_error("cannot write " + (path_ / name).string());
        }
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

inline void append_number(Bytes& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::uint8_t>(number >> shift));
    }
}

/// An idx file: the numbers of its header, then its content.
inline Bytes idx(std::initializer_list<std::uint32_t> header, const Bytes& content) {
    Bytes bytes;
    for (const std::uint32_t number : header) {
        append_number(bytes, number);
    }
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

/// Bytes in which each differs from its neighbours: 0, 7, 14, ... modulo 256.
inline Bytes ramp(std::size_t count) {
    Bytes bytes(count);
    for (std::size_t n = 0; n < count; ++n) {
        bytes[n] = static_cast<std::uint8_t>(7 * n);
    }
    return bytes;
}

inline Bytes first(const Bytes& bytes, std::size_t count) {
    return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
}

inline Bytes joined(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

#if CTCNN_WITH_ZLIB
/// The bytes as one member of a .gz file.
inline Bytes gzip(Bytes bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
    Bytes packed(deflateBound(&stream, static_cast<uLong>(bytes.size())));
    stream.next_in = bytes.data();
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    const int result = deflate(&stream, Z_FINISH);
    const std::size_t size = packed.size() - stream.avail_out;
    deflateEnd(&stream);
    if (result != Z_STREAM_END) {
        throw std::runtime_error("deflate");
    }
    return first(packed, size);
}
#endif

/// The error that the action throws, which must be of exactly this type.
template <typename Error, typename Action>
Error error_of(const Action& action) {
    try {
        action();
    } catch (const std::exception& error) {
        INFO(error.what());
        REQUIRE(typeid(error) == typeid(Error));
        return dynamic_cast<const Error&>(error);
    }
    FAIL("no error was thrown");
    throw std::logic_error("not reached");
}

/// Whether a person who reads the error learns all of it.
inline void check_sentence(const ctcnn::DataError& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find(ctcnn::detail_::printable(error.file().string())) != std::string::npos);
    CHECK(text.find("byte " + std::to_string(error.offset())) != std::string::npos);
    CHECK(text.find("expected " + error.expected()) != std::string::npos);
    CHECK(text.find("found " + error.found()) != std::string::npos);
    CHECK(text.find(error.remedy()) != std::string::npos);
    CHECK_FALSE(error.expected().empty());
    CHECK_FALSE(error.found().empty());
    CHECK_FALSE(error.remedy().empty());
}
