// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/error.hpp>
#include <ctcnn/io/posix.hpp>

namespace CTCNN_DETAIL::io {

/// AtomicFile: a file that appears under its name once it is complete. It is written under another name in the same
/// folder, forced to the disk, and renamed. Whatever happens meanwhile, the name stands for the old file or for the new
/// one. A link is followed; the new file has the permissions of the old one.
/// Refuses  FileUnwritable
template <typename Calls = PosixCalls>
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path path) : path_(std::move(path)), target_(target_of(path_)) {
        const std::optional<mode_t> old_mode = mode_of_old_file();
        open_temporary();
        if (old_mode && Calls::fchmod(file_, *old_mode) != 0) {
            abandon_and_refuse(errno);
        }
    }
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile() { abandon(); }

    void write(std::span<const std::byte> bytes) { write(bytes.data(), bytes.size()); }
    void write(std::string_view text) { write(text.data(), text.size()); }

    /// Gives the file its name.
    void commit() {
        if (uninterrupted([&] { return Calls::fsync(file_); }) != 0) {
            abandon_and_refuse(errno);
        }
        // After EINTR the file is closed all the same.
        if (Calls::close(std::exchange(file_, -1)) != 0 && errno != EINTR) {
            abandon_and_refuse(errno);
        }
        if (Calls::rename(temporary_.c_str(), target_.c_str()) != 0) {
            abandon_and_refuse(errno);
        }
        temporary_.clear();
        sync_folder();
    }

private:
    void write(const void* bytes, std::size_t size) {
        const auto* const begin = static_cast<const char*>(bytes);
        for (std::size_t done = 0; done < size;) {
            const std::size_t wanted = std::min(size - done, most_bytes_at_once);
            const ssize_t written = uninterrupted([&] { return Calls::write(file_, begin + done, wanted); });
            if (written <= 0) {
                abandon_and_refuse(written == 0 ? ENOSPC : errno);
            }
            offset_ += static_cast<std::uint64_t>(written);
            done += static_cast<std::size_t>(written);
        }
    }

    static std::filesystem::path target_of(const std::filesystem::path& path) {
        std::error_code error;
        if (!std::filesystem::is_symlink(path, error)) {
            return path;
        }
        std::filesystem::path target = std::filesystem::canonical(path, error);
        if (error) {
            throw FileUnwritable({path, 0, "a file that can be written", "a link that leads nowhere",
                                  "Remove the link, or create what it leads to.", OffsetIn::file});
        }
        return target;
    }

    /// The permissions of the file that is to be replaced, if there is one.
    std::optional<mode_t> mode_of_old_file() const {
        if (!target_.has_filename()) {
            refuse_target("no name of a file", "Give a name behind the folder.");
        }
        std::error_code error;
        const std::filesystem::file_status status = std::filesystem::status(target_, error);
        if (status.type() == std::filesystem::file_type::directory) {
            refuse_target("a folder", "Give the name of a file inside the folder.");
        }
        if (std::filesystem::exists(status) && status.type() != std::filesystem::file_type::regular) {
            refuse_target("a pipe or a device", "Give the name of a file.");
        }
        if (!std::filesystem::exists(status)) {
            return {};
        }
        return static_cast<mode_t>(status.permissions()) & 07777;
    }

    void open_temporary() {
        static std::atomic<unsigned> counter{0};
        const std::string name = target_.filename().string().substr(0, 200);
        do {
            temporary_ = target_.parent_path() / sentence({name, ".", decimal(static_cast<std::uint64_t>(getpid())),
                                                           "-", decimal(counter++), ".tmp"});
            file_ = uninterrupted(
                [&] { return Calls::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
        } while (file_ == -1 && errno == EEXIST);  // left behind by a process of the same number
        if (file_ == -1) {
            const int error = errno;
            temporary_.clear();
            refuse_writing(error);
        }
    }

    /// The new name is in the folder, which has to reach the disk, too.
    void sync_folder() const {
        const std::filesystem::path folder = target_.has_parent_path() ? target_.parent_path() : ".";
        const int file = uninterrupted([&] { return Calls::open(folder.c_str(), O_RDONLY | O_CLOEXEC, 0); });
        if (file == -1) {
            return;  // A folder may be written by one who must not read it.
        }
        const int result = uninterrupted([&] { return Calls::fsync(file); });
        const int error = errno;
        Calls::close(file);
        const bool impossible = error == EINVAL || error == ENOTSUP || error == ENOSYS || error == EBADF;
        if (result != 0 && !impossible) {
            throw FileUnwritable({path_, offset_, "a folder that reaches the disk", message(error),
                                  "The new file is complete and in its place, but might be gone after a power failure. "
                                  "Check the disk.",
                                  OffsetIn::file});
        }
    }

    void abandon() noexcept {
        if (file_ != -1) {
            Calls::close(std::exchange(file_, -1));
        }
        if (!temporary_.empty()) {
            Calls::unlink(temporary_.c_str());
            temporary_.clear();
        }
    }

    [[noreturn, gnu::cold]] void abandon_and_refuse(int error) {
        abandon();
        refuse_writing(error);
    }

    static std::string message(int error) {
        return sentence({"the error '", std::error_code(error, std::generic_category()).message(), "'"});
    }

    [[noreturn, gnu::cold]] void refuse_target(const char* found, const char* remedy) const {
        throw FileUnwritable({path_, 0, "a file that can be written", found, remedy, OffsetIn::file});
    }

    /// What to do about a folder in which there is no place.
    [[gnu::cold]] static std::string folder_remedy(const std::filesystem::path& folder) {
        std::error_code ignored;
        std::filesystem::path known = folder;
        while (!std::filesystem::exists(known, ignored) && known.has_parent_path()) {
            known = known.parent_path();
        }
        if (std::filesystem::is_directory(folder, ignored)) {
            return "Choose another folder: no file can be made in this one.";
        }
        if (std::filesystem::exists(known, ignored) && !std::filesystem::is_directory(known, ignored)) {
            return sentence({"Choose another folder: ", quoted(known), " is a file."});
        }
        return sentence({"Create the folder with `mkdir -p ", quoted(folder), "`."});
    }

    [[noreturn, gnu::cold]] void refuse_writing(int error) const {
        const std::filesystem::path folder = target_.has_parent_path() ? target_.parent_path() : ".";
        std::string remedy;
        switch (error) {
            case ENOENT:
            case ENOTDIR:
                remedy = folder_remedy(folder);
                break;
            case EACCES:
            case EPERM:
                remedy = sentence({"Make its folder writable with `chmod u+wx ", quoted(folder), "`."});
                break;
            case ENOSPC:
            case EDQUOT:
                remedy = "Make room on the disk, or save to another one.";
                break;
            case EFBIG:
                remedy = "Allow larger files (`ulimit -f`), or save to another disk.";
                break;
            default:
                remedy = "Check the disk, or save to another one.";
        }
        std::error_code ignored;
        if (std::filesystem::exists(target_, ignored)) {
            remedy += " The file that was there before is unchanged.";
        }
        throw FileUnwritable(
            {path_, offset_, "a file that can be written", message(error), std::move(remedy), OffsetIn::file});
    }

    std::filesystem::path path_;
    std::filesystem::path target_;
    std::filesystem::path temporary_;
    int file_ = -1;
    std::uint64_t offset_ = 0;
};

}  // namespace CTCNN_DETAIL::io
