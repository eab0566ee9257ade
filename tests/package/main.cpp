// SPDX-License-Identifier: MIT
// Two translation units with the whole library in each: a function that is not inline would be defined twice.
#include <cstdio>

#include <ctcnn/version.hpp>

#include "library.hpp"
#include "nets/small.hpp"

static_assert(small({1, 0, 0}) == ctcnn::Tensor<float, ctcnn::Shape<1>>{(1 + 7) * 9 + (4 + 8) * 10 + 11});

int main() {
    const Image image{1, 2, 3, 4, 5, 6};
    if (sum(image) != 21) {  // small integers are exact
        std::puts("wrong sum");
        return 1;
    }
    if (sum_in_c(image.data()) != 21) {
        std::puts("wrong sum in C");
        return 1;
    }
    std::puts("ctcnn works, version " CTCNN_VERSION_STRING);
    return 0;
}
