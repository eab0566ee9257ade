// SPDX-License-Identifier: MIT
//
// Trains the network for a microcontroller: embedded_train digits.safetensors
// Each epoch sees the images turned, scaled and shifted anew.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <ctcnn/ctcnn.hpp>

#include "networks.hpp"

namespace {

using namespace ctcnn;

using Image = Digits::input_tensor;

/// An image turned by up to 5 degrees, scaled by up to 5 % and shifted by up to a pixel, interpolated.
Image moved(const Image& image, const Philox& random, std::uint64_t n) {
    const auto draw = [&](double most) { return static_cast<float>(random.uniform(n++, -most, most)); };
    const float angle = draw(5 * 3.14159265 / 180);
    const float scale = 1 + draw(0.05);
    const float down = draw(1);
    const float right = draw(1);
    const float cosine = std::cos(angle) * scale;
    const float sine = std::sin(angle) * scale;
    const auto pixel = [&image](int h, int w) {
        const bool inside = 0 <= h && h < 28 && 0 <= w && w < 28;
        return inside ? image(0, static_cast<std::size_t>(h), static_cast<std::size_t>(w)) : 0.0f;
    };
    Image result{};
    for (std::size_t h = 0; h < 28; ++h) {
        for (std::size_t w = 0; w < 28; ++w) {
            const float from_center_h = static_cast<float>(h) - 13.5f;
            const float from_center_w = static_cast<float>(w) - 13.5f;
            const float y = cosine * from_center_h - sine * from_center_w + 13.5f + down;
            const float x = sine * from_center_h + cosine * from_center_w + 13.5f + right;
            const int top = static_cast<int>(std::floor(y));
            const int left = static_cast<int>(std::floor(x));
            const float part_h = y - static_cast<float>(top);
            const float part_w = x - static_cast<float>(left);
            const auto row = [&](int line) {
                return (1 - part_w) * pixel(line, left) + part_w * pixel(line, left + 1);
            };
            result(0, h, w) = (1 - part_h) * row(top) + part_h * row(top + 1);
        }
    }
    return result;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("usage: embedded_train OUTPUT.safetensors\n", stderr);
        return 2;
    }
    try {
        const auto train_set = load_mnist(CTCNN_MNIST_FOLDER, Split::train);
        const auto test_set = load_mnist(CTCNN_MNIST_FOLDER, Split::test);
        constexpr std::size_t epochs = 20;
        constexpr std::size_t batch_size = 64;

        Digits net{};
        initialize(net, KaimingUniform{});
        Trainer trainer(net, Adam{.lr = 0.01f, .betas = {0.9, 0.98}},
                        {.epochs = epochs,
                         .max_steps = epochs * ((train_set.size() + batch_size - 1) / batch_size),
                         .batch_size = batch_size,
                         .schedule = OneCycle{.pct_start = 0.2, .cycle_momentum = false}},
                        CrossEntropyLoss{.label_smoothing = 0.05f});
        std::vector<Image> images(train_set.size());
        for (std::size_t epoch = 1; epoch <= epochs; ++epoch) {
            const Philox random(0, epoch);
            for (std::size_t n = 0; n < images.size(); ++n) {
                images[n] = moved(train_set.image(n), random, 4 * n);
            }
            const EpochReport report = trainer.run_epoch(Dataset<Shape<1, 28, 28>>(images, train_set.labels()));
            std::printf("epoch %zu, loss %.4f\n", epoch, report.loss);
            std::fflush(stdout);
        }
        save_safetensors(net, arguments[1]);
        std::printf("test accuracy %.2f %%\n", 100 * evaluate(net, test_set).accuracy);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "embedded_train: %s\n", error.what());
        return 1;
    }
}
