// SPDX-License-Identifier: MIT
// What layers write of themselves in a summary: as PyTorch does, options that have PyTorch's default left out.
#include <ctcnn/core/describe.hpp>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <ctcnn/inference.hpp>
#include <ctcnn/model/summary.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

/// What the summary of a network of one layer shows as that layer.
template <typename In, typename L>
std::string described() {
    const std::string_view text = summary<Sequential<In, L>>();
    const std::string_view row = text.substr(text.find("\n0 ") + 3);
    return std::string(row.substr(0, row.find("  ")));
}
using Image = Input<4, 9, 8>;
using Sequence = Input<4, 9>;
using Features = Input<6>;

}  // namespace

TEST_CASE("Convolutions and Linear describe themselves") {
    CHECK(described<Image, Conv2d<4, 6, Kernel<3>>>() == "Conv2d(4, 6, kernel_size=3)");
    CHECK(described<Image, Conv2d<4, 6, Kernel<3, 2>, Stride<2, 1>, Padding<1, 0>, Dilation<2>, Groups<2>, NoBias>>() ==
          "Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), dilation=2, groups=2, bias=False)");
    CHECK(described<Image, LazyConv2d<6, Kernel<3>>>() == "Conv2d(4, 6, kernel_size=3)");
    CHECK(described<Sequence, Conv1d<4, 2, Kernel<3>, Stride<2>>>() == "Conv1d(4, 2, kernel_size=3, stride=2)");
    CHECK(described<Image, ConvTranspose2d<4, 2, Kernel<2>, Stride<2>, NoBias>>() ==
          "ConvTranspose2d(4, 2, kernel_size=2, stride=2, bias=False)");
    CHECK(described<Features, Linear<6, 3>>() == "Linear(6, 3)");
    CHECK(described<Features, Linear<6, 3, NoBias>>() == "Linear(6, 3, bias=False)");
    CHECK(described<Features, LazyLinear<3>>() == "Linear(6, 3)");
}

TEST_CASE("Pools, padding and reshapes describe themselves") {
    CHECK(described<Image, MaxPool2d<Kernel<3>, Stride<2>, Padding<1>, CeilMode>>() ==
          "MaxPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=True)");
    CHECK(described<Image, AvgPool2d<Kernel<2>, Padding<1>, NoCountPadding>>() ==
          "AvgPool2d(kernel_size=2, padding=1, count_include_pad=False)");
    CHECK(described<Sequence, MaxPool1d<Kernel<3>>>() == "MaxPool1d(kernel_size=3)");
    CHECK(described<Sequence, AvgPool1d<Kernel<3>, Stride<1>>>() == "AvgPool1d(kernel_size=3, stride=1)");
    CHECK(described<Image, AdaptiveAvgPool2d<1>>() == "AdaptiveAvgPool2d(output_size=1)");
    CHECK(described<Image, AdaptiveAvgPool2d<3, 2>>() == "AdaptiveAvgPool2d(output_size=(3, 2))");
    CHECK(described<Image, ZeroPad2d<1, 2, 3, 4>>() == "ZeroPad2d((1, 2, 3, 4))");
    CHECK(described<Image, Upsample<Scale<2>, Nearest>>() == "Upsample(scale_factor=2.0, mode='nearest')");
    CHECK(described<Image, Upsample<Scale<2>, Bilinear>>() == "Upsample(scale_factor=2.0, mode='bilinear')");
    CHECK(described<Image, Flatten>() == "Flatten()");
    CHECK(described<Features, Unflatten<2, 3, 1>>() == "Unflatten(dim=1, unflattened_size=(2, 3, 1))");
    CHECK(described<Image, Identity>() == "Identity()");
}

TEST_CASE("Layers that normalise, and Dropout, describe themselves") {
    CHECK(described<Image, BatchNorm2d<4>>() == "BatchNorm2d(4)");
    CHECK(described<Image, BatchNorm2d<4, Eps<1e-3>, Momentum<0.01>, NoAffine>>() ==
          "BatchNorm2d(4, eps=0.001, momentum=0.01, affine=False)");
    CHECK(described<Image, LazyBatchNorm2d<>>() == "BatchNorm2d(4)");
    CHECK(described<Features, BatchNorm1d<6, Eps<1e-6>>>() == "BatchNorm1d(6, eps=1e-06)");
    CHECK(described<Features, LayerNorm<Shape<6>, NoBias>>() == "LayerNorm((6,), bias=False)");
    CHECK(described<Features, BatchNorm1d<6, Momentum<0.3>>>() == "BatchNorm1d(6, momentum=0.3)");
    CHECK(described<Image, GroupNorm<2, 4, NoAffine>>() == "GroupNorm(2, 4, affine=False)");
    CHECK(described<Features, Dropout<0.25>>() == "Dropout(p=0.25)");
    CHECK(described<Image, Dropout2d<0.5>>() == "Dropout2d(p=0.5)");
}

TEST_CASE("Activations describe themselves") {
    CHECK(described<Features, ReLU>() == "ReLU()");
    CHECK(described<Features, Sigmoid>() == "Sigmoid()");
    CHECK(described<Features, LeakyReLU<0.2>>() == "LeakyReLU(negative_slope=0.2)");
    CHECK(described<Features, ELUWith<0.5>>() == "ELU(alpha=0.5)");
    CHECK(described<Features, Hardtanh>() == "Hardtanh(min_val=-1.0, max_val=1.0)");
    CHECK(described<Features, Softplus>() == "Softplus(beta=1.0, threshold=20.0)");
    CHECK(described<Features, ReLU6>() == "ReLU6()");
    CHECK(described<Image, PReLU<4>>() == "PReLU(num_parameters=4)");
    CHECK(described<Features, Softmax>() == "Softmax(dim=1)");
    CHECK(described<Features, LogSoftmax>() == "LogSoftmax(dim=1)");
}
