// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/appended_file.hpp>
#include <ctcnn/io/posix.hpp>
#include <ctcnn/io/protobuf.hpp>

namespace CTCNN_DETAIL::io {

/// CRC-32C (Castagnoli) of bytes.
/// Source   RFC 3720, appendix B.4
constexpr std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
        }
    }
    return ~crc;
}

/// A record of a TFRecord file: the length, its checksum, the bytes, their checksum.
/// Source   tensorflow.org/tutorials/load_data/tfrecord
inline std::string tf_record(std::string_view bytes) {
    const auto append = [](std::string& text, std::uint64_t number, unsigned size) {
        for (unsigned n = 0; n < size; ++n) {
            text += static_cast<char>(static_cast<unsigned char>(number >> 8 * n & 0xff));
        }
    };
    const auto checksum = [](std::string_view text) {
        const std::uint32_t crc = crc32c(text);
        return (crc >> 15 | crc << 17) + 0xa282ead8U;
    };
    std::string record;
    append(record, bytes.size(), 8);
    append(record, checksum(record), 4);
    record += bytes;
    append(record, checksum(bytes), 4);
    return record;
}

/// EventFile: a file of TensorBoard to which events are appended, whole ones or none. The name is new; the folder is
/// created where it is missing.
/// Refuses  FileUnwritable
template <typename Calls = PosixCalls>
class EventFile : public AppendedFile<Calls> {
public:
    EventFile(const std::filesystem::path& folder, double time) {
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        if (error) {
            this->path_ = folder;
            this->refuse(error.value());
        }
        std::array<char, 256> host{};
        static_cast<void>(::gethostname(host.data(), host.size() - 1));
        for (unsigned n = 0;; ++n) {
            this->path_ =
                folder / sentence({"events.out.tfevents.", decimal(static_cast<std::uint64_t>(time)), ".", host.data(),
                                   ".", decimal(static_cast<std::uint64_t>(getpid())), ".", decimal(std::uint64_t{n})});
            if (this->open(O_CREAT | O_EXCL)) {
                break;
            }
            if (errno != EEXIST) {
                this->refuse(errno);
            }
        }
    }
};

}  // namespace CTCNN_DETAIL::io
