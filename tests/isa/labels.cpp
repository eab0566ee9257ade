// SPDX-License-Identifier: MIT
// Many images on all threads: functions of std:: and of the library that are too large to be inlined, an exception that
// is thrown and caught within one version, and a second translation unit that shares inline functions with the first.
#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "lenet.hpp"
#include "net.hpp"

namespace {

struct NotThere : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void expect(const std::vector<std::size_t>& labels, std::uint8_t wanted) {
    if (std::find(labels.begin(), labels.end(), wanted) == labels.end()) {
        throw NotThere("no image has the label");
    }
}

}  // namespace

bool lenet_labels(const float* parameters, const float* images, std::size_t count, std::uint8_t wanted,
                  std::uint8_t* labels) {
    const auto net = std::make_unique<LeNet>();
    std::copy_n(parameters, LeNet::parameter_count, net->parameters().begin());
    std::vector<LeNet::input_tensor> inputs;
    for (std::size_t i = 0; i < count; ++i) {
        inputs.emplace_back();
        std::copy_n(images + i * inputs[i].size(), inputs[i].size(), inputs[i].data());
    }
    const std::vector<std::size_t> found = predict(*net, std::span<const LeNet::input_tensor>(inputs));
    std::transform(found.begin(), found.end(), labels,
                   [](std::size_t label) { return static_cast<std::uint8_t>(label); });
    try {
        expect(found, wanted);
    } catch (const NotThere&) {
        return false;
    }
    return true;
}
