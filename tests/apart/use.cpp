// SPDX-License-Identifier: MIT
// Uses networks that are compiled in kernels.cpp. The object of this file holds no kernels.
#include <cstdio>
#include <vector>

#include "network.hpp"
#include "results.hpp"

std::vector<double> results_of_same();
std::vector<double> results_of_same_plain();

int main() {
    const std::vector<double> net = apart::results<apart::Net>();
    const std::vector<double> plain = apart::results<apart::Plain>();
    const bool equal = net == results_of_same() && plain == results_of_same_plain();
    std::printf("%zu and %zu numbers: %s\n", net.size(), plain.size(), equal ? "the same" : "others");
    return equal ? 0 : 1;
}
