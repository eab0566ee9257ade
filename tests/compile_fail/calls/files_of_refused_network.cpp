// SPDX-License-Identifier: MIT
//
// Files of a refused network: its error is the only one.
//
// EXPECT: \[in_features\] .*the size of the Shape received
#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Other = Sequential<Input<3>, Linear<3, 4>>;
#ifndef CTCNN_REJECT
using Net = Sequential<Input<3>, Linear<3, 2>>;
#else
using Net = Sequential<Input<3>, Linear<4, 2>>;
#endif

static_assert(Net::names()[0].name == "0.weight" && Net::names()[1].count >= 1 && Net::names()[0].shape[1] == 3);

std::size_t use_it(Net& net) {
    save_safetensors(net, "net.safetensors");
    save_safetensors(net, "net.safetensors", {{"epoch", "3"}}, Dtype::float16);
    export_onnx(net, "net.onnx");
    load_safetensors(net, "net.safetensors");
    load_safetensors(net, "net.safetensors", {.convert = true, .prefix = "model."});
    std::size_t count = any_of<Net, Other>("net.safetensors", [](auto& chosen) { return chosen.parameters().size(); });
    any_of<Other, Net>("net.safetensors", [](const auto&) {});
    for (const auto& [name, shape, offset, elements] : Net::names()) {
        count += name.size() + shape.size() + offset + elements;
    }
    return count + Net::names()[0].count;
}
