// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "recipe.hpp"

namespace records {

// Each in a source file of its own, the only one for which the compiler writes its training.
extern const Recipe mnist_99_0;
extern const Recipe mnist_99_0_66;
extern const Recipe mnist_99_5;
extern const Recipe mnist_99_65;
extern const Recipe mnist_99_0_2500;
extern const Recipe mnist_99_5_7000;
extern const Recipe fashion_92;
extern const Recipe fashion_93_5;
extern const Recipe fashion_94_5;

inline const std::array all_recipes{&mnist_99_0,      &mnist_99_0_66, &mnist_99_5,   &mnist_99_65, &mnist_99_0_2500,
                                    &mnist_99_5_7000, &fashion_92,    &fashion_93_5, &fashion_94_5};

}  // namespace records
