// SPDX-License-Identifier: MIT
//
// Layers of your own. A layer is mathematics: what it takes, what it learns, its outputs, and its gradients. The
// library knows where the numbers lie, computes many images at once, and saves the parameters under the names given
// here.
#include <ctcnn/ctcnn.hpp>

#include <cstddef>
#include <cstdio>
#include <string_view>
#include <vector>

using namespace ctcnn;

// Each channel times a number that is learned.
template <std::size_t C>
struct ChannelScale : CustomLayer<ChannelScale<C>> {
    using parameters = Parameters<Parameter<"weight", Shape<C>, InitialValue<1.0>>>;

    template <std::size_t Channels, std::size_t H, std::size_t W>
    static consteval Mismatch check(Shape<Channels, H, W>) {
        return Channels == C ? Mismatch{} : Mismatch{Reason::in_channels, C};
    }
    static constexpr void forward(auto x, auto y, auto weight) {
        for (const auto [c, h, w] : x.indices()) y(c, h, w) = x(c, h, w) * weight(c);
    }
    static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
        for (const auto [c, h, w] : x.indices()) {
            grad_x(c, h, w) = grad_y(c, h, w) * weight(c);
            grad_weight(c) += grad_y(c, h, w) * x(c, h, w);
        }
    }
};

// A function of each element whose derivative is known from its output: x >= 0 ? x : x / 10.
struct LeakyTenth : Activation<LeakyTenth> {
    static constexpr std::string_view name = "LeakyTenth()";
    template <typename V>
    static constexpr V forward(V x) {
        return lane_math::at_least(x, x * lane_math::constant<V>(0.1));
    }
    template <typename V>
    static constexpr V backward(V y, V grad) {
        return lane_math::select_less(y, V{}, grad * lane_math::constant<V>(0.1), grad);
    }
};

using Net = Sequential<Input<1, 6, 6>, Conv2d<1, 4, Kernel<3>>, ChannelScale<4>, LeakyTenth, Flatten, LazyLinear<2>>;
static_assert(Net::parameter_count == (4 * 9 + 4) + 4 + (64 * 2 + 2));
static_assert(Net::names()[2].name == "1.weight");

// It works in constant expressions, and is refused like any other layer.
constexpr Sequential<Input<2, 1, 2>, ChannelScale<2>> doubled = [] {
    Sequential<Input<2, 1, 2>, ChannelScale<2>> net{};
    net.layer<0>().weight(0) = 2;
    net.layer<0>().weight(1) = -1;
    return net;
}();
static_assert(doubled({1, 2, 3, 4}) == Tensor<float, Shape<2, 1, 2>>{2, 4, -3, -4});
static_assert(!Accepts<ChannelScale<2>, Shape<3, 6, 6>>);

// Backward is right if differences say so: (loss(p + h) - loss(p - h)) / 2h, in double.
bool is_right(const GradientReport& report) {
    std::printf("%s\n", report.sentence().c_str());
    return report.passed();
}

int main() {
    if (!is_right(check_gradients<ChannelScale<4>, Shape<4, 5, 6>>()) ||
        !is_right(check_gradients<LeakyTenth, Shape<8>>()) || !is_right(check_gradients(Net{}))) {
        return 1;
    }

    // Bright rows or bright columns.
    std::vector<Net::input_tensor> images(64);
    std::vector<int> labels(images.size());
    const Philox random(1);
    for (std::size_t n = 0; n < images.size(); ++n) {
        labels[n] = static_cast<int>(n % 2);
        for (std::size_t i = 0; i < 36; ++i) {
            const bool bright = (labels[n] == 0 ? i / 6 : i % 6) % 2 == 0;
            images[n].values[i] = (bright ? 1.0f : 0.0f) + random.uniform(n * 36 + i, -0.3f, 0.3f);
        }
    }
    const Dataset<Net::input_shape> data(images, labels);
    Net net{};
    initialize(net, KaimingUniform{});
    fit(net, data, SGD{.lr = 0.1f}, {.epochs = 20, .batch_size = 16});
    const double accuracy = evaluate(net, data).accuracy;
    std::printf("accuracy %.2f; the channels are scaled by", accuracy);
    for (const float weight : net.layer<1>().weight.span()) {
        std::printf(" %.2f", static_cast<double>(weight));
    }
    // What does not fit is explained without an error, too.
    std::printf("\n\n%.*s", static_cast<int>(explain<Input<3, 6, 6>, Tanh, ChannelScale<4>>().size()),
                explain<Input<3, 6, 6>, Tanh, ChannelScale<4>>().data());
    return accuracy == 1 ? 0 : 1;
}
