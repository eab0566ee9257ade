// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "screen.hpp"
#include "training.hpp"

namespace mnist {

/// A table with a row for each digit: how often the network took it for which.
std::string confusion_matrix(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test);

/// The first of the digits that the network took for others, drawn side by side.
std::string misclassified_digits(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test);

/// "test accuracy 94.72 % (9472 of 10000)"
std::string final_accuracy(const std::vector<std::size_t>& predictions, const Digits& test);

}  // namespace mnist
