// SPDX-License-Identifier: MIT
#include "whole.hpp"

void benchmarks::add_separable(std::vector<Case>& cases) {
    const Work work{.name = "separable",
                    .batches = {64},
                    .rate = 0.01f,
                    .training = {1'920, 640, 64},
                    .inference = {4'000, 1'000, 32},
                    .calls = {1'000, 300, 5}};
    add_cases<Separable>(cases, work);
    add_bf16_cases<Separable>(cases, work);
}
