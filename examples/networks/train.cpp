// SPDX-License-Identifier: MIT
//
// Trains DS-CNN and ResNet-8 on MNIST, or on a data set in the same files such as Fashion-MNIST, and prints the
// accuracy on the test images after each epoch:
//     networks_train FOLDER [NETWORK [EPOCHS [SEED [IMAGES]]]]
// NETWORK is ds_cnn or resnet8; IMAGES is how many of the training images are used, 0 for all. The recipe is that of
// benchmarks/peers/torch_networks.py: SGD with momentum and OneCycle, batches of 64. networks_train_bf16 is the same with
// products of bf16 factors.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <ctcnn/ctcnn.hpp>

#include "ds_cnn.hpp"
#include "resnet8.hpp"

namespace {

using namespace ctcnn;

struct Settings {
    std::string folder;
    std::size_t epochs = 3;
    std::size_t seed = 1;
    std::size_t images = 0;
};

#if defined(IN_BF16)
template <typename Net>
using InPrecision = typename Net::template with_precision<bf16>;
#else
template <typename Net>
using InPrecision = Net;
#endif

template <typename Net>
void train(const Settings& settings) {
    auto train_set = load_mnist(settings.folder, Split::train);
    if (settings.images != 0 && settings.images < train_set.size()) {
        train_set = train_set.first(settings.images);
    }
    const auto test_set = load_mnist(settings.folder, Split::test);
    const auto net = std::make_unique<Net>();
    initialize(*net, KaimingUniform{.a = 0}, settings.seed);
    fit(*net, train_set, SGD{.lr = 0.1f, .momentum = 0.9f, .weight_decay = 1e-4f},
        {.epochs = settings.epochs,
         .batch_size = 64,
         .seed = settings.seed,
         .schedule = OneCycle{},
         .on_epoch = [&](const EpochReport& epoch) {
             std::printf("epoch %zu, loss %.4f, %.1f s, test accuracy %.2f %%\n", epoch.epoch, epoch.loss,
                         epoch.seconds, 100 * evaluate(*net, test_set).accuracy);
             std::fflush(stdout);
         }});
    const auto fused = std::make_unique<Fused<Net>>(fuse(*net));
    std::printf("test accuracy with BatchNorm folded %.2f %%\n", 100 * evaluate(*fused, test_set).accuracy);
}

}  // namespace

int main(int count, char** arguments) {
    const auto number = [&](int place, std::size_t otherwise) {
        return count > place ? std::strtoul(arguments[place], nullptr, 10) : otherwise;
    };
    const std::string_view network = count > 2 ? arguments[2] : "ds_cnn";
    if (count < 2 || count > 6 || (network != "ds_cnn" && network != "resnet8")) {
        std::fputs("usage: networks_train FOLDER [ds_cnn|resnet8 [EPOCHS [SEED [IMAGES]]]]\n", stderr);
        return 2;
    }
    try {
        const Settings settings{arguments[1], number(3, 3), number(4, 1), number(5, 0)};
        if (network == "ds_cnn") {
            train<InPrecision<ds_cnn::DSCNNOnDigits>>(settings);
        } else {
            train<InPrecision<resnet8::ResNet8On<1, 28>>>(settings);
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "networks_train: %s\n", error.what());
        return 1;
    }
}
