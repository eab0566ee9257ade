// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>

/// base, base + step, base + 2 step, ...
template <typename V>
V ramp(ctcnn::detail_::scalar_t<V> base, ctcnn::detail_::scalar_t<V> step = 1) {
    V result{};
    for (std::size_t lane = 0; lane < ctcnn::detail_::lane_count<V>; ++lane) {
        ctcnn::detail_::set_lane(result, lane, base + step * static_cast<ctcnn::detail_::scalar_t<V>>(lane));
    }
    return result;
}
