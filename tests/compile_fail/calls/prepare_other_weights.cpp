// SPDX-License-Identifier: MIT
//
// Weights of a prepared network as something else than the network's elements or bf16.
//
// EXPECT: prepare stores weights as the network has them, prepare\(net\), or those of a network of floats as bf16, prepare<bf16>\(net\)
#include <ctcnn/inference.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 2>>;
#ifndef CTCNN_REJECT
using Weight = bf16;
#else
using Weight = double;
#endif

bool is_first(const Net& net, const Net::input_tensor& x) { return predict(prepare<Weight>(net), x) == 0; }
