// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::io {

/// PosixCalls: the calls to the system that files need. Tests put others in their place, which fail.
struct PosixCalls {
    static int open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
    static int close(int file) { return ::close(file); }
    static int fstat(int file, struct stat& status) { return ::fstat(file, &status); }
    static int fchmod(int file, mode_t mode) { return ::fchmod(file, mode); }
    static int fsync(int file) { return ::fsync(file); }
    static int rename(const char* from, const char* to) { return std::rename(from, to); }
    static int unlink(const char* path) { return ::unlink(path); }
    static ssize_t write(int file, const void* bytes, std::size_t count) { return ::write(file, bytes, count); }
    static ssize_t pread(int file, void* bytes, std::size_t count, off_t offset) {
        return ::pread(file, bytes, count, offset);
    }
};

/// The result of a call, which is repeated for as long as a signal interrupts it.
template <typename Call>
auto uninterrupted(const Call& call) {
    auto result = call();
    while (result == -1 && errno == EINTR) {
        result = call();
    }
    return result;
}

/// How many bytes one call reads or writes at most: some systems refuse more than 2 GiB.
inline constexpr std::size_t most_bytes_at_once = std::size_t{1} << 30;

}  // namespace CTCNN_DETAIL::io
