// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data_source.hpp"
#include "screen.hpp"
#include "training.hpp"

namespace mnist {

/// A table with a row for each class: how often the network took it for which.
std::string confusion_matrix(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test,
                             const Classes& classes);

/// A table with precision, recall and F1 of each class, and their means. A quotient of nothing is a dash, and 0 in the
/// mean.
std::string class_table(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test,
                        const Classes& classes);

/// The first of the images that the network took for others, drawn side by side.
std::string misclassified_images(const Screen& screen, const std::vector<std::size_t>& predictions, const Digits& test,
                                 const Classes& classes);

/// The layers of a network.
std::string summary_table(const Screen& screen, const Choice& network);

/// "test accuracy 94.72 % (9472 of 10000)"
std::string final_accuracy(const std::vector<std::size_t>& predictions, const Digits& test);

}  // namespace mnist
