// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <stdexcept>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>

// What optimizers refuse, by std::invalid_argument.
namespace CTCNN_DETAIL {

constexpr void refuse_unless(bool holds, const char* sentence) {
    if (!holds) {
        throw std::invalid_argument(sentence);
    }
}

// That a setting is a number is asked of its bits: comparisons with NaN mean nothing under -ffast-math.

/// Throws with the sentence unless the setting is a number from 0 on: not below, not infinite, not NaN.
constexpr void require_from_zero(float setting, const char* sentence) {
    refuse_unless(math::is_finite(setting) && setting >= 0, sentence);
}
constexpr void require_from_zero(double setting, const char* sentence) {
    refuse_unless(math::is_finite(setting) && setting >= 0, sentence);
}

/// Throws with the sentence unless the setting is a number from 0 on, and below 1.
template <typename T>
constexpr void require_below_one(T setting, const char* sentence) {
    refuse_unless(math::is_finite(setting) && setting >= 0 && setting < 1, sentence);
}

/// Throws unless an array for each parameter is as long as the parameters.
constexpr void require_lengths(std::size_t parameters, std::initializer_list<std::size_t> others) {
    for (const std::size_t other : others) {
        if (other != parameters) {
            throw std::invalid_argument(
                "an optimizer's step needs arrays of one length: a gradient, and a number of each state, for each "
                "parameter");
        }
    }
}

}  // namespace CTCNN_DETAIL
