// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// ImageRandom: the random numbers of one transform for one image. They depend on the seed, the number of the step, the
/// transform's place in its pipeline and the image's place in its batch, and on nothing else.
class ImageRandom {
public:
    constexpr ImageRandom(std::uint64_t seed, std::uint64_t step, std::size_t transform, std::size_t image)
        // The streams of stages count up from 0 (run/pass.hpp), those of transforms down from the end.
        : random_(seed, std::uint64_t{1} << 63 | step << 16 | (0xffff - transform)), image_(image) {}

    /// Four numbers of 32 random bits: the n-th has those of the elements 4 * block + n.
    constexpr std::array<std::uint32_t, 4> block(std::size_t block) const {
        return random_.block(std::uint64_t{image_} << 32 | block);
    }
    /// The n-th number of 32 random bits.
    constexpr std::uint32_t bits(std::size_t n) const { return block(n / 4)[n % 4]; }
    /// The n-th number, uniform in [0, 1), a multiple of 2^-24.
    constexpr double uniform(std::size_t n) const { return static_cast<double>(bits(n) >> 8) * 0x1p-24; }
    /// Four of them: those of the elements 4 * block + n.
    constexpr std::array<double, 4> uniforms(std::size_t number) const {
        const std::array<std::uint32_t, 4> random = block(number);
        const auto of = [&random](std::size_t n) { return static_cast<double>(random[n] >> 8) * 0x1p-24; };
        return {of(0), of(1), of(2), of(3)};
    }
    /// The n-th number, uniform in [low, high).
    constexpr double uniform(std::size_t n, double low, double high) const { return low + (high - low) * uniform(n); }
    /// The n-th number, uniform in {0, ..., bound - 1}, for bound < 2^32.
    constexpr std::size_t below(std::size_t n, std::size_t bound) const {
        return detail_::narrowed<std::size_t>(std::uint64_t{bits(n)} * bound >> 32);
    }

private:
    Philox random_;
    std::uint64_t image_;
};

}  // namespace CTCNN_API
