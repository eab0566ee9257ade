// SPDX-License-Identifier: MIT
//
// A callback of your own: any type with some of on_train_begin, on_step, on_epoch, should_stop and on_train_end.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 32>, ReLU, Linear<32, 10>>;

/// Prints the largest parameter of each epoch, and ends the training at an accuracy.
struct Watch {
    double target;
    double accuracy = 0;

    void on_train_begin(const FitPlan& plan) { std::printf("at most %zu steps\n", plan.steps); }
    void on_epoch(const EpochReport& report, auto& trainer) {
        float largest = 0;
        for (const float parameter : trainer.net().parameters()) {
            largest = std::max(largest, std::fabs(parameter));
        }
        accuracy = report.validation_accuracy;
        std::printf("epoch %zu: accuracy %.3f, largest parameter %.3f\n", report.epoch, accuracy, largest);
    }
    bool should_stop() const { return accuracy >= target; }
};

int main() {
    const auto data = load_mnist(CTCNN_MNIST_FOLDER, Split::train);
    const auto validation = data.subset(2000, 1000);
    Net net{};
    initialize(net, XavierUniform{});
    const FitReport report =
        fit(net, data.first(2000), Adam{}, {.epochs = 50}, Validation{validation}, Watch{.target = 0.85});
    return report.stopped ? 0 : 1;
}
