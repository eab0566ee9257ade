// SPDX-License-Identifier: MIT
#include "whole.hpp"

void benchmarks::add_mlp(std::vector<Case>& cases) {
    const Work work{.name = "mlp",
                    .batches = {128},
                    .rate = 0.05f,
                    .training = {60'000, 12'800, 128},
                    .inference = {100'000, 20'000, 128},
                    .calls = {5'000, 2'000, 20}};
    add_cases<MLP>(cases, work);
    add_bf16_cases<MLP>(cases, work);
}
