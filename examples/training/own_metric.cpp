// SPDX-License-Identifier: MIT
//
// Metrics of your own: a function of one image, and a type that adds up what it has seen.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 32>, ReLU, Linear<32, 10>>;

double confidence(const auto& logits) {
    const float largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits) {
        sum += std::exp(static_cast<double>(logit - largest));
    }
    return 1 / sum;
}

/// The accuracy of the answers with each confidence, from 0 to 1 in ten steps.
struct Reliability {
    std::array<double, 10> right{};
    std::array<double, 10> count{};

    void update(const auto& logits, std::size_t label) {
        const auto step = std::min<std::size_t>(9, static_cast<std::size_t>(10 * confidence(logits)));
        right[step] += logits[label] >= *std::max_element(logits.begin(), logits.end()) ? 1 : 0;
        count[step] += 1;
    }
    void merge(const Reliability& other) {
        for (std::size_t step = 0; step < 10; ++step) {
            right[step] += other.right[step];
            count[step] += other.count[step];
        }
    }
    Reliability compute() const { return *this; }
};

int main() {
    const auto train = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(2000);
    const auto test = load_mnist(CTCNN_MNIST_FOLDER, Split::test);
    Net net{};
    initialize(net, XavierUniform{});
    fit(net, train, Adam{}, {.epochs = 5});

    const auto mean_confidence = [](const auto& logits, auto) { return confidence(logits); };
    const auto [accuracy, mean, reliability] = evaluate(net, test, Accuracy{}, mean_confidence, Reliability{});
    std::printf("accuracy %.3f, mean confidence %.3f\n", accuracy, mean);
    for (std::size_t step = 0; step < 10; ++step) {
        std::printf("confidence %.1f: %5.0f images, accuracy %.3f\n", static_cast<double>(step) / 10,
                    reliability.count[step], reliability.right[step] / std::max(1.0, reliability.count[step]));
    }
    return accuracy > 0.8 && mean > 0.5 ? 0 : 1;
}
