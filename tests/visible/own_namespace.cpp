// SPDX-License-Identifier: MIT
//
// A program whose namespace has layers, losses, optimizers and data sets of its own, and functions with the names of all
// functions of the library, which are found where the library calls one of its own without its namespace, and which
// must not be called. own_namespace.cmake writes them into deleted.hpp.
#include <ctcnn/ctcnn.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include <ctcnn/data/folds.hpp>
#include <ctcnn/data/transforms.hpp>

namespace mine {

#include "deleted.hpp"

struct Scale : ctcnn::CustomLayer<Scale> {
    using parameters = ctcnn::Parameters<ctcnn::Parameter<"weight", ctcnn::Shape<4>, ctcnn::InitialValue<1.0>>>;
    static consteval ctcnn::Mismatch check(ctcnn::Shape<4>) { return {}; }
    static constexpr void forward(auto x, auto y, auto weight) {
        for (const auto [i] : x.indices()) {
            y(i) = x(i) * weight(i);
        }
    }
    static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
        for (const auto [i] : x.indices()) {
            grad_x(i) = grad_y(i) * weight(i);
            grad_weight(i) += grad_y(i) * x(i);
        }
    }
};
struct Twice : ctcnn::Activation<Twice> {
    template <typename V>
    static constexpr V forward(V x) {
        return x + x;
    }
    template <typename V>
    static constexpr V backward(V, V grad) {
        return grad + grad;
    }
};
struct Loss {
    template <typename T, std::size_t N>
    T operator()(std::span<const T, N> outputs, int label, std::span<T, N> gradient) const {
        gradient[static_cast<std::size_t>(label)] = -1;
        return -outputs[static_cast<std::size_t>(label)];
    }
};
struct Optimizer {
    static constexpr std::size_t state_count = 1;
    float lr = 0.01f;
    template <typename T>
    void step(std::span<T> parameters, std::span<const T> gradients, std::array<std::span<T>, 1> sums,
              std::uint64_t) const {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            sums[0][i] += gradients[i];
            parameters[i] -= static_cast<T>(lr) * sums[0][i];
        }
    }
};
struct Metric {
    double sum = 0;
    template <typename T, std::size_t N>
    void update(std::span<const T, N> outputs, int) {
        sum += static_cast<double>(outputs[0]);
    }
    void merge(const Metric& other) { sum += other.sum; }
    double compute() const { return sum; }
};
struct Data {
    std::vector<ctcnn::Tensor<float, ctcnn::Shape<4>>> x;
    std::vector<int> y;
    const auto& images() const { return x; }
    const auto& labels() const { return y; }
};
struct Schedule {
    double operator()(double progress) const { return 1 - progress; }
};
struct Callback {
    void on_train_begin(const ctcnn::FitPlan&) {}
    void on_epoch(const ctcnn::EpochReport& report) { std::printf("%g\n", report.loss); }
    void measure(ctcnn::EpochReport& report, auto&) { report.validation_loss = 1; }
    void after_epoch(const ctcnn::EpochReport&, auto&) {}
    void on_train_end(const ctcnn::FitReport&, auto&) {}
    bool should_stop() { return false; }
    std::array<double, 1> state() const { return {1}; }
    void set_state(std::span<const double, 1>) {}
};
struct Noise {
    template <typename T, typename S>
    void operator()(ctcnn::TensorView<const T, S> image, ctcnn::TensorView<T, S> result,
                    const ctcnn::ImageRandom& random) const {
        for (std::size_t i = 0; i < S::size; ++i) {
            result.data()[i] = image.data()[i] + static_cast<T>(random.uniform(i));
        }
    }
};
struct Initializer {
    double bound(std::size_t fan_in, std::size_t) const { return 1.0 / static_cast<double>(fan_in); }
};
using Net = ctcnn::Sequential<ctcnn::Input<4>, Scale, ctcnn::Linear<4, 4>, Twice, ctcnn::BatchNorm1d<4>,
                              ctcnn::Residual<ctcnn::Linear<4, 4>, Twice>, ctcnn::Named<"head", ctcnn::Linear<4, 3>>>;

}  // namespace mine

int main() {
    mine::Net net{};
    ctcnn::initialize(net, mine::Initializer{});
    const mine::Data data{std::vector<mine::Net::input_tensor>(20), std::vector<int>(20)};
    const ctcnn::Dataset<ctcnn::Shape<4>> set(data.x, data.y);
    ctcnn::fit(net, data, mine::Optimizer{}, {.epochs = 2, .schedule = mine::Schedule{}}, mine::Loss{},
               mine::Callback{});
    ctcnn::fit(net, ctcnn::augmented(data, mine::Noise{}),
               ctcnn::ParameterGroups(mine::Optimizer{}, ctcnn::group<"0">(mine::Optimizer{})), {}, mine::Callback{},
               ctcnn::Validation{data, mine::Metric{}}, ctcnn::EarlyStopping{},
               ctcnn::ModelCheckpoint{.last = "last.safetensors", .best = "best.safetensors"},
               ctcnn::CSVLogger{"history.csv"}, ctcnn::TensorBoard{"runs"}, ctcnn::ProgressBar{});
    ctcnn::Trainer trainer(net, ctcnn::EMA(mine::Optimizer{}), {.epochs = 2}, mine::Loss{});
    trainer.step(data.x, data.y);
    trainer.run_epoch(data);
    ctcnn::save_checkpoint(trainer, "training.safetensors");
    ctcnn::resume(trainer, "training.safetensors");
    mine::Net average = ctcnn::averaged(trainer);
    ctcnn::update_bn(average, data);
    ctcnn::lr_find(net, data, mine::Optimizer{}, {.num_training = 5}, mine::Loss{});
    const auto pass = ctcnn::value_and_grad(net, mine::Loss{}, data.x, data.y);
    const ctcnn::KFold folds(set, 2);
    const ctcnn::ClassBalanced balanced(data);
    ctcnn::fit(net, balanced, mine::Optimizer{});
    mine::Net::with_scalar<double> in_double{};
    ctcnn::initialize(in_double, mine::Initializer{});
    ctcnn::save_safetensors(net, "net.safetensors");
    ctcnn::load_safetensors(net, "net.safetensors");
    ctcnn::Workspace<mine::Net> workspace{};
    const auto agrees = ctcnn::check_gradients<mine::Scale, ctcnn::Shape<4>>().sentence();
    const std::size_t sum = ctcnn::any_of<mine::Net>("net.safetensors", [](const auto&) { return std::size_t{1}; }) +
                            ctcnn::predict(net, data.x[0], workspace) + ctcnn::predict(ctcnn::fuse(net), data.x[0]) +
                            ctcnn::predict(ctcnn::prepare(net), data.x[0]) + ctcnn::infer(net, data.x).size() +
                            ctcnn::predict(net, data.x).size() + ctcnn::probabilities(net, data.x[0]).size() +
                            ctcnn::top_k(net, data.x[0], 2).size() + ctcnn::activations(net, data.x[0]).size() +
                            ctcnn::summary<mine::Net>().size() + ctcnn::explain<mine::Net>().size() +
                            folds[0].train.size() + ctcnn::transformed(set, mine::Noise{}).size() +
                            ctcnn::class_counts(data).size() + agrees.size();
    const double mean = ctcnn::evaluate(net, data, mine::Metric{}) + ctcnn::evaluate(net, data, 0, mine::Loss{}).loss;
    return static_cast<int>(static_cast<double>(sum) + mean + static_cast<double>(pass.loss));
}
