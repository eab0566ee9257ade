// SPDX-License-Identifier: MIT
// Backward of a network so small that its gradients are written out here. Whole networks are in train/gradient_test.cpp
// and model/branches_test.cpp.
#include <ctcnn/run/backward.hpp>

#include <array>
#include <cstddef>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/prelu.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/rows.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// Everything that a step of one image leaves, from the gradient 1 of its output: all are small whole numbers.
template <typename Net, std::size_t Parameters>
struct Backward {
    using Plan = typename Net::plan;
    run::TileWorkspace<Plan, double> workspace;
    run::Rows<Plan, double> rows{2};
    std::array<double, Plan::tile_gradient_numbers> gradients{};
    double output = 0;

    constexpr Backward(const std::array<double, Parameters>& parameters, const auto& image, std::size_t tile, bool add,
                       double before) {
        static_assert(Net::parameter_count == Parameters && Plan::output_size == 1);
        gradients.fill(before);
        for (std::size_t i = 0; i < image.size(); ++i) {
            workspace.buffer(0)[Plan::InputLayout::offset(0, i / 2, i % 2)] = image[i];
        }
        run::forward<Plan>(parameters.data(), workspace, run::InPlace{});
        output = *workspace.output();  // its gradient takes its place
        workspace.grad_output[0] = 1;
        run::backward_together<Plan, double, 1>(parameters.data(), &workspace, tile, rows);
        run::backward_alone<Plan>(parameters.data(), workspace, tile, add, gradients.data(), rows,
                                  run::Inference<Plan, double>{});
    }
};

// y = v . relu(w x + b) + c
using Chain = Sequential<Input<1, 2, 2>, Conv2d<1, 1, Kernel<1>>, ReLU, Flatten, Linear<4, 1>>::with_scalar<double>;
constexpr std::array<double, 7> chain_parameters{2, -1, 5, 6, 7, 8, 9};  // w, b, v, c
constexpr std::array<double, 4> image{1, -3, 2, 4};                      // relu(2 x - 1) is 1, 0, 3, 7

// y = v . (x w + relu(x w)), where two stages read what the convolution makes
using Residue = Sequential<Input<1, 2, 2>, Conv2d<1, 1, Kernel<1>, NoBias>, Residual<ReLU>, Flatten,
                           Linear<4, 1, NoBias>>::with_scalar<double>;

}  // namespace

TEST_CASE("backward gives the gradients of a chain", "[run]") {
    Backward<Chain, 7> step(chain_parameters, image, 1, false, 100);
    CHECK(step.output == 5 * 1 + 7 * 3 + 8 * 7 + 9);
    // With respect to w and b: v where relu lets through, times x and 1. What was there is gone.
    CHECK(step.gradients[0] == 5 * 1 + 7 * 2 + 8 * 4);
    CHECK(step.gradients[1] == 5 + 7 + 8);
    // The Linear's comes from rows: its inputs and the gradient of its output, in the row of tile 1.
    constexpr std::size_t linear = Chain::plan::stage_count - 1;
    constexpr std::size_t length = kernels::row_length<double>(4);
    const double* row = step.rows.of<linear>().inputs + length;
    CHECK(row[0] == 1);
    CHECK(row[1] == 0);
    CHECK(row[2] == 3);
    CHECK(row[3] == 7);
    CHECK(step.rows.of<linear>().grad_outputs[kernels::row_length<double>(1)] == 1);
}

TEST_CASE("backward stores rows of a layer with one parameter, too", "[run]") {
    using Net = Sequential<Input<1>, Linear<1, 1, NoBias>, PReLU<>>::with_scalar<double>;
    Backward<Net, 2> step({3, 0.25}, std::array<double, 1>{-5}, 1, false, 100);
    CHECK(step.output == -15 * 0.25);
    CHECK(step.gradients == std::array<double, 1>{-15});
    CHECK(step.rows.of<0>().inputs[kernels::row_length<double>(1)] == -5);
    CHECK(step.rows.of<0>().grad_outputs[kernels::row_length<double>(1)] == 0.25);
}

TEST_CASE("backward adds to a gradient where it is told to", "[run]") {
    const Backward<Chain, 7> step(chain_parameters, image, 0, true, 100);
    CHECK(step.gradients[0] == 100 + 51);
    CHECK(step.gradients[1] == 100 + 20);
}

TEST_CASE("the gradients of several readers are added before the function's derivative", "[run]") {
    constexpr std::array<double, 5> parameters{2, 5, 6, 7, 8};
    const Backward<Residue, 5> step(parameters, image, 0, false, 0);
    // d/dw = sum of v x (1 + [x w > 0])
    CHECK(step.gradients[0] == 5 * 1 * 2 + 6 * -3 * 1 + 7 * 2 * 2 + 8 * 4 * 2);
}
