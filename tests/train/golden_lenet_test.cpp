// SPDX-License-Identifier: MIT
// The LeNet of the course against the numbers of PyTorch; it also shows that initialize gives the documented numbers.
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>

#include "golden_nets.hpp"

using namespace ctcnn;

namespace {

using LeNet = Sequential<Input<1, 28, 28>,                                                    //
                         Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,  //
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten,    //
                         Linear<400, 120>, Sigmoid, Linear<120, 84>, Sigmoid, Linear<84, 10>>;

}  // namespace

TEST_CASE("the LeNet of the course computes and learns as in PyTorch") {
    LeNet net{};
    initialize(net, XavierUniform{}, 1);
    // The same float32 numbers: the tolerance is for the sums of their squares, up to 48000 roundings of float64.
    golden::check_parameters(golden::File("net_lenet"), "parameters", net.parameters(), {1e-12, 0});
    golden::check_net(net, "lenet", golden::float_tolerance);
}
