// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "html_report.hpp"

// The drawings of the report, as SVG inside of HTML.
namespace mnist {

/// The text with what HTML would read as markup escaped.
std::string escaped(std::string_view text);

/// "6 × 28 × 28"
std::string spelled_shape(const std::vector<std::size_t>& shape);

/// The layer's kind and what stands in its parentheses: "Conv2d" and "1, 6, kernel_size=5".
std::pair<std::string_view, std::string_view> kind_and_arguments(std::string_view description);

/// The loss of each step: the mean of neighbours as a line, and the range of their losses behind it.
std::string loss_curve(const History& history);

/// The accuracy on the test images after each epoch.
std::string accuracy_curve(const History& history);

/// The network: a box for each layer, and lines for what it reads.
std::string network_drawing(const ReportData& data);

}  // namespace mnist
