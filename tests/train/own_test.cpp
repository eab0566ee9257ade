// SPDX-License-Identifier: MIT
// Activations, losses and optimizers of a program's own, in a namespace of its own, with public names alone.
#include <ctcnn/ctcnn.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "draw.hpp"

namespace user {

// No `using namespace ctcnn;`: a program may spell the names out.
struct LeakyReLU : ctcnn::Activation<LeakyReLU> {
    static constexpr std::string_view name = "LeakyReLU(0.01)";
    template <typename V>
    static constexpr V forward(V x) {
        return ctcnn::lane_math::at_least(x, x * ctcnn::lane_math::constant<V>(0.01));
    }
    template <typename V>
    static constexpr V backward(V y, V grad) {
        namespace lm = ctcnn::lane_math;
        return lm::select_less(y, lm::constant<V>(0), grad * lm::constant<V>(0.01), grad);
    }
};

// The alpha of a template in thousandths; what select_less and exp do in one function.
template <int Thousandths>
struct ELU : ctcnn::Activation<ELU<Thousandths>> {
    template <typename V>
    static constexpr V alpha() {
        return ctcnn::lane_math::constant<V>(Thousandths / 1000.0);
    }
    template <typename V>
    static constexpr V forward(V x) {
        namespace lm = ctcnn::lane_math;
        return lm::select_less(x, lm::constant<V>(0), alpha<V>() * (lm::exp(x) - lm::constant<V>(1)), x);
    }
    template <typename V>
    static constexpr V backward(V y, V grad) {
        namespace lm = ctcnn::lane_math;
        return lm::select_less(y, lm::constant<V>(0), grad * (y + alpha<V>()), grad);
    }
};

struct HalfTanh : ctcnn::Activation<HalfTanh> {
    // tanh(min(x, 2)) / 2.
    template <typename V>
    static constexpr V forward(V x) {
        namespace lm = ctcnn::lane_math;
        return lm::tanh(lm::at_most(x, lm::constant<V>(2))) * lm::constant<V>(0.5);
    }
    template <typename V>
    static constexpr V backward(V y, V grad) {
        namespace lm = ctcnn::lane_math;
        const V limit = lm::tanh(lm::constant<V>(2)) * lm::constant<V>(0.5);
        const V slope = (lm::constant<V>(1) - lm::constant<V>(4) * y * y) * lm::constant<V>(0.5);
        return lm::select_less(y, limit, grad * slope, lm::constant<V>(0));
    }
};

// torch.nn.SmoothL1Loss, for tensors.
struct SmoothL1Loss {
    float beta = 1;

    template <typename T, std::size_t N, typename Target>
    constexpr T operator()(std::span<const T, N> outputs, const Target& target, std::span<T, N> gradient) const {
        T sum = 0;
        for (std::size_t k = 0; k < N; ++k) {
            const T difference = outputs[k] - target.values[k];
            const T magnitude = difference < 0 ? -difference : difference;
            const T limit = static_cast<T>(beta);
            sum += magnitude < limit ? difference * difference / (2 * limit) : magnitude - limit / 2;
            const T slope = magnitude < limit ? difference / limit : T(difference < 0 ? -1 : 1);
            gradient[k] = slope / static_cast<T>(N);
        }
        return sum / static_cast<T>(N);
    }
};

// The squared hinge loss of one class against all others, for labels: torch.nn.MultiMarginLoss with p = 2.
struct SquaredHingeLoss {
    template <typename T, std::size_t N>
    constexpr T operator()(std::span<const T, N> outputs, std::integral auto label, std::span<T, N> gradient) const {
        const auto right = static_cast<std::size_t>(label);
        T sum = 0;
        for (std::size_t k = 0; k < N; ++k) {
            const T margin = 1 - outputs[right] + outputs[k];
            if (k != right && margin > 0) {
                sum += margin * margin;
                gradient[k] += 2 * margin / static_cast<T>(N);
                gradient[right] -= 2 * margin / static_cast<T>(N);
            }
        }
        return sum / static_cast<T>(N);
    }
};

// torch.optim.RMSprop with momentum: two memories of each parameter.
struct RMSprop {
    float lr = 0.01f;
    float alpha = 0.99f;
    float momentum = 0;

    static constexpr std::size_t state_count = 2;

    template <typename T>
    void step(std::span<T> parameters, std::span<const T> gradients, std::array<std::span<T>, state_count> state,
              std::uint64_t) const {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const T g = gradients[i];
            T& square = state[0][i];
            T& velocity = state[1][i];
            square = static_cast<T>(alpha) * square + (1 - static_cast<T>(alpha)) * g * g;
            velocity = static_cast<T>(momentum) * velocity + g / (std::sqrt(square) + static_cast<T>(1e-8));
            parameters[i] -= static_cast<T>(lr) * velocity;
        }
    }
};

}  // namespace user

using namespace ctcnn;

namespace {

template <typename Net>
Net drawn(std::uint64_t seed) {
    Draw draw(seed);
    Net net{};
    for (auto& parameter : net.parameters()) {
        parameter = static_cast<typename Net::scalar>(draw.real(-0.6, 0.6));
    }
    return net;
}

/// Every gradient against (loss(p + h) - loss(p - h)) / 2h, by the value that value_and_grad gives itself. With h =
/// 1e-5 that formula is wrong by some 1e-10 for its curvature, and by some 1e-11 for rounding.
template <typename Net, typename Loss, typename Targets>
void check_gradients(Net net, const Loss& loss, const std::vector<typename Net::input_tensor>& images,
                     const Targets& targets) {
    const auto result = value_and_grad(net, loss, images, targets);
    constexpr double h = 1e-5;
    double largest = 0;
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        double& parameter = net.parameters()[i];
        const double kept = parameter;
        parameter = kept + h;
        const double above = value_and_grad(net, loss, images, targets).loss;
        parameter = kept - h;
        const double below = value_and_grad(net, loss, images, targets).loss;
        parameter = kept;
        const double reference = (above - below) / (2 * h);
        INFO("parameter " << i);
        CHECK(result.gradients.parameters()[i] == Approx(reference).epsilon(1e-5).margin(1e-7));
        largest = std::max(largest, std::abs(reference));
    }
    INFO("a gradient that is 0 everywhere would show nothing");
    CHECK(largest > 1e-2);
}

template <typename Net>
struct Samples {
    std::vector<typename Net::input_tensor> images;
    std::vector<typename Net::output_tensor> tensors;
    std::vector<int> labels;

    explicit Samples(std::uint64_t seed, std::size_t count = 3) : images(count), tensors(count), labels(count) {
        Draw draw(seed);
        for (std::size_t n = 0; n < count; ++n) {
            for (auto& pixel : images[n].values) {
                pixel = static_cast<typename Net::scalar>(draw.real(-1.5, 1.5));
            }
            for (auto& element : tensors[n].values) {
                element = static_cast<typename Net::scalar>(draw.real(-2.0, 2.0));
            }
            labels[n] = static_cast<int>(draw.whole(0, Net::output_shape::size - 1));
        }
    }
};

/// Behind a convolution, behind another activation, in a buffer with a border, and in front of the loss.
template <typename A>
using NetOf = typename Sequential<Input<1, 6, 6>, Conv2d<1, 2, Kernel<3>>, A, Conv2d<2, 2, Kernel<3>, Padding<1>>, Tanh,
                                  A, Flatten, Linear<32, 3>, A>::template with_scalar<double>;

template <typename A>
void check_activation(std::uint64_t seed) {
    using Net = NetOf<A>;
    const Samples<Net> samples(seed);
    check_gradients(drawn<Net>(seed + 1), MSELoss{}, samples.images, samples.tensors);
    check_gradients(drawn<Net>(seed + 1), CrossEntropyLoss{}, samples.images, samples.labels);
}

using Plain = Sequential<Input<5>, Linear<5, 4>, Tanh, Linear<4, 3>>::with_scalar<double>;

}  // namespace

TEST_CASE("gradients through an activation of one's own") {
    check_activation<user::LeakyReLU>(1);
    check_activation<user::ELU<700>>(2);
    check_activation<user::HalfTanh>(3);
}

TEST_CASE("an activation of one's own computes what it says") {
    using Net = Sequential<Input<4>, user::LeakyReLU>;
    constexpr Net net{};
    static_assert(net({-2, 0, 3, -100}) == Tensor<float, Shape<4>>{-2 * 0.01f, 0, 3, -100 * 0.01f});
    // In lanes as alone, up to a rounding: alone, the compiler may fuse.
    using Long = Sequential<Input<1, 6, 6>, Conv2d<1, 2, Kernel<3>>, user::ELU<1000>, Flatten, Linear<32, 3>>;
    const Long trained = drawn<Long>(4);
    const Samples<Long> samples(5, 40);
    const std::vector<std::size_t> many = predict(trained, samples.images);
    for (std::size_t n = 0; n < samples.images.size(); ++n) {
        CHECK(many[n] == predict(trained, samples.images[n]));
    }
    CHECK(summary<Net>().find("0 LeakyReLU(0.01)") != std::string_view::npos);
    CHECK(summary<Long>().find("(no description)") != std::string_view::npos);
    static_assert(Accepts<user::LeakyReLU, Shape<3, 2, 2>>);
}

TEST_CASE("gradients of a loss of one's own") {
    const Samples<Plain> samples(6, 5);
    check_gradients(drawn<Plain>(7), user::SmoothL1Loss{}, samples.images, samples.tensors);
    check_gradients(drawn<Plain>(7), user::SmoothL1Loss{.beta = 0.25f}, samples.images, samples.tensors);
    check_gradients(drawn<Plain>(7), user::SquaredHingeLoss{}, samples.images, samples.labels);
}

TEST_CASE("a loss of one's own is the mean over the batch, also in a constant expression") {
    using Line = Sequential<Input<1>, Linear<1, 2>>;
    // Outputs {0, 0}: (1 - 0 + 0)^2 / 2, twice. By output 0: -2/2 and +2/2.
    constexpr std::array<Line::input_tensor, 2> ones{{{1}, {1}}};
    constexpr std::array<std::uint8_t, 2> labels{0, 0};
    constexpr auto constant = value_and_grad(Line{}, user::SquaredHingeLoss{}, ones, labels);
    static_assert(constant.loss == 0.5f);
    static_assert(constant.gradients.layer<0>().bias(0) == -1);
    static_assert(constant.gradients.layer<0>().bias(1) == 1);
    const auto run = value_and_grad(Line{}, user::SquaredHingeLoss{}, ones, labels);
    CHECK(run.loss == 0.5f);
    CHECK(run.gradients.layer<0>().bias(1) == 1);
}

TEST_CASE("a loss of one's own works for more outputs than a stack has room for") {
    using Wide = Sequential<Input<1>, Linear<1, 300'000, NoBias>>;
    Wide net{};
    const std::vector<Wide::input_tensor> images(2);
    const std::vector<int> labels{299'999, 0};
    const auto result = value_and_grad(net, user::SquaredHingeLoss{}, images, labels);
    CHECK(result.loss == Approx(299'999.0 / 300'000.0));
}

TEST_CASE("fit and evaluate take activations, losses and optimizers of one's own") {
    using Net = Sequential<Input<2>, Linear<2, 8>, user::ELU<1000>, Linear<8, 2>>;
    std::vector<Net::input_tensor> images;
    std::vector<int> labels;
    for (int i = 0; i < 64; ++i) {
        const float x = static_cast<float>(i % 8) / 4 - 0.9f;
        const float y = static_cast<float>(i / 8) / 4 - 0.9f;
        images.push_back({x, y});
        labels.push_back(x * y > 0 ? 1 : 0);
    }
    const Dataset<Shape<2>> data(images, labels);
    const auto train = [&](std::size_t threads) {
        Net net{};
        initialize(net, KaimingUniform{});
        fit(net, data, user::RMSprop{.momentum = 0.5f}, {.epochs = 60, .batch_size = 16, .threads = threads},
            user::SquaredHingeLoss{});
        return net;
    };
    const Net net = train(1);
    CHECK(evaluate(net, data, 1, user::SquaredHingeLoss{}).accuracy > 0.95);
    CHECK(evaluate(net, data, 1, user::SquaredHingeLoss{}).loss < 0.2);
    const Net by_three = train(3);
    CHECK(std::ranges::equal(net.parameters(), by_three.parameters()));
}
