// SPDX-License-Identifier: MIT
//
// A progress is no integer: it would be 0 until the last step.
//
// EXPECT: a schedule of one argument gets the progress, from 0 to 1, which no integer can hold: take a double, or the step
// LINES: 13
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Flatten, Linear<16, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    fit(net, data, SGD{}, {.schedule = [](std::size_t step, std::size_t) { return 1 / static_cast<double>(step); }});
    fit(net, data, SGD{}, {.schedule = [](float progress) { return 1 - progress; }});
    fit(net, data, SGD{}, {.schedule = [](auto progress) { return 1 - progress; }});
#else
    fit(net, data, SGD{}, {.schedule = [](int step) { return 1.0 / (1 + step); }});
#endif
}
