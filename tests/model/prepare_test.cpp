// SPDX-License-Identifier: MIT
// prepare: a prepared network is a value, and is used like a network. Which networks it can be made of is in
// run/prepared_test.cpp.
#include <ctcnn/model/prepare.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/inference.hpp>
#include <ctcnn/model/initialize.hpp>

#include "catch.hpp"
#include "prepared.hpp"

using namespace ctcnn;
using prepared::Conv3;
using prepared::difference;
using prepared::drawn;
using prepared::image_of;

namespace {

using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<400, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>;

}  // namespace

TEST_CASE("prepare(net)(x) is net(x), but for rounding") {
    const LeNet net = drawn<LeNet>();
    const auto fast = prepare(net);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const auto image = image_of<LeNet>(seed);
        CHECK(difference(net(image), fast(image)) < prepared::limit<float>);
    }
}

TEST_CASE("An output that is NaN stays NaN, and leaves nothing in the workspace") {
    using Net = Sequential<Input<3, 12, 12>, Conv3<3, 20>, ReLU, Conv3<20, 20>, MaxPool2d<Kernel<2>>, Conv3<20, 6>>;
    const Net net = drawn<Net>();
    const auto fast = prepare(net);
    Workspace<Prepared<Net>> buffers;
    auto image = image_of<Net>();
    const auto outputs = fast(image, buffers);
    image(1, 3, 4) = std::numeric_limits<float>::quiet_NaN();
    const auto actual = fast(image, buffers);
    // Two convolutions bring it to the rows 1 to 5 and columns 2 to 6, pooling to the rows 0 to 2 and columns 1 to 3.
    for (std::size_t c = 0; c < 6; ++c) {
        for (std::size_t h = 0; h < 4; ++h) {
            for (std::size_t w = 0; w < 5; ++w) {
                CHECK(std::isnan(actual(c, h, w)));
            }
        }
    }
    CHECK(predict(fast, image, buffers) == no_class);
    CHECK(fast(image_of<Net>(), buffers) == outputs);
}

TEST_CASE("Many threads share a prepared network, and have the same bits") {
    const auto fast = prepare(drawn<LeNet>());
    std::vector<LeNet::output_tensor> expected;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        expected.push_back(fast(image_of<LeNet>(seed)));
    }
    std::vector<std::size_t> different(4);
    std::vector<std::thread> threads;
    for (std::size_t& count : different) {
        threads.emplace_back([&] {
            Workspace<Prepared<LeNet>> buffers;
            for (std::uint64_t n = 0; n < 200; ++n) {
                count += fast(image_of<LeNet>(n % 8), buffers) == expected[n % 8] ? 0U : 1U;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(different == std::vector<std::size_t>(4));
}

TEST_CASE("A prepared network is a value") {
    using Net = Sequential<Input<3, 12, 12>, Conv3<3, 64>, ReLU, Conv3<64, 64>, ReLU, Flatten, Linear<9216, 20>>;
    const auto check_value = []<typename N>(N net) {
        const auto image = image_of<N>();
        const Prepared<N> fast = prepare(net);
        Prepared<N> copy = fast;
        CHECK(copy == fast);
        const Prepared<N> moved = std::move(copy);
        CHECK(moved(image) == fast(image));
        copy = prepare(drawn<N>(7));
        CHECK(!(copy == fast));
        copy = moved;
        CHECK(copy == fast);
        // The network that it was made of may change.
        net.parameters()[0] += 1;
        CHECK(copy == fast);
        CHECK(!(prepare(net) == fast));
    };
    static_assert(Prepared<Net>::packed_bytes > detail_::most_inside_network);
    static_assert(Prepared<LeNet>::packed_bytes <= 2 * detail_::most_inside_network);
    check_value(drawn<Net>());
    check_value(drawn<Sequential<Input<3, 8, 8>, Conv3<3, 16>, BatchNorm2d<16>>>());
}

TEST_CASE("predict, probabilities and top_k take prepared networks") {
    const LeNet net = drawn<LeNet>();
    const auto fast = prepare(net);
    const auto image = image_of<LeNet>();
    Workspace<Prepared<LeNet>> buffers;
    CHECK(predict(fast, image) == predict(net, image));
    CHECK(probabilities(fast, image) == probabilities(fast, image, buffers));
    // Of outputs of up to 3, exp has three times their differences.
    CHECK(difference(probabilities(net, image), probabilities(fast, image)) < 1e-4);
    const auto classes = top_k(net, image, 3);
    const auto same = top_k(fast, image, 3, buffers);
    REQUIRE(same.size() == 3);
    for (std::size_t n = 0; n < 3; ++n) {
        CHECK(same[n].index == classes[n].index);
        CHECK(same[n].index == top_k(fast, image, 3)[n].index);
    }
    using Yes = Sequential<Input<4>, Linear<4, 1>, Sigmoid>;
    const Yes yes = drawn<Yes>();
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        CHECK(predict(prepare(yes), image_of<Yes>(seed)) == predict(yes, image_of<Yes>(seed)));
    }
}

TEST_CASE("prepare<bf16> rounds the weights of LeNet's large Linear layers, and nothing else") {
    const LeNet net = drawn<LeNet>();
    const Prepared<LeNet, bf16> halved = prepare<bf16>(net);
    // The last Linear layer has few weights.
    LeNet rounded = net;
    const auto round = [](float weight) { return bf16::nearest(weight).widened(); };
    std::ranges::transform(rounded.layer<7>().weight.span(), rounded.layer<7>().weight.span().begin(), round);
    std::ranges::transform(rounded.layer<9>().weight.span(), rounded.layer<9>().weight.span().begin(), round);
    if constexpr (detail_::has_vectors) {
        // Less than the half of both, since outputs are filled up to whole pairs of vectors: 120 to 128, 84 to 96.
        static_assert(Prepared<LeNet, bf16>::packed_bytes + (400 * 112 + 120 * 80) * 2 <=
                      Prepared<LeNet>::packed_bytes);
    } else {
        rounded = net;
    }
    Workspace<Prepared<LeNet, bf16>> buffers;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const auto image = image_of<LeNet>(seed);
        CHECK(halved(image, buffers) == prepare(rounded)(image));
        CHECK(predict(halved, image, buffers) == predict(rounded, image));
    }
    CHECK(halved == prepare<bf16>(net));
}

TEST_CASE("prepare<bf16> multiplies bf16 in convolutions, and adds floats") {
    const auto check = [](const auto& net, double most) {
        using Net = std::remove_cvref_t<decltype(net)>;
        Workspace<Prepared<Net, bf16>> buffers;
        const auto fast = prepare<bf16>(net);
        for (std::uint64_t seed = 2; seed < 5; ++seed) {
            const auto x = image_of<Net>(seed);
            CHECK(difference(net(x), fast(x, buffers)) < most);
            CHECK(fast(x, buffers) == fast(x));
            // Only a processor with the instruction for it does so.
            CHECK((fast(x) == prepare(net)(x)) == !detail_::Bf16Pairs<detail_::Lanes<float>>::exist);
        }
    };
    // Five layers: each rounds inputs and weights to a part in 512, and each output is not less than a tenth of
    // its terms.
    using Separable =
        Sequential<Input<3, 17, 15>, Conv2d<3, 32, Kernel<3>, Stride<2>, Padding<1>>, ReLU,
                   Conv2d<32, 32, Kernel<3>, Groups<32>, Padding<1>>, ReLU, Conv2d<32, 24, Kernel<1>>, ReLU,
                   Conv2d<24, 40, Kernel<3>, Padding<1>, Stride<2>>, ReLU, Conv2d<40, 21, Kernel<1>>, ReLU,
                   MaxPool2d<Kernel<2>>, Residual<Conv2d<21, 21, Kernel<1>>>, Flatten, Linear<84, 10>>;
    check(drawn<Separable>(), 5 * 10 * 2.0 / 512);
    // One filtered layer behind a ReLU, whose errors are at most four times as large.
    using Filtered =
        Sequential<Input<3, 17, 15>, Conv2d<3, 32, Kernel<3>, Padding<1>>, ReLU, Conv2d<32, 48, Kernel<3>, Padding<1>>,
                   ReLU, MaxPool2d<Kernel<4>>, Flatten, LazyLinear<10>>;
    check(drawn<Filtered>(), 4 * 10 * 2.0 / 512);
}

// In constant expressions ------------------------------------------------------------------------------------------

namespace {

template <typename Net>
constexpr Net initialized() {
    Net net{};
    initialize(net, KaimingUniform{}, 1);
    return net;
}

template <typename Net>
constexpr auto ramp() {
    typename Net::input_tensor image{};
    typename Net::scalar value = 0;
    for (auto& element : image.span()) {
        element = value;
        value = value > 1 ? value - typename Net::scalar(1.9) : value + typename Net::scalar(0.37);
    }
    return image;
}

/// Whether prepare(net)(x) is net(x), but for rounding.
template <typename Net>
constexpr bool agrees() {
    const Net net = initialized<Net>();
    const auto expected = net(ramp<Net>());
    const auto actual = prepare(net)(ramp<Net>());
    double size = 0;
    for (const double value : expected.values) {
        size = std::max({size, value, -value});
    }
    const double most = size * prepared::limit<typename Net::scalar>;
    bool near = size > 0;
    for (std::size_t n = 0; n < expected.size(); ++n) {
        const double error = actual.values[n] - expected.values[n];
        near = near && error < most && -error < most;  // NaN is not
    }
    return near;
}

// Of each kernel that prepared networks have, and of those of net(x).
using Small = Sequential<Input<1, 6, 6>, Conv2d<1, 4, Kernel<3>>, ReLU, MaxPool2d<Kernel<2>>, Flatten, LazyLinear<3>>;
using Filtered = Sequential<Input<1, 4, 4>, Conv3<1, 6>, BatchNorm2d<6>, Sigmoid, Conv3<6, 9>, AvgPool2d<Kernel<2>>,
                            Flatten, LazyLinear<4>, Softmax>;
using Separable =
    Sequential<Input<3, 5, 4>, Conv2d<3, 18, Kernel<3>, Stride<2>, Padding<1>>, Tanh, Conv3<18, 18, Groups<18>>, GELU,
               Conv2d<18, 20, Kernel<1>>, MaxPool2d<Kernel<3>, Stride<2>, Padding<1>>,
               Residual<Conv2d<20, 20, Kernel<1>>, SiLU>, AdaptiveAvgPool2d<1>, Flatten, LazyLinear<5>>;
using Branches =
    Sequential<Input<2, 4, 4>, Concat<Sequential<Conv3<2, 5>, ReLU>, Conv2d<2, 20, Kernel<1>>>, GroupNorm<5, 25>,
               Upsample<Scale<2>>, Conv2d<25, 4, Kernel<3>, Dilation<2>>, LeakyReLU<0.1>>;
static_assert(agrees<Small>());
static_assert(agrees<Filtered>());
static_assert(agrees<Separable>());
static_assert(agrees<Branches>());
static_assert(agrees<Small::with_scalar<double>>());

/// A constant: its packed weights are in the program.
constexpr auto constant = prepare(initialized<Small>());
static_assert(constant == prepare(initialized<Small>()));
static_assert(predict(constant, ramp<Small>()) == predict(initialized<Small>(), ramp<Small>()));

}  // namespace

TEST_CASE("A prepared network that is a constant is the one that is prepared when the program runs") {
    const auto net = std::make_unique<const Small>(initialized<Small>());
    CHECK(constant == prepare(*net));
    CHECK(constant(ramp<Small>()) == prepare(*net)(ramp<Small>()));
}

// What a caller relies on ------------------------------------------------------------------------------------------

static_assert(std::is_same_v<Prepared<LeNet>::input_tensor, LeNet::input_tensor>);
static_assert(std::is_same_v<Prepared<LeNet>::output_shape, Shape<10>>);
static_assert(noexcept(std::declval<const Prepared<LeNet>&>()(std::declval<const LeNet::input_tensor&>(),
                                                              std::declval<Workspace<Prepared<LeNet>>&>())));
static_assert(sizeof(Workspace<Prepared<LeNet>>) == Prepared<LeNet>::inference_workspace_bytes ||
              Prepared<LeNet>::inference_workspace_bytes > detail_::most_inside_workspace);
// Other arguments than an image and a workspace are taken, to be refused with one sentence.
template <typename... Arguments>
concept Called = std::is_invocable_r_v<LeNet::output_tensor, const Prepared<LeNet>&, Arguments...>;
static_assert(Called<LeNet::input_tensor> && Called<LeNet::input_tensor, Workspace<Prepared<LeNet>>&> && Called<> &&
              Called<int> && Called<LeNet::input_tensor, int>);
static_assert(!AnyNetwork<Prepared<LeNet>> && !RefusedNetwork<Prepared<LeNet>>);
