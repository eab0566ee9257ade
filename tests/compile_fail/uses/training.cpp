// SPDX-License-Identifier: MIT
//
// What programs do with a network that they train. With the network that works all of it compiles without a word; with each of
// the refused ones each use alone, and all together, are one error. See uses.cmake.
#include <ctcnn/training.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/model/summary.hpp>

#include "networks.hpp"

using namespace ctcnn;

using Images = std::vector<Net::input_tensor>;
using Labels = std::vector<std::uint8_t>;

#if USE(1)
LossAndGradients<Net> of_batch(const Net& net, const Images& images, const Labels& labels) {
    LossAndGradients<Net> result = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    return result;
}
#endif
#if USE(2)
float loss_of(const Net& net, const Images& images, const Labels& labels) {
    const auto [loss, gradients] = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    return loss + gradients.parameters()[0];
}
#endif
#if USE(3)
float into(const Net& net, const Images& images, const Labels& labels, Gradients<Net>& gradients) {
    return value_and_grad(net, CrossEntropyLoss{}, images, labels, gradients);
}
#endif
#if USE(4)
LossAndGradients<Net> to_tensors(const Net& net, const Images& images, const std::vector<Net::output_tensor>& targets) {
    return value_and_grad(net, MSELoss{}, images, targets);
}
#endif
#if USE(5)
using Set = Dataset<Net::input_shape>;
void learn(Net& net, const Set& set) { fit(net, set, SGD{.lr = 0.5f}, {.epochs = 2}); }
#endif
#if USE(6)
Dataset<Net::input_shape> made(const std::vector<float>& pixels, const std::vector<int>& labels) {
    Dataset<Net::input_shape> set(pixels, labels);
    return set;
}
#endif
#if USE(7)
FitReport report(Net& net, const Dataset<Net::input_shape>& set) {
    const FitReport result = fit(net, set, Adam{}, {.epochs = 1, .schedule = OneCycle{.pct_start = 0.5}}, MSELoss{});
    return result;
}
#endif
#if USE(8)
double accuracy_of(const Net& net, const Dataset<Net::input_shape>& set) {
    const Evaluation evaluation = evaluate(net, set);
    return evaluation.accuracy + evaluate(net, set, 2, MSELoss{}).accuracy;
}
#endif
#if USE(9)
std::vector<std::size_t> classes(const Net& net, const Images& images) {
    const std::vector<std::size_t> result = predict(net, images);
    for (const std::size_t label : predict(net, std::span<const Net::input_tensor>(images))) {
        std::cout << label;
    }
    return result;
}
#endif
#if USE(10)
void show() {
    std::cout << summary<Net>();
    constexpr std::string_view text = summary<Net>();
    std::cout << text.size();
}
#endif
#if USE(11)
Net initialized() {
    Net net;
    initialize(net, KaimingUniform{}, 7);
    initialize(net, XavierUniform{});
    return net;
}
#endif
#if USE(12)
void by_hand(Net& net, const Images& images, const Labels& labels) {
    std::vector<float> velocity(Net::parameter_count);
    Gradients<Net> gradients;
    for (int step = 0; step < 3; ++step) {
        value_and_grad(net, CrossEntropyLoss{}, images, labels, gradients);
        SGD{.lr = 0.1f, .momentum = 0.9f}.step(net.parameters(), gradients.parameters(), velocity);
    }
}
#endif
#if USE(13)
std::unique_ptr<Gradients<Net>> kept = std::make_unique<Gradients<Net>>();
LossAndGradients<Net> held{};
#endif
#if USE(14)
void check_all(const Net& net, const Images& images, const Labels& labels) {
    auto result = value_and_grad(net, CrossEntropyLoss{}, std::span(images).first(1), std::span(labels).first(1));
    result.gradients.layer<1>().weight(0, 0) += 1;
    if (result.loss > 1) {
        std::cout << result.gradients.parameters().size() << result.gradients.layer<1>().bias(0);
    }
}
#endif
#if USE(15)
void learn_from(Net& net, const std::vector<std::uint8_t>& bytes) {
    Images images;
    Labels labels;
    for (std::size_t n = 0; n < bytes.size() / Net::input_shape::size; ++n) {
        Net::input_tensor image{};
        for (std::size_t i = 0; i < image.size(); ++i) {
            image.values[i] = static_cast<float>(bytes[n * image.size() + i]) / 255;
        }
        images.push_back(image);
        labels.push_back(1);
    }
    fit(net, Dataset<Net::input_shape>(images, labels), SGD{});
}
#endif
#if USE(16)
double stepped(Net& net, const Dataset<Net::input_shape>& set) {
    Trainer trainer(net, SGD{.lr = 0.1f}, {.epochs = 3});
    const EpochReport epoch = trainer.run_epoch(set);
    const double loss = trainer.step(set.images().first(1), set.labels().first(1)) + trainer.step(set.first(1));
    const FitReport report = trainer.fit(set);
    trainer.keep_weights();
    trainer.restore_weights();
    for (const double rate : trainer.last_lr()) {
        std::cout << rate;
    }
    return epoch.loss + loss + static_cast<double>(report.steps + trainer.steps() + trainer.state().size());
}
#endif
#if USE(17)
Trainer<Net, Adam>* trainer_of(Net& net) {
    static Trainer<Net, Adam> trainer(net);
    return &trainer;
}
#endif
#if USE(18)
float kept_buffers(const Net& net, const Images& images, const Labels& labels, Gradients<Net>& gradients) {
    TrainingWorkspace<Net> workspace(2);
    return value_and_grad(net, CrossEntropyLoss{}, images, labels, gradients, workspace);
}
#endif
#if USE(19)
float of_trainer(Net& net, const Images& images, const Labels& labels, Gradients<Net>& gradients) {
    Trainer trainer(net, SGD{});
    return value_and_grad(trainer, images, labels, gradients);
}
#endif
#if USE(20)
Net average_of(Net& net, const Dataset<Net::input_shape>& set) {
    Trainer trainer(net, EMA(SGD{.lr = 0.1f}));
    trainer.fit(set);
    Net result = averaged(trainer);
    update_bn(result, set, 32);
    return result;
}
#endif
#if USE(21)
double rate_of(const Net& net, const Dataset<Net::input_shape>& set) {
    const LRFinder finder = lr_find(net, set, SGD{}, {.num_training = 10}, MSELoss{});
    return finder.suggestion() + lr_find(net, set, Adam{}).suggestion();
}
#endif
