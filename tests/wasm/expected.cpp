// SPDX-License-Identifier: MIT
//
// Writes the outputs of the network of examples/wasm for the first test digits, as floats of this machine:
//     expected <safetensors file> <folder of MNIST> <how many> <output>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <ios>

#include <ctcnn/data/mnist.hpp>
#include <ctcnn/io/safetensors.hpp>

#include "net.hpp"

int main(int count, char** arguments) try {
    if (count != 5) {
        return 2;
    }
    Digits net{};
    ctcnn::load_safetensors(net, arguments[1]);
    const auto test = ctcnn::load_mnist(arguments[2], ctcnn::Split::test);
    std::ofstream file(arguments[4], std::ios::binary);
    for (std::size_t n = 0; n < static_cast<std::size_t>(std::atol(arguments[3])); ++n) {
        const Digits::output_tensor outputs = net(test.image(n));
        file.write(reinterpret_cast<const char*>(outputs.data()), sizeof(float) * Digits::output_tensor::size());
    }
    file.close();
    return file ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
