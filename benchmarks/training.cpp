// SPDX-License-Identifier: MIT
//
// Whole networks: training, batched inference, and single-image latency.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ctcnn/ctcnn.hpp>

#include "cases.hpp"
#include "networks.hpp"

namespace {

using namespace benchmarks;
using ctcnn::Split;

constexpr double images_of_an_epoch = 60'000;

/// A network as it is before training.
template <typename Net>
std::unique_ptr<Net> new_network() {
    auto net = std::make_unique<Net>();
    ctcnn::initialize(*net, ctcnn::XavierUniform{}, 1);
    return net;
}

/// Training of one epoch, from the call of fit to its return: the order of the images, and what fit allocates,
/// included.
template <typename Net>
void train(const Options& options, Line& line, std::size_t batch, std::size_t threads, float rate, std::size_t images) {
    const auto data = ctcnn::load_mnist(options.data, Split::train).first(images);
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

/// The label of each of many images.
template <typename Net>
void infer(const Options& options, Line& line, std::size_t threads, std::size_t images) {
    const auto data = ctcnn::load_mnist(options.data, Split::test);
    const auto net = new_network<Net>();
    const std::span<const typename Net::input_tensor> test = data.images();
    const std::size_t at_once = std::min(images, test.size());
    static_cast<void>(ctcnn::predict(*net, test.first(std::min<std::size_t>(at_once, 256)), threads));

    std::size_t done = 0;
    std::size_t sum = 0;
    const double begin = now();
    while (done < images) {
        const std::vector<std::size_t> labels = ctcnn::predict(*net, test.first(at_once), threads);
        sum += labels.back();
        done += at_once;
    }
    const double images_per_second = static_cast<double>(done) / (now() - begin);
    keep(sum);
    line.add("images", done)
        .add("images_per_second", images_per_second)
        .add("gflops", images_per_second * forward_operations<Net> * 1e-9);
}

/// The part `fraction` of sorted numbers lies below this one: 0.5 for the median.
double quantile(const std::vector<double>& sorted, double fraction) {
    return sorted[static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1))];
}

/// The time of each call on its own, from one reading of the clock to the next; the images are the test set's in turn.
template <typename Net>
void latency(const Options& options, Line& line, bool own_workspace, std::size_t calls) {
    const auto data = ctcnn::load_mnist(options.data, Split::test).first(256);
    const auto net = new_network<Net>();
    const auto workspace = std::make_unique<ctcnn::Workspace<Net>>();
    std::vector<double> seconds(calls);
    const auto measure = [&](const auto& call) {
        for (std::size_t i = 0; i < calls; ++i) {
            const auto& image = data.image(i % data.size());
            const double begin = now();
            auto logits = call(image);
            keep(logits);
            seconds[i] = now() - begin;
        }
    };
    for (int warm_up = 1; warm_up >= 0; --warm_up) {
        if (own_workspace) {
            measure([&](const auto& image) { return (*net)(image, *workspace); });
        } else {
            measure([&](const auto& image) { return (*net)(image); });
        }
    }
    std::ranges::sort(seconds);
    line.add("calls", calls)
        .add("median_microseconds", quantile(seconds, 0.5) * 1e6)
        .add("p99_microseconds", quantile(seconds, 0.99) * 1e6)
        .add("fastest_microseconds", seconds.front() * 1e6)
        .add("gflops", forward_operations<Net> / quantile(seconds, 0.5) * 1e-9);
}

}  // namespace

int main(int argument_count, char** arguments) {
    std::vector<Case> cases;
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
        const std::string suffix = "/threads_" + std::to_string(threads);
        for (const std::size_t batch : {std::size_t{32}, std::size_t{64}, std::size_t{256}}) {
            cases.push_back({"train/lenet/batch_" + std::to_string(batch) + suffix,
                             [batch, threads](const Options& options, Line& line) {
                                 train<LeNet>(options, line, batch, threads, 0.5f,
                                              options.choose<std::size_t>(60'000, 15'360, 512));
                             }});
        }
        cases.push_back({"train/torch_example/batch_64" + suffix, [threads](const Options& options, Line& line) {
                             train<TorchExample>(options, line, 64, threads, 0.05f,
                                                 options.choose<std::size_t>(6'400, 1'280, 64));
                         }});
        cases.push_back({"infer/lenet" + suffix, [threads](const Options& options, Line& line) {
                             infer<LeNet>(options, line, threads, options.choose<std::size_t>(200'000, 50'000, 500));
                         }});
        cases.push_back({"infer/torch_example" + suffix, [threads](const Options& options, Line& line) {
                             infer<TorchExample>(options, line, threads,
                                                 options.choose<std::size_t>(10'000, 2'000, 64));
                         }});
    }
    for (const bool own_workspace : {false, true}) {
        const std::string suffix = own_workspace ? "/own_workspace" : "/plain";
        cases.push_back({"latency/lenet" + suffix, [own_workspace](const Options& options, Line& line) {
                             latency<LeNet>(options, line, own_workspace,
                                            options.choose<std::size_t>(50'000, 10'000, 50));
                         }});
        cases.push_back({"latency/torch_example" + suffix, [own_workspace](const Options& options, Line& line) {
                             latency<TorchExample>(options, line, own_workspace,
                                                   options.choose<std::size_t>(1'000, 300, 5));
                         }});
    }
    return run_cases(argument_count, arguments, cases);
}
