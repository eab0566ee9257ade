// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "training.hpp"

// The report of --report: one HTML file that needs nothing else. What it shows of a network is collected by
// collect_report.hpp; here are only numbers and texts.
namespace mnist {

/// The loss of a step; 1.5 epochs are in the middle of the second one.
struct LossPoint {
    double epoch;
    double loss;
};

/// How a training went.
struct History {
    std::vector<LossPoint> losses;
    std::vector<EpochNews> epochs;
    bool stopped = false;
    std::size_t steps = 0;      // that the training has had
    std::size_t all_steps = 0;  // that it was to have
    std::size_t steps_per_epoch = 0;
    bool scheduled = false;  // the learning rate of a step depends on all_steps
    std::uint64_t seed = 0;
    std::string load;               // the parameters that it began with, of a file
    bool load_is_known = true;      // otherwise an older checkpoint does not say
    bool load_is_replaced = false;  // the training has written another file of that name
};

/// A layer, and what it makes of the sample.
struct ReportLayer {
    std::string name;         // "0", "stem.1"
    std::string description;  // "Conv2d(1, 6, kernel_size=5, padding=2)"
    std::vector<std::size_t> shape;
    std::size_t parameters;
    std::uint64_t multiply_adds;
    std::vector<std::size_t> inputs;  // 0 is the image, n + 1 is layer n
    std::vector<float> activation;
};

/// The time of a layer, and of the elementwise functions that run with it, forward, for one image.
struct ReportTime {
    std::vector<std::size_t> layers;
    std::uint64_t multiply_adds;
    double seconds;
};

/// Planes of the same size, one after the other.
struct Planes {
    std::size_t count = 0;
    std::size_t height = 0;
    std::size_t width = 0;
    std::vector<float> values;
};

/// A test image that the network takes for something else.
struct Mistake {
    std::size_t image;
    std::size_t truth;
    std::size_t answer;
    float probability;  // of the answer
    Planes picture;
};

/// A line of the table of settings.
using Fact = std::pair<std::string, std::string>;

/// All that the report says.
struct ReportData {
    std::string network;
    std::string description;
    std::vector<std::string> classes;
    std::size_t train_images = 0;
    History history;
    std::vector<std::size_t> confusion;  // a row of answers for each true class
    std::size_t unanswered = 0;          // test images with an output that is NaN or infinite
    std::vector<Mistake> mistakes;       // the most confident first
    std::string filters_name;            // the tensor that the filters are
    Planes filters;
    std::size_t sample = 0;  // a test image
    std::size_t sample_class = 0;
    Planes sample_picture;
    std::vector<float> sample_probabilities;
    std::vector<ReportLayer> layers;
    std::size_t parameters = 0;
    std::size_t inference_bytes = 0;  // of the buffers for one image
    std::size_t training_bytes = 0;
    std::vector<ReportTime> times;
    double peak = 0;  // floating-point operations a second of one thread
    std::vector<Fact> settings;
    std::string no_command;  // why no command repeats the training; empty where one does
};

/// The most mistakes that are shown.
inline constexpr std::size_t most_mistakes = 36;

/// Floating-point operations a second that one thread of this machine reaches with nothing but fused multiply-adds.
double measure_peak();

/// Why no command repeats a training; empty where one does.
std::string why_no_command(std::string_view network, const Settings& settings, const History& history,
                           const std::string& data);

/// What was trained and how, and with what: library, compiler, processor, threads; and the command that repeats it, if
/// there is one.
std::vector<Fact> report_settings(std::string_view network, const Settings& settings, const Files& files,
                                  const History& history, const std::string& data);

/// The report as HTML.
std::string report_page(const ReportData& data);

/// Writes the report. A file that was there stays as it is until the new one is complete.
/// Throws   ctcnn::DataError
void write_report(const std::string& file, const ReportData& data);

}  // namespace mnist
