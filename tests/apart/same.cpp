// SPDX-License-Identifier: MIT
// The same networks, compiled where they are used: the bits are the same.
#include <vector>

#include "network.hpp"
#include "results.hpp"

std::vector<double> results_of_same();
std::vector<double> results_of_same_plain();

std::vector<double> results_of_same() { return apart::results<apart::Same>(); }
std::vector<double> results_of_same_plain() { return apart::results<apart::SamePlain>(); }
