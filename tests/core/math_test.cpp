// SPDX-License-Identifier: MIT
// The elementary functions against the standard library in long double, over dense sweeps. An error of 1 ulp is one
// unit in the last place of the correct result; a correctly rounded result is off by at most 0.5.
//
// The largest errors that were measured, over 4 million points on each range, g++ 12 and clang 19, with and without
// fused multiply-adds, and the bounds that are tested. Between the two lies room for another compiler, which may fuse
// other multiplications and additions:
//     exp 1.00 (bound 1.5)   sigmoid 2.47 (bound 3)   tanh 2.58 (bound 3)   log 2.87 (bound 3.5)   sqrt 0.75 (bound 1)
//     expm1 1.89 (bound 2.5)   log1p on [0, 1] 1.95 (bound 2.5)   erf 1.26 (bound 2)
//     sigmoid of 16 lanes 7.49 (bound 9); for |x| <= 20 5.11 (bound 6), for |x| <= 1 3.82 (bound 4.5)
#include <ctcnn/core/math.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <ctcnn/core/error_function.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/square_root.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// The number with the digits of its type and no more, which is not all that the x87 unit keeps of it.
template <Number V>
constexpr V stored(V x) {
    return as_computed(x);
}

/// How far a result is from the correct one, in units of its last place (below the normal numbers: in denormal steps).
template <typename T>
double ulps(T result, long double correct) {
    int exponent = 0;
    std::frexp(correct, &exponent);
    exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
    const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
    return static_cast<double>(std::abs(static_cast<long double>(result) - correct) / unit);
}

/// The largest error over points that lie equally far apart.
template <typename T, typename Function, typename Correct>
double largest_error(double low, double high, const Function& function, const Correct& correct) {
#ifdef __x86_64__
    constexpr int steps = 200'000;
#else
    constexpr int steps = 50'000;  // QEMU may run it.
#endif
    double largest = 0;
    for (int i = 0; i <= steps; ++i) {
        const T x = stored(static_cast<T>(low + (high - low) * i / steps));
        const double error = ulps(function(x), correct(static_cast<long double>(x)));
        // Written so that NaN is an error.
        largest = error <= largest ? largest : error;
    }
    return largest;
}

constexpr auto exp_of = []<Number V>(V x) { return stored(math::exp(x)); };
constexpr auto sigmoid_of = []<Number V>(V x) { return stored(math::sigmoid(x)); };
constexpr auto tanh_of = []<Number V>(V x) { return stored(math::tanh(x)); };
constexpr auto log_of = []<Number V>(V x) { return stored(math::log(x)); };
constexpr auto expm1_of = []<Number V>(V x) { return stored(math::expm1(x)); };
constexpr auto log1p_of = []<Number V>(V x) { return stored(math::log1p(x)); };
constexpr auto erf_of = []<Number V>(V x) { return stored(math::erf(x)); };

long double correct_exp(long double x) { return std::exp(x); }
long double correct_sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }
long double correct_tanh(long double x) { return std::tanh(x); }
long double correct_log(long double x) { return std::log(x); }
long double correct_expm1(long double x) { return std::expm1(x); }
long double correct_log1p(long double x) { return std::log1p(x); }
long double correct_erf(long double x) { return std::erf(x); }

/// The range on which exp does not limit its argument.
template <typename T>
constexpr double lowest = sizeof(T) == 4 ? -87 : -708;
template <typename T>
constexpr double highest = sizeof(T) == 4 ? 88 : 709;

template <typename T>
void check_accuracy() {
    INFO("bytes of a number: " << sizeof(T));
    CHECK(largest_error<T>(lowest<T>, highest<T>, exp_of, correct_exp) <= 1.5);
    CHECK(largest_error<T>(-1, 1, exp_of, correct_exp) <= 1.5);
    // Where e^-x is not limited.
    CHECK(largest_error<T>(-highest<T> + 1, -lowest<T>, sigmoid_of, correct_sigmoid) <= 3);
    CHECK(largest_error<T>(-20, 20, sigmoid_of, correct_sigmoid) <= 3);
    CHECK(largest_error<T>(-1, 1, sigmoid_of, correct_sigmoid) <= 3);
    CHECK(largest_error<T>(-25, 25, tanh_of, correct_tanh) <= 3);
    CHECK(largest_error<T>(-1, 1, tanh_of, correct_tanh) <= 3);
    CHECK(largest_error<T>(-1e-3, 1e-3, tanh_of, correct_tanh) <= 3);
    CHECK(largest_error<T>(1e-30, 1e-3, log_of, correct_log) <= 3.5);
    CHECK(largest_error<T>(0.01, 2, log_of, correct_log) <= 3.5);
    CHECK(largest_error<T>(1, 1000, log_of, correct_log) <= 3.5);
    CHECK(largest_error<T>(1, 1e30, log_of, correct_log) <= 3.5);
    CHECK(largest_error<T>(lowest<T>, highest<T>, expm1_of, correct_expm1) <= 2.5);
    CHECK(largest_error<T>(-2, 2, expm1_of, correct_expm1) <= 2.5);
    CHECK(largest_error<T>(-1e-3, 1e-3, expm1_of, correct_expm1) <= 2.5);
    CHECK(largest_error<T>(0, 1, log1p_of, correct_log1p) <= 2.5);
    CHECK(largest_error<T>(0, 1e-3, log1p_of, correct_log1p) <= 2.5);
    CHECK(largest_error<T>(-7, 7, erf_of, correct_erf) <= 2);
    CHECK(largest_error<T>(-1.1, 1.1, erf_of, correct_erf) <= 2);
    CHECK(largest_error<T>(-1e-3, 1e-3, erf_of, correct_erf) <= 2);
}

/// How far the lanes are from the scalar function, counted in numbers between the two. None at all: lanes and scalars
/// run through the same expressions, and a compiler that fuses a multiply-add in one of them does so in the other. The
/// sigmoid and erf of 512-bit lanes are the exceptions, and the x87 unit, which keeps more digits of some numbers than of others.
constexpr std::uint64_t largest_distance = has_excess_digits ? 3 : 0;
template <typename V, typename Function>
std::uint64_t distance_to_scalar(double low, double high, const Function& function) {
    using T = scalar_t<V>;
    using Bits = typename math::detail::Exponential<T>::Bits;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t tiles = 20'000;
    std::uint64_t largest = 0;
    for (std::size_t tile = 0; tile < tiles; ++tile) {
        V x{};
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const double part = static_cast<double>(tile * lanes + lane) / static_cast<double>(tiles * lanes);
            set_lane(x, lane, stored(static_cast<T>(low + (high - low) * part)));
        }
        const V result = function(x);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const auto a = std::bit_cast<Bits>(get_lane(result, lane));
            const auto b = std::bit_cast<Bits>(function(get_lane(x, lane)));
            largest = std::max<std::uint64_t>(largest, a > b ? a - b : b - a);
        }
    }
    return largest;
}

template <typename V>
void check_lanes() {
    using T = scalar_t<V>;
    // g++ fuses other multiplications of erf for 512-bit lanes.
    constexpr std::uint64_t erf_distance = sizeof(V) == 64 ? 1 : largest_distance;
    CHECK(distance_to_scalar<V>(lowest<T> - 5, highest<T> + 5, exp_of) <= largest_distance);
    CHECK(distance_to_scalar<V>(-2, 2, exp_of) <= largest_distance);
    if constexpr (std::same_as<V, Lanes<float, 16>> && vector_bytes == 64) {
        // 16 numbers take a shorter way, with a table and an estimate of the quotient.
        const auto sigmoid_of_16 = [](float x) { return get_lane(math::sigmoid(broadcast<V>(x)), 0); };
        CHECK(largest_error<float>(lowest<T>, highest<T>, sigmoid_of_16, correct_sigmoid) <= 9);
        CHECK(largest_error<float>(-20, 20, sigmoid_of_16, correct_sigmoid) <= 6);
        CHECK(largest_error<float>(-1, 1, sigmoid_of_16, correct_sigmoid) <= 4.5);
    } else {
        CHECK(distance_to_scalar<V>(lowest<T> - 5, highest<T> + 5, sigmoid_of) <= largest_distance);
        CHECK(distance_to_scalar<V>(-2, 2, sigmoid_of) <= largest_distance);
    }
    CHECK(distance_to_scalar<V>(-25, 25, tanh_of) <= largest_distance);
    CHECK(distance_to_scalar<V>(-2, 2, tanh_of) <= largest_distance);
    CHECK(distance_to_scalar<V>(lowest<T> - 5, highest<T> + 5, expm1_of) <= largest_distance);
    CHECK(distance_to_scalar<V>(-2, 2, expm1_of) <= largest_distance);
    CHECK(distance_to_scalar<V>(0, 1, log1p_of) <= largest_distance);
    CHECK(distance_to_scalar<V>(-7, 7, erf_of) <= erf_distance);
    CHECK(distance_to_scalar<V>(-2, 2, erf_of) <= erf_distance);
    CHECK(distance_to_scalar<V>(1e-30, 2, log_of) <= largest_distance);
    CHECK(distance_to_scalar<V>(1, 1e30, log_of) <= largest_distance);
}

/// Infinities, NaN, arguments that are far too large or too small to matter.
template <Number V>
void check_extremes() {
    using T = scalar_t<V>;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    constexpr T denormal = std::numeric_limits<T>::denorm_min();
    const auto at = [](const auto& function, T x) {
        const V result = function(broadcast<V>(x));
        for (std::size_t lane = 1; lane < lane_count<V>; ++lane) {
            // Equal, NaN included.
            CHECK(std::bit_cast<typename math::detail::Exponential<T>::Bits>(get_lane(result, lane)) ==
                  std::bit_cast<typename math::detail::Exponential<T>::Bits>(get_lane(result, 0)));
        }
        return stored(get_lane(result, 0));
    };
    for (const T large : {T(1e4), std::numeric_limits<T>::max(), infinity}) {
        CHECK(at(exp_of, large) == at(exp_of, static_cast<T>(highest<T>)));
        CHECK(math::is_finite(at(exp_of, large)));
        CHECK(at(exp_of, -large) == at(exp_of, static_cast<T>(lowest<T>)));
        CHECK(at(exp_of, -large) > 0);
        CHECK(at(sigmoid_of, large) == 1);
        CHECK(at(sigmoid_of, -large) >= 0);
        // 1 / (1 + e^highest): nothing smaller than the smallest normal number.
        CHECK(at(sigmoid_of, -large) <= std::numeric_limits<T>::min());
        CHECK(at(tanh_of, large) == 1);
        CHECK(at(tanh_of, -large) == -1);
        CHECK(at(expm1_of, -large) == -1);
        CHECK(math::is_finite(at(expm1_of, large)));
        CHECK(at(erf_of, large) == 1);
        CHECK(at(erf_of, -large) == -1);
    }
    for (const T small : {T(0), -T(0), denormal, -denormal, std::numeric_limits<T>::min()}) {
        CHECK(at(exp_of, small) == 1);
        CHECK(at(sigmoid_of, small) == T(0.5));
        CHECK(at(tanh_of, small) == small);
        CHECK(at(expm1_of, small) == small);
        // The factor 2/sqrt(pi), to half a unit: denormals have few.
        CHECK(std::abs(static_cast<long double>(at(erf_of, small)) -
                       static_cast<long double>(small) * 1.1283791670955126L) <=
              std::abs(static_cast<long double>(small)) * 0.15L);
    }
    for (const T nan : {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::quiet_NaN()}) {
        CHECK(std::isnan(at(exp_of, nan)));
        CHECK(std::isnan(at(sigmoid_of, nan)));
        CHECK(std::isnan(at(tanh_of, nan)));
        CHECK(std::isnan(at(expm1_of, nan)));
        CHECK(std::isnan(at(log1p_of, nan)));
        CHECK(std::isnan(at(erf_of, nan)));
        CHECK(std::isnan(at(log_of, nan)));
    }
    for (const T x : {T(1e-6), T(0.1), T(0.7), T(3), T(9), T(30)}) {
        CHECK(at(tanh_of, -x) == -at(tanh_of, x));
        CHECK(at(erf_of, -x) == -at(erf_of, x));
    }
    CHECK(at(log1p_of, T(0)) == 0);
    CHECK(at(log_of, T(0)) == -infinity);
    CHECK(at(log_of, -T(0)) == -infinity);
    CHECK(at(log_of, T(1)) == 0);
    CHECK(at(log_of, infinity) == infinity);
    CHECK(std::isnan(at(log_of, T(-1))));
    CHECK(std::isnan(at(log_of, -infinity)));
}

template <typename T>
void check_special_values_of_log() {
    // The ends of the normal numbers, beyond which log is not defined.
    CHECK(ulps(math::log(std::numeric_limits<T>::min()),
               std::log(static_cast<long double>(std::numeric_limits<T>::min()))) <= 3.5);
    CHECK(ulps(math::log(std::numeric_limits<T>::max()),
               std::log(static_cast<long double>(std::numeric_limits<T>::max()))) <= 3.5);
}

template <typename T>
constexpr bool works_in_constant_expressions() {
    return math::exp(T(0)) == 1 && math::sigmoid(T(0)) == T(0.5) && math::tanh(T(0)) == 0 && math::log(T(1)) == 0 &&
           math::exp(T(1)) > T(2.71828) && math::exp(T(1)) < T(2.71829) && math::log(T(10)) > T(2.30258) &&
           math::log(T(10)) < T(2.30259) && math::tanh(T(1)) > T(0.761594) && math::tanh(T(1)) < T(0.761595) &&
           math::expm1(T(0)) == 0 && math::log1p(T(1)) > T(0.693147) && math::log1p(T(1)) < T(0.693148) &&
           math::erf(T(0)) == 0 && math::erf(T(0.5)) > T(0.520499) && math::erf(T(0.5)) < T(0.520500) &&
           math::erf(T(2)) > T(0.995322) && math::erf(T(2)) < T(0.995323) && math::sigmoid(T(-1)) > T(0.268941) &&
           math::sigmoid(T(-1)) < T(0.268942) && math::is_finite(std::numeric_limits<T>::max()) &&
           !math::is_finite(std::numeric_limits<T>::infinity()) &&
           !math::is_finite(-std::numeric_limits<T>::infinity()) &&
           !math::is_finite(std::numeric_limits<T>::quiet_NaN());
}
static_assert(works_in_constant_expressions<float>());
static_assert(works_in_constant_expressions<double>());
static_assert(math::sqrt(0.0) == 0 && math::sqrt(1.0) == 1 && math::sqrt(6.25) == 2.5);
static_assert(math::sqrt(std::numeric_limits<double>::infinity()) == std::numeric_limits<double>::infinity());

/// The same figures from the compiler and from the processor.
constexpr float constant_exp = math::exp(1.7f);
constexpr double constant_tanh = math::tanh(0.3);

}  // namespace

TEST_CASE("elementary functions of floats are accurate") { check_accuracy<float>(); }

TEST_CASE("elementary functions of doubles are accurate") { check_accuracy<double>(); }

/// Whether one number among finite ones is found, wherever it stands and however many they are.
template <typename T>
void check_all_finite() {
    constexpr std::size_t most = 3 * lane_count<Lanes<T>> + 2;
    constexpr T largest = std::numeric_limits<T>::max();
    constexpr T infinity = std::numeric_limits<T>::infinity();
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    std::array<T, most> numbers{};
    for (std::size_t i = 0; i < most; ++i) {
        numbers[i] = i % 2 == 0 ? largest : -largest;
    }
    std::size_t wrong = 0;
    for (std::size_t count = 0; count <= most; ++count) {
        wrong += math::all_finite(numbers.data(), count) ? 0 : 1;
        for (std::size_t place = 0; place < most; ++place) {
            for (const T bad : {infinity, -infinity, nan, -nan}) {
                const T kept = std::exchange(numbers[place], bad);
                wrong += math::all_finite(numbers.data(), count) == (place >= count) ? 0 : 1;
                numbers[place] = kept;
            }
        }
    }
    // Two rows, with numbers behind each that do not count.
    constexpr std::size_t apart = most / 2;
    for (std::size_t count = 0; count <= apart; ++count) {
        for (std::size_t place = 0; place < most; ++place) {
            const T kept = std::exchange(numbers[place], nan);
            const bool counts = place < 2 * apart && place % apart < count;
            wrong += math::all_finite(numbers.data(), count, 2, apart) == !counts ? 0 : 1;
            numbers[place] = kept;
        }
    }
    CHECK(wrong == 0);
    std::array<Lanes<T>, 2> lanes{};
    CHECK(math::all_finite(lanes.data(), 2));
    set_lane(lanes[1], lane_count<Lanes<T>> - 1, nan);
    CHECK(math::all_finite(lanes.data(), 1));
    CHECK(!math::all_finite(lanes.data(), 2));
}
static_assert(math::all_finite(std::array{1.0, -2.0}.data(), 2));
static_assert(!math::all_finite(std::array{1.0, std::numeric_limits<double>::infinity()}.data(), 2));
static_assert(math::all_finite(std::array{1.0, std::numeric_limits<double>::infinity(), 2.0}.data(), 1, 2, 2));
static_assert(!math::all_finite(std::array{1.0, std::numeric_limits<double>::infinity()}.data(), 1, 2, 1));

TEST_CASE("one number that is not finite is found among many") {
    check_all_finite<float>();
    check_all_finite<double>();
}

TEST_CASE("the square root is accurate") {
    // Any positive number: random bits without a sign.
    const Philox random(700);
    double largest = 0;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const std::uint64_t bits = (std::uint64_t{random.bits(2 * i)} << 32 | random.bits(2 * i + 1)) >> 1;
        const double x = std::bit_cast<double>(bits);
        if (math::is_finite(x)) {
            const double error = ulps(math::sqrt(x), std::sqrt(static_cast<long double>(x)));
            largest = error <= largest ? largest : error;
        }
    }
    CHECK(largest <= 1);
    constexpr double most = std::numeric_limits<double>::max();
    CHECK(ulps(math::sqrt(most), std::sqrt(static_cast<long double>(most))) <= 1);
    CHECK(std::isnan(math::sqrt(-1.0)));
    CHECK(std::isnan(math::sqrt(std::numeric_limits<double>::quiet_NaN())));
    CHECK(math::sqrt(std::numeric_limits<double>::denorm_min()) ==
          std::sqrt(std::numeric_limits<double>::denorm_min()));
}

template <typename T>
void check_processor_sqrt() {
    using V = Lanes<T>;
    const Philox random(2);
    for (std::uint64_t i = 0; i < 10000; ++i) {
        std::array<T, V::count> numbers{};
        for (std::size_t n = 0; n < V::count; ++n) {
            numbers[n] = static_cast<T>(random.bits(i * V::count + n)) * T(0x1p-28);
        }
        std::array<T, V::count> roots{};
        math::processor_sqrt(V::load(numbers.data())).store(roots.data());
        for (std::size_t n = 0; n < V::count; ++n) {
            REQUIRE(roots[n] == stored(std::sqrt(numbers[n])));
            REQUIRE(stored(math::processor_sqrt(numbers[n])) == roots[n]);
        }
    }
    CHECK(math::processor_sqrt(T(0)) == 0);
}
static_assert(math::processor_sqrt(6.25f) == 2.5f && math::processor_sqrt(6.25) == 2.5);

TEST_CASE("the processor's square root is the standard library's") {
    check_processor_sqrt<float>();
    check_processor_sqrt<double>();
}

TEST_CASE("lanes compute what scalars compute") {
    check_lanes<Lanes<float>>();
    check_lanes<Lanes<double>>();
}

TEST_CASE("elementary functions survive extreme arguments") {
    check_extremes<float>();
    check_extremes<double>();
    check_extremes<Lanes<float>>();
    check_extremes<Lanes<double>>();
    check_special_values_of_log<float>();
    check_special_values_of_log<double>();
}

TEST_CASE("a constant is what the program computes") {
    volatile float x = 1.7f;  // not known to the compiler
    volatile double y = 0.3;
    // No multiply-add is fused in a constant expression. Both sides are within 1.5 ulp (exp) and 3 ulp (tanh) of the
    // truth.
    CHECK(ulps(math::exp(static_cast<float>(x)), static_cast<long double>(constant_exp)) <= 3);
    CHECK(ulps(math::tanh(static_cast<double>(y)), static_cast<long double>(constant_tanh)) <= 6);
}
