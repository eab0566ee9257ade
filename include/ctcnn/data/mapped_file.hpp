// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/byte_source.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_DETAIL {

/// MappedFile: a file in memory, which the operating system reads where it is touched.
class MappedFile {
public:
    explicit MappedFile(const std::filesystem::path& file) {
        // Opening a pipe would wait for a writer.
        const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        struct stat status{};
        bool is_open = false;
        if (descriptor >= 0 && ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
            std::in_range<std::size_t>(status.st_size)) {
            size_ = static_cast<std::size_t>(status.st_size);
            data_ = size_ == 0 ? MAP_FAILED : ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
            is_open = size_ == 0 || data_ != MAP_FAILED;
        }
        const int error = errno;
        if (descriptor >= 0) {
            ::close(descriptor);
        }
        if (!is_open) {
            // Says what is wrong with a file that cannot be read either.
            const ByteSource<> refused(file, "Check the name and the folder.");
            throw FileUnreadable({file, 0, "a file that can be mapped into memory",
                                  sentence({"the error '", std::generic_category().message(error), "'"}),
                                  "Copy it to a disk of this machine.", OffsetIn::file});
        }
    }
    MappedFile(MappedFile&& other) noexcept
        : data_(std::exchange(other.data_, MAP_FAILED)), size_(std::exchange(other.size_, 0)) {}
    MappedFile& operator=(MappedFile&&) = delete;
    ~MappedFile() {
        if (data_ != MAP_FAILED) {
            ::munmap(data_, size_);
        }
    }

    std::span<const std::byte> bytes() const {
        return data_ == MAP_FAILED ? std::span<const std::byte>{}
                                   : std::span(static_cast<const std::byte*>(data_), size_);
    }

private:
    void* data_ = MAP_FAILED;
    std::size_t size_ = 0;
};

}  // namespace CTCNN_DETAIL
