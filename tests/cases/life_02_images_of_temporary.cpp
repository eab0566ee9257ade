// SPDX-License-Identifier: MIT
//
// It must NOT compile (images() &&, labels() && deleted), or be safe: a span into a data set that is gone. With
// -fsanitize=address: heap-use-after-free.
//
// EXPECT: one error
#include <ctcnn/training.hpp>
using namespace ctcnn;
Dataset<Shape<4>> load() { return {std::vector<Tensor<float, Shape<4>>>(1000), std::vector<std::uint8_t>(1000, 3)}; }
int main() {
    const auto labels = load().labels();
    return labels[5] - 3;
}
