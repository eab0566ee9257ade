// SPDX-License-Identifier: MIT
// What each fuzz target asks of a reader of files: it accepts a file, or refuses it with a DataError that is a
// sentence, and takes little memory. For one file of a program: it defines what libFuzzer and the sanitizers call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sanitizer/allocator_interface.h>
#include <unistd.h>

#include <ctcnn/data/error.hpp>

// Nothing that a fuzz target writes has to survive a power failure.
extern "C" int fsync(int) { return 0; }

namespace fuzz {

using Bytes = std::vector<std::uint8_t>;

/// What a reader may take besides the size of a file.
inline constexpr std::size_t allowed_memory = 16'000'000;

[[gnu::noinline]] inline void expect(bool holds, std::string_view property) {
    if (!holds) {
        std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(property.size()), property.data());
        std::abort();  // libFuzzer saves the input
    }
}

inline std::atomic<std::size_t> in_use = 0;
inline std::atomic<std::size_t> most_in_use = 0;

inline void count_allocation(const volatile void*, std::size_t size) {
    const std::size_t now = in_use += size;
    std::size_t most = most_in_use;
    while (now > most && !most_in_use.compare_exchange_weak(most, now)) {
    }
}
inline void count_release(const volatile void* memory) {
    if (memory != nullptr) {
        in_use -= __sanitizer_get_allocated_size(memory);
    }
}

/// A folder for the files of this process; in memory, where Linux has such a folder.
class Folder {
public:
    Folder() {
        const std::string name = "ctcnn_fuzz_" + std::to_string(::getpid());
        path_ = "/dev/shm/" + name;
        if (std::error_code none; !std::filesystem::create_directory(path_, none)) {
            path_ = std::filesystem::temp_directory_path() / name;
            std::filesystem::create_directory(path_);
        }
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline const Folder& folder() {
    static const Folder folder;
    return folder;
}

inline std::filesystem::path write(const char* name, std::span<const std::uint8_t> bytes) {
    const std::filesystem::path path = folder() / name;
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    expect(!file.fail(), "the temporary folder can be written");
    return path;
}

inline Bytes read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// The bytes of objects that hold numbers.
template <typename T>
Bytes bits_of(std::span<const T> numbers) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(numbers.data());
    return Bytes(first, first + numbers.size_bytes());
}
template <typename Net>
Bytes bits_of(const Net& net) {
    return bits_of(std::span<const typename Net::scalar>(net.parameters().data(), Net::parameter_count));
}

/// Whether an error tells all that it must, in a length that a terminal shows and without bytes that it obeys.
inline void check_sentence(const ctcnn::DataError& error) {
    const std::string_view text = error.what();
    expect(!error.expected().empty() && !error.found().empty() && !error.remedy().empty(), "errors are complete");
    expect(text.size() < 20'000, "errors are short");
    for (const char c : text) {
        expect(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f), "errors can be printed");
    }
}

/// Whether a reader accepts a file, of which `size` bytes may be in memory beside the usual.
template <typename Read>
bool accepts(std::size_t size, const Read& read_file) {
    const std::size_t before = in_use;
    most_in_use = before;
    bool accepted = true;
    try {
        read_file();
    } catch (const ctcnn::DataError& error) {
        accepted = false;
        check_sentence(error);
    }
    expect(most_in_use <= before + size + allowed_memory, "memory for the size of the file and 16 MB");
    return accepted;
}

}  // namespace fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    __sanitizer_install_malloc_and_free_hooks(fuzz::count_allocation, fuzz::count_release);
    return 0;
}
