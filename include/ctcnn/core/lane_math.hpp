// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/error_function.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/target.hpp>

/// lane_math: what an activation or a loss of a program's own computes with, beside + - * /. V is float, double, or a
/// SIMD register with an element of one image in each lane; an operation on it is one on each lane.
namespace CTCNN_API::lane_math {

/// A constant in all lanes: constant<V>(0.01).
template <detail_::Number V>
[[gnu::always_inline]] constexpr V constant(double value) {
    return detail_::broadcast<V>(static_cast<detail_::scalar_t<V>>(value));
}

using detail_::at_least;
using detail_::at_most;
using detail_::select_less;
using detail_::math::erf;
using detail_::math::exp;
using detail_::math::expm1;
using detail_::math::log;
using detail_::math::log1p;
using detail_::math::sigmoid;
using detail_::math::tanh;

}  // namespace CTCNN_API::lane_math
