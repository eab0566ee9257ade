// SPDX-License-Identifier: MIT
// Networks with branches compute what their parts compute one after the other: shapes, names, outputs, gradients.
#include <ctcnn/model/branches.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <ctcnn/ctcnn.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

template <std::size_t In, std::size_t Out, typename... Options>
using Conv = Conv2d<In, Out, Kernel<3>, Padding<1>, Options...>;

// Shapes --------------------------------------------------------------------------------------------------------------

template <typename S, typename L>
using made = typename L::template At<S>::output_shape;
using Image = Shape<4, 6, 6>;
using Squeeze = Sequential<AvgPool2d<Kernel<6>>, Sigmoid>;

static_assert(made<Image, Residual<Conv<4, 4>>>{} == Image{});
static_assert(made<Image, Residual<Conv<4, 8, Stride<2>>, Shortcut<Conv2d<4, 8, Kernel<1>, Stride<2>>>>>{} ==
              Shape<8, 3, 3>{});
static_assert(made<Image, Concat<Conv<4, 1>, ReLU, Conv<4, 2>>>{} == Shape<7, 6, 6>{});
static_assert(made<Shape<5>, Concat<Linear<5, 2>, Linear<5, 3>>>{} == Shape<5>{});
static_assert(made<Image, Add<Conv<4, 2>, Conv<4, 2>>>{} == Shape<2, 6, 6>{});
static_assert(made<Image, Multiply<ReLU, Squeeze>>{} == Image{} && made<Image, Multiply<Squeeze, ReLU>>{} == Image{});
static_assert(made<Image, Multiply<Squeeze, Squeeze, ReLU>>{} == Image{});
static_assert(!Accepts<Multiply<Squeeze, Conv<4, 2>>, Image> && !Accepts<Concat<Squeeze, ReLU>, Image>);

static_assert(Sequential<Input<4, 6, 6>, Residual<Conv<4, 4>>>::parameter_count == 4 * 4 * 9 + 4);
static_assert(Sequential<Input<4>, Add<Linear<4, 2>, Linear<4, 2>>>::multiply_adds == 16);

// The operators of ONNX.
template <typename L>
constexpr detail_::OnnxNode join_of = L::template At<Image>::join::onnx();
static_assert(join_of<Add<ReLU, ReLU>>.op_type == "Sum" && join_of<Residual<ReLU>>.op_type == "Sum" &&
              join_of<Multiply<ReLU, ReLU>>.op_type == "Mul" && join_of<Add<ReLU, ReLU>>.attribute_count == 0);
static_assert(join_of<Concat<ReLU, ReLU>>.op_type == "Concat" && join_of<Concat<ReLU, ReLU>>.attribute_count == 1 &&
              join_of<Concat<ReLU, ReLU>>.attributes[0].name == "axis" &&
              join_of<Concat<ReLU, ReLU>>.attributes[0].values[0] == 1);

// Values --------------------------------------------------------------------------------------------------------------

/// Layers on an input, one after the other, as a network of its own whose parameters are taken from a row; returns the
/// outputs and leaves the row behind them.
using Values = std::vector<double>;
template <typename In, typename... Layers>
Values run(const Values& input, const double*& parameters) {
    using Net = typename Sequential<In, Layers...>::template with_scalar<double>;
    Net net{};
    std::copy_n(parameters, Net::parameter_count, net.parameters().begin());
    parameters += Net::parameter_count;
    typename Net::input_tensor image{};
    std::copy(input.begin(), input.end(), image.span().begin());
    const auto output = net(image);
    return {output.span().begin(), output.span().end()};
}
Values sum(const Values& a, const Values& b) {
    Values result = a;
    for (std::size_t i = 0; i < a.size(); ++i) {
        result[i] += b[i];
    }
    return result;
}
Values joined(Values a, const Values& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
/// Elements times the factor of their channel.
Values scaled(Values a, const Values& factors) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] *= factors[i / (a.size() / factors.size())];
    }
    return a;
}

/// net(x), infer, the loss of training and the gradients, against expected(x, parameters) and its central
/// differences.
template <typename F, typename Expected>
void check(const Expected& expected) {
    using Net = typename F::template with_scalar<double>;
    constexpr std::size_t count = 5;  // no multiple of the lanes
    Net net{};
    Draw draw(11);
    for (double& parameter : net.parameters()) {
        parameter = draw.real(-0.5, 0.5);
    }
    std::vector<typename Net::input_tensor> images(count);
    std::vector<typename Net::output_tensor> targets(count);
    for (auto& image : images) {
        for (double& pixel : image.span()) {
            pixel = draw.real(-1.0, 1.0);
        }
    }
    const auto loss = [&](const std::vector<double>& parameters) {
        double total = 0;
        for (const auto& image : images) {
            const double* next = parameters.data();
            for (const double output : expected(Values(image.span().begin(), image.span().end()), next)) {
                total += output * output / static_cast<double>(Net::output_shape::size * count);
            }
            REQUIRE(next == parameters.data() + parameters.size());
        }
        return total;
    };
    const auto inferred = infer(net, images);
    for (std::size_t n = 0; n < count; ++n) {
        const auto& image = images[n];
        std::vector<double> parameters(net.parameters().begin(), net.parameters().end());
        const double* next = parameters.data();
        const Values wanted = expected(Values(image.span().begin(), image.span().end()), next);
        const auto output = net(image);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            // Some hundred terms, in another order: rounding of 2^-53 each.
            REQUIRE(std::abs(output.span()[i] - wanted[i]) <= 1e-13 * (1 + std::abs(wanted[i])));
            REQUIRE(std::abs(inferred[n].span()[i] - wanted[i]) <= 1e-13 * (1 + std::abs(wanted[i])));
        }
    }
    const auto step = value_and_grad(net, MSELoss{}, images, targets);
    std::vector<double> parameters(net.parameters().begin(), net.parameters().end());
    CHECK(step.loss == Approx(loss(parameters)).epsilon(1e-12));
    for (std::size_t i = 0; i < parameters.size(); i += 1 + parameters.size() / 60) {
        const double kept = parameters[i];
        parameters[i] = kept + 1e-6;
        const double above = loss(parameters);
        parameters[i] = kept - 1e-6;
        const double below = loss(parameters);
        parameters[i] = kept;
        INFO("parameter " << i);
        // The third derivative times 1e-12, and the rounding of a loss of about 1 through 2e-6.
        CHECK(std::abs((above - below) / 2e-6 - step.gradients.parameters()[i]) < 2e-9);
    }
}

using In = Input<2, 4, 4>;
using Mid = Input<3, 4, 4>;

}  // namespace

TEST_CASE("a residual, whose sum has a function, behind another one") {
    using Net = Sequential<In, Conv<2, 3>, Tanh, Residual<Conv<3, 3>, Sigmoid, Conv<3, 3>>, Tanh, Residual<Conv<3, 3>>>;
    check<Net>([](const Values& x, const double*& p) {
        const Values a = run<In, Conv<2, 3>, Tanh>(x, p);
        const Values b = run<Mid, Tanh>(sum(run<Mid, Conv<3, 3>, Sigmoid, Conv<3, 3>>(a, p), a), p);
        return sum(run<Mid, Conv<3, 3>>(b, p), b);
    });
}

TEST_CASE("a residual with a shortcut, on the input of the network") {
    using Half = Conv2d<2, 3, Kernel<3>, Padding<1>, Stride<2>>;
    using Net = Sequential<In, Residual<Half, Tanh, Shortcut<Conv2d<2, 3, Kernel<1>, Stride<2>>>>>;
    check<Net>([](const Values& x, const double*& p) {
        const Values main = run<In, Half, Tanh>(x, p);
        return sum(main, run<In, Conv2d<2, 3, Kernel<1>, Stride<2>>>(x, p));
    });
}

TEST_CASE("a function that reads what others read, too") {
    using Net = Sequential<In, Conv<2, 3>, Residual<Tanh, Conv<3, 3>>, Sigmoid>;
    check<Net>([](const Values& x, const double*& p) {
        const Values a = run<In, Conv<2, 3>>(x, p);
        return run<Mid, Sigmoid>(sum(run<Mid, Tanh, Conv<3, 3>>(a, p), a), p);
    });
}

TEST_CASE("nested concatenations before a padded convolution") {
    using Inner = Concat<Sequential<Conv2d<3, 1, Kernel<1>>, Tanh>, Conv<3, 2>>;
    using Net = Sequential<In, Conv<2, 3>, Concat<Inner, Sequential<Conv<3, 2>, Sigmoid>>, Conv<5, 2>>;
    check<Net>([](const Values& x, const double*& p) {
        const Values a = run<In, Conv<2, 3>>(x, p);
        const Values b = run<Mid, Conv2d<3, 1, Kernel<1>>, Tanh>(a, p);
        const Values c = run<Mid, Conv<3, 2>>(a, p);
        const Values d = run<Mid, Conv<3, 2>, Sigmoid>(a, p);
        return run<Input<5, 4, 4>, Conv<5, 2>>(joined(joined(b, c), d), p);
    });
}

TEST_CASE("an image that is flattened in one place and padded in another") {
    using Net = Sequential<In, Conv<2, 3>, Concat<Sequential<Conv<3, 1>, Flatten>, Flatten>, Linear<64, 3>>;
    check<Net>([](const Values& x, const double*& p) {
        const Values a = run<In, Conv<2, 3>>(x, p);
        return run<Input<64>, Linear<64, 3>>(joined(run<Mid, Conv<3, 1>>(a, p), a), p);
    });
}

TEST_CASE("a concatenation whose reader takes tiles of images together") {
    check<Sequential<Input<6>, Concat<Linear<6, 4>, Linear<6, 3>>, Linear<7, 2>>>(
        [](const Values& x, const double*& p) {
            const Values a = run<Input<6>, Linear<6, 4>>(x, p);
            return run<Input<7>, Linear<7, 2>>(joined(a, run<Input<6>, Linear<6, 3>>(x, p)), p);
        });
    using Nested = Concat<Conv<2, 1>, Concat<Identity, Conv<2, 2>>>;
    using Net = Sequential<In, Nested, Flatten, Linear<80, 4>, Tanh, Linear<4, 3>>;
    check<Net>([](const Values& x, const double*& p) {
        const Values a = joined(run<In, Conv<2, 1>>(x, p), x);
        const Values b = joined(a, run<In, Conv<2, 2>>(x, p));
        return run<Input<80>, Linear<80, 4>, Tanh, Linear<4, 3>>(b, p);
    });
}

TEST_CASE("a factor for each channel, and one for each element") {
    using Gate = Sequential<AvgPool2d<Kernel<4>>, Conv2d<3, 3, Kernel<1>>, Sigmoid>;
    using Net = Sequential<In, Conv<2, 3>, Tanh, Multiply<Gate, Sequential<Conv<3, 3>, Tanh>>, Conv<3, 1>>;
    check<Net>([](const Values& x, const double*& p) {
        const Values a = run<In, Conv<2, 3>, Tanh>(x, p);
        const Values gate = run<Mid, AvgPool2d<Kernel<4>>, Conv2d<3, 3, Kernel<1>>, Sigmoid>(a, p);
        return run<Mid, Conv<3, 1>>(scaled(run<Mid, Conv<3, 3>, Tanh>(a, p), gate), p);
    });
    using Square = Sequential<Input<4>, Linear<4, 3>, Multiply<Flatten, Flatten, Tanh>, Linear<3, 2>>;
    check<Square>([](const Values& x, const double*& p) {
        const Values a = run<Input<4>, Linear<4, 3>>(x, p);
        const double* none = nullptr;
        return run<Input<3>, Linear<3, 2>>(scaled(scaled(a, a), run<Input<3>, Tanh>(a, none)), p);
    });
}

TEST_CASE("three branches of features, added, and the input put behind them") {
    using Net =
        Sequential<Input<6>, Concat<Add<Linear<6, 4>, Sequential<Linear<6, 4>, Tanh>, Linear<6, 4, NoBias>>, Flatten>,
                   Linear<10, 2>>;
    check<Net>([](const Values& x, const double*& p) {
        const Values a = run<Input<6>, Linear<6, 4>>(x, p);
        const Values b = run<Input<6>, Linear<6, 4>, Tanh>(x, p);
        const Values c = run<Input<6>, Linear<6, 4, NoBias>>(x, p);
        return run<Input<10>, Linear<10, 2>>(joined(sum(sum(a, b), c), x), p);
    });
}

// Places ---------------------------------------------------------------------------------------------------------------

namespace {

template <std::size_t In, std::size_t Out>
using Pointwise = Conv2d<In, Out, Kernel<1>>;

template <typename Net>
bool same(const Gradients<Net>& a, const Gradients<Net>& b) {
    return std::memcmp(a.parameters().data(), b.parameters().data(), Net::parameter_bytes) == 0;
}

/// Backward of a network whose sums and gradients share places: it agrees with differences, and gives the same bits for
/// any number of threads, also behind images that have left NaN in all places.
template <typename F>
void check_places(std::size_t count) {
    using Net = typename F::template with_scalar<double>;
    Net net{};
    initialize(net, KaimingUniform{}, 3);
    CHECK_THAT(check_gradients(net, {.elements = 40}).sentence(), Catch::Matchers::StartsWith("passed"));

    std::vector<typename Net::input_tensor> images(count);
    const std::vector<typename Net::output_tensor> targets(count);
    Draw draw(12);
    for (auto& image : images) {
        for (double& pixel : image.span()) {
            pixel = draw.real(-1.0, 1.0);
        }
    }
    auto bad = images;
    for (auto& image : bad) {
        for (double& pixel : image.span()) {
            pixel = std::numeric_limits<double>::quiet_NaN();
        }
    }
    const auto expected = value_and_grad(net, MSELoss{}, images, targets).gradients;
    for (const std::size_t threads : {1u, 2u, 3u, 5u}) {
        INFO(count << " images, " << threads << " threads");
        TrainingWorkspace<Net> workspace(threads);
        Gradients<Net> gradients;
        value_and_grad(net, MSELoss{}, bad, targets, gradients, workspace);
        value_and_grad(net, MSELoss{}, images, targets, gradients, workspace);
        CHECK(same<Net>(gradients, expected));
    }
}

}  // namespace

TEST_CASE("sums of sums and sums in concatenations, read once and more often") {
    // With gaps behind channels where lanes are 64 bytes; the last layers see borders.
    using Net = Sequential<
        Input<2, 8, 8>, Add<Pointwise<2, 3>, Pointwise<2, 3>>,
        Concat<Add<Pointwise<3, 2>, Pointwise<3, 2>>, Residual<Residual<Pointwise<3, 3>>, Tanh>, Identity>,
        Residual<Residual<Conv<8, 8>>>, Multiply<Residual<Pointwise<8, 8>>, Sequential<AdaptiveAvgPool2d<1>, Sigmoid>>,
        Concat<Sequential<Residual<Pointwise<8, 8>>, Tanh>, Identity>, Add<Conv<16, 2>, Sequential<Tanh, Conv<16, 2>>>>;
    check_places<Net>(21);
}

TEST_CASE("sums across segments, with dropout and batch norm before and behind them") {
    using Norm = BatchNorm2d<3>;
    using Net =
        Sequential<Mid, Norm, Residual<Conv<3, 3>, Norm, Dropout<0.3>, Residual<Norm, Tanh, Conv<3, 3>, Norm>>,
                   Residual<Dropout<0.2>, Residual<Dropout2d<0.4>>>,
                   Add<Sequential<Conv<3, 3>, Norm>, Sequential<Norm, Pointwise<3, 3>>, Norm, Identity>, Norm, Tanh,
                   Concat<Norm, Residual<Norm>>, Flatten, Add<Linear<96, 4>, Linear<96, 4>>, Residual<Linear<4, 4>>>;
    check_places<Net>(3);
    check_places<Net>(150);
}

// Constant expressions ------------------------------------------------------------------------------------------------

namespace {

using Tiny = Sequential<Input<2>, Residual<Linear<2, 2>, ReLU>>;
constexpr Tiny tiny = [] {
    Tiny net{};
    net.layer<0>().layer<0>().weight(0, 0) = 2;
    net.layer<0>().layer<0>().weight(1, 1) = -1;
    net.layer<0>().layer<0>().bias(0) = 1;
    return net;
}();
static_assert(tiny({3, 4}) == Tensor<float, Shape<2>>{10, 4});  // 3 + ReLU(7), 4 + ReLU(-4)

constexpr auto step = [] {
    const std::array<Tiny::input_tensor, 1> images{{{3, 4}}};
    const std::array<Tiny::output_tensor, 1> targets{{{8, 4}}};
    return value_and_grad(tiny, MSELoss{}, images, targets);
}();
// The mean of (10 - 8)^2 and 0; its gradient with respect to the first sum is 2.
static_assert(step.loss == 2);
static_assert(step.gradients.layer<0>().layer<0>().weight(0, 0) == 6 &&
              step.gradients.layer<0>().layer<0>().weight(0, 1) == 8);
static_assert(step.gradients.layer<0>().layer<0>().bias(0) == 2 && step.gradients.layer<0>().layer<0>().bias(1) == 0);

}  // namespace
