// SPDX-License-Identifier: MIT
//
// An activation of the program's own, inside a block, that names no ONNX operator.
//
// EXPECT: export_onnx knows no ONNX operator for one of the layers. Give a layer of your own one
#include <ctcnn/inference.hpp>
#include <ctcnn/io/onnx.hpp>

using namespace ctcnn;

struct Square : Activation<Square> {
#ifndef CTCNN_REJECT
    static constexpr std::string_view onnx = "Square";
#endif
    template <typename V>
    static constexpr V forward(V x) {
        return x * x;
    }
    template <typename V>
    static constexpr V backward(V, V grad) {
        return grad;
    }
};

using Net = Sequential<Input<3>, Sequential<Linear<3, 2>, Square>, Linear<2, 2>>;

void export_it(const Net& net) { export_onnx(net, "net.onnx"); }
