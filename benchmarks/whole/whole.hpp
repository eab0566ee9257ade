// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/ctcnn.hpp>

#include "../cases.hpp"
#include "../networks.hpp"

// Whole networks: training, batched inference, single-image latency, and the files that the rivals read.
namespace benchmarks {

constexpr double images_of_an_epoch = 60'000;

/// How much of something is measured: --amount full, quick or tiny.
struct Counts {
    std::size_t full;
    std::size_t quick;
    std::size_t tiny;

    std::size_t of(const Options& options) const { return options.choose(full, quick, tiny); }
};

/// What is measured of a network.
struct Work {
    std::string_view name;
    std::vector<std::size_t> batches;  // of training
    float rate;
    Counts training;
    Counts inference;
    Counts calls;
};

/// A network as it is before training.
template <typename Net>
std::unique_ptr<Net> new_network() {
    auto net = std::make_unique<Net>();
    ctcnn::initialize(*net, ctcnn::XavierUniform{}, 1);
    return net;
}

/// A network for inference whose parameters are random, the biases too, and whose BatchNorms have statistics of their
/// own: a conversion that loses any of them gives other outputs. Outputs depend on the image, however deep the network.
template <typename Net>
std::unique_ptr<Net> random_network() {
    auto net = std::make_unique<Net>();
    ctcnn::initialize(*net, ctcnn::KaimingUniform{.a = 0}, 1);
    std::mt19937 generator(2);
    std::uniform_real_distribution<float> change(-0.05f, 0.05f);
    for (float& value : net->parameters()) {
        value = 2 * value + change(generator);
    }
    std::uniform_real_distribution<float> more(0.0f, 0.2f);
    for (float& value : net->buffers()) {
        value += more(generator);
    }
    return net;
}

/// MNIST for networks that take its images; random images and labels, the same ones each time, for the others.
template <typename Net>
ctcnn::Dataset<typename Net::input_shape> data_of(const Options& options, ctcnn::Split split, std::size_t count) {
    if constexpr (std::is_same_v<typename Net::input_shape, ctcnn::Shape<1, 28, 28>>) {
        return ctcnn::load_mnist(options.data, split).first(count);
    } else {
        std::mt19937 generator(3);
        std::uniform_real_distribution<float> element(-1.0f, 1.0f);
        std::vector<typename Net::input_tensor> images(count);
        std::vector<std::uint8_t> labels(count);
        for (std::size_t i = 0; i < count; ++i) {
            for (float& value : images[i].span()) {
                value = element(generator);
            }
            labels[i] = static_cast<std::uint8_t>(generator() % Net::output_shape::size);
        }
        return {std::move(images), std::move(labels)};
    }
}

/// Training of one epoch, from the call of fit to its return: the order of the images, and what fit allocates,
/// included.
template <typename Net>
void train(const Options& options, Line& line, std::size_t batch, std::size_t threads, float rate, std::size_t images) {
    const auto data = data_of<Net>(options, ctcnn::Split::train, images);
    const auto net = new_network<Net>();
    const ctcnn::SGD optimizer{.lr = rate};
    // The processor wakes up, and so do the threads.
    ctcnn::fit(*net, data.first(std::min(images, 4 * batch)), optimizer, {.batch_size = batch, .threads = threads});

    const double begin = now();
    const ctcnn::FitReport report =
        ctcnn::fit(*net, data, optimizer, {.epochs = 1, .batch_size = batch, .seed = 1, .threads = threads});
    const double seconds = now() - begin;

    const double images_per_second = static_cast<double>(images) / seconds;
    line.add("images", images)
        .add("seconds", seconds)
        .add("seconds_per_epoch", images_of_an_epoch / images_per_second)
        .add("images_per_second", images_per_second)
        .add("gflops", images_per_second * training_operations<Net> * 1e-9)
        .add("loss", report.epochs.front().loss);
}

/// plain: the network itself, BatchNorm folded where there is any, as for the rivals. prepared: prepare(net).
/// prepared_bf16: prepare<bf16>(net).
enum class Form { plain, prepared, prepared_bf16 };
struct NamedForm {
    Form form;
    const char* name;
};
inline constexpr NamedForm forms[] = {
    {Form::plain, "plain"}, {Form::prepared, "prepared"}, {Form::prepared_bf16, "prepared_bf16"}};

/// Calls f(net) with a network in one of its forms.
template <typename Net, typename F>
void with_form(Form form, const F& f) {
    const auto net = random_network<Net>();
    switch (form) {
        case Form::plain:
            return f(*std::make_unique<const ctcnn::Fused<Net>>(ctcnn::fuse(*net)));
        case Form::prepared:
            return f(*std::make_unique<const ctcnn::Prepared<Net>>(*net));
        case Form::prepared_bf16:
            return f(*std::make_unique<const ctcnn::Prepared<Net, ctcnn::bf16>>(*net));
    }
}

/// The label of each of many images, which takes so many operations.
template <typename Net>
void infer(const Options& options, Line& line, const Net& net, std::size_t threads, std::size_t images,
           double operations) {
    const auto data = data_of<Net>(options, ctcnn::Split::test, std::min<std::size_t>(images, 10'000));
    const std::span<const typename Net::input_tensor> test = data.images();
    static_cast<void>(ctcnn::predict(net, test.first(std::min<std::size_t>(test.size(), 256)), threads));
    std::size_t done = 0;
    std::size_t sum = 0;
    const double begin = now();
    while (done < images) {
        const std::vector<std::size_t> labels = ctcnn::predict(net, test, threads);
        sum += labels.back();
        done += test.size();
    }
    const double images_per_second = static_cast<double>(done) / (now() - begin);
    keep(sum);
    line.add("images", done)
        .add("images_per_second", images_per_second)
        .add("gflops", images_per_second * operations * 1e-9);
}

/// The part `fraction` of sorted numbers lies below this one: 0.5 for the median.
inline double quantile(const std::vector<double>& sorted, double fraction) {
    return sorted[static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1))];
}

/// The time of each call(image) on its own, from one reading of the clock to the next; the images are the test set's in
/// turn.
template <typename Net, typename F>
void add_latency(const Options& options, Line& line, std::size_t calls, const F& call) {
    const auto data = data_of<Net>(options, ctcnn::Split::test, 256);
    std::vector<double> seconds(calls);
    for (int warm_up = 1; warm_up >= 0; --warm_up) {
        for (std::size_t i = 0; i < calls; ++i) {
            const auto& image = data.image(i % data.size());
            const double begin = now();
            auto logits = call(image);
            keep(logits);
            seconds[i] = now() - begin;
        }
    }
    std::ranges::sort(seconds);
    line.add("calls", calls)
        .add("median_microseconds", quantile(seconds, 0.5) * 1e6)
        .add("p99_microseconds", quantile(seconds, 0.99) * 1e6)
        .add("fastest_microseconds", seconds.front() * 1e6)
        .add("gflops", forward_operations<Net> / quantile(seconds, 0.5) * 1e-9);
}

/// On one thread. A prepared network has a workspace that is kept.
template <typename Net>
void latency(const Options& options, Line& line, Form form, std::size_t calls) {
    with_form<Net>(form, [&]<typename N>(const N& net) {
        if constexpr (ctcnn::AnyNetwork<N>) {
            add_latency<Net>(options, line, calls, [&](const auto& image) { return net(image); });
        } else {
            const auto workspace = std::make_unique<ctcnn::Workspace<N>>();
            add_latency<Net>(options, line, calls, [&](const auto& image) { return net(image, *workspace); });
        }
    });
}

/// Of prepare(net), on several threads that share the work of an image.
template <typename Net>
void parallel_latency(const Options& options, Line& line, std::size_t threads, std::size_t calls) {
    const auto net = std::make_unique<const ctcnn::Prepared<Net>>(*random_network<Net>());
    ctcnn::ParallelWorkspace<ctcnn::Prepared<Net>> workspace(threads);
    add_latency<Net>(options, line, calls, [&](const auto& image) { return (*net)(image, workspace); });
}

inline void write_elements(const std::filesystem::path& path, const std::vector<float>& elements) {
    std::ofstream file(path, std::ios::binary);
    const std::span<const std::byte> bytes = std::as_bytes(std::span(elements));
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

/// What the rivals read: NAME.onnx for inference, with BatchNorm folded; NAME.train.onnx as it is trained; images, and
/// the outputs for each of them, as elements of float. The network has random parameters.
template <typename Net>
void export_network(const Options& options, Line& line, std::string_view name) {
    if (options.models.empty()) {
        throw std::invalid_argument("where to? --models FOLDER says it");
    }
    std::filesystem::create_directories(options.models);
    const std::string path = (options.models / name).string();
    const auto net = random_network<Net>();
    const auto fused = std::make_unique<ctcnn::Fused<Net>>(ctcnn::fuse(*net));
    ctcnn::export_onnx(*fused, path + ".onnx");
    ctcnn::export_onnx(*net, path + ".train.onnx");

    const auto data = data_of<Net>(options, ctcnn::Split::test, options.choose<std::size_t>(256, 256, 8));
    std::vector<float> images;
    std::vector<float> outputs;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const auto& image = data.image(i);
        images.insert(images.end(), image.data(), image.data() + Net::input_shape::size);
        const auto output = (*net)(image);
        outputs.insert(outputs.end(), output.data(), output.data() + Net::output_shape::size);
    }
    write_elements(path + ".images", images);
    write_elements(path + ".outputs", outputs);
    line.add("images", data.size());
}

/// All cases of a network.
template <typename Net>
void add_cases(std::vector<Case>& cases, const Work& work) {
    const std::string name(work.name);
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
        const std::string suffix = "/threads_" + std::to_string(threads);
        for (const std::size_t batch : work.batches) {
            cases.push_back(
                {"train/" + name + "/batch_" + std::to_string(batch) + suffix, [=](const Options& options, Line& line) {
                     train<Net>(options, line, batch, threads, work.rate, work.training.of(options));
                 }});
        }
        for (const NamedForm& one : forms) {
            cases.push_back(
                {"infer/" + name + suffix + "/" + one.name, [=, form = one.form](const Options& options, Line& line) {
                     with_form<Net>(form, [&](const auto& net) {
                         infer(options, line, net, threads, work.inference.of(options), forward_operations<Net>);
                     });
                 }});
        }
    }
    for (const NamedForm& one : forms) {
        cases.push_back({"latency/" + name + "/" + one.name,
                         [form = one.form, calls = work.calls](const Options& options, Line& line) {
                             latency<Net>(options, line, form, calls.of(options));
                         }});
    }
    cases.push_back({"parallel/" + name + "/threads_2", [calls = work.calls](const Options& options, Line& line) {
                         parallel_latency<Net>(options, line, 2, calls.of(options));
                     }});
    cases.push_back(
        {"export/" + name, [name](const Options& options, Line& line) { export_network<Net>(options, line, name); }});
}

/// The cases of its training and batched inference with products of bf16.
template <typename Net>
void add_bf16_cases(std::vector<Case>& cases, const Work& work) {
    using Rounded = typename Net::template with_precision<ctcnn::bf16>;
    const std::string name(work.name);
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
        const std::string suffix = "/threads_" + std::to_string(threads) + "/bf16";
        for (const std::size_t batch : work.batches) {
            cases.push_back(
                {"train/" + name + "/batch_" + std::to_string(batch) + suffix, [=](const Options& options, Line& line) {
                     train<Rounded>(options, line, batch, threads, work.rate, work.training.of(options));
                 }});
        }
        cases.push_back({"infer/" + name + suffix, [=](const Options& options, Line& line) {
                             const auto net =
                                 std::make_unique<ctcnn::Fused<Rounded>>(ctcnn::fuse(*random_network<Rounded>()));
                             infer(options, line, *net, threads, work.inference.of(options), forward_operations<Net>);
                         }});
    }
}

void add_lenet(std::vector<Case>& cases);
void add_torch_example(std::vector<Case>& cases);
void add_mlp(std::vector<Case>& cases);
void add_vgg(std::vector<Case>& cases);
void add_separable(std::vector<Case>& cases);
void add_resnet8(std::vector<Case>& cases);
void add_ds_cnn(std::vector<Case>& cases);

}  // namespace benchmarks
