// SPDX-License-Identifier: MIT
//
// What the compiler takes for the shapes of a network alone: nothing is trained, nothing runs.
#include <ctcnn/model/sequential.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>

using namespace ctcnn;

using LeNet = Sequential<Input<1, 28, 28>,                                                    //
                         Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,  //
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>,             //
                         Flatten, Linear<400, 120>, Sigmoid, Linear<120, 84>, Sigmoid, Linear<84, 10>>;

static_assert(LeNet::shape_after<0>{} == Shape<6, 28, 28>{});
static_assert(LeNet::shape_after<5>{} == Shape<16, 5, 5>{});
static_assert(LeNet::output_shape{} == Shape<10>{});
static_assert(LeNet::parameter_count == 61'706);
