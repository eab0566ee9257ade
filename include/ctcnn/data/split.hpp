// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// The two halves of a data set: one to learn from, one to measure with.
enum class Split { train, test };

}  // namespace CTCNN_API
