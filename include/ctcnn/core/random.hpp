// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Philox: counter-based random numbers. The n-th number of a stream is a pure function of (seed, stream, n), so the
/// same program gives the same numbers on every platform, in any order, on any thread, and in constant expressions.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox-4x32-10).
class Philox {
public:
    constexpr explicit Philox(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

    /// The block of four 32-bit numbers at a position of the stream.
    constexpr std::array<std::uint32_t, 4> block(std::uint64_t position) const {
        // Not an array: GCC would put it into a vector register, and take it apart in each round.
        std::uint32_t counter0 = low(position);
        std::uint32_t counter1 = high(position);
        std::uint32_t counter2 = low(stream_);
        std::uint32_t counter3 = high(stream_);
        std::uint32_t key0 = low(seed_);
        std::uint32_t key1 = high(seed_);
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter0;
            const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter2;
            counter0 = high(product1) ^ counter1 ^ key0;
            counter1 = low(product1);
            counter2 = high(product0) ^ counter3 ^ key1;
            counter3 = low(product0);
            key0 += 0x9E3779B9u;
            key1 += 0xBB67AE85u;
        }
        return {counter0, counter1, counter2, counter3};
    }

    /// The n-th 32-bit number of the stream.
    constexpr std::uint32_t bits(std::uint64_t n) const { return block(n / 4)[n % 4]; }

    /// The n-th number, uniform in [0, 1), a multiple of 2^-24: exact in float.
    constexpr double uniform(std::uint64_t n) const { return static_cast<double>(bits(n) >> 8) * 0x1p-24; }

    /// The n-th number, uniform in [low, high).
    template <typename T>
    constexpr T uniform(std::uint64_t n, T low, T high) const {
        return low + (high - low) * static_cast<T>(uniform(n));
    }

    /// The n-th number, uniform in {0, ..., bound - 1}, for bound < 2^32 (multiply and shift; the bias is below 2^-32
    /// bound).
    constexpr std::uint32_t below(std::uint64_t n, std::uint32_t bound) const {
        return high(std::uint64_t{bits(n)} * bound);
    }

private:
    static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
    static constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

    std::uint64_t seed_;
    std::uint64_t stream_;
};

/// shuffle, without a span, whose first use of each type takes compilers a while.
template <typename T>
constexpr void permute(T* values, std::size_t count, const Philox& random) {
    for (std::size_t n = count; n > 1; --n) {
        const std::size_t other = random.below(n, static_cast<std::uint32_t>(n));
        std::swap(values[n - 1], values[other]);
    }
}
/// Permutes the elements at random (Fisher and Yates; source: Durstenfeld, CACM 7 (1964) 420, algorithm 235).
template <typename T>
constexpr void shuffle(std::span<T> values, const Philox& random) {
    detail_::permute(values.data(), values.size(), random);
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

using detail_::Philox;
using detail_::shuffle;

}  // namespace CTCNN_API
