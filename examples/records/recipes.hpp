// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "recipe.hpp"

namespace records {

// Each in a source file of its own, the only one for which the compiler writes its training.
extern const Recipe mnist_99_0;
extern const Recipe mnist_99_0_2500;
extern const Recipe mnist_99_5;

inline const std::array all_recipes{&mnist_99_0, &mnist_99_0_2500, &mnist_99_5};

}  // namespace records
