// SPDX-License-Identifier: MIT
//
// Each loss, with labels and with tensors as targets, saved after some steps and resumed.
#include <ctcnn/io/checkpoint.hpp>

#include <ctcnn/loss/bce_with_logits.hpp>
#include <ctcnn/loss/kl_div.hpp>
#include <ctcnn/loss/l1.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/loss/nll.hpp>
#include <ctcnn/optim/sgd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../train/small.hpp"
#include "catch.hpp"
#include "resumed.hpp"

using namespace ctcnn;

namespace {

using Output = small::Net::output_tensor;

/// The images with probabilities of classes, as targets.
Dataset<Shape<1, 6, 5>, float, Output> with_tensors(std::size_t count) {
    const small::Data data = small::data(count);
    std::vector<small::Net::input_tensor> images(data.images().begin(), data.images().end());
    std::vector<Output> targets(count);
    for (std::size_t n = 0; n < count; ++n) {
        for (std::size_t k = 0; k < 3; ++k) {
            targets[n](k) = k == data.label(n) ? 0.75f : 0.125f;
        }
    }
    return {std::move(images), std::move(targets)};
}

template <typename Data, typename Loss>
void check(const Data& data, const Loss& loss) {
    resumed::check(small::net(), small::net(9), data, SGD{.lr = 0.01f, .momentum = 0.5f}, resumed::options(), loss);
}

}  // namespace

TEST_CASE("losses of labels go on where they were") {
    const small::Data data = small::data(60);
    check(data, CrossEntropyLoss{.label_smoothing = 0.1f});
    check(data, CrossEntropyLoss{.weight = {1, 2, 4}, .ignore_index = 1});
    check(data, NLLLoss{});
}

TEST_CASE("losses of tensors go on where they were") {
    const auto data = with_tensors(60);
    check(data, CrossEntropyLoss{});
    check(data, MSELoss{});
    check(data, L1Loss{});
    check(data, SmoothL1Loss{.beta = 0.5f});
    check(data, HuberLoss{.delta = 0.5f});
    check(data, BCEWithLogitsLoss{});
    check(data, KLDivLoss{});
}

TEST_CASE("a loss of one's own goes on where it was") {
    check(small::data(60), [](const auto& outputs, std::integral auto label, const auto& gradient) {
        auto sum = outputs[0] * 0;
        for (std::size_t k = 0; k < 3; ++k) {
            const auto difference = outputs[k] - static_cast<float>(k == static_cast<std::size_t>(label) ? 1 : 0);
            sum += difference * difference;
            gradient[k] = 2 * difference;
        }
        return sum;
    });
}
