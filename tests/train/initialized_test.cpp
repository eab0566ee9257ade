// SPDX-License-Identifier: MIT
#include <ctcnn/train/initialized.hpp>

#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/prelu.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "small.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;

namespace {

using WithReLU = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 8>, ReLU, Linear<8, 3>>;
using WithSigmoid = Sequential<Input<1, 6, 5>, Conv2d<1, 4, Kernel<3>>, Sigmoid, Flatten, Linear<48, 3>, Sigmoid>;
using InBlocks =
    Sequential<Input<1, 6, 5>, Sequential<Conv2d<1, 2, Kernel<3>>, Tanh>,
               Sequential<Flatten, Linear<24, 6, NoBias>, Tanh, Sequential<Linear<6, 6>, Tanh>>, Linear<6, 3, NoBias>>;

/// What fit says, or nothing; a refused network is left as it was.
template <typename Net>
std::string refusal(Net net) {
    const Dataset<typename Net::input_shape, typename Net::scalar> data(std::vector<typename Net::input_tensor>(3),
                                                                        {0, 1, 2});
    const Net before = net;
    try {
        fit(net, data, SGD{.lr = 0.5f});
    } catch (const std::invalid_argument& error) {
        CHECK(std::ranges::equal(net.parameters(), before.parameters()));
        return error.what();
    }
    return {};
}

template <typename Net>
Net drawn() {
    Net net{};
    initialize(net, KaimingUniform{}, 1);
    return net;
}

template <typename Layer>
void set_zero(const Layer& layer) {
    std::ranges::fill(layer.weight.span(), 0.0f);
    if constexpr (requires { layer.bias; }) {
        std::ranges::fill(layer.bias.span(), 0.0f);
    }
}

}  // namespace

TEST_CASE("fit refuses a network that nobody initialized") {
    for (const std::string& text :
         {refusal(WithReLU{}), refusal(WithSigmoid{}), refusal(small::Net{}), refusal(InBlocks{}),
          refusal(WithReLU::with_scalar<double>{}), refusal(InBlocks::with_scalar<double>{})}) {
        CHECK_THAT(text, ContainsSubstring("call initialize(net, KaimingUniform{})"));
    }
    CHECK_THAT(refusal(WithReLU{}), ContainsSubstring("all parameters of layer 1 are 0"));
    CHECK_THAT(refusal(small::Net{}), ContainsSubstring("all parameters of layer 0 are 0"));
    CHECK_THAT(refusal(InBlocks{}), ContainsSubstring("all parameters of layer 0.0 are 0"));

    WithReLU net{};
    const small::Data data = small::data(10);
    CHECK_THROWS_AS(fit(net, data, Adam{}, {}, MSELoss{}), std::invalid_argument);
    // Who only computes is not told what to do.
    CHECK_NOTHROW(value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels()));
    CHECK_NOTHROW(evaluate(net, data));
}

TEST_CASE("fit refuses a network of which a part cannot learn") {
    // Two layers, one behind the other.
    InBlocks blocks = drawn<InBlocks>();
    CHECK(refusal(blocks).empty());
    set_zero(blocks.layer<1>().layer<1>());
    CHECK(refusal(blocks).empty());
    set_zero(blocks.layer<1>().layer<3>().layer<0>());
    CHECK_THAT(refusal(blocks), ContainsSubstring("all parameters of layer 1.1 are 0"));
    // One that a ReLU cuts off.
    WithReLU net = drawn<WithReLU>();
    set_zero(net.layer<1>());
    CHECK_THAT(refusal(net), ContainsSubstring("all parameters of layer 1 are 0"));
    // One of which all readers begin with zeros.
    using Branches = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 4>, Tanh, Concat<Linear<4, 2>, Linear<4, 1>>>;
    Branches branches = drawn<Branches>();
    set_zero(branches.layer<1>());
    CHECK(refusal(branches).empty());
    set_zero(branches.layer<3>().layer<0>());
    CHECK(refusal(branches).empty());
    set_zero(branches.layer<3>().layer<1>());
    CHECK_THAT(refusal(branches), ContainsSubstring("all parameters of layer 1 are 0"));
    using Blocks = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 4>, Residual<Linear<4, 4>, Tanh>, Linear<4, 3>>;
    CHECK_THAT(refusal(Blocks{}), ContainsSubstring("all parameters of layer 1 are 0"));
    using InBranch = Sequential<Input<1, 6, 5>, Flatten, Residual<Linear<30, 4>, Tanh, Linear<4, 30>>, Linear<30, 3>>;
    InBranch in_branch = drawn<InBranch>();
    set_zero(in_branch.layer<1>().layer<0>());
    set_zero(in_branch.layer<1>().layer<2>());
    CHECK_THAT(refusal(in_branch), ContainsSubstring("all parameters of layer 1.0 are 0"));
    using WithPReLU = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 4>, PReLU<>, Linear<4, 3>>;
    CHECK_THAT(refusal(WithPReLU{}), ContainsSubstring("all parameters of layer 1 are 0"));
}

TEST_CASE("branches may begin with zeros behind something that is none") {
    const small::Data data = small::data(300);
    const auto learns = [&](auto net) {
        const double before = evaluate(net, data).loss;
        fit(net, data, SGD{.lr = 0.05f}, {.epochs = 3, .batch_size = 20});
        return evaluate(net, data).loss < 0.8 * before;
    };
    // The blocks add nothing at first, and so each one learns from the first step on.
    using Blocks =
        Sequential<Input<1, 6, 5>, Flatten, Residual<Linear<30, 30>>, Residual<Linear<30, 30>, Tanh>, Linear<30, 3>>;
    Blocks blocks = drawn<Blocks>();
    set_zero(blocks.layer<1>().layer<0>());
    set_zero(blocks.layer<2>().layer<0>());
    const auto gradients = value_and_grad(blocks, CrossEntropyLoss{}, data.images(), data.labels()).gradients;
    CHECK(std::ranges::count(gradients.parameters(), 0.0f) < 100);
    CHECK(learns(blocks));
    // Once the last layer has learned, so does the block.
    set_zero(blocks.layer<3>());
    CHECK(learns(blocks));
    // One behind the other in the list of layers alone.
    using Heads = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 8>, Tanh, Concat<Linear<8, 2>, Linear<8, 1>>>;
    Heads heads = drawn<Heads>();
    set_zero(heads.layer<3>().layer<0>());
    set_zero(heads.layer<3>().layer<1>());
    CHECK(learns(heads));
    // A weight of 0 makes a ReLU of PReLU, and no zeros.
    using WithPReLU = Sequential<Input<1, 6, 5>, Flatten, Linear<30, 8>, PReLU<>, Linear<8, 3>>;
    WithPReLU slopes = drawn<WithPReLU>();
    set_zero(slopes.layer<2>());
    set_zero(slopes.layer<3>());
    CHECK(refusal(slopes).empty());
    using WithoutAffine =
        Sequential<Input<1, 6, 5>, Flatten, Linear<30, 8>, BatchNorm1d<8, NoAffine>, ReLU, Linear<8, 3>>;
    CHECK(refusal(drawn<WithoutAffine>()).empty());
}

TEST_CASE("a layer may begin with zeros where it can learn") {
    const small::Data data = small::data(300);
    const auto accuracy = [&](auto net) {
        fit(net, data, SGD{.lr = 0.25f, .momentum = 0.9f}, {.epochs = 10, .batch_size = 20});
        return evaluate(net, data).accuracy;  // a guess is right once in three times
    };
    // Logistic regression, which is convex.
    CHECK(accuracy(Sequential<Input<1, 6, 5>, Flatten, Linear<30, 3>>{}) > 0.95);
    CHECK(accuracy(Sequential<Input<1, 6, 5>, Flatten, Linear<30, 3, NoBias>>{}) > 0.95);
    WithReLU last = drawn<WithReLU>();
    set_zero(last.layer<3>());
    CHECK(accuracy(last) > 0.95);
    WithReLU biased = drawn<WithReLU>();
    std::ranges::fill(biased.layer<1>().weight.span(), 0.0f);
    std::ranges::fill(biased.layer<3>().weight.span(), 0.0f);
    CHECK(accuracy(biased) > 0.95);
    // Two with another one between them.
    InBlocks apart = drawn<InBlocks>();
    set_zero(apart.layer<0>().layer<0>());
    set_zero(apart.layer<1>().layer<3>().layer<0>());
    CHECK(refusal(apart).empty());
    small::Net first = small::net();
    set_zero(first.layer<0>());
    CHECK(accuracy(first) > 0.95);
}
