// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::math {

namespace detail {

/// What the error function needs of a scalar type: polynomials, minimax of the relative error.
template <typename T>
struct ErrorFunction;

template <>
struct ErrorFunction<float> {
    static constexpr float limit = 4;  // erf is 1 from here on
    // erf(x)/x - 1 on |x| <= 1 in powers of x^2; relative error of erf below 1.2e-9.
    static constexpr std::array<float, 7> inner{0.12837917f,   -0.37612626f,   0.112835996f, -0.026854433f,
                                                0.0051895133f, -0.0008020644f, 7.888461e-05f};
    // -log(1 - erf(x)) - x^2 on 1 <= x <= 4 in powers of x; relative error of erf below 1.1e-9.
    static constexpr std::array<float, 7> outer{0.00034127955f, 1.1270902f,    -0.3618569f, 0.10310831f,
                                                -0.02183883f,   0.0029478562f, -0.0001864f};
};

template <>
struct ErrorFunction<double> {
    static constexpr double limit = 6;
    // The same; relative error of erf below 1.3e-19, and below 2e-18 on 1 <= x <= 6.
    static constexpr std::array<double, 13> inner{
        0.1283791670955126,    -0.3761263890318375,     0.11283791670954885,    -0.026866170645077857,
        0.005223977624828275,  -0.0008548326981417153,  0.00012055331132666755, -1.4925595765603387e-05,
        1.646100837767096e-06, -1.6350395213430678e-07, 1.4660322254414289e-08, -1.1374931875741776e-09,
        5.960646758134622e-11};
    static constexpr std::array<double, 19> outer{
        1.8010117346323514e-07,  1.1283773244397863,      -0.363371488531292,      0.10274718686758495,
        -0.019078023987859127,   -0.00028068337531244404, 0.0017692202031605153,   -0.000641365595634482,
        4.4956376257379516e-05,  7.029262295271224e-05,   -4.500473882027818e-05,  1.6502490462288884e-05,
        -4.323873581001741e-06,  8.498920197254241e-07,   -1.2559317535202346e-07, 1.3613251591248978e-08,
        -1.0245805800611405e-09, 4.7902748897351146e-11,  -1.0482429760554523e-12};
};

/// c[0] + c[1] x + c[2] x^2 + ...
template <Number V, std::size_t N>
[[gnu::always_inline]] constexpr V polynomial(const std::array<scalar_t<V>, N>& c, V x) {
    V sum = broadcast<V>(c[N - 1]);
    for (std::size_t i = N - 1; i-- > 0;) {
        sum = multiply_add(sum, x, broadcast<V>(c[i]));
    }
    return sum;
}

}  // namespace detail

/// The error function, 2/sqrt(pi) times the integral of e^-t^2 from 0 to x.
template <Number V>
[[gnu::always_inline]] constexpr V erf(V x) {
    using C = detail::ErrorFunction<scalar_t<V>>;
    const V zero = broadcast<V>(0);
    const V one = broadcast<V>(1);
    const V magnitude = at_most(select_less(x, zero, -x, x), broadcast<V>(C::limit));
    const V square = magnitude * magnitude;
    const V inner = multiply_add(detail::polynomial(C::inner, square), magnitude, magnitude);
    const V outer = -expm1(-multiply_add(magnitude, magnitude, detail::polynomial(C::outer, magnitude)));
    const V result = select_less(magnitude, one, inner, outer);
    return select_less(x, zero, -result, result);
}

}  // namespace CTCNN_DETAIL::math
