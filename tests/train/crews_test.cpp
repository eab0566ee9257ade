// SPDX-License-Identifier: MIT
//
// Several threads share a tile of images where there are more threads than tiles, and give the bits of one thread.
#include <ctcnn/train/crews.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include <ctcnn/ctcnn.hpp>
#include <ctcnn/data/augment.hpp>
#include <ctcnn/data/transforms.hpp>

#ifdef _OPENMP
#include <omp.h>

#include <atomic>
#endif

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
namespace run = ctcnn::detail_::run;
namespace train = ctcnn::detail_::train;

namespace {

using V = detail_::Lanes<float>;
constexpr std::size_t lanes = detail_::lane_count<V>;

// Ways of convolutions for one channel, 3x3, 1x1 and strides, channels that fill no vector, and Linear layers that
// tiles take together.
using Convolutions =
    Sequential<Input<1, 24, 24>, Conv2d<1, 16, Kernel<5>, Padding<2>>, ReLU, Conv2d<16, 40, Kernel<3>, Padding<1>>,
               ReLU, MaxPool2d<Kernel<2>>, Conv2d<40, 24, Kernel<1>>, Tanh, Conv2d<24, 20, Kernel<3>, Stride<2>>, ReLU,
               Flatten, Linear<500, 30>, ReLU, Linear<30, 5>>;

// Branches, depthwise convolutions, statistics of the batch and random numbers.
using Residuals = Sequential<Input<3, 16, 16>, Conv2d<3, 16, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<16>, ReLU,
                             Residual<Conv2d<16, 16, Kernel<3>, Padding<1>, Groups<16>, NoBias>, BatchNorm2d<16>, ReLU,
                                      Conv2d<16, 32, Kernel<1>, NoBias>, BatchNorm2d<32>, Dropout2d<0.25>,
                                      Shortcut<Conv2d<16, 32, Kernel<1>, NoBias>, BatchNorm2d<32>>>,
                             ReLU, Conv2d<32, 32, Kernel<3>, Padding<1>>, ReLU,
                             Concat<MaxPool2d<Kernel<3>, Stride<2>, Padding<1>>, AvgPool2d<Kernel<2>>>,
                             AdaptiveAvgPool2d<1>, Flatten, Dropout<0.2>, Linear<64, 5>>;

// Branches without statistics, groups, dilation, and kernels that one member computes.
using Others =
    Sequential<Input<2, 20, 20>, Conv2d<2, 12, Kernel<5>, Dilation<2>, Padding<4>>, LeakyReLU<>,
               Conv2d<12, 24, Kernel<5>, Padding<2>, Groups<2>>, ReLU, ConvTranspose2d<24, 8, Kernel<2>, Stride<2>>,
               Sigmoid, Residual<Conv2d<8, 8, Kernel<3>, Padding<1>>, GroupNorm<2, 8>>, AvgPool2d<Kernel<4>>,
               Concat<Sequential<Conv2d<8, 8, Kernel<1>>, Tanh>, Identity, MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>>,
               Flatten, Linear<2400, 5>>;

template <typename Net>
std::vector<typename Net::input_tensor> images(std::size_t count) {
    Draw draw(7);
    std::vector<typename Net::input_tensor> result(count);
    for (auto& image : result) {
        for (float& number : image.span()) {
            number = draw.real(-1.f, 1.f);
        }
    }
    return result;
}
std::vector<int> labels(std::size_t count) {
    std::vector<int> result(count);
    for (std::size_t n = 0; n < count; ++n) {
        result[n] = static_cast<int>(n * n % 5);
    }
    return result;
}

bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// Batches of one tile and of several, on more threads than tiles and on fewer.
template <typename Net>
void check_bits() {
    static_assert(run::has_crews<typename Net::template plan_of<V>, V> ==
                  !(detail_::sums_may_be_rearranged || detail_::has_excess_digits));
    const auto net = std::make_unique<Net>();
    initialize(*net, KaimingUniform{});
    for (const std::size_t count : {std::size_t{2}, lanes, lanes + 1, 3 * lanes}) {
        const auto some = images<Net>(count);
        const auto answers = labels(count);
        TrainingWorkspace<Net> alone(1);
        const auto expected = std::make_unique<Gradients<Net>>();
        const float loss = value_and_grad(*net, CrossEntropyLoss{}, some, answers, *expected, alone, Randomness{3, 1});
        for (const std::size_t threads : {2u, 3u, 4u, 6u, 8u}) {
            TrainingWorkspace<Net> workspace(threads);
            const auto gradients = std::make_unique<Gradients<Net>>();
            for (int again = 0; again < 2; ++again) {
                INFO(count << " images, " << threads << " threads");
                CHECK(value_and_grad(*net, CrossEntropyLoss{}, some, answers, *gradients, workspace,
                                     Randomness{3, 1}) == loss);
                CHECK(same(gradients->parameters(), expected->parameters()));
            }
        }
    }
}

/// A training whose last batch has fewer tiles, with augmented images.
template <typename Net>
Net trained(std::size_t threads) {
    const auto some = images<Net>(3 * lanes + 2);
    const auto numbers = labels(some.size());
    const Dataset<typename Net::input_shape> data(some, std::vector<std::uint8_t>(numbers.begin(), numbers.end()));
    Net net{};
    initialize(net, KaimingUniform{});
    fit(net, augmented(data, RandomHorizontalFlip{}), SGD{.lr = 0.05f, .momentum = 0.9f},
        {.epochs = 2, .batch_size = 2 * lanes, .threads = threads});
    return net;
}
template <typename Net>
void check_training() {
    const Net one = trained<Net>(1);
    for (const std::size_t threads : {2u, 5u, 8u}) {
        INFO(threads << " threads");
        const Net some = trained<Net>(threads);
        CHECK(same(some.parameters(), one.parameters()));
        CHECK(same(some.buffers(), one.buffers()));
    }
}

}  // namespace

TEST_CASE("crews give the bits of one thread: convolutions, pools and Linear layers") { check_bits<Convolutions>(); }
TEST_CASE("crews give the bits of one thread: branches, batch norm and dropout") { check_bits<Residuals>(); }
TEST_CASE("crews give the bits of one thread: layers that one member computes") { check_bits<Others>(); }

TEST_CASE("a training in crews ends with the bits of one thread") {
    check_training<Convolutions>();
    check_training<Residuals>();
}

TEST_CASE("a step uses more threads than tiles where a network is large enough") {
    using Small = Sequential<Input<512>, Linear<512, 1024>, ReLU, Linear<1024, 5>>;
    const auto threads_for = []<typename Net>(std::type_identity<Net>, std::size_t count, std::size_t threads) {
        return train::StepWorkspace<Net, V>(count, threads).useful_threads(count);
    };
    constexpr std::type_identity<Convolutions> convolutions{};
    constexpr std::type_identity<Small> small{};
    CHECK(threads_for(small, 2 * lanes, 8) == 2);
    CHECK(threads_for(convolutions, 4 * lanes, 4) == 4);
    CHECK(threads_for(convolutions, 4 * lanes, 7) == 4);  // some tiles would still have one thread
    if (!detail_::sums_may_be_rearranged && !detail_::has_excess_digits) {
        CHECK(threads_for(convolutions, 4 * lanes, 8) == 8);
        CHECK(threads_for(convolutions, lanes, 3) == 3);
        CHECK(threads_for(convolutions, 2 * lanes, 100) == 16);
    }
}

#ifdef _OPENMP
namespace {

std::atomic<unsigned> seen = 0;  // a bit for each thread

/// The identity, which notes the threads that compute it.
struct Noting : Activation<Noting> {
    template <typename T>
    static constexpr T forward(T x) {
        if (!std::is_constant_evaluated()) {
            seen.fetch_or(1u << omp_get_thread_num());
        }
        return x;
    }
    template <typename T>
    static constexpr T backward(T, T gradient) {
        return gradient;
    }
};

}  // namespace

TEST_CASE("all members of a crew take part") {
    using Net = Sequential<Input<4, 16, 16>, Conv2d<4, 32, Kernel<5>, Padding<2>>, Noting, Flatten, Linear<8192, 5>>;
    const auto net = std::make_unique<Net>();
    initialize(*net, KaimingUniform{});
    TrainingWorkspace<Net> workspace(3);
    const auto gradients = std::make_unique<Gradients<Net>>();
    seen = 0;
    value_and_grad(*net, CrossEntropyLoss{}, images<Net>(2), labels(2), *gradients, workspace);
    if (run::has_crews<typename Net::template plan_of<V>, V>) {
        CHECK(seen == 0b111);
    } else {
        CHECK(seen == 1);
    }
}
#endif
