// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>
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

    [[gnu::always_inline]] constexpr T* allocate(std::size_t count) {
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
    [[gnu::always_inline]] constexpr void deallocate(T* data, std::size_t count) {
        if (__builtin_is_constant_evaluated()) {
            std::allocator<T>{}.deallocate(data, count);
        } else {
            ::operator delete(data, alignment_of(count));
        }
    }
    friend constexpr bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }

private:
    [[gnu::always_inline]] static constexpr std::align_val_t alignment_of(std::size_t count) {
        return std::align_val_t{count < 2 * large_page / sizeof(T) ? alignment : large_page};
    }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_array() {
    throw std::length_error("this is more memory than a program can have");
}

/// AlignedArray: memory of the same alignment, of a size that is given once; all elements begin with zero. For each
/// type of elements it costs the compiler far fewer functions than a vector.
template <typename T>
class AlignedArray {
    static_assert(std::is_nothrow_default_constructible_v<T> && std::is_trivially_destructible_v<T>);

public:
    [[gnu::noinline]] constexpr explicit AlignedArray(std::size_t size) : size_(size) {
        if (size > std::size_t(-1) / 2 / sizeof(T)) {
            refuse_array();
        }
        if (size != 0) {
            data_ = AlignedAllocator<T>{}.allocate(size);
            for (std::size_t n = 0; n < size; ++n) {
                std::construct_at(data_ + n);
            }
        }
    }
    constexpr AlignedArray(const AlignedArray& other) : AlignedArray(other.size_) {
        for (std::size_t n = 0; n < size_; ++n) {
            data_[n] = other.data_[n];
        }
    }
    constexpr AlignedArray(AlignedArray&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    constexpr AlignedArray& operator=(AlignedArray other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    [[gnu::noinline]] constexpr ~AlignedArray() {
        if (data_ != nullptr) {
            AlignedAllocator<T>{}.deallocate(data_, size_);
        }
    }

    [[gnu::always_inline]] constexpr T* data() { return data_; }
    [[gnu::always_inline]] constexpr const T* data() const { return data_; }
    [[gnu::always_inline]] constexpr std::size_t size() const { return size_; }
    [[gnu::always_inline]] constexpr T& operator[](std::size_t n) { return data_[n]; }
    [[gnu::always_inline]] constexpr const T& operator[](std::size_t n) const { return data_[n]; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace CTCNN_DETAIL
