// SPDX-License-Identifier: MIT
//
// Each stage of the networks, and typical layers, on one thread and a tile of images: forward, the gradient of the
// input (backward_data) and the gradient of the parameters (backward_weights), in operations a second and as part of
// the peak that is measured in the same run. Every buffer is hot: it lies in the cache that it fits into.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/ctcnn.hpp>

#include "cases.hpp"
#include "networks.hpp"
#include "peak.hpp"

namespace {

using namespace benchmarks;
using V = ctcnn::detail_::Lanes<float>;

/// Kernel: a benchmark, and what its result is reported with.
struct Kernel {
    std::string name;
    std::string layer;
    double operations;  // of one call
    void (*run)(benchmark::State&);
    std::size_t tiles = 1;  // of images in one call, if its time is to be reported for one of them
};

/// Random numbers, uniform in [low, high).
template <typename T>
void fill(T* numbers, std::size_t count, float low, float high) {
    constexpr std::size_t lanes = ctcnn::detail_::lane_count<T>;
    const ctcnn::detail_::Philox random(1);
    for (std::size_t i = 0; i < count * lanes; ++i) {
        ctcnn::detail_::set_lane(numbers[i / lanes], i % lanes, random.uniform(i, low, high));
    }
}

/// How many tiles stage K of a network takes at a time in training.
template <typename Net, std::size_t K>
constexpr std::size_t tiles_of_stage =
    K < Net::plan::together_from ? 1 : ctcnn::detail_::train::StepWorkspace<Net, V>::tiles_together;
static_assert(tiles_of_stage<LeNet, LeNet::plan::stage_count - 1> == 2 &&
              tiles_of_stage<TorchExample, TorchExample::plan::stage_count - 1> == 1);

/// A network with its parameters, and two tiles, the first of which has gone forward.
template <typename Net>
struct Bench {
    using Plan = typename Net::template plan_of<V>;

    std::unique_ptr<Net> net = std::make_unique<Net>();
    ctcnn::detail_::AlignedVector<ctcnn::detail_::run::TileWorkspace<Plan, V>> tiles{2};
    ctcnn::detail_::run::TileWorkspace<Plan, V>* tile = tiles.data();

    Bench() {
        ctcnn::initialize(*net, ctcnn::XavierUniform{}, 1);
        using In = typename Plan::InputLayout;
        const auto image = std::make_unique<typename Net::input_tensor>();
        fill(image->data(), image->size(), 0, 1);
        std::array<const float*, V::count> sources{};
        sources.fill(image->data());
        ctcnn::detail_::run::gather<In>(sources, tile->buffer(0));
        ctcnn::detail_::run::forward<Plan>(net->parameters().data(), *tile);
    }

    template <std::size_t K>
    V* saved() {
        return tile->saved.data() + Plan::saved_offsets[K];
    }
    template <std::size_t K>
    const float* parameters() const {
        return net->parameters().data() + Plan::template Stage<K>::parameter_offset;
    }
};

template <typename Net, std::size_t K>
void run_forward(benchmark::State& state) {
    using Stage = typename Net::template plan_of<V>::template Stage<K>;
    Bench<Net> bench;
    for (auto _ : state) {
        if constexpr (tiles_of_stage<Net, K> == 2) {
            Stage::Layer::template forward_tiles<typename Stage::template Forward<V>, 2>(
                bench.template parameters<K>(), {bench.tiles[0].buffer(K), bench.tiles[1].buffer(K)},
                {bench.tiles[0].buffer(K + 1), bench.tiles[1].buffer(K + 1)},
                {bench.tiles[0].scratch.data(), bench.tiles[1].scratch.data()});
        } else {
            Stage::Layer::template forward<typename Stage::template Forward<V>>(
                bench.template parameters<K>(), bench.tile->buffer(K), bench.tile->buffer(K + 1),
                bench.template saved<K>(), bench.tile->scratch.data());
        }
        benchmark::ClobberMemory();
    }
}

/// The function before stage K, whose derivative backward_input multiplies with.
template <typename Net, std::size_t K>
struct FunctionBefore {
    using type = typename Net::plan::template Stage<K - 1>::Function;
};
template <typename Net>
struct FunctionBefore<Net, 0> {
    using type = ctcnn::detail_::NoFunction;
};

template <typename Net, std::size_t K>
void run_backward_data(benchmark::State& state) {
    using Stage = typename Net::template plan_of<V>::template Stage<K>;
    Bench<Net> bench;
    fill(bench.tile->buffer(K + 1), Stage::Out::size, -1, 1);
    // The gradient takes the place of the activation, after a multiplication by its derivative. Repeated on random
    // numbers this would soon end at denormal ones, which are slow; where the activation is zero, zero it stays.
    std::fill_n(bench.tile->buffer(K), Stage::In::size, V{});
    using Before = typename FunctionBefore<Net, K>::type;
    for (auto _ : state) {
        if constexpr (tiles_of_stage<Net, K> == 2) {
            Stage::Layer::template backward_input_tiles<typename Stage::template Backward<Before, V>, 2>(
                bench.template parameters<K>(), {bench.tiles[0].buffer(K), bench.tiles[1].buffer(K)},
                {bench.tiles[0].buffer(K + 1), bench.tiles[1].buffer(K + 1)},
                {bench.tiles[0].scratch.data(), bench.tiles[1].scratch.data()});
        } else {
            Stage::Layer::template backward_input<typename Stage::template Backward<Before, V>>(
                bench.template parameters<K>(), bench.tile->buffer(K), bench.tile->buffer(K + 1),
                bench.template saved<K>(), bench.tile->scratch.data());
        }
        benchmark::ClobberMemory();
    }
}

/// The images of which a stage with batched gradient gets rows at once.
constexpr std::size_t batch_images = 64;

template <typename Net, std::size_t K>
void run_backward_weights(benchmark::State& state) {
    using Stage = typename Net::template plan_of<V>::template Stage<K>;
    using Layer = typename Stage::Layer;
    Bench<Net> bench;
    fill(bench.tile->buffer(K + 1), Stage::Out::size, -1, 1);
    if constexpr (Layer::batched_gradient) {
        // As in a training step: each tile is stored as rows, then all rows are multiplied.
        constexpr std::size_t tiles = batch_images / V::count;
        ctcnn::detail_::run::Rows<typename Net::template plan_of<V>, V> rows(tiles);
        ctcnn::detail_::AlignedVector<float> gradient(Stage::parameters);
        for (auto _ : state) {
            for (std::size_t tile = 0; tile < tiles; ++tile) {
                rows.template store<K>(tile, bench.tile->buffer(K), bench.tile->buffer(K + 1));
            }
            Layer::backward_weight(rows.template of<K>(), batch_images, 0, Layer::input_shape::size, false,
                                   gradient.data());
            if constexpr (Layer::bias_shape::size != 0) {
                Layer::backward_bias(rows.template of<K>(), batch_images, false, gradient.data());
            }
            benchmark::ClobberMemory();
        }
    } else {
        ctcnn::detail_::AlignedVector<float> gradient(Stage::parameters);
        for (auto _ : state) {
            Layer::template backward_parameters<typename Stage::template Forward<V>>(
                bench.tile->buffer(K), bench.tile->buffer(K + 1), false, gradient.data(), bench.tile->scratch.data());
            benchmark::ClobberMemory();
        }
    }
}

/// "Conv2d(1, 6, kernel_size=5, padding=2), Sigmoid()"
template <typename Plan, std::size_t K>
std::string describe_stage() {
    ctcnn::detail_::Description text;
    Plan::template Stage<K>::Layer::layer::describe(text);
    std::string result(text.view());
    constexpr std::size_t elementwise = Plan::graph.stages[K].function;
    if constexpr (elementwise != ctcnn::detail_::graph::nothing && elementwise != Plan::leaf_of(K)) {
        ctcnn::detail_::Description function;
        ctcnn::detail_::At<elementwise, typename Plan::leaves>::layer::describe(function);
        result.append(", ").append(function.view());
    }
    return result;
}

/// All kernels of a network. Training does not need the gradient of the first stage's input; a layer that stands alone
/// for one from the middle of a network does it too.
template <typename Net>
void add_kernels(std::vector<Kernel>& kernels, const std::string& name, bool alone) {
    using Plan = typename Net::template plan_of<V>;
    Plan::for_each_stage([&](auto k) {
        constexpr std::size_t stage_index = decltype(k)::value;
        using Stage = typename Plan::template Stage<stage_index>;
        const std::string prefix = "kernels/" + name + (alone ? "" : "/stage_" + std::to_string(stage_index));
        const std::string layer = describe_stage<Plan, stage_index>();
        constexpr std::size_t tiles = tiles_of_stage<Net, stage_index>;
        const double operations = 2.0 * static_cast<double>(Stage::Layer::multiply_adds * V::count * tiles);
        kernels.push_back({prefix + "/forward", layer, operations, run_forward<Net, stage_index>, tiles});
        if (stage_index > 0 || alone) {
            kernels.push_back(
                {prefix + "/backward_data", layer, operations, run_backward_data<Net, stage_index>, tiles});
        }
        if constexpr (Stage::parameters != 0) {
            constexpr std::size_t images = Stage::Layer::batched_gradient ? batch_images : V::count;
            kernels.push_back({prefix + "/backward_weights", layer,
                               2.0 * static_cast<double>(Stage::Layer::multiply_adds * images),
                               run_backward_weights<Net, stage_index>});
        }
    });
}

/// Reporter: one line of JSON for each kernel, as the other programs print them.
class Reporter : public benchmark::BenchmarkReporter {
public:
    Reporter(const std::vector<Kernel>& kernels, double peak) : kernels_(kernels), peak_(peak) {}

    bool ReportContext(const Context&) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            const auto kernel = std::ranges::find(kernels_, run.run_name.function_name, &Kernel::name);
            if (kernel == kernels_.end()) {
                continue;
            }
            // The run holds the sum over all iterations. Processor time: what other programs take is not counted.
            const double seconds = run.cpu_accumulated_time / static_cast<double>(run.iterations);
            Line line(kernel->name);
            line.add("layer", kernel->layer).add("microseconds", seconds / static_cast<double>(kernel->tiles) * 1e6);
            if (kernel->operations > 0) {
                const double speed = kernel->operations / seconds * 1e-9;
                line.add("gflops", speed).add("percent_of_peak", 100 * speed / peak_);
            }
            line.print();
        }
    }

private:
    const std::vector<Kernel>& kernels_;
    double peak_;
};

using ctcnn::Conv2d;
using ctcnn::Groups;
using ctcnn::Input;
using ctcnn::Linear;
using ctcnn::Padding;
using ctcnn::Sequential;

int run(const Options& options) {
    std::vector<Kernel> kernels;
    add_kernels<LeNet>(kernels, "lenet", false);
    add_kernels<TorchExample>(kernels, "torch_example", false);
    add_kernels<Sequential<Input<64, 28, 28>, Conv2d<64, 64, ctcnn::Kernel<3>, Padding<1>>>>(kernels, "conv_3x3", true);
    add_kernels<Sequential<Input<64, 28, 28>, Conv2d<64, 64, ctcnn::Kernel<3>, Padding<1>, Groups<64>>>>(
        kernels, "conv_3x3_depthwise", true);
    add_kernels<Sequential<Input<64, 28, 28>, Conv2d<64, 64, ctcnn::Kernel<1>>>>(kernels, "conv_1x1", true);
    add_kernels<Sequential<Input<9216>, Linear<9216, 128>>>(kernels, "linear", true);

    std::size_t chosen = 0;
    for (const Kernel& kernel : kernels) {
        if (options.list) {
            std::puts(kernel.name.c_str());
        } else if (asked_for(kernel.name, options.name)) {
            benchmark::RegisterBenchmark(kernel.name.c_str(), kernel.run)->MinTime(options.choose(0.2, 0.05, 0.001));
            ++chosen;
        }
    }
    if (options.list) {
        return 0;
    }
    if (chosen == 0) {
        throw std::invalid_argument("there is no case " + options.name + ": --list shows all");
    }
    Reporter reporter(kernels, fma_peak(1, options.choose<std::size_t>(20, 10, 2)));
    benchmark::RunSpecifiedBenchmarks(&reporter);
    return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
    try {
        return run(read_options(argument_count, arguments));
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}
