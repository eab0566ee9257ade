// SPDX-License-Identifier: MIT
// prepare: prepared networks compute what their networks do.
#include <ctcnn/inference.hpp>
#include <ctcnn/model/prepare.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

/// Parameters, and running statistics with variances above 0.
template <typename Net>
Net drawn(std::uint64_t seed = 1) {
    using T = typename Net::scalar;
    Net net{};
    Draw draw(seed);
    std::ranges::generate(net.parameters(), [&] { return draw.real<T>(T(-0.3), T(0.3)); });
    std::ranges::generate(net.buffers(), [&] { return draw.real<T>(T(0.2), 2); });
    return net;
}

template <typename Net>
typename Net::input_tensor image_of(std::uint64_t seed = 2) {
    using T = typename Net::scalar;
    typename Net::input_tensor image{};
    Draw draw(seed);
    std::ranges::generate(image.span(), [&] { return draw.real<T>(-1, 1); });
    return image;
}

/// The largest difference of two tensors, in units of the largest element of the first one.
template <typename Tensor>
double difference(const Tensor& expected, const Tensor& actual) {
    double largest = 0;
    double size = 0;
    for (std::size_t n = 0; n < Tensor::size(); ++n) {
        largest = std::max(largest, std::abs(double(expected.values[n]) - double(actual.values[n])));
        size = std::max(size, std::abs(double(expected.values[n])));
        // A NaN is larger than each limit.
        largest = std::isnan(double(actual.values[n])) ? std::numeric_limits<double>::infinity() : largest;
    }
    return largest / size;
}

template <typename Net>
void check_in(double limit) {
    const Net net = drawn<Net>();
    const auto prepared = prepare(net);
    typename Prepared<Net>::workspace buffers;
    for (std::uint64_t seed = 2; seed < 5; ++seed) {
        const auto image = image_of<Net>(seed);
        const auto outputs = prepared(image, buffers);
        CHECK(difference(net(image), outputs) < limit);
        // A workspace that has been used, and a new one.
        CHECK(outputs == prepared(image));
        CHECK(outputs == prepared(image, buffers));
        if constexpr (Net::output_shape::rank == 1) {
            CHECK(predict(net, image) == predict(prepared, image, buffers));
        }
    }
}

/// Sums are added in another order, BatchNorms fold, and convolutions are filtered: each rounds a few units in the last
/// place of its largest terms, 6e-8 and 1.1e-16 of them. With up to ten layers, outputs that are a tenth of their
/// largest terms, and four units for each layer, that is 2.4e-5 and 4.4e-14.
template <typename Net>
void check() {
    check_in<Net>(2.4e-5);
    check_in<typename Net::template with_scalar<double>>(4.4e-14);
}

template <std::size_t In, std::size_t Out, typename... Options>
using Conv3 = Conv2d<In, Out, Kernel<3>, Padding<1>, Options...>;

/// A layer of a program's own.
struct Square : CustomLayer<Square> {
    static constexpr void forward(auto x, auto y) {
        for (const auto [c, h, w] : x.indices()) y(c, h, w) = x(c, h, w) * x(c, h, w);
    }
    static constexpr void backward(auto x, auto grad_y, auto grad_x) {
        for (const auto [c, h, w] : x.indices()) grad_x(c, h, w) = (x(c, h, w) + x(c, h, w)) * grad_y(c, h, w);
    }
};

using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<400, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>;

}  // namespace

TEST_CASE("A prepared chain computes what its network does") {
    check<LeNet>();
    check<Sequential<Input<3, 12, 12>, Conv2d<3, 20, Kernel<3>>, ReLU, Conv2d<20, 24, Kernel<3>>, ReLU,
                     MaxPool2d<Kernel<2>>, Flatten, Linear<384, 40>, ReLU, Linear<40, 10>>>();
    check<Sequential<Input<3, 11, 9>, Conv3<3, 16>, BatchNorm2d<16>, ReLU, Conv3<16, 32, NoBias>, BatchNorm2d<32>, ReLU,
                     MaxPool2d<Kernel<2>>, Conv3<32, 16>, ReLU, AvgPool2d<Kernel<2>>, Flatten, Linear<64, 3>>>();
    // Planes that share sets of the cache, in blocks and in one.
    check<Sequential<Input<16, 32, 16>, Conv2d<16, 32, Kernel<1>>, ReLU, Conv2d<32, 16, Kernel<1>>>>();
}

TEST_CASE("A prepared network of one layer") {
    check<Sequential<Input<5>, Linear<5, 3>>>();
    check<Sequential<Input<64>, Linear<64, 32, NoBias>>>();
    check<Sequential<Input<3, 8, 8>, Conv2d<3, 7, Kernel<3>>>>();
    check<Sequential<Input<32, 8, 8>, Conv3<32, 32>>>();
    check<Sequential<Input<4, 6, 6>, MaxPool2d<Kernel<2>>>>();
    check<Sequential<Input<4, 6, 6>, ReLU>>();
    check<Sequential<Input<4, 6, 6>, Flatten>>();
    check<Sequential<Input<4, 6, 6>, BatchNorm2d<4>>>();
    check<Sequential<Input<4, 6, 6>, Residual<Identity>>>();
    check<Sequential<Input<5, 7>, Conv1d<5, 3, Kernel<3>>>>();
}

TEST_CASE("Convolutions with strides, groups, dilation and other kernels") {
    check<Sequential<Input<3, 17, 15>, Conv2d<3, 32, Kernel<3>, Stride<2>, Padding<1>>, ReLU,
                     Conv2d<32, 32, Kernel<3>, Groups<32>, Padding<1>>, ReLU, Conv2d<32, 24, Kernel<1>>, ReLU,
                     Conv2d<24, 24, Kernel<3>, Groups<24>, Padding<1>, Stride<2>>, ReLU, Conv2d<24, 40, Kernel<1>>,
                     ReLU, AdaptiveAvgPool2d<1>, Flatten, Linear<40, 10>>>();
    check<
        Sequential<Input<8, 13, 12>, Conv2d<8, 16, Kernel<3, 5>, Padding<1, 2>, Dilation<2, 1>>, Tanh,
                   Conv2d<16, 32, Kernel<5>, Groups<2>, Padding<2>>, ReLU,
                   Conv2d<32, 48, Kernel<3>, Groups<16>, Stride<1, 2>>, ReLU, Conv2d<48, 5, Kernel<2>, Dilation<2>>>>();
    check<Sequential<Input<16, 9, 9>, Conv2d<16, 16, Kernel<7>, Padding<3>>, ReLU, Conv2d<16, 32, Kernel<1>, Stride<2>>,
                     ReLU, Conv3<32, 1>, Sigmoid>>();
    // Two readers of one value, which need different borders.
    check<Sequential<Input<3, 10, 10>, Conv3<3, 16>, ReLU,
                     Concat<Conv2d<16, 16, Kernel<1>>, Conv3<16, 20>, Conv2d<16, 24, Kernel<5>, Padding<2>>>, ReLU,
                     Conv2d<60, 8, Kernel<3>>>>();
}

TEST_CASE("Pools") {
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, MaxPool2d<Kernel<2>>, ReLU, Conv3<20, 20>, Tanh,
                     AvgPool2d<Kernel<2>>, Conv3<20, 17>>>();
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, ReLU, MaxPool2d<Kernel<3>, Stride<2>, Padding<1>>, Conv3<20, 20>,
                     AvgPool2d<Kernel<3>, Stride<1>, Padding<1>>, Conv3<20, 8>, AvgPool2d<Kernel<2>, CeilMode>,
                     MaxPool2d<Kernel<2>, CeilMode>>>();
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, ReLU, AvgPool2d<Kernel<3>, Stride<2>, Padding<1>, NoCountPadding>,
                     Conv3<20, 8>, AdaptiveAvgPool2d<3, 2>>>();
    check<Sequential<Input<3, 12, 12>, Conv3<3, 32>, ReLU, AdaptiveAvgPool2d<6>, Conv3<32, 20>, ReLU,
                     AdaptiveAvgPool2d<1>, Flatten, Linear<20, 4>>>();
    // A pooling that is not the only reader.
    check<Sequential<Input<3, 8, 8>, Conv3<3, 16>, ReLU,
                     Add<MaxPool2d<Kernel<2>>, Conv2d<16, 16, Kernel<2>, Stride<2>>>, Conv3<16, 4>>>();
}

TEST_CASE("Branches") {
    using Block = Residual<Conv3<16, 16, NoBias>, BatchNorm2d<16>, ReLU, Conv3<16, 16, NoBias>, BatchNorm2d<16>>;
    using Down = Residual<Conv3<16, 32, Stride<2>, NoBias>, BatchNorm2d<32>, ReLU, Conv3<32, 32>, BatchNorm2d<32>,
                          Shortcut<Conv2d<16, 32, Kernel<1>, Stride<2>, NoBias>, BatchNorm2d<32>>>;
    check<Sequential<Input<3, 16, 16>, Conv3<3, 16>, BatchNorm2d<16>, ReLU, Block, ReLU, Down, ReLU,
                     AdaptiveAvgPool2d<1>, Flatten, Linear<32, 10>>>();
    // Squeeze and excite.
    check<Sequential<Input<3, 8, 8>, Conv3<3, 24>, ReLU,
                     Multiply<Identity, Sequential<AdaptiveAvgPool2d<1>, Conv2d<24, 6, Kernel<1>>, ReLU,
                                                   Conv2d<6, 24, Kernel<1>>, Sigmoid>>,
                     Conv2d<24, 4, Kernel<1>>>>();
    // Concatenations of parts of whole blocks, of others, and of features.
    check<Sequential<Input<3, 8, 8>, Concat<Conv3<3, 16>, Conv3<3, 32>>, ReLU, Concat<Conv3<48, 5>, Conv3<48, 20>>,
                     MaxPool2d<Kernel<2>>, Conv3<25, 7>>>();
    check<Sequential<Input<20>, Concat<Linear<20, 10>, Sequential<Linear<20, 7>, ReLU>, Identity>, Linear<37, 10>>>();
    check<Sequential<Input<3, 8, 8>, Concat<Conv3<3, 16>, MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>, Identity>,
                     Conv3<22, 4>>>();
    check<Sequential<Input<2, 6, 6>, Concat<Sequential<Conv3<2, 16>, Flatten>, Flatten>, Linear<648, 3>>>();
    // A U-Net.
    check<Sequential<Input<1, 8, 8>, Conv3<1, 16>, ReLU,
                     Concat<Identity, Sequential<MaxPool2d<Kernel<2>>, Conv3<16, 32>, ReLU,
                                                 ConvTranspose2d<32, 16, Kernel<2>, Stride<2>>>>,
                     Conv3<32, 16>, ReLU, Conv2d<16, 2, Kernel<1>>>>();
}

TEST_CASE("Flatten behind blocks that are filled up") {
    check<Sequential<Input<3, 6, 5>, Conv3<3, 10>, ReLU, Flatten, Linear<300, 20>, ReLU, Linear<20, 3>>>();
    check<Sequential<Input<3, 6, 6>, Conv3<3, 18>, ReLU, MaxPool2d<Kernel<2>>, Flatten, Linear<162, 5>>>();
    // Read by a layer without a prepared kernel, and with a border by another one.
    check<Sequential<Input<3, 6, 5>, Conv3<3, 10>, Flatten, LayerNorm<>, Linear<300, 2>>>();
    check<Sequential<Input<3, 4, 4>, Conv3<3, 20>, ReLU,
                     Concat<Sequential<Conv3<20, 2>, Flatten>, Sequential<Flatten, Linear<320, 6>>>, Linear<38, 3>>>();
    check<Sequential<Input<64>, Unflatten<4, 4, 4>, Conv3<4, 16>, ReLU, Flatten, Unflatten<16, 4, 4>, Conv3<16, 16>,
                     Flatten, Linear<256, 48>, Unflatten<3, 4, 4>, Conv2d<3, 4, Kernel<3>>>>();
}

TEST_CASE("Layers without a prepared kernel, among others") {
    check<Sequential<Input<3, 9, 9>, Conv3<3, 16>, Square, Conv3<16, 20>, GELU, BatchNorm2d<20>, Conv3<20, 16>,
                     GroupNorm<4, 16>, PReLU<>, ConvTranspose2d<16, 20, Kernel<3>>, ReLU, Conv3<20, 16>,
                     Upsample<Scale<2>>, ZeroPad2d<1, 0, 2, 1>, Conv3<16, 4>, Softmax>>();
    check<Sequential<Input<3, 9, 9>, Conv3<3, 16>, Dropout<0.5>, Square, Flatten, Linear<1296, 4>, LogSoftmax>>();
}

TEST_CASE("Sequences") {
    check<Sequential<Input<4, 50>, Conv1d<4, 16, Kernel<5>, Padding<2>>, ReLU, MaxPool1d<Kernel<2>>,
                     Conv1d<16, 40, Kernel<3>>, ReLU, Flatten, Linear<920, 6>>>();
    check<Sequential<Input<20, 30>, Conv1d<20, 20, Kernel<3>, Groups<20>, Padding<1>>, Conv1d<20, 40, Kernel<1>>, ReLU,
                     Conv1d<40, 8, Kernel<3>, Stride<2>, Dilation<2>>>>();
}

TEST_CASE("An output that is NaN stays NaN, and leaves nothing in the workspace") {
    using Net = Sequential<Input<3, 12, 12>, Conv3<3, 20>, ReLU, Conv3<20, 20>, MaxPool2d<Kernel<2>>, Conv3<20, 6>>;
    const Net net = drawn<Net>();
    const auto prepared = prepare(net);
    Workspace<Prepared<Net>> buffers;
    auto image = image_of<Net>();
    const auto outputs = prepared(image, buffers);
    image(1, 3, 4) = std::numeric_limits<float>::quiet_NaN();
    const auto expected = net(image);
    const auto actual = prepared(image, buffers);
    std::size_t count = 0;
    for (std::size_t n = 0; n < Net::output_shape::size; ++n) {
        count += std::isnan(expected.values[n]) ? 1U : 0U;
        CHECK((!std::isnan(expected.values[n]) || std::isnan(actual.values[n])));
    }
    CHECK(count != 0);
    CHECK(predict(prepared, image, buffers) == no_class);
    CHECK(prepared(image_of<Net>(), buffers) == outputs);
}

TEST_CASE("Many threads share a prepared network, and have the same bits") {
    const auto prepared = prepare(drawn<LeNet>());
    std::vector<LeNet::output_tensor> expected;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        expected.push_back(prepared(image_of<LeNet>(seed)));
    }
    std::vector<std::size_t> different(4);
    std::vector<std::thread> threads;
    for (std::size_t& count : different) {
        threads.emplace_back([&] {
            Workspace<Prepared<LeNet>> buffers;
            for (std::uint64_t n = 0; n < 200; ++n) {
                count += prepared(image_of<LeNet>(n % 8), buffers) == expected[n % 8] ? 0U : 1U;
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
        const Prepared<N> prepared = prepare(net);
        Prepared<N> copy = prepared;
        CHECK(copy == prepared);
        const Prepared<N> moved = std::move(copy);
        CHECK(moved(image) == prepared(image));
        copy = prepare(drawn<N>(7));
        CHECK(!(copy == prepared));
        copy = moved;
        CHECK(copy == prepared);
        // The network that it was made of may change.
        net.parameters()[0] += 1;
        CHECK(copy == prepared);
        CHECK(!(prepare(net) == prepared));
    };
    static_assert(Prepared<Net>::packed_bytes > detail_::most_inside_network);
    static_assert(Prepared<LeNet>::packed_bytes <= 2 * detail_::most_inside_network);
    check_value(drawn<Net>());
    check_value(drawn<Sequential<Input<3, 8, 8>, Conv3<3, 16>, BatchNorm2d<16>>>());
}

TEST_CASE("predict, probabilities and top_k take prepared networks") {
    const LeNet net = drawn<LeNet>();
    const auto prepared = prepare(net);
    const auto image = image_of<LeNet>();
    Workspace<Prepared<LeNet>> buffers;
    CHECK(predict(prepared, image) == predict(net, image));
    CHECK(probabilities(prepared, image) == probabilities(prepared, image, buffers));
    // Of outputs of up to 3, exp has three times their differences.
    CHECK(difference(probabilities(net, image), probabilities(prepared, image)) < 1e-4);
    const auto classes = top_k(net, image, 3);
    const auto same = top_k(prepared, image, 3, buffers);
    REQUIRE(same.size() == 3);
    for (std::size_t n = 0; n < 3; ++n) {
        CHECK(same[n].index == classes[n].index);
        CHECK(same[n].index == top_k(prepared, image, 3)[n].index);
    }
    using Yes = Sequential<Input<4>, Linear<4, 1>, Sigmoid>;
    const Yes yes = drawn<Yes>();
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        CHECK(predict(prepare(yes), image_of<Yes>(seed)) == predict(yes, image_of<Yes>(seed)));
    }
}

// What a caller relies on ------------------------------------------------------------------------------------------

static_assert(std::is_same_v<Prepared<LeNet>::input_tensor, LeNet::input_tensor>);
static_assert(std::is_same_v<Prepared<LeNet>::output_shape, Shape<10>>);
static_assert(noexcept(std::declval<const Prepared<LeNet>&>()(std::declval<const LeNet::input_tensor&>(),
                                                              std::declval<Workspace<Prepared<LeNet>>&>())));
static_assert(sizeof(Workspace<Prepared<LeNet>>) == Prepared<LeNet>::inference_workspace_bytes ||
              Prepared<LeNet>::inference_workspace_bytes > detail_::most_inside_workspace);
static_assert(!AnyNetwork<Prepared<LeNet>> && !RefusedNetwork<Prepared<LeNet>>);
