// SPDX-License-Identifier: MIT
#include "whole.hpp"

void benchmarks::add_lenet(std::vector<Case>& cases) {
    add_cases<LeNet>(cases, {.name = "lenet",
                             .batches = {32, 64, 256},
                             .rate = 0.5f,
                             .training = {60'000, 15'360, 512},
                             .inference = {200'000, 50'000, 500},
                             .calls = {50'000, 10'000, 50}});
}
