// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/posix.hpp>

namespace CTCNN_DETAIL::io {

/// InputFile: a file that is read at any place; its size is known.
/// Refuses  FileMissing · FileUnreadable · FileTruncated where it became shorter meanwhile
template <typename Calls = PosixCalls>
class InputFile {
public:
    explicit InputFile(std::filesystem::path path) : path_(std::move(path)) {
        // Opening a pipe would wait for a writer.
        file_ = uninterrupted([&] { return Calls::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0); });
        if (file_ == -1) {
            refuse_opening(errno);
        }
        struct stat status{};
        if (Calls::fstat(file_, status) != 0) {
            const int error = errno;
            Calls::close(file_);
            refuse_reading(0, error);
        }
        if (!S_ISREG(status.st_mode)) {
            Calls::close(file_);
            refuse_kind(S_ISDIR(status.st_mode));
        }
        size_ = static_cast<std::uint64_t>(status.st_size);
    }
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile() { Calls::close(file_); }

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const { return size_; }

    /// Fills the destination with the bytes from `offset` on.
    void read(std::uint64_t offset, std::span<std::byte> destination) const {
        read(offset, destination.data(), destination.size());
    }
    void read(std::uint64_t offset, std::string& destination) const {
        read(offset, destination.data(), destination.size());
    }

private:
    void read(std::uint64_t offset, void* destination, std::size_t size) const {
        auto* const begin = static_cast<char*>(destination);
        for (std::size_t done = 0; done < size;) {
            const std::size_t wanted = std::min(size - done, most_bytes_at_once);
            const ssize_t got =
                uninterrupted([&] { return Calls::pread(file_, begin + done, wanted, static_cast<off_t>(offset)); });
            if (got < 0) {
                refuse_reading(offset, errno);
            }
            if (got == 0) {
                throw FileTruncated({path_, offset, sentence({"a file of ", decimal(size_), " bytes"}),
                                     "its end: it has become shorter since it was opened",
                                     "Load it when no other program writes it.", OffsetIn::file});
            }
            offset += static_cast<std::uint64_t>(got);
            done += static_cast<std::size_t>(got);
        }
    }

    [[noreturn, gnu::cold]] void refuse_opening(int error) const {
        if (error == ENOENT || error == ENOTDIR) {
            throw FileMissing({path_, 0, "a file", "no such file", "Check the name and the folder.", OffsetIn::file});
        }
        refuse_reading(0, error);
    }

    [[noreturn, gnu::cold]] void refuse_kind(bool folder) const {
        throw FileUnreadable(
            {path_, 0, "a file", folder ? "a folder" : "a pipe or a device",
             folder ? "Give the name of a file inside the folder." : "Copy its content into a file first.",
             OffsetIn::file});
    }

    [[noreturn, gnu::cold]] void refuse_reading(std::uint64_t offset, int error) const {
        const bool forbidden = error == EACCES;
        throw FileUnreadable({path_, offset, "a file that can be read",
                              sentence({"the error '", std::error_code(error, std::generic_category()).message(), "'"}),
                              forbidden ? sentence({"Make it readable with `chmod u+r ", quoted(path_),
                                                    "`, and its folders with `chmod u+x`."})
                                        : std::string("Check the disk, or copy the file to another one."),
                              OffsetIn::file});
    }

    std::filesystem::path path_;
    int file_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace CTCNN_DETAIL::io
