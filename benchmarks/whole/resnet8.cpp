// SPDX-License-Identifier: MIT
#include "whole.hpp"

#include "../../examples/networks/resnet8.hpp"

void benchmarks::add_resnet8(std::vector<Case>& cases) {
    const Work work{.name = "resnet8",
                    .batches = {64},
                    .rate = 0.01f,
                    .training = {1'920, 640, 64},
                    .inference = {4'000, 1'000, 32},
                    .calls = {1'000, 300, 5}};
    add_cases<ResNet8>(cases, work);
    add_bf16_cases<ResNet8>(cases, work);
}
