// SPDX-License-Identifier: MIT
//
// resume FILE: a training that Ctrl-C interrupts, and that the next start continues; the file ends with the same bits.
#include <ctcnn/ctcnn.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 64>, ReLU, Dropout<0.1>, Linear<64, 10>>;

std::atomic<int> interrupted = 0;
extern "C" void interrupt(int) { interrupted = 1; }

int main(int count, char** arguments) {
    if (count != 2) {
        std::puts("Give a file for the training, which begins, or goes on where Ctrl-C has interrupted it.");
        return 0;
    }
    try {
        const std::filesystem::path file = arguments[1];
        const auto train = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(3000);
        Net net{};
        initialize(net, KaimingUniform{});
        const auto report = [](const EpochReport& epoch) {
            std::printf("epoch %zu: loss %.4f\n", epoch.epoch, epoch.loss);
            std::fflush(stdout);
        };
        const auto is_interrupted = [] { return interrupted != 0; };
        Trainer trainer(
            net, Adam{},
            {.epochs = 10, .schedule = CosineAnnealingLR{}, .on_epoch = report, .should_stop = is_interrupted});
        if (std::filesystem::exists(file)) {
            resume(trainer, file);
        }
        std::signal(SIGINT, interrupt);
        const FitReport result = trainer.fit(train);
        save_checkpoint(trainer, file);
        std::printf("%s after step %zu\n", result.stopped ? "stopped" : "finished", trainer.steps());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
