// SPDX-License-Identifier: MIT
#include <ctcnn/core/lanes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <type_traits>

#include "catch.hpp"
#include "ramp.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

static_assert(is_lanes<Lanes<float>> && !is_lanes<float>);
static_assert(Number<float> && Number<double> && Number<Lanes<double>> && !Number<int>);
static_assert(std::is_same_v<scalar_t<Lanes<double, 2>>, double> && std::is_same_v<scalar_t<float>, float>);
static_assert(lane_count<Lanes<float, 4>> == 4 && lane_count<double> == 1);
static_assert(lane_count<Lanes<float>> * sizeof(float) == vector_bytes && sizeof(Lanes<double>) == vector_bytes);
static_assert(std::is_trivially_copyable_v<Lanes<float>>);

// A scalar is a number of one lane, in constant expressions too.
static_assert(broadcast<float>(3) == 3 && multiply_add(2.0, 3.0, 4.0) == 10);
static_assert(select_less(1.0f, 2.0f, 3.0f, 4.0f) == 3 && select_less(2.0f, 2.0f, 3.0f, 4.0f) == 4);
static_assert(select_equal(2.0f, 2.0f, 3.0f, 4.0f) == 3 && select_equal(1.0f, 2.0f, 3.0f, 4.0f) == 4);
static_assert(at_least(1.0f, 2.0f) == 2 && at_least(3.0f, 2.0f) == 3 && at_most(1.0, 2.0) == 1 &&
              at_most(3.0, 2.0) == 2);
static_assert(get_lane(6.0f, 0) == 6);
static_assert([] {
    double number = 1;
    set_lane(number, 0, 2.0);
    return number;
}() == 2);

template <typename V>
std::array<scalar_t<V>, lane_count<V>> lanes_of(const V& value) {
    std::array<scalar_t<V>, lane_count<V>> result{};
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        result[lane] = get_lane(value, lane);
    }
    return result;
}

template <typename V>
void check_arithmetic() {
    using T = scalar_t<V>;
    const V a = ramp<V>(1);
    const V b = ramp<V>(-3, 2);
    V sum = a;
    sum += b;
    V changed = a;
    set_lane(changed, lane_count<V> - 1, T(99));
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        const T x = T(1) + static_cast<T>(lane);
        const T y = T(-3) + 2 * static_cast<T>(lane);
        CHECK(get_lane(a, lane) == x);
        CHECK(get_lane(a + b, lane) == x + y);
        CHECK(get_lane(a - b, lane) == x - y);
        CHECK(get_lane(a * b, lane) == x * y);
        CHECK(get_lane(b / a, lane) == y / x);
        CHECK(get_lane(-a, lane) == -x);
        CHECK(get_lane(sum, lane) == x + y);
        CHECK(get_lane(multiply_add(a, b, a), lane) == x * y + x);
        CHECK(get_lane(broadcast<V>(T(2.5)), lane) == T(2.5));
        CHECK(get_lane(V{}, lane) == 0);
        CHECK(get_lane(changed, lane) == (lane + 1 == lane_count<V> ? T(99) : x));
    }
}

template <typename V>
void check_memory() {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    // One place past the beginning: no alignment is needed.
    std::array<T, lanes + 2> numbers{};
    std::iota(numbers.begin(), numbers.end(), T(10));
    const V loaded = V::load(numbers.data() + 1);
    CHECK(lanes_of(loaded) == lanes_of(ramp<V>(11)));
    numbers.fill(T(-1));
    loaded.store(numbers.data() + 1);
    CHECK(numbers.front() == -1);
    CHECK(numbers.back() == -1);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        CHECK(numbers[lane + 1] == T(11) + static_cast<T>(lane));
    }
}

template <typename V>
void check_selection() {
    using T = scalar_t<V>;
    const V a = ramp<V>(0);
    const V one = broadcast<V>(T(1));
    const V yes = ramp<V>(100);
    const V no = ramp<V>(200);
    const V not_a_number = broadcast<V>(std::numeric_limits<T>::quiet_NaN());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        const T difference = static_cast<T>(lane);
        CHECK(get_lane(select_less(a, one, yes, no), lane) == (lane < 1 ? 100 : 200) + difference);
        CHECK(get_lane(select_equal(a, one, yes, no), lane) == (lane == 1 ? 100 : 200) + difference);
        CHECK(get_lane(select_less(not_a_number, one, yes, no), lane) == 200 + difference);
        CHECK(get_lane(select_less(one, not_a_number, yes, no), lane) == 200 + difference);
        CHECK(get_lane(select_equal(not_a_number, not_a_number, yes, no), lane) == 200 + difference);
        CHECK(get_lane(at_least(a, one), lane) == std::max(difference, T(1)));
        CHECK(get_lane(at_most(a, one), lane) == std::min(difference, T(1)));
        CHECK(std::isnan(get_lane(at_least(not_a_number, one), lane)));
        CHECK(std::isnan(get_lane(at_most(not_a_number, one), lane)));
    }
}

/// larger: NaN if one of two is, and of equal ones the first.
template <typename V>
void check_larger() {
    using T = scalar_t<V>;
    const V a = ramp<V>(0);
    const V one = broadcast<V>(T(1));
    const V zero = broadcast<V>(T(0));
    const V not_a_number = broadcast<V>(std::numeric_limits<T>::quiet_NaN());
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        const T expected = std::max(static_cast<T>(lane), T(1));
        CHECK(get_lane(larger(a, one), lane) == expected);
        CHECK(get_lane(larger(one, a), lane) == expected);
        CHECK(std::isnan(get_lane(larger(not_a_number, one), lane)));
        CHECK(std::isnan(get_lane(larger(one, not_a_number), lane)));
        CHECK(std::signbit(get_lane(larger(-zero, zero), lane)));
        CHECK(!std::signbit(get_lane(larger(zero, -zero), lane)));
    }
}

/// 1 / value, which registers of 64 bytes estimate.
template <typename V>
void check_reciprocal() {
    using T = scalar_t<V>;
    std::size_t estimated = 0;
    for (int n = 0; n < 1000; ++n) {
        const V value = ramp<V>(T(1) + static_cast<T>(n) / 64, T(0.125));
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const T quotient = 1 / get_lane(value, lane);
            const T found = get_lane(reciprocal(value), lane);
            CHECK(std::abs(found - quotient) <= 2 * std::numeric_limits<T>::epsilon() * quotient);
            estimated += found != quotient ? 1 : 0;
        }
    }
    CHECK((estimated != 0) == (vector_bytes == 64 && std::is_same_v<V, Lanes<float, 16>>));
}

/// What the compiler is told about registers changes no value.
template <typename V>
void check_hints() {
    V value = ramp<V>(7);
    hold_in_register(value);
    CHECK(lanes_of(value) == lanes_of(ramp<V>(7)));
    CHECK(forget_origin(&value) == &value);
    CHECK(rolled_lane_count<V>() == lane_count<V>);
    CHECK(lanes_of(lane_by_lane<V>([](std::size_t lane) { return static_cast<scalar_t<V>>(lane + 7); })) ==
          lanes_of(value));
}

template <typename V>
void check() {
    check_arithmetic<V>();
    check_memory<V>();
    check_selection<V>();
    check_larger<V>();
    check_reciprocal<V>();
    check_hints<V>();
}

}  // namespace

TEST_CASE("lanes of floats") {
    check<Lanes<float, 2>>();
    check<Lanes<float, 4>>();
    check<Lanes<float, 8>>();
    check<Lanes<float, 16>>();
    check<Lanes<float>>();
}

TEST_CASE("lanes of doubles") {
    check<Lanes<double, 2>>();
    check<Lanes<double, 4>>();
    check<Lanes<double, 8>>();
    check<Lanes<double>>();
}
