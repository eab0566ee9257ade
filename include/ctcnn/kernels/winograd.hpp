// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Winograd's minimal filtering F(m, r): m outputs of a filter of r taps take n = m + r - 1 multiplications instead of m
// * r. Filter and inputs are values of polynomials at n points: 0, infinity, and pairs p, -p.
//     output = collect<m>(evaluate<r>(weight) * scale * points_of_inputs(input)), number by number
// and since each of these maps is linear, its transpose takes the gradients back:
//     grad_input = inputs_of_points(evaluate<m>(grad_output) * evaluate<r>(weight) * scale)
//     grad_weight = collect<r>(evaluate<m>(grad_output) * points_of_inputs(input) * scale)
// An infinite number, or NaN, spoils all outputs of the piece whose input it is in.
// Lavin and Gray call points_of_inputs B^T, scale * evaluate<r> G, and collect<m> A^T.
// Source   S. Winograd, Arithmetic Complexity of Computations, SIAM 1980; A. Lavin, S. Gray, arXiv:1509.09308
namespace CTCNN_DETAIL::kernels::winograd {

/// The pairs, in the order in which they are taken. Up to 8 points the rounding errors stay near those of the direct
/// sums; with a fourth pair, 3, 4 or 1/4, they are ten times as large.
struct UsualPairs {
    static constexpr std::array<double, 3> values{1, 2, 0.5};
};
inline constexpr std::size_t most_points = 2 * UsualPairs::values.size() + 2;

/// How many outputs of a filter of `taps` n points give: m of F(m, taps). 1 where the filter does not fit, which no
/// plan calls possible.
constexpr std::size_t outputs_of(std::size_t n, std::size_t taps) { return n < taps ? 1 : n + 1 - taps; }

/// The number of points for which cost(n) is least.
template <typename Cost>
consteval std::size_t cheapest_points(std::size_t taps, const Cost& cost) {
    std::size_t best = most_points;
    for (std::size_t n = 4; n < most_points; n += 2) {
        if (n > taps && cost(n) < cost(best)) {
            best = n;
        }
    }
    return best;
}

/// Count numbers of a row of Size, from `begin` on, which is Last at most; zeros beyond its end.
template <std::size_t Count, std::size_t Last, std::size_t Size, Number V>
[[gnu::always_inline]] inline void take(const V* row, std::size_t begin, V* numbers) {
    if (Last + Count <= Size || begin + Count <= Size) [[likely]] {
        unroll<Count>([&](std::size_t n) __attribute__((always_inline)) { numbers[n] = row[begin + n]; });
    } else {
        unroll<Count>([&](std::size_t n)
                          __attribute__((always_inline)) { numbers[n] = begin + n < Size ? row[begin + n] : V{}; });
    }
}

/// x^k.
constexpr double power(double x, std::size_t k) {
    double result = 1;
    for (; k > 0; --k) {
        result *= x;
    }
    return result;
}

/// Points<N>: the maps for N points in this order: 0, infinity, 1, -1, 2, -2, 1/2, -1/2 as far as there are so many.
/// They are right for any pairs of different numbers.
template <std::size_t N, typename Pairs = UsualPairs>
struct Points {
    static constexpr auto pairs = Pairs::values;
    static_assert(N % 2 == 0 && N >= 4 && N <= most_points);
    static constexpr std::size_t count = N;
    static constexpr std::size_t pair_count = N / 2 - 1;

    /// The coefficients of the product of (t - q^2) over all pairs q, or over all but one; t is x^2.
    static constexpr std::array<double, pair_count + 1> product(std::size_t without) {
        std::array<double, pair_count + 1> coefficients{1};
        for (std::size_t q = 0; q < pair_count; ++q) {
            for (std::size_t k = pair_count + 1; q != without && k-- > 0;) {
                coefficients[k] = (k > 0 ? coefficients[k - 1] : 0) - pairs[q] * pairs[q] * coefficients[k];
            }
        }
        return coefficients;
    }

    /// The products over all but one, and over all: a table, so that compilers need not compute it for each use.
    static constexpr std::array<std::array<double, pair_count + 1>, pair_count + 1> products = [] {
        std::array<std::array<double, pair_count + 1>, pair_count + 1> result{};
        for (std::size_t without = 0; without <= pair_count; ++without) {
            result[without] = product(without);
        }
        return result;
    }();

    /// Powers 0 to N - 1 of each pair, likewise.
    static constexpr std::array<std::array<double, N>, pair_count> powers = [] {
        std::array<std::array<double, N>, pair_count> result{};
        for (std::size_t p = 0; p < pair_count; ++p) {
            for (std::size_t k = 0; k < N; ++k) {
                result[p][k] = power(pairs[p], k);
            }
        }
        return result;
    }();

    /// One over the product of the differences of each point from the others; infinity has none.
    static constexpr std::array<double, N> scale = [] {
        const auto product_at = [](double t, std::size_t without) {
            double product = 1;
            for (std::size_t q = 0; q < pair_count; ++q) {
                product *= q == without ? 1 : t - pairs[q] * pairs[q];
            }
            return product;
        };
        std::array<double, N> result{};
        result[0] = 1 / product_at(0, pair_count);
        result[1] = 1;
        for (std::size_t p = 0; p < pair_count; ++p) {
            const double t = pairs[p] * pairs[p];
            result[2 * p + 2] = result[2 * p + 3] = 1 / (2 * t * product_at(t, p));
        }
        return result;
    }();

    /// What the scale of the first Fewer points is alone, as a multiple of what it is among all N.
    template <std::size_t Fewer>
    static constexpr std::array<double, Fewer> scale_ratio = [] {
        std::array<double, Fewer> result{};
        for (std::size_t f = 0; f < Fewer; ++f) {
            const double x = f < 2 ? 0 : pairs[f / 2 - 1];
            result[f] = 1;
            for (std::size_t q = Fewer / 2 - 1; f != 1 && q < pair_count; ++q) {
                result[f] *= x * x - pairs[q] * pairs[q];
            }
        }
        return result;
    }();

    /// The values of the polynomial c[0] + c[1] x + ... + c[Count - 1] x^(Count - 1) at two of the points: at 0 and
    /// infinity, where it is c[Count - 1], for `two` = 0; at a pair for each `two` after that.
    template <std::size_t Count, Number V>
    [[gnu::always_inline]] static constexpr void evaluate_two(std::size_t two, const V* c, V* values) {
        if (two == 0) {
            values[0] = c[0];
            values[1] = c[Count - 1];
            return;
        }
        static_assert(Count >= 2);
        // The even powers and the odd ones, x times those, added and subtracted.
        const double x = pairs[two - 1];
        V sums[2]{c[(Count - 1) / 2 * 2], c[(Count - 2) / 2 * 2 + 1]};
        unroll<Count - 2>([&](std::size_t n) __attribute__((always_inline)) {
            const std::size_t k = Count - 3 - n;
            sums[k % 2] = times_add(x * x, sums[k % 2], c[k]);
        });
        values[0] = times_add(x, sums[1], sums[0]);
        values[1] = times_add(-x, sums[1], sums[0]);
    }

    /// The same at all points.
    template <std::size_t Count, Number V>
    [[gnu::always_inline]] static constexpr void evaluate(const V* c, V* values) {
        unroll<N / 2>([&](std::size_t two)
                          __attribute__((always_inline)) { evaluate_two<Count>(two, c, values + 2 * two); });
    }

    /// The transpose of evaluate<Count>: c[k] = the sum of x^k times the value at x.
    template <std::size_t Count, Number V>
    [[gnu::always_inline]] static constexpr void collect(const V* values, V* c) {
        V even[pair_count];
        V odd[pair_count];
        unroll<pair_count>([&](std::size_t p) __attribute__((always_inline)) {
            even[p] = values[2 * p + 2] + values[2 * p + 3];
            odd[p] = values[2 * p + 2] - values[2 * p + 3];
        });
        unroll<Count>([&](std::size_t k) __attribute__((always_inline)) {
            const V* sums = k % 2 == 0 ? even : odd;
            constexpr bool one = !(pairs[0] < 1 || pairs[0] > 1);  // whose powers are 1
            c[k] = one || k == 0 ? sums[0] : broadcast<V>(static_cast<scalar_t<V>>(powers[0][k])) * sums[0];
            c[k] = k == 0 ? values[0] + c[k] : c[k];
            unroll<pair_count - 1>([&](std::size_t p) __attribute__((always_inline)) {
                c[k] = times_add(powers[p + 1][k], sums[p + 1], c[k]);
            });
        });
        c[Count - 1] += values[1];
    }

    /// What N inputs contribute at two of the points, as evaluate_two: the coefficients are those of the polynomial
    /// whose roots are the other points.
    template <Number V>
    [[gnu::always_inline]] static constexpr void points_of_inputs_two(std::size_t two, const V* x, V* values) {
        if (two == 0) {
            constexpr const auto& all = products[pair_count];
            values[0] = x[N - 2];
            values[1] = x[N - 1];
            unroll<pair_count>([&](std::size_t j) __attribute__((always_inline)) {
                values[0] = times_add(all[j], x[2 * j], values[0]);
                values[1] = times_add(all[j], x[2 * j + 1], values[1]);
            });
            return;
        }
        const auto& others = products[two - 1];
        V even = x[N - 2];
        V odd = x[N - 3];
        unroll<pair_count - 1>([&](std::size_t j) __attribute__((always_inline)) {
            even = times_add(others[j], x[2 * j + 2], even);
            odd = times_add(others[j], x[2 * j + 1], odd);
        });
        values[0] = times_add(pairs[two - 1], odd, even);
        values[1] = times_add(-pairs[two - 1], odd, even);
    }

    /// The same at all points.
    template <Number V>
    [[gnu::always_inline]] static constexpr void points_of_inputs(const V* x, V* values) {
        unroll<N / 2>([&](std::size_t two)
                          __attribute__((always_inline)) { points_of_inputs_two(two, x, values + 2 * two); });
    }

    /// The transpose of points_of_inputs.
    template <Number V>
    [[gnu::always_inline]] static constexpr void inputs_of_points(const V* values, V* x) {
        constexpr const auto& all = products[pair_count];
        // Sums begin with 0, and so never are -0.
        unroll<N>([&](std::size_t k)
                      __attribute__((always_inline)) { x[k] = times_add(all[k / 2], values[k % 2], V{}); });
        unroll<pair_count>([&](std::size_t p) __attribute__((always_inline)) {
            const auto& others = products[p];
            const V even = values[2 * p + 2] + values[2 * p + 3];
            const V odd = values[2 * p + 2] - values[2 * p + 3];
            unroll<pair_count>([&](std::size_t j) __attribute__((always_inline)) {
                x[2 * j + 2] = times_add(others[j], even, x[2 * j + 2]);
                x[2 * j + 1] = times_add(pairs[p] * others[j], odd, x[2 * j + 1]);
            });
        });
    }

private:
    /// factor * a + b.
    template <Number V>
    [[gnu::always_inline]] static constexpr V times_add(double factor, V a, V b) {
        return multiply_add(broadcast<V>(static_cast<scalar_t<V>>(factor)), a, b);
    }
};

}  // namespace CTCNN_DETAIL::kernels::winograd
