// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>

namespace CTCNN_DETAIL {

/// Pages that Linux gives on x86 where a program asks for them: of the usual ones, of 4 KiB, a processor holds too few
/// in its tables for memory of many MiB, and looks up the others each time anew.
inline constexpr std::size_t large_page = 2 * 1024 * 1024;

/// AlignedAllocator: memory that begins on a cache line, much of it on a large page; in constant expressions, whatever
/// the compiler has.
template <typename T>
struct AlignedAllocator {
    using value_type = T;

    constexpr AlignedAllocator() = default;
    template <typename U>
    constexpr explicit AlignedAllocator(const AlignedAllocator<U>&) {}

    constexpr T* allocate(std::size_t count) {
        if (__builtin_is_constant_evaluated()) {
            return std::allocator<T>{}.allocate(count);
        }
        void* const memory = ::operator new(count * sizeof(T), alignment_of(count));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (alignment_of(count) == std::align_val_t{large_page}) {
            static_cast<void>(::madvise(memory, count * sizeof(T), MADV_HUGEPAGE));
        }
#endif
        return static_cast<T*>(memory);
    }
    constexpr void deallocate(T* data, std::size_t count) {
        if (__builtin_is_constant_evaluated()) {
            std::allocator<T>{}.deallocate(data, count);
        } else {
            ::operator delete(data, alignment_of(count));
        }
    }
    friend constexpr bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }

private:
    static constexpr std::align_val_t alignment_of(std::size_t count) {
        return std::align_val_t{count < 2 * large_page / sizeof(T) ? alignment : large_page};
    }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace CTCNN_DETAIL
