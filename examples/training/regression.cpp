// SPDX-License-Identifier: MIT
//
// Regression: the target of each input is a number.
#include <cmath>
#include <cstdio>
#include <vector>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1>, Linear<1, 32>, Tanh, Linear<32, 1>>;

int main() {
    std::vector<float> x;
    std::vector<float> y;
    for (int n = 0; n < 1000; ++n) {
        x.push_back(static_cast<float>(n) / 500 - 1);
        y.push_back(std::sin(3 * x.back()));
    }
    const Dataset<Shape<1>, float, Net::output_tensor> data(x, y);

    Net net{};
    initialize(net, XavierUniform{});
    fit(net, data, Adam{.lr = 0.01f}, {.epochs = 100}, HuberLoss{});

    const double error = evaluate(net, data, MeanAbsoluteError{});
    std::printf("mean absolute error %.4f\n", error);
    return error < 0.1 ? 0 : 1;
}
