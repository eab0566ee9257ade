// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/error.hpp>
#include <ctcnn/io/posix.hpp>

namespace CTCNN_DETAIL::io {

/// AppendedFile: a file to which texts are appended, each as a whole or not at all. What was appended remains when the
/// program ends, however it ends.
/// Refuses  FileUnwritable
template <typename Calls = PosixCalls>
class AppendedFile {
public:
    /// A file that is there, and has this size.
    AppendedFile(std::filesystem::path path, std::uint64_t size) : path_(std::move(path)), size_(size) {
        if (!open(0)) {
            refuse(errno);
        }
    }
    AppendedFile(const AppendedFile&) = delete;
    AppendedFile& operator=(const AppendedFile&) = delete;
    ~AppendedFile() {
        if (file_ != -1) {
            Calls::close(file_);
        }
    }

    void append(std::string_view text) {
        std::string_view left = text;
        while (!left.empty()) {
            const ssize_t written = uninterrupted([&] { return Calls::write(file_, left.data(), left.size()); });
            if (written <= 0) {
                const int error = written == 0 ? ENOSPC : errno;
                static_cast<void>(uninterrupted([&] { return ::ftruncate(file_, static_cast<off_t>(size_)); }));
                refuse(error);
            }
            left.remove_prefix(static_cast<std::size_t>(written));
        }
        size_ += text.size();
    }
    /// Forces what was appended to the disk.
    void sync() {
        if (uninterrupted([&] { return Calls::fsync(file_); }) != 0) {
            refuse(errno);
        }
    }

    const std::filesystem::path& path() const { return path_; }

protected:
    AppendedFile() = default;

    /// Whether the file could be opened; errno says why not.
    bool open(int flags) {
        file_ =
            uninterrupted([&] { return Calls::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0666); });
        return file_ != -1;
    }
    [[noreturn, gnu::cold]] void refuse(int error) const {
        throw FileUnwritable({path_, size_, "a file that can be written",
                              sentence({"the error '", std::error_code(error, std::generic_category()).message(), "'"}),
                              error == ENOSPC || error == EDQUOT
                                  ? "Make room on the disk, or choose a folder on another one."
                                  : "Choose a folder that can be written.",
                              OffsetIn::file});
    }

    std::filesystem::path path_{};

private:
    int file_ = -1;
    std::uint64_t size_ = 0;  // of what is whole
};

}  // namespace CTCNN_DETAIL::io
