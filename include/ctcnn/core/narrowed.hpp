// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// A number whose value fits, in a type that may be narrower on some targets. A cast of its own would be one to the
/// same type on the others, of which -Wuseless-cast warns.
template <typename To, typename From>
constexpr To narrowed(From number) {
    return static_cast<To>(number);
}

}  // namespace CTCNN_DETAIL
