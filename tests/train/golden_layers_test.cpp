// SPDX-License-Identifier: MIT
// Single layers against the numbers of PyTorch: outputs, and gradients of inputs and parameters.
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/adaptive_pool2d.hpp>
#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/conv_transpose2d.hpp>
#include <ctcnn/layers/group_norm.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/layer_norm.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/map.hpp>
#include <ctcnn/layers/pad2d.hpp>
#include <ctcnn/layers/pool1d.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/prelu.hpp>
#include <ctcnn/layers/softmax.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/layers/upsample.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../golden/golden.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// The loss of an image is the sum of output * factor: its gradient is the factor itself.
struct SumOfProducts {
    template <std::size_t Outputs, Number V, typename Factors>
    static constexpr V evaluate(const V* outputs, const std::array<const Factors*, lane_count<V>>& factors, V scale,
                                V* grad_output) {
        V loss{};
        for (std::size_t k = 0; k < Outputs; ++k) {
            V factor{};
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                set_lane(factor, lane, factors[lane]->values[k]);
            }
            loss = multiply_add(outputs[k], factor, loss);
            grad_output[k] = factor * scale;
        }
        return loss;
    }
};

/// Forward and backward to the input, of a network of one layer, for the images in the lanes of V.
template <typename Net, Number V>
void check_inputs_and_outputs(const Net& net, const golden::File& file) {
    using Plan = typename Net::plan;
    using Stage = typename Plan::template Stage<0>;
    static_assert(Plan::stage_count == 1);
    const auto images = golden::tensors<typename Net::input_tensor>(file["images"]);
    const auto factors = golden::tensors<typename Net::output_tensor>(file["factors"]);
    const auto workspace = std::make_unique<run::TileWorkspace<Plan, V>>();
    std::vector<double> outputs;
    std::vector<double> gradients;
    for (std::size_t first = 0; first < images.size(); first += lane_count<V>) {
        const auto at = [&](std::size_t lane) { return std::min(first + lane, images.size() - 1); };
        const std::size_t present = std::min(lane_count<V>, images.size() - first);
        std::array<const float*, lane_count<V>> sources{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            sources[lane] = images[at(lane)].data();
        }
        run::gather<typename Stage::In>(sources, workspace->buffer(0));
        run::forward<Plan>(net.parameters().data(), *workspace);
        V* output = workspace->output();
        for (std::size_t lane = 0; lane < present; ++lane) {
            for (std::size_t i = 0; i < Plan::output_size; ++i) {
                outputs.push_back(static_cast<double>(get_lane(output[i], lane)));
            }
        }
        for (std::size_t i = 0; i < Plan::output_size; ++i) {
            V factor{};
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                set_lane(factor, lane, factors[at(lane)].values[i]);
            }
            output[i] = Stage::Function::backward(output[i], factor);
        }
        Stage::Layer::template backward_input<typename Stage::template Backward<NoFunction, V>>(
            net.parameters().data(), workspace->buffer(0), output, workspace->saved.data(), workspace->scratch.data());
        for (std::size_t lane = 0; lane < present; ++lane) {
            for (std::size_t c = 0; c < Stage::In::channels; ++c) {
                for (std::size_t h = 0; h < Stage::In::height; ++h) {
                    for (std::size_t w = 0; w < Stage::In::width; ++w) {
                        gradients.push_back(
                            static_cast<double>(get_lane(workspace->buffer(0)[Stage::In::offset(c, h, w)], lane)));
                    }
                }
            }
        }
    }
    const std::string lanes = std::to_string(lane_count<V>) + " lanes";
    golden::check_close("outputs, " + lanes, outputs, file["outputs"], golden::float_tolerance);
    golden::check_close("input gradients, " + lanes, gradients, file["input_gradients"], golden::float_tolerance);
}

template <typename Net>
void check_layer(const std::string& name) {
    INFO(name);
    const golden::File file("layer_" + name);
    const auto images = golden::tensors<typename Net::input_tensor>(file["images"]);
    const auto factors = golden::tensors<typename Net::output_tensor>(file["factors"]);
    Net net{};
    REQUIRE(file["parameters"].size() == Net::parameter_count);
    REQUIRE(images.size() == golden::image_count);
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        net.parameters()[i] = static_cast<float>(file["parameters"][i]);
    }

    std::vector<double> outputs;
    for (const auto& image : images) {
        for (const float number : net(image).values) {
            outputs.push_back(static_cast<double>(number));
        }
    }
    golden::check_close("net(x)", outputs, file["outputs"], golden::float_tolerance);
    check_inputs_and_outputs<Net, float>(net, file);
    check_inputs_and_outputs<Net, Lanes<float>>(net, file);

    if constexpr (Net::parameter_count != 0) {
        for (const std::size_t size : golden::batch_sizes) {
            const std::string batch = std::to_string(size);
            INFO("batch of " << batch);
            const auto [loss, gradients] =
                value_and_grad(net, SumOfProducts{}, std::span(images).first(size), std::span(factors).first(size));
            golden::check_close("loss", {static_cast<double>(loss)}, file["loss_" + batch], golden::float_tolerance);
            golden::check_close("gradients", golden::doubles(gradients.parameters()), file["gradients_" + batch],
                                golden::float_tolerance);
        }
    }
}

}  // namespace

TEST_CASE("convolutions compute what PyTorch computes") {
    // Sanitizers make a convolution seven times slower to compile: they look at one that has everything.
#if !CTCNN_TEST_SANITIZED
    check_layer<Sequential<Input<1, 5, 7>, Conv2d<1, 6, Kernel<5>, Padding<2>>>>("conv_padding");
    check_layer<Sequential<Input<2, 7, 5>, Conv2d<2, 5, Kernel<3, 2>, Padding<1, 2>, Stride<2, 1>>>>(
        "conv_rectangular");
    check_layer<Sequential<Input<2, 7, 5>, Conv2d<2, 3, Kernel<3>, Padding<2>, Dilation<2, 1>>>>("conv_dilation");
    check_layer<Sequential<Input<4, 6, 5>, Conv2d<4, 6, Kernel<3>, Groups<2>, NoBias>>>("conv_groups_no_bias");
    check_layer<Sequential<Input<3, 6, 6>, Conv2d<3, 3, Kernel<3>, Padding<1>, Stride<2>, Groups<3>>>>(
        "conv_depthwise");
    check_layer<Sequential<Input<5, 4, 3>, Conv2d<5, 7, Kernel<1>>>>("conv_1x1");
#endif
    check_layer<
        Sequential<Input<4, 6, 7>, Conv2d<4, 4, Kernel<2, 3>, Stride<2>, Padding<2, 1>, Dilation<3, 2>, Groups<2>>>>(
        "conv_everything");
}

TEST_CASE("pooling computes what PyTorch computes, ties included") {
    check_layer<Sequential<Input<2, 7, 6>, MaxPool2d<Kernel<2>>>>("max_pool");
    check_layer<Sequential<Input<2, 5, 6>, MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>>>("max_pool_overlapping");
    check_layer<Sequential<Input<2, 6, 5>, MaxPool2d<Kernel<3, 2>, Stride<2, 1>, Padding<1, 0>>>>(
        "max_pool_rectangular");
    check_layer<Sequential<Input<2, 7, 6>, AvgPool2d<Kernel<2>>>>("avg_pool");
    check_layer<Sequential<Input<2, 5, 6>, AvgPool2d<Kernel<3>, Stride<2>, Padding<1>>>>("avg_pool_overlapping");
}

TEST_CASE("linear layers and elementwise functions compute what PyTorch computes") {
    check_layer<Sequential<Input<13>, Linear<13, 7>>>("linear");
    check_layer<Sequential<Input<17>, Linear<17, 3, NoBias>>>("linear_no_bias");
    check_layer<Sequential<Input<2, 5, 3>, ReLU>>("relu");
    check_layer<Sequential<Input<2, 5, 3>, Sigmoid>>("sigmoid");
    check_layer<Sequential<Input<2, 5, 3>, Tanh>>("tanh");
}

TEST_CASE("pools whose windows hang over the end, or do not count padding, compute what PyTorch computes") {
    check_layer<Sequential<Input<2, 5, 6>, MaxPool2d<Kernel<2, 3>, Stride<2>, Padding<0, 1>, CeilMode>>>(
        "max_pool_ceil");
    check_layer<Sequential<Input<2, 6, 4>, AvgPool2d<Kernel<3>, Stride<2>, Padding<1>, CeilMode>>>("avg_pool_ceil");
    check_layer<Sequential<Input<2, 6, 4>, AvgPool2d<Kernel<3>, Stride<2>, Padding<1>, CeilMode, NoCountPadding>>>(
        "avg_pool_ceil_no_count");
    check_layer<Sequential<Input<2, 4, 5>, AvgPool2d<Kernel<3, 2>, Stride<1>, Padding<1>, NoCountPadding>>>(
        "avg_pool_no_count");
}

TEST_CASE("layers that move and resize compute what PyTorch computes") {
    check_layer<Sequential<Input<3, 5, 7>, AdaptiveAvgPool2d<1>>>("adaptive_avg_pool");
    check_layer<Sequential<Input<2, 7, 5>, AdaptiveAvgPool2d<3, 7>>>("adaptive_avg_pool_uneven");
    check_layer<Sequential<Input<2, 3, 4>, ZeroPad2d<1, 2, 0, 3>>>("zero_pad");
    check_layer<Sequential<Input<2, 3, 4>, Upsample<Scale<2, 3>>>>("upsample_nearest");
    check_layer<Sequential<Input<2, 4, 5>, Upsample<Scale<2>, Bilinear>>>("upsample_bilinear");
    check_layer<Sequential<Input<2, 3, 2>, Upsample<Scale<5, 3>, Bilinear>>>("upsample_bilinear_odd");
    check_layer<Sequential<Input<24>, Unflatten<2, 3, 4>>>("unflatten");
    check_layer<Sequential<Input<2, 3, 4>, Identity>>("identity");
}

TEST_CASE("layers that normalise within one image compute what PyTorch computes") {
    check_layer<Sequential<Input<3, 4, 5>, LayerNorm<>>>("layer_norm");
    check_layer<Sequential<Input<37>, LayerNorm<Shape<37>, NoBias, Eps<1e-2>>>>("layer_norm_features");
    check_layer<Sequential<Input<6, 3, 5>, GroupNorm<2, 6>>>("group_norm");
    check_layer<Sequential<Input<12>, GroupNorm<3, 12, Eps<1e-3>>>>("group_norm_features");
    check_layer<Sequential<Input<3, 13>, GroupNorm<1, 3, NoAffine>>>("group_norm_no_affine");
}

TEST_CASE("transposed convolutions compute what PyTorch computes") {
    check_layer<Sequential<Input<2, 5, 7>, ConvTranspose2d<2, 3, Kernel<4>, Stride<2>, Padding<1>>>>("conv_transpose");
    check_layer<Sequential<Input<3, 5, 4>, ConvTranspose2d<3, 2, Kernel<3>, Padding<1>, NoBias>>>(
        "conv_transpose_same");
    check_layer<Sequential<Input<4, 2, 3>, ConvTranspose2d<4, 6, Kernel<2, 3>, Stride<3, 2>, Padding<1, 2>,
                                                           OutputPadding<2, 1>, Groups<2>, Dilation<2, 3>>>>(
        "conv_transpose_everything");
}

TEST_CASE("layers of sequences compute what PyTorch computes") {
    check_layer<Sequential<Input<3, 17>, Conv1d<3, 4, Kernel<5>, Stride<2>, Padding<2>>>>("conv1d");
    check_layer<Sequential<Input<4, 11>, Conv1d<4, 6, Kernel<3>, Padding<4>, Dilation<2>, Groups<2>, NoBias>>>(
        "conv1d_groups");
    check_layer<Sequential<Input<2, 14>, MaxPool1d<Kernel<3>, Stride<2>, Padding<1>>>>("max_pool1d");
    check_layer<Sequential<Input<2, 14>, AvgPool1d<Kernel<3>, Padding<1>>>>("avg_pool1d");
}

TEST_CASE("activations compute what PyTorch computes, also at their kinks") {
    check_layer<Sequential<Input<2, 5, 3>, LeakyReLU<>>>("leaky_relu");
    check_layer<Sequential<Input<2, 5, 3>, LeakyReLU<0.25>>>("leaky_relu_0.25");
    check_layer<Sequential<Input<2, 5, 3>, ELU>>("elu");
    check_layer<Sequential<Input<2, 5, 3>, ELUWith<0.5>>>("elu_0.5");
    check_layer<Sequential<Input<2, 5, 3>, SELU>>("selu");
    check_layer<Sequential<Input<2, 5, 3>, GELU>>("gelu");
    check_layer<Sequential<Input<2, 5, 3>, GELUTanh>>("gelu_tanh");
    check_layer<Sequential<Input<2, 5, 3>, SiLU>>("silu");
    check_layer<Sequential<Input<2, 5, 3>, Softplus>>("softplus");
    check_layer<Sequential<Input<2, 5, 3>, SoftplusWith<2.0, 1.5>>>("softplus_2_1.5");
    check_layer<Sequential<Input<2, 5, 3>, Hardtanh>>("hardtanh");
    check_layer<Sequential<Input<2, 5, 3>, HardtanhWith<-2.0, 3.0>>>("hardtanh_-2_3");
    check_layer<Sequential<Input<2, 5, 3>, Hardsigmoid>>("hardsigmoid");
    check_layer<Sequential<Input<2, 5, 3>, Hardswish>>("hardswish");
    check_layer<Sequential<Input<2, 5, 3>, ReLU6>>("relu6");
    check_layer<Sequential<Input<3, 5, 3>, PReLU<>>>("prelu");
    check_layer<Sequential<Input<3, 5, 3>, PReLU<3>>>("prelu_channels");
    check_layer<Sequential<Input<7>, PReLU<7>>>("prelu_features");
    check_layer<Sequential<Input<11>, Softmax>>("softmax");
    check_layer<Sequential<Input<5, 3, 2>, Softmax>>("softmax_channels");
    check_layer<Sequential<Input<11>, LogSoftmax>>("log_softmax");
    check_layer<Sequential<Input<5, 3, 2>, LogSoftmax>>("log_softmax_channels");
}
