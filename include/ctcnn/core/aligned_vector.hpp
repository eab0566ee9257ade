// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>

namespace CTCNN_DETAIL {

/// AlignedAllocator: memory that begins on a cache line; in constant expressions, whatever the compiler has.
template <typename T>
struct AlignedAllocator {
    using value_type = T;

    constexpr AlignedAllocator() = default;
    template <typename U>
    constexpr explicit AlignedAllocator(const AlignedAllocator<U>&) {}

    constexpr T* allocate(std::size_t count) {
        if (std::is_constant_evaluated()) {
            return std::allocator<T>{}.allocate(count);
        }
        return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{alignment}));
    }
    constexpr void deallocate(T* data, std::size_t count) {
        if (std::is_constant_evaluated()) {
            std::allocator<T>{}.deallocate(data, count);
        } else {
            ::operator delete(data, std::align_val_t{alignment});
        }
    }
    friend constexpr bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace CTCNN_DETAIL
