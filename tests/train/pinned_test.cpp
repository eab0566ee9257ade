// SPDX-License-Identifier: MIT
//
// Initial weights, and weights after three steps, bit by bit: which random numbers a parameter gets, which images a
// batch, and in which order all sums are added. Compiled without fused multiply-adds, so that all compilers round
// alike; the number of lanes says which images are added first. A change here means that no training can be repeated:
// it has to be meant.
#include <ctcnn/train/fit.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/sgd.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "small.hpp"

using namespace ctcnn;

namespace {

using Net =
    Sequential<Input<1, 12, 12>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Tanh, AvgPool2d<Kernel<2>>,
               Conv2d<6, 8, Kernel<3>>, Tanh, MaxPool2d<Kernel<2>>, Flatten, Linear<32, 24>, ReLU, Linear<24, 5>>;

// Without Sigmoid, which 16 lanes compute from an estimate that each make of processor makes in its own way.
// Three steps of 300 images: two rounds, the first of 256, and groups of one tile and of several.
constexpr std::size_t batch_size = 300;

const Dataset<Net::input_shape>& data() {
    static const Dataset<Net::input_shape> set = [] {
        Draw draw(5);
        std::vector<Net::input_tensor> images(3 * batch_size);
        std::vector<std::uint8_t> labels(3 * batch_size);
        for (std::size_t n = 0; n < images.size(); ++n) {
            labels[n] = static_cast<std::uint8_t>(draw.whole(0, 4));
            for (float& pixel : images[n].span()) {
                pixel = draw.real(-1.f, 1.f) + static_cast<float>(labels[n]) * 0.25f;
            }
        }
        return Dataset<Net::input_shape>(images, labels);
    }();
    return set;
}

struct Hashes {
    std::size_t lanes;
    std::uint64_t sgd;
    std::uint64_t adam;
};
constexpr std::uint64_t initial_hash = 0xbf8658c2af4cf921;
constexpr Hashes known[]{
    {4, 0x9e58dbe2ff940921, 0x2c46877fec654ad4},
    {8, 0xf4efe568bb4d2d7d, 0x33b41416a83438f9},
    {16, 0xf1467e8d6807aa69, 0x76e2dce5b78fb2fa},
};

Net initial() {
    Net net{};
    initialize(net, KaimingUniform{}, 3);
    return net;
}

template <typename Optimizer>
std::uint64_t hash_after(const Optimizer& optimizer) {
    Net net = initial();
    fit(net, data(), optimizer, {.batch_size = batch_size, .seed = 4});
    return small::hash_of(net.parameters());
}

}  // namespace

TEST_CASE("the bits of initial weights") {
    const Net net = initial();
    const std::uint64_t hash = small::hash_of(net.parameters());
    std::printf("initial weights: FNV-1a 0x%016llx\n", static_cast<unsigned long long>(hash));
    CHECK(hash == initial_hash);
}

TEST_CASE("the bits of weights after three steps") {
    constexpr std::size_t lanes = detail_::Lanes<float>::count;
    const std::uint64_t sgd = hash_after(SGD{.lr = 0.1f, .momentum = 0.9f, .weight_decay = 1e-3f});
    const std::uint64_t adam = hash_after(Adam{});
    std::printf("%zu lanes: FNV-1a 0x%016llx with SGD, 0x%016llx with Adam\n", lanes,
                static_cast<unsigned long long>(sgd), static_cast<unsigned long long>(adam));
    bool found = false;
    for (const Hashes& hashes : known) {
        if (hashes.lanes == lanes) {
            found = true;
            CHECK(sgd == hashes.sgd);
            CHECK(adam == hashes.adam);
        }
    }
    CHECK(found);
}
