// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// ScheduleState: what a schedule remembers of the epochs before, all zero before the first one.
struct ScheduleState {
    double numbers[6] = {};
};

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// ScheduleStep: a step of a training as its schedule sees it.
struct ScheduleStep {
    std::size_t step;        ///< of all epochs together, counted from 1
    std::size_t steps;       ///< of all epochs together
    std::size_t epoch = 0;   ///< counted from 1; 0 in a training by single steps
    std::size_t epochs = 0;  ///< the last one may be cut short
    double lr = 1;           ///< the optimizer's own, which the schedule scales
    const detail_::ScheduleState* state = nullptr;
};

}  // namespace CTCNN_API
