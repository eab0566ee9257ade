// SPDX-License-Identifier: MIT
// The networks of examples/networks: each learns a batch by heart, and computes the same with its BatchNorms folded.
#include <ctcnn/ctcnn.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "../../examples/networks/networks.hpp"
#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

constexpr std::size_t batch = 8;

template <typename Tensors>
void fill(Tensors& tensors, Draw& draw) {
    for (auto& tensor : tensors) {
        std::ranges::generate(tensor.span(), [&] { return draw.real(0.0f, 1.0f); });
    }
}

/// Steps of Adam on one batch. Returns the loss of each.
template <typename Net, typename Loss, typename Targets>
std::vector<double> descend(Net& net, const Loss& loss, const std::vector<typename Net::input_tensor>& images,
                            const Targets& targets) {
    std::vector<double> losses;
    std::vector<float> means(Net::parameter_count);
    std::vector<float> squares(Net::parameter_count);
    for (std::uint64_t step = 1; step <= 20; ++step) {
        const auto result = value_and_grad(net, loss, images, targets);
        losses.push_back(static_cast<double>(result.loss));
        Adam{.lr = 0.01f}.step(net.parameters(), result.gradients.parameters(), means, squares, step);
        if constexpr (Net::buffer_count != 0) {
            std::ranges::copy(result.buffers, net.buffers().begin());
        }
    }
    return losses;
}

/// The largest difference between the outputs of a network and those of the same one, fused, beside its largest output.
template <typename Net>
double fused_difference(const Net& net, const typename Net::input_tensor& image) {
    const auto fused = std::make_unique<Fused<Net>>(fuse(net));
    const auto expected = net(image);
    const auto actual = (*fused)(image);
    double difference = 0;
    double size = 1;
    for (std::size_t n = 0; n < Net::output_shape::size; ++n) {
        difference = std::max(difference, std::abs(double{expected.values[n]} - double{actual.values[n]}));
        size = std::max(size, std::abs(double{expected.values[n]}));
    }
    return difference / size;
}

}  // namespace

TEST_CASE("Each network learns a batch by heart, and computes the same when it is fused") {
    for_each_network([]<typename Net>(std::string_view name) {
        INFO(name);
        const auto net = std::make_unique<Net>();
        initialize(*net, KaimingUniform{.a = 0}, 1);
        Draw draw(1);
        std::vector<typename Net::input_tensor> images(batch);
        fill(images, draw);
        std::vector<double> losses;
        if constexpr (Net::output_shape::size > 20) {
            std::vector<typename Net::output_tensor> targets(batch);
            fill(targets, draw);
            losses = descend(*net, MSELoss{}, images, targets);
        } else {
            std::vector<std::uint8_t> labels(batch);
            for (std::size_t n = 0; n < batch; ++n) {
                labels[n] = static_cast<std::uint8_t>(n % Net::output_shape::size);
            }
            losses = descend(*net, CrossEntropyLoss{}, images, labels);
        }
        CAPTURE(losses);
        CHECK(std::ranges::all_of(losses, [](double loss) { return std::isfinite(loss); }));
        CHECK(losses.back() < 0.8 * losses.front());
        // Weights are rounded once more, and sums of up to 2,304 products add their roundings.
        CHECK(fused_difference(*net, images[0]) < 1e-5);
    });
}
