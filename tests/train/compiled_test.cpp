// SPDX-License-Identifier: MIT
#include <ctcnn/train/compiled.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ctcnn/training.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Apart = Sequential<Input<3>, Linear<3, 4>, ReLU, Linear<4, 2>>;
using Here = Sequential<Input<3>, Linear<3, 4>, ReLU, Identity, Linear<4, 2>>;

}  // namespace

template <>
inline constexpr bool ctcnn::compiled_apart<Apart> = true;
template struct ctcnn::Compiled<Apart>;

namespace {

template <typename Net>
std::vector<float> trained() {
    std::vector<typename Net::input_tensor> images(40);
    std::vector<std::uint8_t> labels(40);
    for (std::size_t i = 0; i < images.size(); ++i) {
        images[i].data()[i % 3] = 1;
        labels[i] = static_cast<std::uint8_t>(i % 2);
    }
    Net net{};
    initialize(net, XavierUniform{}, 3);
    fit(net, Dataset<Shape<3>>(images, labels), SGD{.lr = 0.1f}, {.epochs = 3, .batch_size = 16});
    return {net.parameters().begin(), net.parameters().end()};
}

// Networks of several files are tested in tests/apart.
TEST_CASE("a network that is set apart learns the same") { CHECK(trained<Apart>() == trained<Here>()); }

}  // namespace
