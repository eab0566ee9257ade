// SPDX-License-Identifier: MIT
//
// What the report of examples/mnist shows of a network with branches.
#include <catch.hpp>

#ifndef CTCNN_MNIST_PROGRAM
TEST_CASE("examples/mnist is built", "[examples]") {
    FAIL("examples/mnist was not built: it needs CLI11 (Debian: libcli11-dev) and CTCNN_BUILD_EXAMPLES=ON");
}
#else

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/io/error.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>

#include "../../examples/mnist/collect_report.hpp"
#include "../../examples/mnist/drawings.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;

namespace {

using Net =
    Sequential<Input<1, 28, 28>, Named<"stem", Conv2d<1, 8, Kernel<4>, Stride<4>>>, BatchNorm2d<8>, ReLU,
               Residual<Conv2d<8, 8, Kernel<3>, Padding<1>>, ReLU>,
               Concat<Conv2d<8, 4, Kernel<1>>, MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>>, Flatten, Linear<588, 10>>;

mnist::Digits make_digits(std::size_t count) {
    std::vector<mnist::Digits::image_type> images(count);
    std::vector<std::uint8_t> labels(count);
    for (std::size_t n = 0; n < count; ++n) {
        for (std::size_t i = 0; i < images[n].size(); ++i) {
            images[n].values[i] = static_cast<float>((i * (n + 3)) % 11) / 10;
        }
        labels[n] = static_cast<std::uint8_t>(n % 10);
    }
    return {std::move(images), std::move(labels)};
}

const mnist::ReportData& report() {
    static const mnist::ReportData data = [] {
        Net net;
        initialize(net, KaimingUniform{}, 1);
        const mnist::Digits digits = make_digits(60);
        std::vector<std::size_t> predictions;
        for (std::size_t i = 0; i < digits.size(); ++i) {
            predictions.push_back(predict(net, digits.image(i)));
        }
        predictions[5] = no_class;
        predictions[6] = mnist::class_count;  // as answers() says it
        mnist::ReportData result = mnist::collect_report(net, {}, digits, predictions);
        result.network = "branches <&>";
        result.settings = mnist::report_settings("branches", {.epochs = 0, .batch_size = 1, .lr = 1}, {}, {}, "");
        return result;
    }();
    return data;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("a report has all answers and the surest mistakes") {
    const mnist::ReportData& data = report();
    CHECK(std::accumulate(data.confusion.begin(), data.confusion.end(), data.unanswered) == 60);
    CHECK(data.unanswered == 2);
    REQUIRE(data.mistakes.size() == mnist::most_mistakes);
    for (std::size_t n = 0; n < data.mistakes.size(); ++n) {
        CHECK(data.mistakes[n].truth != data.mistakes[n].answer);
        CHECK((n == 0 || data.mistakes[n].probability <= data.mistakes[n - 1].probability));
    }
    CHECK(data.filters_name == "stem.weight");
    CHECK(data.filters.count * data.filters.height * data.filters.width == 8 * 4 * 4);
}

TEST_CASE("a report has a command, or says why there is none") {
    const mnist::Settings settings{.epochs = 2, .batch_size = 64, .lr = 0.5f};
    const auto command_of = [&](const mnist::History& history, const std::string& data) {
        for (const auto& [name, value] : mnist::report_settings("relu", settings, {}, history, data)) {
            if (name == "Command") {
                CHECK(mnist::why_no_command("relu", settings, history, data).empty());
                return value;
            }
        }
        return mnist::why_no_command("relu", settings, history, data);
    };
    mnist::History history;
    history.seed = 5;
    const std::string plain = "mnist train --net relu --epochs 2 --batch-size 64 --lr 0.5 --seed 5";
    CHECK(command_of(history, "a/b") == plain + " --data a/b");
    history.load = "it's \u6570";
    CHECK(command_of(history, "a") == plain + " --load 'it'\\''s \u6570' --data a");
    for (const char* name : {"a\nb", "a\x1b", "a\xff", "a\u202e"}) {
        CAPTURE(name);
        CHECK_THAT(command_of(history, name), ContainsSubstring("No command is shown: a name in it"));
        mnist::History other;
        other.load = name;
        CHECK_THAT(command_of(other, "a"), ContainsSubstring("No command is shown: a name in it"));
    }
    history.load_is_replaced = true;
    CHECK_THAT(command_of(history, "a"), ContainsSubstring("it has overwritten the file of the parameters"));
    history.load_is_known = false;
    CHECK_THAT(command_of(history, "a"), ContainsSubstring("does not say which parameters it began with"));
    history.stopped = true;
    history.scheduled = true;
    CHECK_THAT(command_of(history, "a"), ContainsSubstring("it was stopped"));
}

TEST_CASE("each layer has a time, with the functions that run with it") {
    std::vector<std::size_t> layers;
    for (const mnist::ReportTime& time : report().times) {
        CHECK(time.seconds > 0);
        layers.insert(layers.end(), time.layers.begin(), time.layers.end());
    }
    // Flatten is only another view.
    CHECK(layers.size() == report().layers.size() - 1);
    CHECK(report().peak > 0);
}

TEST_CASE("the network is drawn with all that its layers read") {
    const std::string drawing = mnist::network_drawing(report());
    std::size_t edges = 0;
    for (const mnist::ReportLayer& layer : report().layers) {
        edges += layer.inputs.size();
        CHECK_THAT(drawing, ContainsSubstring(layer.name + " " + layer.description));
        CHECK_THAT(drawing, ContainsSubstring(mnist::spelled_shape(layer.shape)));
    }
    CHECK(edges == 13);
    CHECK(count(drawing, "class=\"edge\"") == edges);
    CHECK(count(drawing, "<rect") == report().layers.size() + 1);
    CHECK_THAT(drawing, ContainsSubstring("Residual") && ContainsSubstring("Concat"));
}

TEST_CASE("the page escapes texts, and is written whole or not at all") {
    const std::string page = mnist::report_page(report());
    CHECK_THAT(page, ContainsSubstring("<h1>branches &lt;&amp;&gt;</h1>") && ContainsSubstring("Nothing was trained"));
    mnist::write_report("report_branches.html", report());
    CHECK(std::filesystem::file_size("report_branches.html") == page.size());
    CHECK_THROWS_AS(mnist::write_report("no_such_folder/report.html", report()), FileUnwritable);
    mnist::ReportData undefined = report();
    undefined.sample_probabilities.assign(10, std::numeric_limits<float>::quiet_NaN());
    CHECK_THAT(mnist::report_page(undefined), !ContainsSubstring(">nan") && !ContainsSubstring(">-nan"));
}

TEST_CASE("curves stand for losses that are no numbers, equal, or missing") {
    mnist::History history;
    CHECK_THAT(mnist::loss_curve(history), ContainsSubstring("too few steps"));
    for (const double loss : {2.0, std::numeric_limits<double>::quiet_NaN(), 0.0, -1.0}) {
        history.losses.assign(5, {1, loss});
        history.losses.push_back({2, loss});
        CHECK_THAT(mnist::loss_curve(history), !ContainsSubstring("nan") && !ContainsSubstring("inf"));
    }
    history.epochs.push_back({1, 10, 0.5, 0.1, 1.0});
    CHECK_THAT(mnist::accuracy_curve(history), !ContainsSubstring("nan") && ContainsSubstring("100.00"));
}

#endif
