// SPDX-License-Identifier: MIT
//
// What a program does with a network. Each wrong network meets all of it, and still gives one error. Training is in
// learn.hpp, which takes much longer to compile.
#pragma once

// First, as in ctcnn.hpp, so that a compiler's message does not begin with a chain of includes.
#include <ctcnn/graph/refusal.hpp>

#include <array>
#include <cstddef>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/adaptive_pool2d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pad2d.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/layers/upsample.hpp>
#include <ctcnn/model/probabilities.hpp>
#include <ctcnn/model/sequential.hpp>

template <typename Net>
void use(Net& net) {
    net.parameters()[0] = 1;
    const auto first = net.template layer<0>();
    static_cast<void>(first);

    const typename Net::input_tensor image{};
    const typename Net::output_tensor output = net(image);
    ctcnn::Workspace<Net> workspace{};
    const auto again = net(image, workspace);
    std::size_t best = predict(net, image);
    if constexpr (ctcnn::RefusedNetwork<Net> || Net::output_shape::size != 1) {
        best += top_k(net, image, 3).size() + top_k(net, image, 1, workspace)[0].index;
    }
    const typename Net::output_tensor shares = probabilities(net, image);
    static_cast<void>(shares.size() + probabilities(net, image, workspace).size());
    ctcnn::Gradients<Net> gradients{};
    static_cast<void>(output.size() + again.size() + best + gradients.parameters().size());

    const typename Net::template with_scalar<double> in_double{};
    const typename Net::template with_precision<ctcnn::bf16> rounded{};
    Net copy{};
    copy = rounded;
    static_cast<void>(copy.parameters().size());
    static_assert(Net::parameter_bytes <= 1024 * 1024 && Net::inference_workspace_bytes <= 1024 * 1024);
    static_assert(Net::training_workspace_bytes <= 1024 * 1024 && Net::layer_count >= 1);
    const std::array<float, Net::parameter_count + 1> numbers{};
    static_cast<void>(in_double.parameters().size() + numbers.size() + Net::multiply_adds);
    static_cast<void>(Net::input_shape::size + Net::output_shape::size + Net::template shape_after<0>::size);
    for (const auto& tensor : Net::names()) {
        static_cast<void>(tensor.name.size() + tensor.shape.size() + tensor.offset + tensor.count);
    }
    static_assert(Net::names().size() <= 1000);
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
using SixtyLayersWith = typename decltype(Layers<First>{} + twenty_eight_layers + Layers<Middle>{} +
                                          twenty_eight_layers + Layers<ctcnn::ReLU, Last>{})::network;
