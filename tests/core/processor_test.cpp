// SPDX-License-Identifier: MIT
#include <ctcnn/core/processor.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "catch.hpp"

// Each function gives what its general definition says, for registers with an instruction of their own and without.

using namespace ctcnn::detail_;

namespace {

template <typename T, std::size_t N>
struct Register {
    typedef T type __attribute__((vector_size(N * sizeof(T))));
};

template <typename T, std::size_t N>
void check_lanes() {
    using R = typename Register<T, N>::type;
    R value{};
    R limit{};
    const T infinity = std::numeric_limits<T>::infinity();
    const std::array<T, 8> values{1, -2, 0, T(2.25), infinity, -infinity, T(-0.0), T(1e-30)};
    const std::array<T, 8> limits{0, 0, 0, 3, 3, 3, 0, T(1e-30)};
    for (std::size_t lane = 0; lane < N; ++lane) {
        value[lane] = values[(lane + N) % 8];
        limit[lane] = limits[(lane + N) % 8];
    }
    R large = value;
    processor::at_least(large, limit);
    R small = value;
    processor::at_most(small, limit);
    R not_a_number = value + std::numeric_limits<T>::quiet_NaN();
    processor::at_least(not_a_number, limit);
    R nor_this = value + std::numeric_limits<T>::quiet_NaN();
    processor::at_most(nor_this, limit);
    R squares = value * value;
    processor::hold(squares);
    R roots = squares;
    processor::square_root(roots);
    for (std::size_t lane = 0; lane < N; ++lane) {
        CAPTURE(N, lane);
        CHECK(large[lane] == (value[lane] < limit[lane] ? limit[lane] : value[lane]));
        CHECK(small[lane] == (limit[lane] < value[lane] ? limit[lane] : value[lane]));
        CHECK(std::isnan(not_a_number[lane]));
        CHECK(std::isnan(nor_this[lane]));
        CHECK(squares[lane] == value[lane] * value[lane]);
        CHECK(roots[lane] == std::sqrt(squares[lane]));
    }
}

template <typename T, typename Integer, std::size_t N>
void check_gather() {
    using R = typename Register<T, N>::type;
    std::array<T, 97> elements{};
    for (std::size_t k = 0; k < elements.size(); ++k) {
        elements[k] = static_cast<T>(3 * k + 1);
    }
    typename Register<Integer, N>::type indices{};
    for (std::size_t lane = 0; lane < N; ++lane) {
        indices[lane] = static_cast<Integer>((37 * lane + 96) % 97);
    }
    R found{};
    processor::gather(found, elements.data(), indices);
    for (std::size_t lane = 0; lane < N; ++lane) {
        CHECK(found[lane] == elements[static_cast<std::size_t>(indices[lane])]);
    }
}

template <std::size_t Lanes>
void check_wide() {
    if constexpr (vector_bytes == sizeof(float) * Lanes) {
        using Floats = typename Register<float, Lanes>::type;
        using Integers = typename Register<std::int32_t, Lanes>::type;
        Floats value{};
        Integers low{};
        Integers high{};
        Integers found{};
        for (std::size_t lane = 0; lane < 16; ++lane) {
            value[lane] = static_cast<float>(lane + 1);
            low[lane] = static_cast<std::int32_t>(100 + lane);
            high[lane] = static_cast<std::int32_t>(116 + lane);
            found[lane] = static_cast<std::int32_t>(64 + 7 * lane);
        }
        Floats estimates = value;
        processor::estimate_reciprocal(estimates);
        // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24: rounded twice, nothing would be left of the last part.
        const Floats one_and_more = Floats{} + 0x1.001p0f;
        Floats rest = one_and_more;
        processor::fused_multiply_add(rest, one_and_more, Floats{} - 0x1.002p0f);
        processor::look_up(found, low, high);
        for (std::size_t lane = 0; lane < 16; ++lane) {
            CHECK(std::fabs(estimates[lane] * value[lane] - 1) < 0x1p-14f);
            CHECK(rest[lane] == 0x1p-24f);
            CHECK(found[lane] == 100 + (7 * static_cast<std::int32_t>(lane)) % 32);
        }
    }
}

}  // namespace

TEST_CASE("registers of floats and of doubles") {
    check_lanes<float, 2>();
    check_lanes<float, 4>();
    check_lanes<float, 8>();
    check_lanes<float, 16>();
    check_lanes<double, 2>();
    check_lanes<double, 4>();
    check_lanes<double, 8>();
    float nine = 9;
    processor::square_root(nine);
    CHECK(nine == 3);
    double more = 2.25;
    processor::square_root(more);
    CHECK(more == 1.5);
}

TEST_CASE("elements at indices") {
    check_gather<float, std::int32_t, 4>();
    check_gather<float, std::int32_t, 8>();
    check_gather<float, std::int32_t, 16>();
    check_gather<double, std::int64_t, 4>();
    check_gather<double, std::int64_t, 8>();
}

TEST_CASE("what only registers of 64 bytes have") { check_wide<16>(); }
