// SPDX-License-Identifier: MIT
//
// Windows of AdaptiveAvgPool2d that differ in size, for which ONNX has no operator.
//
// EXPECT: export_onnx knows no ONNX operator for one of the layers
#include <ctcnn/inference.hpp>
#include <ctcnn/io/onnx.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 6, 8>, AdaptiveAvgPool2d<3, 4>>;
#else
using Net = Sequential<Input<2, 7, 8>, AdaptiveAvgPool2d<3, 4>>;
#endif

void export_it(const Net& net) { export_onnx(net, "net.onnx"); }
