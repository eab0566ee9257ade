// SPDX-License-Identifier: MIT
// Random sizes and numbers that are the same in every run and on every machine; also in constant expressions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/window.hpp>

#include "sanitized.hpp"

/// How many of `count` cases are compiled: one in two, or all of them with CTCNN_TEST_ALL_CASES; one in seven under
/// sanitizers, which make a kernel about seven times as long to compile.
constexpr std::size_t portion(std::size_t count) {
#if CTCNN_TEST_SANITIZED
    return (count + 6) / 7;
#elif CTCNN_TEST_ALL_CASES
    return count;
#else
    return (count + 1) / 2;
#endif
}

class Draw {
public:
    constexpr explicit Draw(std::uint64_t seed, std::uint64_t stream = 0) : random_(seed, stream) {}

    /// A whole number in low, ..., high.
    constexpr std::size_t whole(std::size_t low, std::size_t high) {
        return low + random_.below(next_++, static_cast<std::uint32_t>(high - low + 1));
    }
    constexpr ctcnn::detail_::Extent extent(std::size_t low, std::size_t high) {
        const std::size_t height = whole(low, high);
        return {height, whole(low, high)};
    }
    /// True once in `count` times.
    constexpr bool once_in(std::size_t count) { return whole(1, count) == 1; }

    /// The size of an axis, at most `largest`, into which the kernel fits.
    constexpr std::size_t axis(std::size_t kernel, std::size_t padding, std::size_t dilation, std::size_t largest) {
        const std::size_t reach = ctcnn::detail_::span_of(kernel, dilation);
        return whole(reach > 2 * padding ? reach - 2 * padding : 1, largest);
    }
    constexpr ctcnn::detail_::Extent image(const ctcnn::detail_::Window& window, std::size_t largest) {
        const std::size_t height = axis(window.kernel.height, window.padding.height, window.dilation.height, largest);
        return {height, axis(window.kernel.width, window.padding.width, window.dilation.width, largest)};
    }

    /// A number in [low, high).
    template <typename T>
    constexpr T real(T low, T high) {
        return random_.uniform(next_++, low, high);
    }

    /// Integers in -3, ..., 3: their products and sums are exact in float, so that the order of a sum does not matter.
    template <typename T>
    std::vector<T> integers(std::size_t count) {
        std::vector<T> numbers(count);
        for (T& number : numbers) {
            number = static_cast<T>(static_cast<int>(whole(0, 6)) - 3);
        }
        return numbers;
    }
    template <typename T>
    std::vector<T> reals(std::size_t count, T low, T high) {
        std::vector<T> numbers(count);
        for (T& number : numbers) {
            number = real(low, high);
        }
        return numbers;
    }

private:
    ctcnn::detail_::Philox random_;
    std::uint64_t next_ = 0;
};
