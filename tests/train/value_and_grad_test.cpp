// SPDX-License-Identifier: MIT
#include <ctcnn/train/value_and_grad.hpp>

#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/loss/mse.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "small.hpp"
#include "team.hpp"

using namespace ctcnn;
using small::Net;

namespace {

template <typename Images, typename Targets>
std::string refusal(const Images& images, const Targets& targets) {
    try {
        value_and_grad(small::net(), CrossEntropyLoss{}, images, targets);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

static_assert(std::is_same_v<Gradients<Net>, decltype(LossAndGradients<Net>::gradients)>);

TEST_CASE("the gradients have the views of the network") {
    const small::Data data = small::data(5);
    const auto [loss, gradients] = value_and_grad(small::net(), CrossEntropyLoss{}, data.images(), data.labels());
    CHECK(loss > 0);
    CHECK(gradients.parameters().size() == Net::parameter_count);
    CHECK(gradients.layer<0>().weight.data() == gradients.parameters().data());
    CHECK(gradients.layer<4>().bias.data() + 3 == gradients.parameters().data() + Net::parameter_count);
    // The softmax of an image sums to 1, so the gradients of the last biases sum to 0, up to a rounding of each.
    const auto bias = gradients.layer<4>().bias;
    CHECK(std::abs(bias(0) + bias(1) + bias(2)) < 1e-6f);
    CHECK(std::abs(bias(0)) > 1e-3f);
}

TEST_CASE("the gradients may be the caller's") {
    const small::Data data = small::data(50);
    const Net net = small::net();
    const auto expected = value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels());
    Gradients<Net> gradients{};
    gradients.parameters()[3] = 7;  // what was there does not count
    CHECK(value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels(), gradients) == expected.loss);
    CHECK(small::same_bits(gradients.parameters(), expected.gradients.parameters()));

    const std::vector<Net::output_tensor> targets(50);
    const auto of_targets = value_and_grad(net, MSELoss{}, data.images(), targets);
    CHECK(value_and_grad(net, MSELoss{}, data.images(), targets, gradients) == of_targets.loss);
    CHECK(small::same_bits(gradients.parameters(), of_targets.gradients.parameters()));
}

TEST_CASE("the loss is the mean of the losses of single images") {
    const small::Data data = small::data(21);
    const Net net = small::net();
    const auto [loss, gradients] = value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels());
    double sum = 0;
    for (std::size_t n = 0; n < data.size(); ++n) {
        const auto logits = net(data.image(n));
        double denominator = 0;
        for (const float logit : logits.values) {
            denominator += std::exp(static_cast<double>(logit));
        }
        sum += std::log(denominator) - static_cast<double>(logits.values[data.label(n)]);
    }
    // 1e-6: a few roundings of float.
    CHECK(static_cast<double>(loss) == Approx(sum / 21).epsilon(1e-6));
}

TEST_CASE("a batch of many rounds has the mean of the gradients of its parts") {
    const small::Data data = small::data(1000);
    const Net net = small::net();
    const auto all = value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels());
    std::vector<double> mean(Net::parameter_count);
    double loss = 0;
    for (std::size_t part = 0; part < 8; ++part) {
        const auto result = value_and_grad(net, CrossEntropyLoss{}, data.images().subspan(part * 125, 125),
                                           data.labels().subspan(part * 125, 125));
        loss += static_cast<double>(result.loss) / 8;
        for (std::size_t i = 0; i < mean.size(); ++i) {
            mean[i] += static_cast<double>(result.gradients.parameters()[i]) / 8;
        }
    }
    CHECK(static_cast<double>(all.loss) == Approx(loss).epsilon(1e-6));
    double largest = 0;
    for (std::size_t i = 0; i < mean.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(all.gradients.parameters()[i]) - mean[i]));
    }
    // The gradients are below 0.1: a sum of a thousand terms in another order differs by less than 1e-6.
    CHECK(largest < 1e-6);
    CHECK(std::abs(mean.back()) > 1e-4);
}

TEST_CASE("a batch and the same batch again has the mean of the batch") {
    // 256 images, and the same images again, which are a second round: the mean stays.
    const small::Data once = small::data(256);
    std::vector<Net::input_tensor> images(once.images().begin(), once.images().end());
    std::vector<std::uint8_t> labels(once.labels().begin(), once.labels().end());
    images.insert(images.end(), once.images().begin(), once.images().end());
    labels.insert(labels.end(), once.labels().begin(), once.labels().end());
    const Net net = small::net();
    const auto single = value_and_grad(net, CrossEntropyLoss{}, once.images(), once.labels());
    const auto twice = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    CHECK(single.loss == twice.loss);
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        CHECK(static_cast<double>(single.gradients.parameters()[i]) ==
              Approx(static_cast<double>(twice.gradients.parameters()[i])).epsilon(1e-5).margin(1e-7));
    }
}

TEST_CASE("the same batch gives the same bits each time") {
    const small::Data data = small::data(300);
    const auto first = value_and_grad(small::net(), CrossEntropyLoss{}, data.images(), data.labels());
    const auto second = value_and_grad(small::net(), CrossEntropyLoss{}, data.images(), data.labels());
    CHECK(first.loss == second.loss);
    CHECK(small::same_bits(first.gradients.parameters(), second.gradients.parameters()));
}

TEST_CASE("with MSELoss a label stands for the target that is 1 there") {
    const small::Data data = small::data(19);
    std::vector<Net::output_tensor> targets(data.size());
    for (std::size_t n = 0; n < data.size(); ++n) {
        targets[n].values[data.label(n)] = 1;
    }
    const auto labels = value_and_grad(small::net(), MSELoss{}, data.images(), data.labels());
    const auto tensors = value_and_grad(small::net(), MSELoss{}, data.images(), targets);
    CHECK(labels.loss == tensors.loss);
    CHECK(labels.loss > 0);
    CHECK(small::same_bits(labels.gradients.parameters(), tensors.gradients.parameters()));
}

TEST_CASE("a network without parameters has a loss") {
    using Plain = Sequential<Input<2>, Tanh>;
    const std::vector<Plain::input_tensor> images{{0.5f, -1}, {2, 0}};
    const std::vector<Plain::output_tensor> targets{{0.25f, 0}, {1, 1}};
    const auto [loss, gradients] = value_and_grad(Plain{}, MSELoss{}, images, targets);
    CHECK(gradients.parameters().empty());
    const double a = std::tanh(0.5) - 0.25;
    const double b = std::tanh(-1.0);
    const double c = std::tanh(2.0) - 1;
    CHECK(static_cast<double>(loss) == Approx((a * a + b * b + c * c + 1) / 4).epsilon(1e-6));
}

TEST_CASE("a batch that does not fit is refused") {
    const small::Data data = small::data(3);
    std::vector<std::uint8_t> labels{0, 1, 2};
    CHECK(refusal(data.images().first(0), std::span(labels).first(0)) ==
          "the batch is empty: the mean loss needs one image or more");
    CHECK(refusal(data.images(), std::span(labels).first(2)) ==
          "there are 3 images and 2 targets: each image needs one target");
    CHECK(refusal(data.images(), labels) == "no error");
    labels[1] = 3;
    CHECK(refusal(data.images(), labels) == "label 3 of image 1 is out of range: the network has 3 outputs, 0 to 2");
    // As they are, on processors of 32 bits too.
    CHECK(refusal(data.images(), std::vector<std::int64_t>{0, (std::int64_t{1} << 32) + 1, 0}) ==
          "label 4294967297 of image 1 is out of range: the network has 3 outputs, 0 to 2");
    CHECK(refusal(data.images(), std::vector<std::int64_t>{0, 0, -(std::int64_t{1} << 32) - 1}) ==
          "label -4294967297 of image 2 is out of range: the network has 3 outputs, 0 to 2");
}

TEST_CASE("a loss that is not a number is returned, not hidden") {
    small::Data data = small::data(20);
    std::vector<Net::input_tensor> images(data.images().begin(), data.images().end());
    images[19](0, 3, 3) = std::numeric_limits<float>::quiet_NaN();
    const auto undefined = value_and_grad(small::net(), CrossEntropyLoss{}, images, data.labels());
    CHECK(std::isnan(undefined.loss));
    CHECK(std::isnan(undefined.gradients.parameters().back()));
    // A loss may be too large for a float where its gradients are not.
    using Large = Sequential<Input<1>, Linear<1, 1>>;
    Large large{};
    large.layer<0>().weight(0, 0) = 1e30f;
    const std::vector<Large::input_tensor> one{{1}};
    const auto infinite = value_and_grad(large, MSELoss{}, one, std::vector<Large::output_tensor>(1));
    CHECK(std::isinf(infinite.loss));
    CHECK(infinite.gradients.parameters()[0] == 2e30f);
}

#ifdef _OPENMP
TEST_CASE("a TrainingWorkspace takes as many threads as OpenMP, or as many as it is told; without one there is one") {
    const team::Net net = team::net();
    const auto data = team::data(64);
    Gradients<team::Net> gradients;
    const auto with = [&](auto&... workspace) {
        value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels(), gradients, workspace...);
    };
    TrainingWorkspace<team::Net> three(3);
    CHECK(team::size_of([&] {
              TrainingWorkspace<team::Net> workspace;
              with(workspace);
          }) == 2);
    CHECK(team::size_of([&] { with(three); }) == 3);
    CHECK(team::size_of([&] { with(); }) == 1);
}
#endif
