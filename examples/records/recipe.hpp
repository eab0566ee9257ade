// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string_view>

#include <ctcnn/data/transforms.hpp>
#include <ctcnn/training.hpp>

#include "test_time_shifts.hpp"

namespace records {

/// Job: one training of a recipe, with what it learns from and what it is judged by.
struct Job {
    const Pictures& train;
    const Pictures& test;
    std::uint64_t seed = 1;
    std::size_t threads = 0;    // 0: all
    std::size_t max_steps = 0;  // 0: as many as the recipe says
    bool shifts = true;         // whether the test is repeated with shifted images
};

/// Outcome: the accuracies after the last step, in percent, and the seconds of the training alone.
struct Outcome {
    double plain;
    double with_shifts;  // NaN where the job leaves it out
    double train_seconds;
};

enum class Source { mnist, fashion_mnist };

/// Recipe: a network and its training. The command `records` takes its name.
struct Recipe {
    std::string_view name;
    Source source;
    std::size_t epochs;
    std::size_t parameters;
    std::uint64_t multiply_adds;  // of one image, forward
    std::function<Outcome(const Job&)> run;
};

/// What all networks here are made of: a convolution without bias, BatchNorm and an activation; the pooling comes first,
/// where there is one, since the others then have a quarter of the elements.
template <typename Activation>
struct With {
    template <std::size_t In, std::size_t Out, std::size_t Size, typename... Options>
    using Convolution = ctcnn::Sequential<ctcnn::Conv2d<In, Out, ctcnn::Kernel<Size>, ctcnn::NoBias, Options...>,
                                          ctcnn::BatchNorm2d<Out>, Activation>;
    template <std::size_t In, std::size_t Out, std::size_t Size, typename... Options>
    using PooledConvolution =
        ctcnn::Sequential<ctcnn::Conv2d<In, Out, ctcnn::Kernel<Size>, ctcnn::NoBias, Options...>,
                          ctcnn::MaxPool2d<ctcnn::Kernel<2>>, ctcnn::BatchNorm2d<Out>, Activation>;
};
template <std::size_t In, std::size_t Out, std::size_t Size, typename... Options>
using Convolution = With<ctcnn::ReLU>::Convolution<In, Out, Size, Options...>;
template <std::size_t In, std::size_t Out, std::size_t Size, typename... Options>
using PooledConvolution = With<ctcnn::ReLU>::PooledConvolution<In, Out, Size, Options...>;

/// A recipe from a network, how it is trained, and what happens to its images in training. The learning rate rises
/// along a line in the first fifth of the steps, and falls to almost 0.
template <ctcnn::AnyNetwork Net, typename Optimizer, typename... Transforms>
Recipe recipe(std::string_view name, Source source, const ctcnn::FitOptions& options, float label_smoothing,
              const Optimizer& optimizer, const Transforms&... transforms) {
    using namespace ctcnn;
    const auto run = [=](const Job& job) {
        FitOptions chosen = options;
        chosen.max_steps = job.max_steps;
        chosen.seed = job.seed;
        chosen.threads = job.threads;
        chosen.schedule = OneCycle{.pct_start = 0.2, .anneal_strategy = Anneal::linear, .cycle_momentum = false};
        const CrossEntropyLoss loss{.label_smoothing = label_smoothing};
        const auto net = std::make_unique<Net>();
        initialize(*net, KaimingUniform{.a = 0}, job.seed);

        const auto begin = std::chrono::steady_clock::now();
        if constexpr (sizeof...(Transforms) == 0) {
            fit(*net, job.train, optimizer, chosen, loss);
        } else {
            fit(*net, augmented(job.train, transforms...), optimizer, chosen, loss);
        }
        const std::chrono::duration<double> train_time = std::chrono::steady_clock::now() - begin;

        return Outcome{100 * evaluate(*net, job.test, job.threads).accuracy,
                       job.shifts
                           ? 100 * accuracy_with_shifts(*net, job.test, source == Source::fashion_mnist, job.threads)
                           : std::numeric_limits<double>::quiet_NaN(),
                       train_time.count()};
    };
    return {name, source, options.epochs, Net::parameter_count, Net::multiply_adds, run};
}

}  // namespace records
