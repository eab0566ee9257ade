// SPDX-License-Identifier: MIT
#include "whole.hpp"

void benchmarks::add_vgg(std::vector<Case>& cases) {
    const Work work{.name = "vgg",
                    .batches = {64},
                    .rate = 0.01f,
                    .training = {640, 192, 64},
                    .inference = {1'000, 256, 32},
                    .calls = {200, 60, 3}};
    add_cases<VGG>(cases, work);
    add_bf16_cases<VGG>(cases, work);
}
