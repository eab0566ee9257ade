// SPDX-License-Identifier: MIT
#include "html_report.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <fstream>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include <ctcnn/core/target.hpp>
#include <ctcnn/io/atomic_file.hpp>
#include <ctcnn/version.hpp>

#include "../../benchmarks/peak.hpp"

#include "data_source.hpp"
#include "drawings.hpp"
#include "html_style.hpp"
#include "pixels.hpp"
#include "screen.hpp"
#include "spelling.hpp"

namespace mnist {

namespace {

/// A space that no line is broken at, in front of a unit.
constexpr const char* thin = "\u202f";

std::string percent(double part, int digits = 2) { return format("%.*f%s%%", digits, 100 * part, thin); }

double ratio(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// "4.21 µs"
std::string spelled_time(double seconds) {
    const double magnitude = seconds < 1e-6 ? 1e-9 : seconds < 1e-3 ? 1e-6 : seconds < 1 ? 1e-3 : 1;
    const char* unit = seconds < 1e-6 ? "ns" : seconds < 1e-3 ? "\u00b5s" : seconds < 1 ? "ms" : "s";
    const double value = seconds / magnitude;
    return format("%.*f%s%s", value < 10 ? 2 : value < 100 ? 1 : 0, value, thin, unit);
}

std::string spelled_bytes(std::size_t bytes) {
    return bytes < 10'000 ? grouped(bytes) + thin + "bytes"
                          : format("%.1f%sKiB", static_cast<double>(bytes) / 1024, thin);
}

std::string fact(const std::string& name, const std::string& value) {
    return "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
}

std::string section(const std::string& title, const std::string& note, const std::string& content) {
    return "<section>\n<div><h2>" + title + "</h2>\n<p class=\"note\">" + note + "</p></div>\n<div>\n" + content +
           "</div>\n</section>\n";
}

float largest_magnitude(std::span<const float> values) {
    float largest = 0;
    for (const float value : values) {
        largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
    }
    return largest > 0 ? largest : 1;
}

std::size_t test_images(const ReportData& data) {
    return std::accumulate(data.confusion.begin(), data.confusion.end(), data.unanswered);
}

std::size_t right_answers(const ReportData& data) {
    std::size_t right = 0;
    for (std::size_t label = 0; label < data.classes.size(); ++label) {
        right += data.confusion[label * data.classes.size() + label];
    }
    return right;
}

// The parts of the page, from top to bottom -----------------------------------------------------------------------------

std::string heading(const ReportData& data) {
    const std::size_t images = test_images(data);
    const std::size_t right = right_answers(data);
    double training = 0;
    for (const EpochNews& epoch : data.history.epochs) {
        training += epoch.seconds;
    }
    double forward = 0;
    for (const ReportTime& time : data.times) {
        forward += time.seconds;
    }
    const auto key = [](const std::string& name, const std::string& value, const std::string& unit) {
        return "<div><dt>" + name + "</dt><dd>" + value + (unit.empty() ? "" : " <small>" + unit + "</small>") +
               "</dd></div>\n";
    };
    std::string html = "<header>\n<p class=\"over\">Training report</p>\n<h1>" + escaped(data.network) +
                       "</h1>\n<p class=\"lead\">" + escaped(data.description) + "</p>\n";
    if (data.history.stopped) {
        const History& history = data.history;
        const std::size_t in_epoch = (history.steps - 1) % history.steps_per_epoch + 1;
        html += "<p class=\"lead\">The training was stopped after step " + grouped(history.steps) + " of " +
                grouped(history.all_steps) + ", which is step " + grouped(in_epoch) + " of " +
                grouped(history.steps_per_epoch) + " in epoch " +
                grouped((history.steps - 1) / history.steps_per_epoch + 1) + ".</p>\n";
    }
    html += "<dl class=\"keys\">\n" + key("Test accuracy", percent(ratio(right, images)), "") +
            key("Mistakes", grouped(images - right), "of " + grouped(images)) +
            key("Parameters", grouped(data.parameters), "");
    if (!data.history.epochs.empty()) {
        html += key("Training", spelled_time(training),
                    format("%zu epoch%s", data.history.epochs.size(), data.history.epochs.size() == 1 ? "" : "s"));
    }
    return html + key("Forward", spelled_time(forward), "an image") + "</dl>\n</header>\n";
}

std::string curves(const ReportData& data) {
    if (data.history.losses.empty()) {
        return section("Learning curves", "The parameters were loaded from a file.",
                       "<p>Nothing was trained in this run.</p>\n");
    }
    return section(
        "Learning curves",
        "The loss of each step on " + grouped(data.train_images) +
            " training images, and the part of the test images that are classified correctly after each epoch.",
        "<div class=\"pair\">\n" + loss_curve(data.history) + accuracy_curve(data.history) + "</div>\n");
}

std::string confusion_table(const ReportData& data) {
    const std::size_t classes = data.classes.size();
    const auto at = [&](std::size_t truth, std::size_t answer) { return data.confusion[truth * classes + answer]; };
    std::vector<std::size_t> of_truth(classes);
    std::vector<std::size_t> of_answer(classes);
    std::size_t most_wrong = 1;
    std::size_t most_right = 1;
    for (std::size_t truth = 0; truth < classes; ++truth) {
        for (std::size_t answer = 0; answer < classes; ++answer) {
            of_truth[truth] += at(truth, answer);
            of_answer[answer] += at(truth, answer);
            std::size_t& most = truth == answer ? most_right : most_wrong;
            most = std::max(most, at(truth, answer));
        }
    }
    std::string html =
        "<table class=\"matrix\" id=\"confusion\">\n<caption>predicted class</caption>\n<thead><tr><th "
        "scope=\"col\"><span class=\"index\">true</span></th>";
    for (const std::string& name : data.classes) {
        html += "<th scope=\"col\">" + escaped(name) + "</th>";
    }
    html += "<th scope=\"col\" class=\"rate\">recall</th></tr></thead>\n<tbody>\n";
    for (std::size_t truth = 0; truth < classes; ++truth) {
        html += "<tr><th scope=\"row\">" + escaped(data.classes[truth]) + "</th>";
        for (std::size_t answer = 0; answer < classes; ++answer) {
            const std::size_t count = at(truth, answer);
            if (count == 0) {
                html += "<td class=\"none\" style=\"--tone:0 0 0;--part:0\">0</td>";
            } else {
                // Square roots, so that rare mistakes are seen beside frequent ones.
                const double part = 0.08 + 0.5 * std::sqrt(ratio(count, truth == answer ? most_right : most_wrong));
                html += format("<td style=\"--tone:var(--%s);--part:%.2f\">%zu</td>", truth == answer ? "good" : "bad",
                               part, count);
            }
        }
        html += "<td class=\"rate\">" + format("%.1f", 100 * ratio(at(truth, truth), of_truth[truth])) + "</td></tr>\n";
    }
    html += "</tbody>\n<tfoot><tr><th scope=\"row\" class=\"rate\">prec.</th>";
    for (std::size_t answer = 0; answer < classes; ++answer) {
        html += "<td class=\"rate\">" + format("%.1f", 100 * ratio(at(answer, answer), of_answer[answer])) + "</td>";
    }
    return html + "<td class=\"rate\"></td></tr></tfoot>\n</table>\n";
}

std::string confusion(const ReportData& data) {
    std::string note =
        "How often images of each class (rows) were taken for which class (columns). Blue is right, orange wrong; "
        "recall and precision are in percent.";
    if (data.unanswered != 0) {
        note += " For " + grouped(data.unanswered) + " images an output was NaN or infinite.";
    }
    return section("Confusion matrix", note, confusion_table(data));
}

std::string mistakes(const ReportData& data) {
    if (data.mistakes.empty()) {
        return section("Mistakes", "",
                       data.unanswered != 0 ? "<p>No test image was taken for another class.</p>\n"
                                            : "<p>No test image was classified wrongly.</p>\n");
    }
    std::string html = "<ul class=\"mistakes\">\n";
    for (const Mistake& mistake : data.mistakes) {
        const std::string truth = escaped(data.classes[mistake.truth]);
        const std::string answer = escaped(data.classes[mistake.answer]);
        const std::string probability = percent(static_cast<double>(mistake.probability), 1);
        html += format("<li><img class=\"ink\" width=\"%zu\" height=\"%zu\" alt=\"", mistake.picture.width,
                       mistake.picture.height);
        html += "Test image " + grouped(mistake.image) + ": a " + truth + " taken for a " + answer + "\" src=\"" +
                ink_uri(std::span(mistake.picture.values).first(mistake.picture.height * mistake.picture.width),
                        mistake.picture.width) +
                "\"><span><b>" + truth + "</b> as <b class=\"wrong\">" + answer + "</b></span><span>" + probability +
                "</span></li>\n";
    }
    return section("Most confident mistakes",
                   "Of " + grouped(test_images(data) - right_answers(data)) + " mistakes, the " +
                       std::to_string(data.mistakes.size()) +
                       " with the highest probability of the wrong class: true class, predicted class, probability.",
                   html + "</ul>\n");
}

/// Planes side by side, each with its width in pixels of the screen.
std::string planes(std::span<const float> values, std::size_t height, std::size_t width, std::size_t shown_width,
                   const std::string& label) {
    constexpr std::size_t most_planes = 64;
    const std::size_t size = height * width;
    const std::size_t count = values.size() / size;
    const float largest = largest_magnitude(values);
    std::string html = "<div class=\"planes\" role=\"img\" aria-label=\"" + escaped(label) + "\">";
    for (std::size_t n = 0; n < std::min(count, most_planes); ++n) {
        html += format("<img alt=\"\" width=\"%zu\" height=\"%zu\" src=\"", shown_width,
                       std::max<std::size_t>(1, shown_width * height / width)) +
                signed_uri(values.subspan(n * size, size), width, largest) + "\">";
    }
    return html + "</div>" + (count > most_planes ? "<span>and " + grouped(count - most_planes) + " more</span>" : "");
}

std::string network(const ReportData& data) {
    std::uint64_t multiply_adds = 0;
    bool chain = true;
    for (const ReportLayer& layer : data.layers) {
        multiply_adds += layer.multiply_adds;
        chain = chain && layer.inputs.size() == 1;
    }
    std::string html = std::string("<div class=\"split") + (chain ? "" : " one") + "\">\n" + network_drawing(data) +
                       "<div>\n<dl class=\"facts\">\n" + fact("Parameters", grouped(data.parameters)) +
                       fact("Multiply-adds", grouped(multiply_adds) + " for an image") +
                       fact("Memory to infer", spelled_bytes(data.inference_bytes) + " beside the parameters") +
                       fact("Memory to train", spelled_bytes(data.training_bytes) + " for an image") + "</dl>\n";
    if (data.filters.count != 0) {
        html += "<figure><figcaption><b>Filters of the first layer</b> (" + escaped(data.filters_name) +
                "): blue is positive, orange negative.</figcaption>\n" +
                planes(data.filters.values, data.filters.height, data.filters.width, 56,
                       format("%zu filters of %zu by %zu weights", data.filters.count, data.filters.height,
                              data.filters.width)) +
                "</figure>\n";
    }
    return section("Network",
                   "Drawn from its type. Each box is a layer with the shape that it makes; layers that learn are blue.",
                   html + "</div>\n</div>\n");
}

/// Values without an image's shape: cells in rows of 40.
std::string cells(const ReportLayer& layer) {
    constexpr std::size_t in_row = 40;
    const std::size_t width = std::min(in_row, layer.activation.size());
    const std::size_t rows = (layer.activation.size() + width - 1) / width;
    const std::size_t cell = layer.activation.size() <= 16 ? 18 : 8;
    return format("<div class=\"planes\"><img class=\"cells\" width=\"%zu\" height=\"%zu\" alt=\"", width * cell,
                  rows * cell) +
           format("%zu values", layer.activation.size()) + "\" src=\"" +
           signed_uri(layer.activation, width, largest_magnitude(layer.activation)) + "\"></div>";
}

std::string layer_values(const ReportLayer& layer) {
    if (layer.shape.size() == 3 && layer.shape[1] * layer.shape[2] > 1) {
        const std::size_t height = layer.shape[1];
        const std::size_t width = layer.shape[2];
        const std::size_t shown = width >= 24   ? 2 * width
                                  : width >= 12 ? 3 * width
                                                : std::max<std::size_t>(5 * width, 24);
        return planes(layer.activation, height, width, std::min<std::size_t>(shown, 112),
                      format("%zu planes of %zu by %zu values", layer.shape[0], height, width));
    }
    return cells(layer);
}

std::string answers(const ReportData& data) {
    const auto best = static_cast<std::size_t>(std::ranges::max_element(data.sample_probabilities) -
                                               data.sample_probabilities.begin());
    std::string html =
        "<table class=\"bars\"><thead hidden><tr><th scope=\"col\">class</th><th "
        "scope=\"col\">probability</th></tr></thead><tbody>\n";
    for (std::size_t label = 0; label < data.classes.size(); ++label) {
        const auto probability = static_cast<double>(data.sample_probabilities[label]);
        html += format("<tr%s><th scope=\"row\">", label == best ? " class=\"top\"" : "") +
                escaped(data.classes[label]) +
                format("</th><td><span class=\"bar\"><i style=\"width:%.2f%%\"></i></span></td><td>",
                       std::isfinite(probability) ? 100 * probability : 0) +
                (std::isfinite(probability) ? percent(probability, 1) : "\u2013") + "</td></tr>\n";
    }
    return html + "</tbody></table>\n";
}

std::string sample(const ReportData& data) {
    if (data.layers.empty()) {
        return {};
    }
    const Planes& picture = data.sample_picture;
    std::string html =
        "<ol class=\"flow\">\n<li><div><b>Input</b><span>" +
        spelled_shape({picture.count, picture.height, picture.width}) +
        format("</span></div><div class=\"planes\"><img class=\"ink\" width=\"%zu\" height=\"%zu\" alt=\"",
               4 * picture.width, 4 * picture.height) +
        "A " + escaped(data.classes[data.sample_class]) + "\" src=\"" +
        ink_uri(std::span(picture.values).first(picture.height * picture.width), picture.width) + "\"></div></li>\n";
    for (const ReportLayer& layer : data.layers) {
        const auto [kind, arguments] = kind_and_arguments(layer.description);
        html += "<li><div><b><span class=\"index\" style=\"display:inline\">" + escaped(layer.name) + "</span> " +
                escaped(kind) + "</b><span>" + spelled_shape(layer.shape) + "</span></div><div>" + layer_values(layer) +
                "</div></li>\n";
    }
    html += "<li><div><b>Probabilities</b><span>softmax of the outputs</span></div><div>" + answers(data) +
            "</div></li>\n</ol>\n";
    return section("One image on its way",
                   "Test image " + grouped(data.sample) + ", a " + escaped(data.classes[data.sample_class]) +
                       ", and what each layer makes of it: blue is positive, orange negative, each layer by its own "
                       "largest value.",
                   html);
}

std::string times(const ReportData& data) {
    double all = 0;
    std::uint64_t multiply_adds = 0;
    for (const ReportTime& time : data.times) {
        all += time.seconds;
        multiply_adds += time.multiply_adds;
    }
    const auto share = [&](std::uint64_t count, double seconds) {
        if (count == 0 || !(data.peak > 0)) {
            return std::string("<td class=\"n index\">\u2013</td>");
        }
        const double part = 2 * static_cast<double>(count) / seconds / data.peak;
        return "<td class=\"n\">" + percent(part, 0) +
               format("<span class=\"bar\" aria-hidden=\"true\"><i style=\"width:%.1f%%\"></i></span></td>",
                      std::min(100.0, 100 * part));
    };
    std::string html =
        "<table class=\"list\">\n<thead><tr><th scope=\"col\">Layer</th><th scope=\"col\" class=\"n "
        "more\">Multiply-adds"
        "</th><th scope=\"col\" class=\"n\">Time</th><th scope=\"col\" class=\"n more\">of all</th><th scope=\"col\" "
        "class=\"n\">of the peak</th></tr></thead>\n<tbody>\n";
    for (const ReportTime& time : data.times) {
        std::string names;
        for (const std::size_t n : time.layers) {
            names += (names.empty() ? "" : " + ") + ("<span class=\"index\">" + escaped(data.layers[n].name)) +
                     "</span> " + escaped(kind_and_arguments(data.layers[n].description).first);
        }
        html += "<tr><th scope=\"row\">" + names + "</th><td class=\"n more\">" +
                (time.multiply_adds == 0 ? "\u2013" : grouped(time.multiply_adds)) + "</td><td class=\"n\">" +
                spelled_time(time.seconds) + "</td><td class=\"n more\">" + percent(time.seconds / all, 0) + "</td>" +
                share(time.multiply_adds, time.seconds) + "</tr>\n";
    }
    html += "</tbody>\n<tfoot><tr><th scope=\"row\">Together</th><td class=\"n more\">" + grouped(multiply_adds) +
            "</td><td class=\"n\">" + spelled_time(all) + "</td><td class=\"n more\"></td>" +
            share(multiply_adds, all) + "</tr></tfoot>\n</table>\n";
    return section("Time of each layer",
                   format("Forward, for one image of a full tile, on one thread, whose peak of fused multiply-adds is "
                          "%.0f%sGFLOP/s. Functions that run as their layer stores are in its row. A "
                          "convolution by Winograd's method multiplies less often than is counted, and may exceed the "
                          "peak.",
                          data.peak * 1e-9, thin),
                   html);
}

std::string settings(const ReportData& data) {
    std::string html =
        "<table class=\"list\"><thead hidden><tr><th scope=\"col\">setting</th><th "
        "scope=\"col\">value</th></tr></thead><tbody>\n";
    for (const auto& [name, value] : data.settings) {
        html += "<tr><th scope=\"row\" class=\"index\">" + escaped(name) +
                "</th><td style=\"overflow-wrap:anywhere\">" + escaped(value) + "</td></tr>\n";
    }
    const History& history = data.history;
    std::string note =
        "All that is needed to repeat this training: with the same settings, compiler and kind of processor, it gives "
        "the same parameters, bit by bit.";
    if (history.steps == 0) {
        note = "What was tested, and with what.";
    } else if (!data.no_command.empty()) {
        note = data.no_command;
    } else if (history.stopped) {
        note += " The command ends where this training was stopped.";
    }
    return section("Settings", note, html + "</tbody></table>\n");
}

/// A word as a shell reads it.
std::string quoted_for_shell(const std::string& word) {
    const bool plain = std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._-+=:,").find(c) != std::string_view::npos;
    });
    if (plain && !word.empty()) {
        return word;
    }
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return text + "'";
}

/// The command that repeats a training: one that was stopped has so many epochs fewer.
std::string command(std::string_view network, const Settings& settings, const History& history,
                    const std::string& data) {
    const double epochs = history.stopped
                              ? static_cast<double>(history.steps) / static_cast<double>(history.steps_per_epoch)
                              : settings.epochs;
    std::string text = "mnist train --net " + std::string(network) + " --epochs " + shortest(epochs) +
                       " --batch-size " + std::to_string(settings.batch_size) + " --lr " + shortest(settings.lr) +
                       " --seed " + std::to_string(history.seed);
    if (!history.load.empty()) {
        text += " --load " + quoted_for_shell(history.load);
    }
    return data == default_source().folder ? text : text + " --data " + quoted_for_shell(data);
}

// What the machine says of itself ---------------------------------------------------------------------------------------

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        for (const std::string_view key : {"model name", "Model", "cpu model"}) {
            const std::size_t colon = line.find(':');
            if (line.starts_with(key) && colon != std::string::npos && colon + 2 < line.size()) {
                return line.substr(colon + 2);
            }
        }
    }
    utsname system{};
    return uname(&system) == 0 ? system.machine : "unknown";
}

std::string compiler() {
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "g++ " __VERSION__;
#else
    return "unknown";
#endif
}

std::string target() {
    std::string name = CTCNN_TEXT_OF(CTCNN_TARGET);
    return name.starts_with("for_") ? name.substr(4) : name;
}

std::string now() {
    const std::time_t time = std::time(nullptr);
    std::tm utc{};
    char text[64];
    gmtime_r(&time, &utc);
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc));
}

}  // namespace

double measure_peak() { return benchmarks::fma_peak(1, 10) * 1e9; }

std::string why_no_command(std::string_view network, const Settings& settings, const History& history,
                           const std::string& data) {
    if (history.stopped && history.scheduled) {
        return "No command repeats this training: it was stopped, and the learning rate of each step depends on the "
               "number of steps that it was to have. A new training with the same settings has the same steps up to "
               "there.";
    }
    if (!history.load_is_known) {
        return "No command is known to repeat this training: the checkpoint that it went on from does not say which "
               "parameters it began with.";
    }
    if (history.load_is_replaced) {
        return "No command repeats this training: it has overwritten the file of the parameters that it began with.";
    }
    const std::string text = command(network, settings, history, data);
    if (ctcnn::detail_::printable(text) != text) {
        return "No command is shown: a name in it is very long, or has bytes that are no text.";
    }
    return {};
}

std::vector<Fact> report_settings(std::string_view network, const Settings& settings, const Files& files,
                                  const History& history, const std::string& data) {
    std::vector<Fact> facts{{"Network", std::string(network)}};
    if (settings.epochs > 0) {
        facts.insert(facts.end(), {{"Epochs", format("%g", settings.epochs)},
                                   {"Batch size", grouped(settings.batch_size)},
                                   {"Learning rate", shortest(settings.lr)},
                                   {"Seed", std::to_string(history.seed)}});
        if (why_no_command(network, settings, history, data).empty()) {
            facts.emplace_back("Command", command(network, settings, history, data));
        }
    }
    for (const auto& [name, file] :
         {Fact("Parameters from", settings.epochs > 0 ? history.load : files.load),
          Fact("Parameters saved in", files.save), Fact("Training continued from", files.resume),
          Fact("Training saved in", files.checkpoint)}) {
        if (!file.empty()) {
            facts.emplace_back(name, ctcnn::detail_::printable(file));
        }
    }
    utsname system{};
    const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
    facts.insert(facts.end(),
                 {{"Threads", std::to_string(settings.threads == 0 ? threads : settings.threads)},
                  {"Library", "ctcnn " CTCNN_VERSION_STRING + std::string(" for ") + target()},
                  {"Compiler", compiler()},
                  {"Processor", processor() + format(", %zu thread%s", threads, threads == 1 ? "" : "s")},
                  {"System", uname(&system) == 0 ? std::string(system.sysname) + " " + system.release : "unknown"},
                  {"Written", now()}});
    return facts;
}

std::string report_page(const ReportData& data) {
    const std::string title = escaped(data.network) + ": training report";
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
           "content=\"width=device-width, initial-scale=1\">\n<title>" +
           title + "</title>\n<style>" + std::string(html_style) + "</style>\n</head>\n<body>\n" + heading(data) +
           "<main>\n" + curves(data) + confusion(data) + mistakes(data) + network(data) + sample(data) + times(data) +
           settings(data) +
           "</main>\n<footer>Written by mnist, an example of ctcnn " CTCNN_VERSION_STRING
           ".</footer>\n</body>\n</html>\n";
}

void write_report(const std::string& file, const ReportData& data) {
    const std::string page = report_page(data);
    ctcnn::detail_::io::AtomicFile<> report{file};
    report.write(std::as_bytes(std::span(page)));
    report.commit();
}

}  // namespace mnist
