// SPDX-License-Identifier: MIT
// Watches how much memory a test program asks for at once, and can refuse it. For one file of a program: it replaces
// operator new.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <limits>
#include <new>

inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

inline std::size_t largest_allocation = 0;
/// A larger one fails.
inline std::size_t allocation_limit = any_number;
/// How many more succeed before one fails.
inline std::size_t allocations_before_failure = any_number;
/// How many more there are before this is done, once. It allocates nothing.
inline std::size_t allocations_before_event = any_number;
inline void (*event)() = nullptr;

// The functions stay out of line, since g++ 12 takes the free() that it sees in an inlined delete for a mistake.
[[gnu::noinline]] inline void* allocate(std::size_t size, std::size_t alignment) noexcept {
    largest_allocation = std::max(largest_allocation, size);
    if (allocations_before_event-- == 0) {
        event();
    }
    if (allocations_before_failure-- == 0 || size > allocation_limit) {
        return nullptr;
    }
    size = std::max(size, std::size_t{1});
    return alignment == 0 ? std::malloc(size)
                          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
[[gnu::noinline]] inline void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    if (void* memory = allocate(size, alignment)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size) { return allocate_or_throw(size, 0); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 0); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

/// How often f() throws where one of its allocations fails: the first, the second, and so on, until none is left.
/// check(error) is called for each exception.
template <typename F, typename Check>
std::size_t count_refusals(const F& f, const Check& check) {
    std::size_t refusals = 0;
    bool has_failed = true;
    for (std::size_t allocations = 0; has_failed; ++allocations) {
        allocations_before_failure = allocations;
        try {
            f();
            has_failed = allocations_before_failure > allocations;  // it has counted below 0
        } catch (const std::exception& error) {
            allocations_before_failure = any_number;
            check(error);
            ++refusals;
        }
        allocations_before_failure = any_number;
    }
    return refusals;
}
