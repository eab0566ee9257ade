// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace mnist {

/// The number of threads to work with, of which 0 are all: OpenMP ends the program where it cannot have as many as it is
/// told.
/// Throws   std::runtime_error if the system does not grant as many as asked for
std::size_t choose_threads(std::size_t asked);

}  // namespace mnist
