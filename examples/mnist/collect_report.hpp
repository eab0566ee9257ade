// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/model/activations.hpp>
#include <ctcnn/model/probabilities.hpp>
#include <ctcnn/model/summary.hpp>

#include "html_report.hpp"
#include "layer_times.hpp"

// What the report shows of a network: everything here is compiled for each network.
namespace mnist {

/// The layers of a network, what each reads, and what it makes of an image.
template <ctcnn::AnyNetwork Net>
std::vector<ReportLayer> report_layers(const Net& net, const typename Net::input_tensor& image) {
    using Plan = typename Net::inference_plan;
    constexpr auto& table = ctcnn::detail_::graph::table_of<typename Plan::tree>;
    constexpr auto& placed = ctcnn::detail_::model::placed_layers<Net>;
    const auto told = ctcnn::detail_::model::detail::told_layers(typename Plan::leaves{});
    const auto values = ctcnn::activations(net, image);
    std::vector<ReportLayer> layers;
    for (std::size_t n = 0; n < values.size(); ++n) {
        ctcnn::detail_::Description text;
        if (ctcnn::detail_::graph::is_join(placed[n].kind)) {
            text.append(placed[n].path[placed[n].path.size() - 1].label);
        } else {
            told[n].describe(text);
        }
        layers.push_back({.name = values[n].name,
                          .description = std::string(text.view()),
                          .shape = {values[n].shape.begin(), values[n].shape.end()},
                          .parameters = placed[n].parameter_count,
                          .multiply_adds = told[n].multiply_adds,
                          .inputs = {table.values.begin() + static_cast<std::ptrdiff_t>(table.first_edge[n]),
                                     table.values.begin() + static_cast<std::ptrdiff_t>(table.first_edge[n + 1])},
                          .activation = {values[n].values.begin(), values[n].values.end()}});
    }
    return layers;
}

/// The planes of an image.
template <typename Image>
Planes planes_of(const Image& image) {
    using Shape = typename Image::shape;
    static_assert(Shape::rank == 3, "the report draws images <C, H, W>");
    return {Shape::dim(0), Shape::dim(1), Shape::dim(2), {image.data(), image.data() + Shape::size}};
}

/// The filters of the first layer: those of a convolution, or what each output of a Linear layer sees of the image.
template <ctcnn::AnyNetwork Net>
void add_filters(const Net& net, ReportData& data) {
    using Shape = typename Net::input_shape;
    for (const ctcnn::NamedTensor& tensor : Net::names()) {
        if (!tensor.name.ends_with("weight")) {
            continue;
        }
        const bool convolution = tensor.shape.size() == 4;
        const bool whole_image = tensor.shape.size() == 2 && tensor.shape[1] == Shape::dim(1) * Shape::dim(2);
        if (convolution || whole_image) {
            const std::size_t height = convolution ? tensor.shape[2] : Shape::dim(1);
            const std::size_t width = convolution ? tensor.shape[3] : Shape::dim(2);
            const float* values = net.parameters().data() + tensor.offset;
            data.filters_name = tensor.name;
            data.filters = {tensor.count / (height * width), height, width, {values, values + tensor.count}};
        }
        return;
    }
}

/// The mistakes among the predictions, of which the network is surest.
template <ctcnn::AnyNetwork Net>
std::vector<Mistake> confident_mistakes(const Net& net, const Digits& test,
                                        const std::vector<std::size_t>& predictions) {
    std::vector<Mistake> mistakes;
    const auto workspace = std::make_unique<ctcnn::Workspace<Net>>();
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        if (predictions[i] != test.label(i) && predictions[i] < Net::output_shape::size) {
            const auto probabilities = ctcnn::probabilities(net, test.image(i), *workspace);
            mistakes.push_back({i, test.label(i), predictions[i], probabilities(predictions[i]), {}});
        }
    }
    std::ranges::sort(mistakes, [](const Mistake& a, const Mistake& b) {
        return a.probability > b.probability || (!(a.probability < b.probability) && a.image < b.image);
    });
    mistakes.resize(std::min(mistakes.size(), most_mistakes));
    for (Mistake& mistake : mistakes) {
        mistake.picture = planes_of(test.image(mistake.image));
    }
    return mistakes;
}

/// What the report says of a network: everything but what it is called and how it was trained.
template <ctcnn::AnyNetwork Net>
ReportData collect_report(const Net& net, History history, const Digits& test,
                          const std::vector<std::size_t>& predictions) {
    ReportData data;
    data.history = std::move(history);
    data.parameters = Net::parameter_count;
    data.inference_bytes = Net::inference_workspace_bytes;
    data.training_bytes = Net::training_workspace_bytes;
    constexpr std::size_t classes = Net::output_shape::size;
    for (std::size_t label = 0; label < classes; ++label) {
        data.classes.push_back(std::to_string(label));
    }
    data.confusion.resize(classes * classes);
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        if (predictions[i] >= classes) {
            ++data.unanswered;
        } else {
            ++data.confusion[test.label(i) * classes + predictions[i]];
        }
    }
    data.mistakes = confident_mistakes(net, test, predictions);
    add_filters(net, data);
    if (test.size() != 0) {
        const auto& image = test.image(data.sample);
        data.sample_class = test.label(data.sample);
        data.sample_picture = planes_of(image);
        const auto probabilities = ctcnn::probabilities(net, image);
        data.sample_probabilities.assign(probabilities.data(), probabilities.data() + classes);
        data.layers = report_layers(net, image);
    }
    // Before and after, since a processor may be slower for a while.
    data.peak = measure_peak();
    data.times = layer_times(net);
    data.peak = std::max(data.peak, measure_peak());
    return data;
}

}  // namespace mnist
