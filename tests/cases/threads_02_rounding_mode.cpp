// SPDX-License-Identifier: MIT
//
// It must give the same bits for 1 and 2 threads although the caller changed its floating-point mode (flush to zero,
// rounding) when the pool's threads were there already: the members of a team must take over the caller's mode. Or
// the documentation limits the promise.
//
// EXPECT: runs
#include <cfenv>
#include <cstring>
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 8, Kernel<5>>, Tanh, MaxPool2d<Kernel<2>>, Flatten, LazyLinear<10>>;
int main() {
    std::vector<Net::input_tensor> images(1024);
    std::vector<std::uint8_t> labels(1024);
    for (std::size_t i = 0; i < 1024; ++i) {
        labels[i] = static_cast<std::uint8_t>(i % 10);
        for (std::size_t k = 0; k < 784; ++k) images[i].values[k] = static_cast<float>((k * 7 + i * 13) % 97) / 97.f;
    }
    const Dataset<Shape<1, 28, 28>> data(images, labels);
    const auto trained = [&](std::size_t threads) {
        Net net{};
        initialize(net, KaimingUniform{});
        fit(net, data, SGD{.lr = 0.01f}, {.batch_size = 256, .threads = threads});
        return net;
    };
    trained(2);
    std::fesetround(FE_TOWARDZERO);
    const Net one = trained(1);
    const Net two = trained(2);
    return std::memcmp(&one, &two, sizeof one) == 0 ? 0 : 1;
}
