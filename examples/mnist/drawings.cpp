// SPDX-License-Identifier: MIT
#include "drawings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "screen.hpp"

namespace mnist {

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string spelled_shape(const std::vector<std::size_t>& shape) {
    std::string text;
    for (const std::size_t size : shape) {
        text.append(text.empty() ? "" : " \u00d7 ").append(std::to_string(size));
    }
    return text;
}

std::pair<std::string_view, std::string_view> kind_and_arguments(std::string_view description) {
    const std::size_t open = description.find('(');
    if (open == std::string_view::npos || !description.ends_with(')')) {
        return {description, {}};
    }
    return {description.substr(0, open), description.substr(open + 1, description.size() - open - 2)};
}

namespace {

// Curves -------------------------------------------------------------------------------------------------------------

/// The height and the width that curves are drawn in; the page stretches them. Texts stand beside the drawing, so that
/// they keep their size.
constexpr double plot_width = 1000;
constexpr double plot_height = 400;

/// An axis, from value `low` to value `high`.
struct Axis {
    double low;
    double high;
    bool logarithmic;
    std::vector<double> ticks;

    /// From 0 to 1.
    double part(double value) const {
        const auto scaled = [this](double x) { return logarithmic ? std::log10(x) : x; };
        return std::clamp((scaled(value) - scaled(low)) / (scaled(high) - scaled(low)), 0.0, 1.0);
    }
};

/// 1, 2 or 5 times a power of ten, so that at most `most` steps of it fit.
double round_step(double range, double most) {
    const double step = std::pow(10, std::floor(std::log10(range / most)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (range / (factor * step) <= most) {
            return factor * step;
        }
    }
    return 10 * step;
}

Axis linear_axis(double low, double high, double most_steps) {
    Axis axis{low, high, false, {}};
    const double step = round_step(high - low, most_steps);
    for (double n = std::ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; ++n) {
        axis.ticks.push_back(n * step + 0.0);  // not -0
    }
    return axis;
}

Axis logarithmic_axis(double low, double high) {
    for (const std::vector<double>& factors : {std::vector<double>{1, 2, 5}, {1, 3}, {1}}) {
        Axis axis{low, high, true, {}};
        for (double decade = std::floor(std::log10(low)); decade <= std::log10(high); ++decade) {
            for (const double factor : factors) {
                const double tick = factor * std::pow(10, decade);
                if (tick >= low && tick <= high) {
                    axis.ticks.push_back(tick);
                }
            }
        }
        if (axis.ticks.size() <= 7) {
            return axis;
        }
    }
    return {low, high, true, {low, high}};
}

Axis epoch_axis(const History& history) {
    double last = history.epochs.empty() ? 0 : static_cast<double>(history.epochs.back().epoch);
    if (!history.losses.empty()) {
        last = std::max(last, history.losses.back().epoch);
    }
    return linear_axis(0, std::max(last, 1e-3), 5);
}

/// A part of a path: "M" begins at a point, "L" draws a line to it.
std::string path_part(const char* command, double x, double y) {
    return format("%s%.1f %.1f", command, x * plot_width, (1 - y) * plot_height);
}

/// A frame with ticks around a drawing.
std::string plot(const std::string& title, const std::string& caption, const std::string& label, const Axis& x,
                 const Axis& y, const char* y_format, const std::string& drawing) {
    std::string html = "<figure class=\"plot\"><figcaption><b>" + title + "</b> " + caption + "</figcaption>\n";
    html += "<div class=\"frame\"><div class=\"y\" aria-hidden=\"true\">";
    std::string grid;
    for (const double tick : y.ticks) {
        html += format("<span style=\"bottom:%.2f%%\">", 100 * y.part(tick)) + format(y_format, tick) + "</span>";
        const double height = (1 - y.part(tick)) * plot_height;
        grid += format("<path class=\"grid\" d=\"M0 %.1f H1000\"/>", height);
    }
    html += format("</div>\n<svg viewBox=\"0 0 %g %g\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
                   plot_width, plot_height) +
            escaped(label) + "\">" + grid + drawing + "</svg>\n<div class=\"x\" aria-hidden=\"true\">";
    for (const double tick : x.ticks) {
        html += format("<span style=\"left:%.2f%%\">%g</span>", 100 * x.part(tick), tick);
    }
    return html + "<i>epochs</i></div></div></figure>\n";
}

}  // namespace

std::string loss_curve(const History& history) {
    struct Bucket {
        double epoch = 0;
        double sum = 0;
        double low = std::numeric_limits<double>::infinity();
        double high = 0;
        std::size_t count = 0;
    };
    constexpr std::size_t most_buckets = 160;
    const std::size_t in_bucket = (history.losses.size() + most_buckets - 1) / most_buckets;
    std::vector<Bucket> buckets;
    std::size_t n = 0;
    for (const LossPoint& step : history.losses) {
        if (!std::isfinite(step.loss)) {
            continue;
        }
        if (n++ % in_bucket == 0) {
            buckets.emplace_back();
        }
        Bucket& bucket = buckets.back();
        bucket.epoch += step.epoch;
        bucket.sum += step.loss;
        bucket.low = std::min(bucket.low, step.loss);
        bucket.high = std::max(bucket.high, step.loss);
        ++bucket.count;
    }
    if (buckets.size() < 2) {
        return "<p>There are too few steps for a curve of the loss.</p>\n";
    }
    double low = std::numeric_limits<double>::infinity();
    double high = 0;
    for (Bucket& bucket : buckets) {
        const auto count = static_cast<double>(bucket.count);
        bucket.epoch /= count;
        bucket.sum /= count;
        low = std::min(low, bucket.low);
        high = std::max(high, bucket.sum);
    }
    // The highest losses of the first steps may leave the frame: the line matters, and not the range behind it.
    const Axis y = low > 0 && high > 8 * low ? logarithmic_axis(std::max(low, high / 2000) * 0.95, high * 1.1)
                                             : linear_axis(std::min(low, 0.0), high > 0 ? high * 1.05 : 1, 6);
    const Axis x = epoch_axis(history);
    std::string line;
    std::string range;
    for (const Bucket& bucket : buckets) {
        line += path_part(line.empty() ? "M" : "L", x.part(bucket.epoch), y.part(bucket.sum));
        range += path_part(range.empty() ? "M" : "L", x.part(bucket.epoch), y.part(bucket.high));
    }
    std::ranges::reverse(buckets);
    for (const Bucket& bucket : buckets) {
        range += path_part("L", x.part(bucket.epoch), y.part(bucket.low));
    }
    const double last = buckets.front().sum;
    return plot("Loss", in_bucket == 1 ? "of each step" : format("means of %zu steps, and their range", in_bucket),
                format("The loss of %s steps falls from %.3g to %.3g.", grouped(history.losses.size()).c_str(),
                       buckets.back().sum, last),
                x, y, "%g", "<path class=\"range\" d=\"" + range + "Z\"/><path class=\"line\" d=\"" + line + "\"/>");
}

std::string accuracy_curve(const History& history) {
    if (history.epochs.empty()) {
        return "<p>No epoch was completed.</p>\n";
    }
    double low = 1;
    double high = 0;
    for (const EpochNews& epoch : history.epochs) {
        low = std::min(low, epoch.test_accuracy);
        high = std::max(high, epoch.test_accuracy);
    }
    const double step = round_step(100 * std::max(high - low, 0.005) * 1.3, 6);
    const Axis y = linear_axis(std::max(0.0, step * std::floor((100 * low - step / 2) / step)),
                               std::min(100.0, step * std::ceil((100 * high + step / 2) / step)), 7);
    const Axis x = epoch_axis(history);
    std::string line;
    std::string points;
    for (const EpochNews& epoch : history.epochs) {
        const double when = history.losses.empty() ? static_cast<double>(epoch.epoch)
                                                   : std::min(static_cast<double>(epoch.epoch), x.high);
        const double height = y.part(100 * epoch.test_accuracy);
        line += path_part(line.empty() ? "M" : "L", x.part(when), height);
        points.append("<path class=\"point\" d=\"").append(path_part("M", x.part(when), height)).append("h0\"/>");
    }
    const double last = 100 * history.epochs.back().test_accuracy;
    const std::string percents = format("%.2f\u202f%% at the end", last);
    return plot("Accuracy", "on the test images, " + percents,
                format("The accuracy after each of %zu epochs, from %.2f to %.2f percent.", history.epochs.size(),
                       100 * low, 100 * high),
                x, y, "%g\u202f%%", "<path class=\"line\" d=\"" + line + "\"/>" + points);
}

// The network ----------------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// Nodes in rows and lanes: node 0 is the image, node n + 1 is layer n. A line that passes a row keeps a lane of it
/// free.
struct Placement {
    std::vector<std::size_t> rows;
    std::vector<std::size_t> lanes;
    struct Line {
        std::size_t from;
        std::size_t to;
        std::size_t lane;  // on the way; nowhere where there is none between
    };
    std::vector<Line> lines;
    std::size_t row_count = 0;
    std::size_t lane_count = 1;

    explicit Placement(const std::vector<ReportLayer>& layers) : rows{0}, lanes{0} {
        std::vector<std::vector<bool>> taken;  // taken[row][lane]
        const auto is_free = [&](std::size_t lane, std::size_t first, std::size_t last) {
            for (std::size_t row = first; row <= last && row < taken.size(); ++row) {
                if (lane < taken[row].size() && taken[row][lane]) {
                    return false;
                }
            }
            return true;
        };
        const auto take = [&](std::size_t lane, std::size_t first, std::size_t last) {
            taken.resize(std::max(taken.size(), last + 1));
            for (std::size_t row = first; row <= last; ++row) {
                taken[row].resize(std::max(taken[row].size(), lane + 1));
                taken[row][lane] = true;
            }
            lane_count = std::max(lane_count, lane + 1);
        };
        const auto free_lane = [&](std::size_t wish, std::size_t first, std::size_t last) {
            if (is_free(wish, first, last)) {
                return wish;
            }
            std::size_t lane = 0;
            while (!is_free(lane, first, last)) {
                ++lane;
            }
            return lane;
        };
        take(0, 0, 0);
        for (const ReportLayer& layer : layers) {
            std::size_t row = 0;
            std::size_t wish = nowhere;
            for (const std::size_t input : layer.inputs) {
                row = std::max(row, rows[input] + 1);
                wish = std::min(wish, lanes[input]);
            }
            const std::size_t lane = free_lane(wish, row, row);
            take(lane, row, row);
            rows.push_back(row);
            lanes.push_back(lane);
        }
        row_count = *std::ranges::max_element(rows) + 1;
        for (std::size_t n = 0; n < layers.size(); ++n) {
            for (const std::size_t input : layers[n].inputs) {
                std::size_t lane = nowhere;
                if (rows[input] + 1 < rows[n + 1]) {
                    lane = free_lane(lanes[input], rows[input] + 1, rows[n + 1] - 1);
                    take(lane, rows[input] + 1, rows[n + 1] - 1);
                }
                lines.push_back({input, n + 1, lane});
            }
        }
    }
};

/// At most so many characters of a text.
std::string clipped(std::string_view text, std::size_t most) {
    return text.size() <= most ? std::string(text) : std::string(text.substr(0, most - 1)) + "\u2026";
}

}  // namespace

std::string network_drawing(const ReportData& data) {
    const Placement place(data.layers);
    const bool chain = place.lane_count == 1;
    const double box_width = chain ? 344 : 216;
    constexpr double lane_gap = 22;
    constexpr double row_gap = 18;
    constexpr double tall = 46;
    constexpr double flat = 28;
    const std::size_t most_characters = chain ? 38 : 22;

    const auto is_tall = [&](std::size_t node) {
        return node != 0 && (data.layers[node - 1].parameters != 0 ||
                             !kind_and_arguments(data.layers[node - 1].description).second.empty());
    };
    std::vector<double> heights(place.row_count, flat);
    for (std::size_t node = 0; node < place.rows.size(); ++node) {
        if (is_tall(node)) {
            heights[place.rows[node]] = tall;
        }
    }
    std::vector<double> tops{1};
    for (const double height : heights) {
        tops.push_back(tops.back() + height + row_gap);
    }
    const auto left = [&](std::size_t lane) { return 1 + static_cast<double>(lane) * (box_width + lane_gap); };
    const auto middle = [&](std::size_t lane) { return left(lane) + box_width / 2; };
    const auto top = [&](std::size_t node) { return tops[place.rows[node]]; };
    const auto bottom = [&](std::size_t node) { return top(node) + (is_tall(node) ? tall : flat); };
    const double width = left(place.lane_count - 1) + box_width + 1;
    const double height = tops.back() - row_gap + 1;

    std::string lines;
    for (const Placement::Line& line : place.lines) {
        const double begin = middle(place.lanes[line.from]);
        const double end = middle(place.lanes[line.to]);
        lines += format("<path class=\"edge\" d=\"M%.1f %.1f", begin, bottom(line.from));
        const auto curve = [&](double from, double to, double y) {
            if (std::abs(from - to) > 0.5) {
                lines += format("C%.1f %.1f %.1f %.1f %.1f %.1f", from, y + row_gap * 0.7, to, y + row_gap * 0.3, to,
                                y + row_gap);
            } else {
                lines += format("V%.1f", y + row_gap);
            }
        };
        const double row_bottom = tops[place.rows[line.from] + 1] - row_gap;
        lines += format("V%.1f", row_bottom);
        if (line.lane == nowhere) {
            curve(begin, end, row_bottom);
        } else {
            const double way = middle(line.lane);
            curve(begin, way, row_bottom);
            lines += format("V%.1f", top(line.to) - row_gap);
            curve(way, end, top(line.to) - row_gap);
        }
        lines += format("\"/><path class=\"head\" d=\"M%.1f %.1fl-4 -6h8z\"/>", end, top(line.to));
    }

    std::string boxes;
    for (std::size_t node = 0; node < place.rows.size(); ++node) {
        const ReportLayer* layer = node == 0 ? nullptr : &data.layers[node - 1];
        const auto [kind, arguments] =
            kind_and_arguments(layer == nullptr ? std::string_view("Input") : layer->description);
        const double x = left(place.lanes[node]);
        const double y = top(node);
        const char* look = layer == nullptr || layer->inputs.size() > 1 ? "box round"
                           : layer->parameters != 0                     ? "box learned"
                                                                        : "box";
        boxes += "<g>";
        if (layer != nullptr) {
            boxes += "<title>" + escaped(layer->name + " " + layer->description) + "</title>";
        }
        boxes += format("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%g\" height=\"%g\" rx=\"%d\"/>", look, x, y,
                        box_width, bottom(node) - y, look[3] == ' ' && look[4] == 'r' ? 14 : 6);
        boxes += format("<text x=\"%.1f\" y=\"%.1f\">", x + 12, y + 18.5);
        if (layer != nullptr) {
            boxes += "<tspan class=\"soft\">" + escaped(clipped(layer->name, 14)) + "</tspan> ";
        }
        boxes += "<tspan class=\"kind\">" + escaped(kind) + "</tspan></text>";
        const std::vector<std::size_t> input_shape{data.sample_picture.count, data.sample_picture.height,
                                                   data.sample_picture.width};
        boxes += format("<text class=\"end\" x=\"%.1f\" y=\"%.1f\">", x + box_width - 12, y + 18.5) +
                 spelled_shape(layer == nullptr ? input_shape : layer->shape) + "</text>";
        if (is_tall(node)) {
            boxes += format("<text class=\"small\" x=\"%.1f\" y=\"%.1f\">", x + 12, y + 36) +
                     escaped(clipped(arguments, most_characters)) + "</text>";
            if (layer->parameters != 0) {
                boxes += format("<text class=\"small end\" x=\"%.1f\" y=\"%.1f\">", x + box_width - 12, y + 36) +
                         grouped(layer->parameters) + (chain ? " parameters" : "") + "</text>";
            }
        }
        boxes += "</g>\n";
    }
    return format(
               "<div class=\"%s\"><svg class=\"network\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" role=\"img\" "
               "aria-label=\"The network: %zu layers, from the image at the top to the outputs at the bottom\"%s>\n",
               chain ? "chain" : "wide", width, height, width, data.layers.size(),
               chain ? "" : format(" style=\"min-width:%.0fpx\"", 0.7 * width).c_str()) +
           lines + "\n" + boxes + "</svg></div>\n";
}

}  // namespace mnist
