// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/ctcnn.hpp>

// The networks that are measured, here and in peers/.
namespace benchmarks {

/// The LeNet of examples/mnist.
using LeNet = ctcnn::Sequential<
    ctcnn::Input<1, 28, 28>,                                                                                       //
    ctcnn::Conv2d<1, 6, ctcnn::Kernel<5>, ctcnn::Padding<2>>, ctcnn::Sigmoid, ctcnn::AvgPool2d<ctcnn::Kernel<2>>,  //
    ctcnn::Conv2d<6, 16, ctcnn::Kernel<5>>, ctcnn::Sigmoid, ctcnn::AvgPool2d<ctcnn::Kernel<2>>,                    //
    ctcnn::Flatten, ctcnn::Linear<400, 120>, ctcnn::Sigmoid, ctcnn::Linear<120, 84>, ctcnn::Sigmoid,               //
    ctcnn::Linear<84, 10>>;

/// The network of PyTorch's MNIST example (pytorch/examples, mnist/main.py), without its dropout: 1.2 million
/// parameters.
using TorchExample = ctcnn::Sequential<ctcnn::Input<1, 28, 28>,                               //
                                       ctcnn::Conv2d<1, 32, ctcnn::Kernel<3>>, ctcnn::ReLU,   //
                                       ctcnn::Conv2d<32, 64, ctcnn::Kernel<3>>, ctcnn::ReLU,  //
                                       ctcnn::MaxPool2d<ctcnn::Kernel<2>>, ctcnn::Flatten,    //
                                       ctcnn::Linear<9216, 128>, ctcnn::ReLU, ctcnn::Linear<128, 10>>;

/// A multilayer perceptron.
using MLP = ctcnn::Sequential<ctcnn::Input<1, 28, 28>, ctcnn::Flatten,                                     //
                              ctcnn::Linear<784, 512>, ctcnn::ReLU, ctcnn::Linear<512, 512>, ctcnn::ReLU,  //
                              ctcnn::Linear<512, 10>>;

template <std::size_t In, std::size_t Out>
using Conv3x3 = ctcnn::Sequential<ctcnn::Conv2d<In, Out, ctcnn::Kernel<3>, ctcnn::Padding<1>>, ctcnn::ReLU>;

/// Pairs of convolutions and a pool, as in VGG.
using VGG = ctcnn::Sequential<ctcnn::Input<3, 32, 32>,                                                   //
                              Conv3x3<3, 64>, Conv3x3<64, 64>, ctcnn::MaxPool2d<ctcnn::Kernel<2>>,       //
                              Conv3x3<64, 128>, Conv3x3<128, 128>, ctcnn::MaxPool2d<ctcnn::Kernel<2>>,   //
                              Conv3x3<128, 256>, Conv3x3<256, 256>, ctcnn::MaxPool2d<ctcnn::Kernel<2>>,  //
                              ctcnn::Flatten, ctcnn::Linear<4096, 256>, ctcnn::ReLU, ctcnn::Linear<256, 10>>;

/// A filter for each channel, then 1 x 1 over all channels.
template <std::size_t In, std::size_t Out, std::size_t Step = 1>
using DepthwiseSeparable = ctcnn::Sequential<
    ctcnn::Conv2d<In, In, ctcnn::Kernel<3>, ctcnn::Padding<1>, ctcnn::Stride<Step>, ctcnn::Groups<In>>, ctcnn::ReLU,
    ctcnn::Conv2d<In, Out, ctcnn::Kernel<1>>, ctcnn::ReLU>;

/// Depthwise separable convolutions, as in MobileNet.
using Separable = ctcnn::Sequential<ctcnn::Input<3, 32, 32>, Conv3x3<3, 32>,                        //
                                    DepthwiseSeparable<32, 64>, DepthwiseSeparable<64, 128, 2>,     //
                                    DepthwiseSeparable<128, 128>, DepthwiseSeparable<128, 256, 2>,  //
                                    DepthwiseSeparable<256, 256>, ctcnn::AdaptiveAvgPool2d<1>, ctcnn::Flatten,
                                    ctcnn::Linear<256, 10>>;

/// Floating-point operations of forward for one image: a multiplication and an addition each.
template <typename Net>
inline constexpr double forward_operations = 2.0 * static_cast<double>(Net::multiply_adds);

/// Floating-point operations of a training step for one image: forward, the gradient of each input, the gradient of
/// each weight. The first layer's input is the image, whose gradient is not needed. Functions, pools and the optimizer
/// are not counted.
template <typename Net>
inline constexpr double training_operations =
    2.0 * static_cast<double>(3 * Net::multiply_adds - Net::plan::template Stage<0>::Layer::multiply_adds);

static_assert(training_operations<LeNet> == 2'263'920.0);

}  // namespace benchmarks
