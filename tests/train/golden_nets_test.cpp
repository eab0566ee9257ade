// SPDX-License-Identifier: MIT
// Networks with ReLU and MaxPool2d, with nested blocks, and with features that become a padded image, against the numbers of PyTorch, in float and in double.
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/model/sequential.hpp>

#include "draw.hpp"
#include "golden_nets.hpp"

using namespace ctcnn;

namespace {

using ReLUNet = Sequential<Input<2, 11, 9>,                                                  //
                           Conv2d<2, 6, Kernel<3>, Padding<1>>, ReLU, MaxPool2d<Kernel<2>>,  //
                           Conv2d<6, 8, Kernel<3>, Stride<2>, Padding<1>>, ReLU,             //
                           MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>, Flatten,             //
                           LazyLinear<16>, ReLU, Linear<16, 5>>;

using NestedNet = Sequential<Input<3, 8, 10>,                                                                 //
                             Sequential<Conv2d<3, 6, Kernel<3, 2>, Padding<1, 0>, Groups<3>, NoBias>, Tanh>,  //
                             Sequential<Sequential<LazyConv2d<4, Kernel<2>, Dilation<2>>, Sigmoid,            //
                                                   AvgPool2d<Kernel<3>, Stride<2>, Padding<1>>>,              //
                                        Flatten>,                                                             //
                             Sequential<Linear<48, 10>, Tanh>,                                                //
                             Linear<10, 4>>;

// What the Linear layer writes has no border, and what the convolution reads has one.
using UnflattenNet = Sequential<Input<7>,                                                                      //
                                Linear<7, 48>, Unflatten<3, 4, 4>, Conv2d<3, 4, Kernel<3>, Padding<1>>, Tanh,  //
                                Flatten, Linear<64, 5>>;

}  // namespace

TEST_CASE("a network with ReLU and MaxPool2d computes and learns as in PyTorch") {
    golden::check_net(golden::net_from_file<ReLUNet>("relu"), "relu", golden::float_tolerance);
}

TEST_CASE("a network of nested blocks computes and learns as in PyTorch") {
    golden::check_net(golden::net_from_file<NestedNet>("nested"), "nested", golden::float_tolerance);
}

TEST_CASE("features that become a padded image are computed and learned from as in PyTorch") {
    golden::check_net(golden::net_from_file<UnflattenNet>("unflatten"), "unflatten", golden::float_tolerance);
}

// Sanitizers make a network seven times slower to compile: they look at the float ones.
#if !CTCNN_TEST_SANITIZED
TEST_CASE("the same networks in double agree with PyTorch to ten digits") {
    golden::check_net(golden::net_from_file<ReLUNet::with_scalar<double>>("relu"), "relu", golden::double_tolerance);
    golden::check_net(golden::net_from_file<NestedNet::with_scalar<double>>("nested"), "nested",
                      golden::double_tolerance);
    golden::check_net(golden::net_from_file<UnflattenNet::with_scalar<double>>("unflatten"), "unflatten",
                      golden::double_tolerance);
}
#endif
