// SPDX-License-Identifier: MIT
// A disk that is soon full.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/types.h>
#include <unistd.h>

/// SmallDisk: a file system in memory, mounted in a folder of its own. This process and those that it starts see it,
/// and no other. Linux lets root mount one, and others where user namespaces are allowed.
class SmallDisk {
public:
    explicit SmallDisk(std::size_t bytes) {
        std::string name = (std::filesystem::temp_directory_path() / "ctcnn_disk_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            problem_ = std::strerror(errno);
            return;
        }
        path_ = name;
        const std::string options = "size=" + std::to_string(bytes);
        if (!has_mounts_of_its_own() || ::mount("ctcnn", name.c_str(), "tmpfs", 0, options.c_str()) != 0) {
            problem_ = std::strerror(errno);
        }
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (there()) {
            ::umount2(path_.c_str(), MNT_DETACH);
        }
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    bool there() const { return problem_.empty(); }
    /// Why there is none.
    std::string problem() const { return "skipped: no disk can be mounted here (" + problem_ + ")"; }
    const std::filesystem::path& path() const { return path_; }

    /// Leaves room for so many bytes; counted in pages.
    void leave(std::size_t bytes) const {
        std::filesystem::remove(path_ / filler);
        const std::size_t available = std::filesystem::space(path_).available;
        const int file = ::open((path_ / filler).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (available > bytes && ::posix_fallocate(file, 0, static_cast<off_t>(available - bytes)) != 0) {
            std::abort();
        }
        ::close(file);
    }
    bool make_read_only() const {
        return ::mount("ctcnn", path_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    }

    static constexpr const char* filler = "filler";

private:
    static bool has_mounts_of_its_own() {
        static const int error = ::unshare(CLONE_NEWNS) == 0 || has_user_namespace() ? 0 : errno;
        errno = error;
        // What is mounted here is not mounted elsewhere.
        return error == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    }
    static bool has_user_namespace() {
        const auto same = [](unsigned id) { return std::to_string(id) + " " + std::to_string(id) + " 1"; };
        const std::string user = same(::getuid());
        const std::string group = same(::getgid());
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
            return false;
        }
        std::ofstream("/proc/self/uid_map") << user;
        std::ofstream("/proc/self/setgroups") << "deny";
        std::ofstream("/proc/self/gid_map") << group;
        return true;
    }

    std::filesystem::path path_;
    std::string problem_;
};
