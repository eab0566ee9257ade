// SPDX-License-Identifier: MIT
//
// A program that uses everything: with the warnings that users ask their compilers for, the library's headers give
// none.
#include <ctcnn/ctcnn.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

#include <ctcnn/data/centred_digit.hpp>
#include <ctcnn/data/cifar.hpp>
#include <ctcnn/data/folds.hpp>
#include <ctcnn/data/mapped_idx.hpp>
#include <ctcnn/data/mapped_npy.hpp>
#include <ctcnn/data/npy.hpp>
#include <ctcnn/data/png.hpp>
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/model/embedded.hpp>
#include <ctcnn/version.hpp>

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

using Norms =
    ctcnn::Sequential<ctcnn::Input<3, 8, 8>, ctcnn::Conv2d<3, 8, ctcnn::Kernel<3>, ctcnn::Padding<1>>,
                      ctcnn::BatchNorm2d<8>, ctcnn::LeakyReLU<>,
                      ctcnn::Residual<ctcnn::Conv2d<8, 8, ctcnn::Kernel<3>, ctcnn::Padding<1>>, ctcnn::GroupNorm<2, 8>>,
                      ctcnn::Concat<ctcnn::Identity, ctcnn::SiLU>, ctcnn::Dropout2d<0.1>,
                      ctcnn::ConvTranspose2d<16, 4, ctcnn::Kernel<2>, ctcnn::Stride<2>>, ctcnn::PReLU<4>,
                      ctcnn::Upsample<ctcnn::Scale<2>, ctcnn::Bilinear>, ctcnn::ZeroPad2d<1>,
                      ctcnn::AvgPool2d<ctcnn::Kernel<4>, ctcnn::CeilMode, ctcnn::NoCountPadding>, ctcnn::Flatten,
                      ctcnn::LayerNorm<>, ctcnn::Dropout<>, ctcnn::Named<"head", ctcnn::LazyLinear<4>>>;

/// With the headers that ctcnn.hpp leaves out.
double with_other_headers(const ctcnn::Dataset<ctcnn::Shape<3, 8, 8>>& set) {
    Norms net{};
    ctcnn::initialize(net, ctcnn::KaimingUniform{});
    const auto [part, rest] = ctcnn::random_split(set, std::array{0.5, 0.5}, {.seed = 1});
    ctcnn::fit(
        net,
        ctcnn::augmented(part, ctcnn::RandomAffine{.degrees = 10}, ctcnn::RandomCrop{}, ctcnn::ElasticTransform{},
                         ctcnn::RandomErasing{}, ctcnn::GaussianNoise{}, ctcnn::MixUp{}),
        ctcnn::AdamW{}, {.epochs = 2}, ctcnn::Validation{rest, ctcnn::Accuracy{}}, ctcnn::EarlyStopping{},
        ctcnn::ModelCheckpoint{.last = "last.safetensors"}, ctcnn::CSVLogger{"history.csv"}, ctcnn::TensorBoard{"runs"},
        ctcnn::ProgressBar{}, ctcnn::TimeLimit{});
    const ctcnn::KFold folds(set, 3);
    const ctcnn::ClassBalanced balanced(set);
    ctcnn::fit(net, balanced, ctcnn::SGD{});
    const ctcnn::MappedIdx<ctcnn::Shape<3, 8, 8>> bytes("images", "labels");
    ctcnn::fit(net, bytes, ctcnn::SGD{});
    const ctcnn::MappedNpy<ctcnn::Shape<3, 8, 8>> numbers("images.npy", "labels.npy");
    const auto fused = ctcnn::fuse(net);
    const auto prepared = ctcnn::prepare(net);
    const auto rounded = ctcnn::prepare<ctcnn::bf16>(net);
    const auto image = ctcnn::read_grey_png("7.png");
    const auto digit = ctcnn::centred_digit(std::span<const float>(image.pixels), image.height, image.width);
    const auto sizes = {ctcnn::load_cifar10("data", ctcnn::Split::train).size(),
                        ctcnn::load_cifar100("data", ctcnn::Split::test).size(),
                        ctcnn::load_npy<ctcnn::Shape<2>>("x.npy", "y.npy").size(),
                        ctcnn::load_image_folder<ctcnn::Shape<3, 8, 8>>("images").classes.size(),
                        ctcnn::top_k(net, set.image(0), 2).size(),
                        ctcnn::activations(net, set.image(0)).size(),
                        folds[0].train.size(),
                        ctcnn::predict(fused, set.image(0)),
                        ctcnn::predict(prepared, set.image(0)),
                        ctcnn::predict(rounded, set.image(0)),
                        digit ? digit->size() : 0};
    return static_cast<double>(sizes.size()) + ctcnn::evaluate(net, numbers, ctcnn::ConfusionMatrix{}).macro_f1();
}

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
    const ctcnn::Dataset<ctcnn::Shape<3, 8, 8>> images(std::vector<float>(192), std::vector<int>(1));
    std::printf("%g\n", with_other_headers(images));
    return static_cast<int>(answers[0] + ctcnn::predict(in_double, flat.image(0))) +
           static_cast<int>(static_cast<double>(loss) + ctcnn::evaluate(net, set).loss + report.epochs[0].loss);
}
