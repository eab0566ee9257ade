// SPDX-License-Identifier: MIT
//
// The LeNet in dlib, with the BLAS that dlib uses: the cases of ../training.cpp that it can do.
// As dlib's examples write it (dnn_introduction_ex.cpp, dnn_mnist_advanced_ex.cpp). Where there are several ways, a
// short trial picks the fastest: the trainer, which prepares a batch while the one before it is computed, or the steps
// that it is made of; and as many threads of the BLAS as are allowed, or one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <ctcnn/data/mnist.hpp>

#include "cases.hpp"

extern "C" void openblas_set_num_threads(int threads);

namespace {

using namespace benchmarks;

using Image = dlib::matrix<float>;

// Without the padding that dlib gives to a convolution of stride 1 by itself.
template <typename Subnet>
using SecondConvolution = dlib::add_layer<dlib::con_<16, 5, 5, 1, 1, 0, 0>, Subnet>;
template <typename Subnet>
using Pool = dlib::avg_pool<2, 2, 2, 2, Subnet>;
using LeNet = dlib::loss_multiclass_log<dlib::fc<
    10, dlib::sig<dlib::fc<84, dlib::sig<dlib::fc<120, Pool<dlib::sig<SecondConvolution<Pool<dlib::sig<
                                                           dlib::con<6, 5, 5, 1, 1, dlib::input<Image>>>>>>>>>>>>>;

struct Digits {
    std::vector<Image> images;
    std::vector<unsigned long> labels;
};

Digits load(const Options& options, ctcnn::Split split) {
    const auto data = ctcnn::load_mnist(options.data, split);
    Digits digits;
    for (const auto& image : data.images()) {
        Image& pixels = digits.images.emplace_back(28, 28);
        std::ranges::copy(image.span(), pixels.begin());
    }
    digits.labels.assign(data.labels().begin(), data.labels().end());
    return digits;
}

/// Shuffled: walks through items in a given order, so that no image is copied before dlib copies it into its tensor.
template <typename T>
class Shuffled {
public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    Shuffled(const T* items, const std::uint32_t* order) : items_(items), order_(order) {}
    reference operator*() const { return items_[*order_]; }
    pointer operator->() const { return &items_[*order_]; }
    Shuffled& operator++() {
        ++order_;
        return *this;
    }
    Shuffled operator++(int) { return {items_, order_++}; }
    Shuffled& operator--() {
        --order_;
        return *this;
    }
    Shuffled operator+(difference_type count) const { return {items_, order_ + count}; }
    Shuffled& operator+=(difference_type count) {
        order_ += count;
        return *this;
    }
    difference_type operator-(const Shuffled& other) const { return order_ - other.order_; }
    bool operator==(const Shuffled& other) const { return order_ == other.order_; }

private:
    const T* items_;
    const std::uint32_t* order_;
};

enum class Way { steps, trainer };

/// Trains on images in an order, batch by batch; returns the mean loss of the last batch, or of the last ones.
double train(LeNet& net, const Digits& digits, const std::vector<std::uint32_t>& order, std::size_t batch, Way way) {
    constexpr double rate = 0.5;
    const auto batches = [&](const auto& step) {
        for (std::size_t first = 0; first < order.size(); first += batch) {
            const std::size_t end = std::min(order.size(), first + batch);
            step(Shuffled(digits.images.data(), order.data() + first),
                 Shuffled(digits.images.data(), order.data() + end),
                 Shuffled(digits.labels.data(), order.data() + first));
        }
    };
    if (way == Way::trainer) {
        dlib::dnn_trainer<LeNet> trainer(net, dlib::sgd(0, 0));
        trainer.set_learning_rate(rate);
        trainer.set_learning_rate_shrink_factor(1);
        batches([&](auto begin, auto end, auto labels) { trainer.train_one_step(begin, end, labels); });
        trainer.get_net();  // waits for the last one
        return trainer.get_average_loss();
    }
    std::vector<dlib::sgd> solvers(LeNet::num_computational_layers, dlib::sgd(0, 0));
    dlib::resizable_tensor tensor;
    double loss = 0;
    batches([&](auto begin, auto end, auto labels) {
        net.to_tensor(begin, end, tensor);
        loss = net.compute_parameter_gradients(tensor, labels);
        net.update_parameters(solvers, rate);
    });
    return loss;
}

std::vector<std::uint32_t> shuffled(std::size_t count, std::size_t of) {
    std::vector<std::uint32_t> order(of);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::mt19937(1));
    order.resize(std::min(count, of));
    return order;
}

/// The fastest of several ways, each tried once before it is timed. The processor's clock has risen by then, too.
template <typename T, typename F>
T fastest(const std::vector<T>& ways, const F& attempt) {
    T best = ways.front();
    double least = 0;
    for (const T& way : ways) {
        attempt(way);
        const double begin = now();
        attempt(way);
        const double seconds = now() - begin;
        if (least == 0 || seconds < least) {
            least = seconds;
            best = way;
        }
    }
    return best;
}

void describe(Line& line) {
#ifdef BENCHMARKS_DLIB_NATIVE
    line.add("peer", "dlib");
#else
    line.add("peer", "dlib (package)");
#endif
    line.add("version", std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION));
}

void measure_training(const Options& options, Line& line, std::size_t batch, int threads) {
    const Digits digits = load(options, ctcnn::Split::train);
    LeNet net;
    struct Setting {
        Way way;
        int blas_threads;
    };
    std::vector<Setting> settings{{Way::steps, 1}};
    if (threads > 1) {
        settings = {{Way::steps, 1}, {Way::steps, threads}, {Way::trainer, 1}, {Way::trainer, threads}};
    }
    const std::vector<std::uint32_t> few = shuffled(std::max<std::size_t>(512, 2 * batch), digits.images.size());
    const Setting setting = fastest(settings, [&](Setting each) {
        openblas_set_num_threads(each.blas_threads);
        train(net, digits, few, batch, each.way);
    });
    openblas_set_num_threads(setting.blas_threads);

    const std::size_t images = options.choose<std::size_t>(12'800, 5'120, 512);
    const double begin = now();
    const double loss = train(net, digits, shuffled(images, digits.images.size()), batch, setting.way);
    const double seconds = now() - begin;
    const double images_per_second = static_cast<double>(images) / seconds;
    line.add("images", images)
        .add("seconds_per_epoch", 60'000 / images_per_second)
        .add("images_per_second", images_per_second)
        .add("loss", loss)
        .add("form", std::string(setting.way == Way::steps ? "steps" : "trainer") + ", BLAS threads " +
                         std::to_string(setting.blas_threads));
    describe(line);
}

void measure_inference(const Options& options, Line& line, int threads) {
    Digits digits = load(options, ctcnn::Split::test);
    digits.images.resize(options.choose<std::size_t>(10'000, 5'000, 256));
    LeNet net;
    struct Setting {
        std::size_t batch;
        int blas_threads;
    };
    std::vector<Setting> settings;
    for (const std::size_t batch : {std::size_t{32}, std::size_t{128}, std::size_t{512}}) {
        settings.push_back({batch, 1});
        if (threads > 1) {
            settings.push_back({batch, threads});
        }
    }
    const std::vector<Image> few(
        digits.images.begin(),
        digits.images.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(digits.images.size(), 1024)));
    const Setting setting = fastest(settings, [&](Setting each) {
        openblas_set_num_threads(each.blas_threads);
        net(few, each.batch);
    });
    openblas_set_num_threads(setting.blas_threads);
    const double begin = now();
    std::vector<unsigned long> labels = net(digits.images, setting.batch);
    const double seconds = now() - begin;
    keep(labels.back());
    line.add("images", digits.images.size())
        .add("images_per_second", static_cast<double>(digits.images.size()) / seconds)
        .add("form",
             "batch " + std::to_string(setting.batch) + ", BLAS threads " + std::to_string(setting.blas_threads));
    describe(line);
}

void measure_latency(const Options& options, Line& line) {
    const Digits digits = load(options, ctcnn::Split::test);
    openblas_set_num_threads(1);
    LeNet net;
    std::vector<double> seconds(options.choose<std::size_t>(10'000, 3'000, 50));
    for (int warm_up = 1; warm_up >= 0; --warm_up) {
        for (std::size_t i = 0; i < seconds.size(); ++i) {
            const Image& image = digits.images[i % 256];
            const double begin = now();
            unsigned long label = net(image);
            keep(label);
            seconds[i] = now() - begin;
        }
    }
    std::ranges::sort(seconds);
    line.add("calls", seconds.size())
        .add("median_microseconds", seconds[seconds.size() / 2] * 1e6)
        .add("p99_microseconds", seconds[seconds.size() * 99 / 100] * 1e6)
        .add("form", "net(x)");
    describe(line);
}

}  // namespace

int main(int argument_count, char** arguments) {
    std::vector<Case> cases;
    for (const int threads : {1, 2}) {
        const std::string suffix = "/threads_" + std::to_string(threads);
        for (const std::size_t batch : {std::size_t{32}, std::size_t{64}, std::size_t{256}}) {
            cases.push_back({"train/lenet/batch_" + std::to_string(batch) + suffix,
                             [batch, threads](const Options& options, Line& line) {
                                 measure_training(options, line, batch, threads);
                             }});
        }
        cases.push_back({"infer/lenet" + suffix,
                         [threads](const Options& options, Line& line) { measure_inference(options, line, threads); }});
    }
    cases.push_back({"latency/lenet", measure_latency});
    return run_cases(argument_count, arguments, cases);
}
