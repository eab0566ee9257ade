// SPDX-License-Identifier: MIT
#include "whole.hpp"

void benchmarks::add_torch_example(std::vector<Case>& cases) {
    const Work work{.name = "torch_example",
                    .batches = {64},
                    .rate = 0.05f,
                    .training = {6'400, 1'280, 64},
                    .inference = {10'000, 2'000, 64},
                    .calls = {1'000, 300, 5}};
    add_cases<TorchExample>(cases, work);
    add_bf16_cases<TorchExample>(cases, work);
}
