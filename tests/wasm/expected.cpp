// SPDX-License-Identifier: MIT
//
// Writes the outputs of the network of examples/wasm for the test digits, as floats of this machine:
//     expected <safetensors file> <folder of MNIST> <output>
#include <cstdio>
#include <exception>
#include <fstream>
#include <ios>

#include <ctcnn/data/mnist.hpp>
#include <ctcnn/io/safetensors.hpp>

#include "networks.hpp"

int main(int count, char** arguments) try {
    if (count != 4) {
        return 2;
    }
    Digits net{};
    ctcnn::load_safetensors(net, arguments[1]);
    const auto test = ctcnn::load_mnist(arguments[2], ctcnn::Split::test);
    std::ofstream file(arguments[3], std::ios::binary);
    for (const auto& image : test.images()) {
        const Digits::output_tensor outputs = net(image);
        file.write(reinterpret_cast<const char*>(outputs.data()), sizeof(float) * Digits::output_tensor::size());
    }
    file.close();
    return file ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
