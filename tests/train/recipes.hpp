// SPDX-License-Identifier: MIT
// The network, the data and PyTorch's results of the golden file "recipes".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/trainer.hpp>

#include "../golden/golden.hpp"
#include "catch.hpp"

namespace recipes {

using Single = ctcnn::Sequential<ctcnn::Input<1, 6, 5>, ctcnn::Conv2d<1, 4, ctcnn::Kernel<3>, ctcnn::Padding<1>>,
                                 ctcnn::BatchNorm2d<4>, ctcnn::Tanh, ctcnn::MaxPool2d<ctcnn::Kernel<2>>, ctcnn::Flatten,
                                 ctcnn::Linear<24, 3>>;
using Net = Single::with_scalar<double>;

inline const golden::File& file() {
    static const golden::File result("recipes");
    return result;
}

struct Data {
    std::vector<Net::input_tensor> pictures = golden::tensors<Net::input_tensor>(file()["images"]);
    std::vector<std::uint8_t> classes = std::vector<std::uint8_t>(file()["labels"].begin(), file()["labels"].end());

    std::span<const Net::input_tensor> images() const { return pictures; }
    std::span<const std::uint8_t> labels() const { return classes; }
};
inline const Data& data() {
    static const Data result;
    return result;
}

inline Net net() {
    Net result{};
    const std::vector<double>& start = file()["parameters"];
    for (std::size_t i = 0; i < start.size(); ++i) {
        result.parameters()[i] = start[i];
    }
    for (std::size_t c = 0; c < 4; ++c) {
        result.layer<1>().running_var(c) = 1;
    }
    return result;
}

/// 50 steps on batches of 10 images.
inline ctcnn::FitOptions options() { return {.epochs = 13, .max_steps = 50, .batch_size = 10, .shuffle = false}; }

// 50 steps on which rounding errors grow.
inline constexpr golden::Tolerance rounding{1e-9, 1e-10};

/// Trains, and compares parameters and running statistics with PyTorch's.
template <typename Optimizer>
void check(const std::string& name, const Optimizer& optimizer, const ctcnn::FitOptions& with,
           golden::Tolerance tolerance = rounding) {
    Net trained = net();
    ctcnn::Trainer trainer(trained, optimizer, with);
    trainer.fit(data());
    golden::check_close(name, golden::doubles(trained.parameters()), file()[name], tolerance);
    golden::check_close(name + " buffers", golden::doubles(trained.buffers()), file()[name + "_buffers"], tolerance);
    // The same bits on three threads.
    Net again = net();
    ctcnn::FitOptions threads = with;
    threads.threads = 3;
    ctcnn::Trainer(again, optimizer, threads).fit(data());
    CHECK(golden::doubles(again.parameters()) == golden::doubles(trained.parameters()));
}

}  // namespace recipes
