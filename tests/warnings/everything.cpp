// SPDX-License-Identifier: MIT
//
// A program that uses everything: with the warnings that users ask their compilers for, the library's headers give
// none.
#include <ctcnn/ctcnn.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

namespace {

using LeNet =
    ctcnn::Sequential<ctcnn::Input<1, 28, 28>, ctcnn::Conv2d<1, 6, ctcnn::Kernel<5>, ctcnn::Padding<2>>, ctcnn::Sigmoid,
                      ctcnn::AvgPool2d<ctcnn::Kernel<2>>,
                      ctcnn::Sequential<ctcnn::LazyConv2d<16, ctcnn::Kernel<3>>, ctcnn::Tanh>,
                      ctcnn::MaxPool2d<ctcnn::Kernel<3>, ctcnn::Stride<2>, ctcnn::Padding<1>>,
                      ctcnn::Conv2d<16, 16, ctcnn::Kernel<3>, ctcnn::Groups<4>, ctcnn::Dilation<2>, ctcnn::NoBias>,
                      ctcnn::ReLU, ctcnn::Flatten, ctcnn::Linear<64, 32>, ctcnn::ReLU, ctcnn::LazyLinear<10>>;
using InDouble = LeNet::with_scalar<double>;

template <std::size_t C>
struct Scale : ctcnn::CustomLayer<Scale<C>> {
    using parameters = ctcnn::Parameters<ctcnn::Parameter<"weight", ctcnn::Shape<C>, ctcnn::InitialValue<1.0>>>;
    template <std::size_t H, std::size_t W>
    static consteval ctcnn::Mismatch check(ctcnn::Shape<C, H, W>) {
        return {};
    }
    static constexpr void forward(auto x, auto y, auto weight) {
        for (const auto [c, h, w] : x.indices()) {
            y(c, h, w) = x(c, h, w) * weight(c);
        }
    }
    static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
        for (const auto [c, h, w] : x.indices()) {
            grad_x(c, h, w) = grad_y(c, h, w) * weight(c);
            grad_weight(c) += grad_y(c, h, w) * x(c, h, w);
        }
    }
};

}  // namespace

int main() {
    LeNet net;
    ctcnn::initialize(net, ctcnn::XavierUniform{});
    InDouble in_double;
    ctcnn::initialize(in_double, ctcnn::KaimingUniform{}, 3);
    const std::string_view text = ctcnn::summary<LeNet>();
    std::printf("%zu\n", text.size());
    std::printf("%zu\n", ctcnn::explain<ctcnn::Input<3, 4, 4>, ctcnn::ReLU, Scale<2>>().size());
    std::printf("%s\n", ctcnn::check_gradients<Scale<2>, ctcnn::Shape<2, 3, 3>>().sentence().c_str());
    std::printf("%s\n", ctcnn::check_gradients(net).sentence().c_str());

    const auto set = ctcnn::load_mnist("data", ctcnn::Split::train);
    const ctcnn::Dataset<ctcnn::Shape<1, 28, 28>, double, int> flat(std::vector<double>(784), std::vector<int>(1));
    ctcnn::fit(net, set,
               ctcnn::ParameterGroups(ctcnn::Muon{}, ctcnn::group<ctcnn::ParameterKind::bias>(ctcnn::Muon{}),
                                      ctcnn::freeze<"0">()),
               {.clip_grad_norm = 1.0F,
                .schedule = ctcnn::SequentialLR{{ctcnn::LinearLR{}, ctcnn::CosineAnnealingLR{}}, {5}}});
    ctcnn::fit(net, set, ctcnn::RMSprop{}, {.schedule = ctcnn::ReduceLROnPlateau{}});
    ctcnn::fit(net, set, ctcnn::Lion{}, {.schedule = ctcnn::PerEpoch{ctcnn::MultiStepLR{.milestones = {3}}}});
    ctcnn::Trainer averaging(in_double, ctcnn::EMA(ctcnn::AdamW{}));
    const InDouble mean = ctcnn::averaged(averaging);
    std::printf("%g\n", mean.parameters()[0] + ctcnn::lr_find(net, set, ctcnn::SGD{}).suggestion());
    ctcnn::update_bn(net, set);
    const ctcnn::FitReport report = ctcnn::fit(net, set, ctcnn::Adam{}, {.epochs = 1, .schedule = ctcnn::OneCycle{}});
    ctcnn::fit(net, set, ctcnn::SGD{.momentum = 0.9F}, {.schedule = [](double part) { return 1 - part; }},
               ctcnn::MSELoss{});
    ctcnn::fit(in_double, flat, ctcnn::SGD{}, {.should_stop = [] { return true; }});
    const auto [loss, gradients] = ctcnn::value_and_grad(net, ctcnn::CrossEntropyLoss{.label_smoothing = 0.1F},
                                                         set.images().first(2), set.labels().first(2));
    std::vector<float> velocity(LeNet::parameter_count);
    ctcnn::SGD{.momentum = 0.9F}.step(net.parameters(), gradients.parameters(), velocity);

    ctcnn::save_safetensors(net, "net.safetensors");
    ctcnn::load_safetensors(in_double, "net.safetensors", {.convert = true});
    const std::size_t chosen = ctcnn::any_of<InDouble, LeNet>(
        "net.safetensors", [](const auto& loaded) { return loaded.parameters().size(); }, {.prefix = "model."});
    std::printf("%zu, %zu entries\n", chosen, ctcnn::safetensors_metadata("net.safetensors").size());
    ctcnn::Trainer trainer(net, ctcnn::Adam{}, {.epochs = 1});
    ctcnn::save_checkpoint(trainer, "training.safetensors");
    ctcnn::resume(trainer, "training.safetensors");
    ctcnn::export_onnx(net, "net.onnx");
    ctcnn::export_onnx(in_double, "net.onnx");

    ctcnn::Workspace<LeNet> workspace;
    const LeNet::output_tensor output = net(set.image(0), workspace);
    net.layer<0>().weight(0, 0, 0, 0) = output(0);
    const std::vector<std::size_t> answers = ctcnn::predict(net, set.images());
    return static_cast<int>(answers[0] + ctcnn::predict(in_double, flat.image(0))) +
           static_cast<int>(static_cast<double>(loss) + ctcnn::evaluate(net, set).loss + report.epochs[0].loss);
}
