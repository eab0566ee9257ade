// SPDX-License-Identifier: MIT
#include <ctcnn/model/initialize.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Net = Sequential<Input<6, 9, 9>, Conv2d<6, 32, Kernel<3, 5>, Groups<2>>,
                       Sequential<ReLU, Flatten, Linear<1120, 40>>, Linear<40, 30, NoBias>>;

/// The numbers are uniform in +-bound: they reach nearly to it, not beyond, and have mean and variance of that.
void check_uniform(std::span<const float> numbers, double bound) {
    const auto count = static_cast<double>(numbers.size());
    double sum = 0;
    double squares = 0;
    double largest = 0;
    for (const float number : numbers) {
        const auto x = static_cast<double>(number) / bound;
        sum += x;
        squares += x * x;
        largest = std::max(largest, std::abs(x));
    }
    CHECK(largest <= 1);
    // The largest of n is below 1 - 10/n once in e^10 times.
    CHECK(largest > 1 - 10 / count);
    // Four standard deviations: that of the mean of x is sqrt(1/3n), that of the mean of x^2 is sqrt(4/45n).
    CHECK(std::abs(sum / count) < 4 * std::sqrt(1 / (3 * count)));
    CHECK(std::abs(squares / count - 1.0 / 3) < 4 * std::sqrt(4 / (45 * count)));
}

std::vector<float> initialized(std::uint64_t seed) {
    Net net{};
    initialize(net, XavierUniform{}, seed);
    return {net.parameters().begin(), net.parameters().end()};
}

using Tiny = Sequential<Input<2>, Linear<2, 3>>;
constexpr Tiny tiny(std::uint64_t seed) {
    Tiny net{};
    initialize(net, KaimingUniform{}, seed);
    return net;
}

}  // namespace

TEST_CASE("the bounds are PyTorch's") {
    // torch.nn.init.xavier_uniform_: gain * sqrt(6/(fan_in + fan_out)); kaiming_uniform_ with a: sqrt(6/((1 + a^2)
    // fan_in)).
    CHECK(XavierUniform{}.bound(400, 120) == Approx(std::sqrt(6.0 / 520)).epsilon(1e-15));
    CHECK(XavierUniform{5.0 / 3}.bound(2, 4) == Approx(5.0 / 3).epsilon(1e-15));
    CHECK(KaimingUniform{}.bound(25, 99) == Approx(0.2).epsilon(1e-15));
    CHECK(KaimingUniform{.a = 0}.bound(24, 99) == Approx(0.5).epsilon(1e-15));
}

TEST_CASE("initialize refuses settings that make no sense, and changes nothing then") {
    constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    struct Own {
        double value;
        double bound(std::size_t, std::size_t) const { return value; }
    };
    Tiny net = tiny(1);
    for (const double wrong : {-1.0, not_a_number, infinity, -infinity, 1e39}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(initialize(net, XavierUniform{.gain = wrong}), std::invalid_argument);
        CHECK_THROWS_AS(initialize(net, Own{wrong}), std::invalid_argument);
    }
    for (const double wrong : {not_a_number, infinity, -infinity}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(initialize(net, KaimingUniform{.a = wrong}), std::invalid_argument);
    }
    const Tiny unchanged = tiny(1);
    CHECK(std::ranges::equal(net.parameters(), unchanged.parameters()));
    CHECK_THROWS_WITH(initialize(net, XavierUniform{.gain = -1}),
                      Catch::Matchers::ContainsSubstring("XavierUniform::gain"));
    // The slope only matters by its square; nothing at all is a bound, too.
    CHECK_NOTHROW(initialize(net, KaimingUniform{.a = -1}));
    CHECK_NOTHROW(initialize(net, XavierUniform{.gain = 0}));
    CHECK_NOTHROW(initialize(net, Own{0}));
    CHECK_NOTHROW(initialize(net, Own{static_cast<double>(std::numeric_limits<float>::max())}));
}

TEST_CASE("XavierUniform and the biases have the statistics of their formulas") {
    Net net{};
    initialize(net, XavierUniform{}, 1);
    // As PyTorch counts: a weight (32, 3, 3, 5) has fan_in 3*15 and fan_out 32*15, whatever the groups.
    check_uniform(net.layer<0>().weight.span(), std::sqrt(6.0 / (45 + 480)));
    check_uniform(net.layer<0>().bias.span(), 1 / std::sqrt(45.0));
    check_uniform(net.layer<1>().layer<2>().weight.span(), std::sqrt(6.0 / 1160));
    check_uniform(net.layer<1>().layer<2>().bias.span(), 1 / std::sqrt(1120.0));
    check_uniform(net.layer<2>().weight.span(), std::sqrt(6.0 / 70));
}

TEST_CASE("KaimingUniform has the statistics of its formula") {
    Net net{};
    initialize(net, KaimingUniform{}, 2);
    check_uniform(net.layer<0>().weight.span(), 1 / std::sqrt(45.0));
    check_uniform(net.layer<1>().layer<2>().weight.span(), 1 / std::sqrt(1120.0));
    initialize(net, KaimingUniform{.a = 0}, 3);
    check_uniform(net.layer<2>().weight.span(), std::sqrt(6.0 / 40));
    check_uniform(net.layer<1>().layer<2>().bias.span(), 1 / std::sqrt(1120.0));
}

TEST_CASE("the seed decides the parameters, and nothing else does") {
    CHECK(initialized(1) == initialized(1));
    const std::vector<float> one = initialized(1);
    const std::vector<float> two = initialized(2);
    Net unseeded{};
    initialize(unseeded, XavierUniform{});
    CHECK(std::ranges::equal(unseeded.parameters(), initialized(0)));
    std::size_t equal = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        equal += one[i] == two[i];
    }
    CHECK(equal < 10);
    // No number twice in a row, as it would be if a block were used twice.
    CHECK(std::adjacent_find(one.begin(), one.end()) == one.end());
}

TEST_CASE("a constant expression gives the numbers of the run") {
    constexpr Tiny constant = tiny(5);
    const std::uint64_t five = std::vector<std::uint64_t>(1, 5)[0];
    const Tiny run = tiny(five);
    CHECK(std::equal(run.parameters().begin(), run.parameters().end(), constant.parameters().begin()));
    CHECK(run.parameters()[0] != 0);
}
