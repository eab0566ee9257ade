// SPDX-License-Identifier: MIT
#include "whole.hpp"

#include "../../examples/networks/ds_cnn.hpp"

// Its dropout has no place in an ONNX file, so that the rivals would train without it: it is not trained.
void benchmarks::add_ds_cnn(std::vector<Case>& cases) {
    add_cases<DSCNN>(cases, {.name = "ds_cnn",
                             .batches = {},
                             .rate = 0.01f,
                             .training = {3'840, 1'280, 64},
                             .inference = {10'000, 2'500, 32},
                             .calls = {2'000, 600, 5}});
}
