// SPDX-License-Identifier: MIT
// Real numbers: the same ones as float and as double, and how far results are from each other.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>

#include "draw.hpp"

/// Calls f(std::integral_constant<std::size_t, N>{}) for the sizes of kernel that minimal filtering takes, 2 to 7;
/// under sanitizers for 5 alone.
template <typename F>
void for_each_filtered_size(const F& f) {
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        (f(std::integral_constant<std::size_t, (N + 3) % 6 + 2>{}), ...);
    }(std::make_index_sequence<portion(6)>{});
}

/// Random numbers between -1 and 1, the same in both.
template <ctcnn::detail_::Number F, ctcnn::detail_::Number D>
void draw_both(Draw& draw, std::vector<F>& single, std::vector<D>& twice) {
    for (std::size_t i = 0; i < single.size(); ++i) {
        for (std::size_t lane = 0; lane < ctcnn::detail_::lane_count<F>; ++lane) {
            const float number = draw.real(-1.0f, 1.0f);
            ctcnn::detail_::set_lane(single[i], lane, number);
            ctcnn::detail_::set_lane(twice[i], lane, static_cast<double>(number));
        }
    }
}

/// The largest difference between two arrays of lanes or scalars, as a part of the largest number; infinite where a
/// result is not a finite number.
template <typename A, typename B>
double largest_difference(const std::vector<A>& result, const std::vector<B>& correct) {
    double difference = 0;
    double largest = 0;
    for (std::size_t i = 0; i < correct.size(); ++i) {
        for (std::size_t lane = 0; lane < ctcnn::detail_::lane_count<B>; ++lane) {
            const auto expected = static_cast<double>(ctcnn::detail_::get_lane(correct[i], lane));
            const double here = std::abs(static_cast<double>(ctcnn::detail_::get_lane(result.at(i), lane)) - expected);
            if (!(here <= std::numeric_limits<double>::max())) {
                return std::numeric_limits<double>::infinity();
            }
            difference = std::max(difference, here);
            largest = std::max(largest, std::abs(expected));
        }
    }
    return difference / largest;
}
