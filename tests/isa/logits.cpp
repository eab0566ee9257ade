// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>

#include "lenet.hpp"
#include "net.hpp"

std::size_t lenet_logits(const float* parameters, const float* image, float* logits) {
    const auto net = std::make_unique<LeNet>();
    std::copy_n(parameters, LeNet::parameter_count, net->parameters().begin());
    LeNet::input_tensor input{};
    std::copy_n(image, input.size(), input.data());
    const LeNet::output_tensor output = (*net)(input);
    std::copy_n(output.data(), output.size(), logits);
    return predict(*net, input);
}

std::size_t lenet_vector_bytes() { return ctcnn::detail_::vector_bytes; }
