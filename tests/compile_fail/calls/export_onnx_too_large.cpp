// SPDX-License-Identifier: MIT
//
// A network whose parameters take more than a message of Protocol Buffers may have.
//
// EXPECT: an ONNX file has less than 2 GiB, and the parameters of this network take more
#include <ctcnn/inference.hpp>
#include <ctcnn/io/onnx.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
constexpr std::size_t width = 23000;  // 2,116,092,000 bytes
#else
constexpr std::size_t width = 23100;  // 2,134,532,400 bytes
#endif

using Net = Sequential<Input<width>, Linear<width, width>>;

void export_it(const Net& net) { export_onnx(net, "net.onnx"); }
