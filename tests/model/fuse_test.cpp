// SPDX-License-Identifier: MIT
// fuse: the types that it makes, and that they compute what the network does.
#include <ctcnn/model/fuse.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/conv_transpose2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/sequential.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

template <typename Net, typename Expected>
inline constexpr bool becomes = std::is_same_v<Fused<Net>, Expected>;

using I = Input<2, 4, 4>;
using C = Conv2d<2, 2, Kernel<3>, Padding<1>>;
using CNoBias = Conv2d<2, 2, Kernel<3>, NoBias, Padding<1>>;
using B = BatchNorm2d<2>;

// The layers that take it ------------------------------------------------------------------------------------------

static_assert(becomes<Sequential<I, C, B>, Sequential<I, C>>);
static_assert(becomes<Sequential<I, CNoBias, B>, Sequential<I, C>>);
static_assert(becomes<Sequential<I, CNoBias, LazyBatchNorm2d<>, ReLU>, Sequential<I, C, ReLU>>);
static_assert(becomes<Sequential<I, LazyConv2d<3, NoBias, Kernel<2>>, BatchNorm2d<3, NoAffine>>,
                      Sequential<I, LazyConv2d<3, Kernel<2>>>>);
static_assert(becomes<Sequential<Input<4>, Linear<4, 3, NoBias>, BatchNorm1d<3>>, Sequential<Input<4>, Linear<4, 3>>>);
static_assert(
    becomes<Sequential<Input<4>, LazyLinear<3, NoBias>, BatchNorm1d<3>>, Sequential<Input<4>, LazyLinear<3>>>);

static_assert(becomes<Sequential<Input<2, 9>, Conv1d<2, 3, Kernel<2>, NoBias>, BatchNorm1d<3>>,
                      Sequential<Input<2, 9>, Conv1d<2, 3, Kernel<2>>>>);
static_assert(becomes<Sequential<I, ConvTranspose2d<2, 4, Kernel<2>, Stride<2>, NoBias>, BatchNorm2d<4>>,
                      Sequential<I, ConvTranspose2d<2, 4, Kernel<2>, Stride<2>>>>);

// Where there is none, BatchNorm stays -----------------------------------------------------------------------------

template <typename Net>
inline constexpr bool stays = becomes<Net, Net>;

static_assert(stays<Sequential<I, C, ReLU>>);
static_assert(stays<Sequential<I, CNoBias>>);
static_assert(stays<Sequential<I, B, C>>);
static_assert(stays<Sequential<I, C, ReLU, B>>);
static_assert(stays<Sequential<I, Sequential<C>, B>>);
static_assert(stays<Sequential<I, C, Sequential<B, ReLU>>>);
static_assert(stays<Sequential<I, Concat<C, B>>>);
static_assert(becomes<Sequential<I, C, B, B>, Sequential<I, C, B>>);
static_assert(becomes<Sequential<I, B, CNoBias, B>, Sequential<I, B, C>>);

// Inside others ----------------------------------------------------------------------------------------------------

static_assert(becomes<Sequential<I, Sequential<CNoBias, B, ReLU>>, Sequential<I, Sequential<C, ReLU>>>);
static_assert(becomes<Sequential<I, Residual<CNoBias, B, ReLU, C, B>>, Sequential<I, Residual<C, ReLU, C>>>);
static_assert(
    becomes<Sequential<I, Residual<CNoBias, B, Shortcut<CNoBias, B>>>, Sequential<I, Residual<C, Shortcut<C>>>>);
static_assert(becomes<Sequential<I, Add<C, Sequential<CNoBias, B>>>, Sequential<I, Add<C, Sequential<C>>>>);
static_assert(becomes<Sequential<I, Multiply<C, Sequential<C, B>>>, Sequential<I, Multiply<C, Sequential<C>>>>);
static_assert(becomes<Sequential<I, Concat<Sequential<CNoBias, B>, B>>, Sequential<I, Concat<Sequential<C>, B>>>);
static_assert(becomes<Sequential<I, Repeat<2, CNoBias, B, ReLU>>, Sequential<I, Repeat<2, C, ReLU>>>);
static_assert(becomes<Sequential<I, Named<"stem", CNoBias>, Named<"norm", B>>, Sequential<I, Named<"stem", C>>>);
static_assert(
    becomes<Sequential<I, Named<"stem", Sequential<CNoBias, B>>>, Sequential<I, Named<"stem", Sequential<C>>>>);
static_assert(becomes<Sequential<I, C, B>::with_scalar<double>, Sequential<I, C>::with_scalar<double>>);

// Classes that are derived from layers and networks ----------------------------------------------------------------

struct Stem : Sequential<CNoBias, B, ReLU> {};
struct Unit : Residual<Stem, C, B, Shortcut<CNoBias, B>> {};
struct Wide : Concat<Stem, C> {};
struct First : Named<"first", CNoBias> {};
struct Plain : Sequential<C, ReLU> {};
struct Whole : Sequential<I, First, B, Stem, Unit, Plain, Add<Stem, Plain>, Multiply<Stem, Plain>, Wide> {};

static_assert(becomes<Sequential<I, Stem>, Sequential<I, Sequential<C, ReLU>>>);
static_assert(becomes<Sequential<I, Unit>, Sequential<I, Residual<Sequential<C, ReLU>, C, Shortcut<C>>>>);
static_assert(becomes<Sequential<I, Plain, Wide>, Sequential<I, Plain, Concat<Sequential<C, ReLU>, C>>>);
static_assert(becomes<Sequential<I, Named<"stem", Stem>, First, B>,
                      Sequential<I, Named<"stem", Sequential<C, ReLU>>, Named<"first", C>>>);
static_assert(stays<Sequential<I, Plain, Named<"plain", Plain>>>);

// The values -------------------------------------------------------------------------------------------------------

/// Parameters, and running statistics with variances above 0.
template <typename Net>
constexpr Net drawn() {
    Net net{};
    Draw draw(1);
    std::ranges::generate(net.parameters(), [&] { return draw.real<typename Net::scalar>(-1, 1); });
    std::ranges::generate(net.buffers(), [&] { return draw.real<typename Net::scalar>(typename Net::scalar(0.2), 2); });
    return net;
}

template <typename Net>
constexpr double largest_difference() {
    const Net net = drawn<Net>();
    const auto fused = fuse(net);
    typename Net::input_tensor image{};
    Draw draw(2);
    std::ranges::generate(image.span(), [&] { return draw.real<typename Net::scalar>(-1, 1); });
    const auto expected = net(image);
    const auto actual = fused(image);
    double largest = 0;
    double size = 1;
    for (std::size_t n = 0; n < Net::output_shape::size; ++n) {
        const double difference = static_cast<double>(expected.values[n]) - static_cast<double>(actual.values[n]);
        largest = std::max(largest, difference < 0 ? -difference : difference);
        const double value = static_cast<double>(expected.values[n]);
        size = std::max(size, value < 0 ? -value : value);
    }
    return largest / size;
}

template <typename Net>
void check() {
    // A weight is rounded once; the rest is the rounding of the sums, which both have.
    CHECK(largest_difference<Net>() < 1e-5);
    CHECK(largest_difference<typename Net::template with_scalar<double>>() < 1e-14);
}

}  // namespace

TEST_CASE("fuse(net) computes what net does") {
    check<Sequential<I, C, B>>();
    check<Sequential<I, CNoBias, B, ReLU>>();
    check<Sequential<I, Conv2d<2, 6, Kernel<3, 2>, Groups<2>>, BatchNorm2d<6, NoAffine, Eps<1e-2>>, Sigmoid>>();
    check<Sequential<I, LazyConv2d<3, Kernel<2>, NoBias>, LazyBatchNorm2d<>, Flatten, LazyLinear<5, NoBias>,
                     BatchNorm1d<5>, ReLU, Linear<5, 3>>>();
    check<Sequential<I, ConvTranspose2d<2, 3, Kernel<2>>, BatchNorm2d<3>>>();
    check<Sequential<Input<4, 3, 3>, ConvTranspose2d<4, 6, Kernel<3, 2>, Stride<2>, Groups<2>, NoBias>,
                     BatchNorm2d<6>>>();
    check<Sequential<I, B, C, B, B, ReLU, B>>();
    check<Sequential<I, Sequential<C>, B, C, Sequential<B, ReLU, CNoBias, B>>>();
    check<Sequential<I, Concat<C, B, Sequential<CNoBias, B>, Sequential<B, C>>, BatchNorm2d<8>>>();
    check<Sequential<I, Residual<CNoBias, B, ReLU, C, B>, ReLU, Residual<C, B, Shortcut<CNoBias, B, ReLU>>, B>>();
    check<Sequential<I, Add<C, Sequential<CNoBias, B>>, Multiply<B, Sequential<C, B>>, B>>();
    check<Sequential<I, Named<"stem", CNoBias>, Named<"norm", B>, Repeat<3, CNoBias, B, ReLU>>>();
    check<Sequential<I, Stem, Unit, Named<"plain", Plain>, Wide>>();
    check<Whole>();
}

TEST_CASE("A network without BatchNorm comes back as it is") {
    using Net = Sequential<I, C, ReLU, Residual<CNoBias>, Flatten, Linear<32, 3>>;
    const Net net = drawn<Net>();
    const auto fused = fuse(net);
    STATIC_REQUIRE(std::is_same_v<decltype(fused), const Net>);
    CHECK(std::ranges::equal(fused.parameters(), net.parameters()));
}

TEST_CASE("fuse folds as the formula says, and the BatchNorms that stay keep parameters and statistics") {
    using Net = Sequential<Input<2>, Linear<2, 2>, BatchNorm1d<2, Eps<0.0>>, ReLU, BatchNorm1d<2>>;
    constexpr auto fused = [] {
        Net net{};
        std::ranges::copy(std::array{1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f,  // weight, bias
                                     2.0f, 3.0f, 7.0f, 8.0f,              // of the first BatchNorm
                                     1.5f, 2.5f, 3.5f, 4.5f},
                          net.parameters().begin());
        std::ranges::copy(std::array{1.0f, 2.0f, 4.0f, 0.25f, 0.5f, 0.75f, 1.25f, 1.75f}, net.buffers().begin());
        return fuse(net);
    }();
    // s = 2 / sqrt(4) and 3 / sqrt(0.25).
    STATIC_REQUIRE(std::ranges::equal(fused.parameters(), std::array{1.0f, 2.0f, 18.0f, 24.0f, 11.0f, 32.0f,  //
                                                                     1.5f, 2.5f, 3.5f, 4.5f}));
    STATIC_REQUIRE(std::ranges::equal(fused.buffers(), std::array{0.5f, 0.75f, 1.25f, 1.75f}));
}

TEST_CASE("fuse is a constant expression") {
    using Net = Sequential<Input<1, 3, 3>, Conv2d<1, 2, Kernel<2>, NoBias>, BatchNorm2d<2>, ReLU>;
    STATIC_REQUIRE(largest_difference<Net>() < 1e-5);
}
