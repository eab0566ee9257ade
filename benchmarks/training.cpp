// SPDX-License-Identifier: MIT
//
// Whole networks: training, batched inference, and single-image latency. Each is compiled in a file of whole/.
#include "whole/whole.hpp"

int main(int argument_count, char** arguments) {
    std::vector<benchmarks::Case> cases;
    benchmarks::add_lenet(cases);
    benchmarks::add_torch_example(cases);
    benchmarks::add_mlp(cases);
    benchmarks::add_vgg(cases);
    benchmarks::add_separable(cases);
    benchmarks::add_resnet8(cases);
    benchmarks::add_ds_cnn(cases);
    return benchmarks::run_cases(argument_count, arguments, cases);
}
