// SPDX-License-Identifier: MIT
//
// What a program does with a network. Each wrong network meets all of it, and still gives one error.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/ctcnn.hpp>

template <typename Net>
void use(Net& net, const ctcnn::Dataset<ctcnn::Shape<1, 28, 28>>& data) {
    initialize(net, ctcnn::XavierUniform{}, 1);
    net.parameters()[0] = 1;
    const auto first = net.template layer<0>();
    static_cast<void>(first);

    std::array<typename Net::input_tensor, 1> images{};
    const std::array<std::uint8_t, 1> labels{};
    const typename Net::output_tensor output = net(images[0]);
    const std::size_t best = predict(net, images[0]);
    ctcnn::Gradients<Net> gradients = value_and_grad(net, ctcnn::CrossEntropyLoss{}, images, labels).gradients;
    static_cast<void>(output.size() + best + gradients.parameters().size());

    const typename Net::template with_scalar<double> in_double{};
    static_assert(Net::parameter_bytes <= 1024 * 1024 && Net::inference_workspace_bytes <= 1024 * 1024);
    static_assert(Net::training_workspace_bytes <= 1024 * 1024 && Net::layer_count >= 1);
    const std::array<float, Net::parameter_count + 1> numbers{};
    static_cast<void>(in_double.parameters().size() + numbers.size() + Net::multiply_adds);
    static_cast<void>(Net::input_shape::size + Net::output_shape::size + Net::template shape_after<0>::size);

    // Only images of the data set's shape can be trained on.
    if constexpr (typename Net::input_shape{} == ctcnn::Shape<1, 28, 28>{}) {
        fit(net, data, ctcnn::SGD{.lr = 0.5f}, {.epochs = 1});
        static_cast<void>(evaluate(net, data).accuracy);
    }
}

/// The LeNet of twelve layers with another layer at index 7, where Shape<400> arrives and 120 features have to come out.
template <typename Seventh>
using LeNetWith =
    ctcnn::Sequential<ctcnn::Input<1, 28, 28>, ctcnn::Conv2d<1, 6, ctcnn::Kernel<5>, ctcnn::Padding<2>>, ctcnn::Sigmoid,
                      ctcnn::AvgPool2d<ctcnn::Kernel<2>>, ctcnn::Conv2d<6, 16, ctcnn::Kernel<5>>, ctcnn::Sigmoid,
                      ctcnn::AvgPool2d<ctcnn::Kernel<2>>, ctcnn::Flatten, Seventh, ctcnn::Sigmoid,
                      ctcnn::Linear<120, 84>, ctcnn::Sigmoid, ctcnn::Linear<84, 10>>;

/// A list of layers; lists are joined with +.
template <typename... Ls>
struct Layers {
    using network = ctcnn::Sequential<ctcnn::Input<8>, Ls...>;

    template <typename... More>
    constexpr Layers<Ls..., More...> operator+(Layers<More...>) const {
        return {};
    }
};

inline constexpr Layers<ctcnn::Linear<8, 8>, ctcnn::Tanh, ctcnn::Linear<8, 8>, ctcnn::ReLU> four_layers;
inline constexpr auto twenty_eight_layers =
    four_layers + four_layers + four_layers + four_layers + four_layers + four_layers + four_layers;

/// Sixty layers on Input<8>: at index 0, 29 and 59 those that are given, which have to take Shape<8> and to give it.
template <typename First, typename Middle, typename Last>
using SixtyLayersWith =
    typename decltype(Layers<First>{} + twenty_eight_layers + Layers<Middle>{} + twenty_eight_layers +
                      Layers<ctcnn::ReLU, Last>{})::network;
