// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>

// What the program knows of the networks it can train. The networks themselves are types, and stay in their own files:
// lenet.cpp, relu.cpp and quick.cpp, the only ones for which the compiler writes training code.
namespace mnist {

using Digits = ctcnn::Dataset<ctcnn::Shape<1, 28, 28>>;
inline constexpr std::size_t class_count = 10;

/// What a person may choose about a training.
struct Settings {
    double epochs;  // 1.5: the second one ends after half of its steps
    std::size_t batch_size;
    float lr;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  // 0: all
};

/// The files of a network and of a training; empty where none is asked for.
struct Files {
    std::string load;        // parameters to begin with
    std::string save;        // parameters at the end
    std::string checkpoint;  // the training, after each epoch and where it is stopped
    std::string resume;      // a checkpoint to go on from
    std::string report;      // the report as HTML
    std::string settings;    // what a training can be resumed with: "--net lenet --lr 0.5 ..."
    std::string net;         // what a saved network says of itself: its name, and that of the data
    std::string data;
};

/// Where a training stands after a step; epochs and steps count from 1.
struct StepNews {
    std::size_t epoch;
    std::size_t step;
    std::size_t steps_per_epoch;
    double loss;
};

/// What an epoch has brought. The seconds are those of training alone, without the test.
struct EpochNews {
    std::size_t epoch;
    std::size_t images;
    double loss;
    double seconds;
    double test_accuracy;
};

/// Who is told how a training goes, and who is asked whether it should end.
struct Listener {
    std::function<void(const StepNews&)> on_step;
    std::function<void(const EpochNews&)> on_epoch;  // may be empty
    std::function<bool()> should_stop;
};

struct ReportData;  // html_report.hpp

/// What a safetensors file says of itself.
std::map<std::string, std::string> metadata_of(const std::string& file);

/// The outputs of a network for an image: one for each class.
using Outputs = ctcnn::Tensor<float, ctcnn::Shape<class_count>>;

/// What is left of a training: the network's outputs and its answer for each test image.
struct Outcome {
    std::vector<Outputs> outputs;
    std::vector<std::size_t> predictions;  // class_count or more where an output is NaN or infinite
    bool stopped = false;
    std::shared_ptr<ReportData> report;  // what a report says of the network, where one is asked for
};

/// The class of the largest output of each image.
std::vector<std::size_t> answers(const std::vector<Outputs>& outputs);

/// How many of the answers are right.
std::size_t count_right(const std::vector<std::size_t>& predictions, const Digits& test);

/// A network that can be chosen, with the recipe that it is trained by.
struct Choice {
    std::string_view name;
    std::string_view description;
    std::string_view summary;
    Settings defaults;
    Outcome (*train)(const Settings&, const Files&, const Digits& train, const Digits& test, const Listener&);
};

extern const Choice lenet;
extern const Choice relu;
extern const Choice quick;
inline const std::array<const Choice*, 3> choices{&lenet, &relu, &quick};

}  // namespace mnist
