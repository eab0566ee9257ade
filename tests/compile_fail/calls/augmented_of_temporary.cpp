// SPDX-License-Identifier: MIT
//
// The class, not the function: it would refer to a data set that is gone.
//
// EXPECT-GCC: use of deleted function .*Augmented
// EXPECT-CLANG: call to deleted constructor of .*Augmented
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Data = Dataset<Shape<1, 4, 4>>;

std::size_t count(const std::vector<float>& pixels, const std::vector<int>& labels) {
#ifndef CTCNN_REJECT
    const Data data(pixels, labels);
    const Augmented pipeline(data, RandomHorizontalFlip{});
#else
    const Augmented pipeline(Data(pixels, labels), RandomHorizontalFlip{});
#endif
    return pipeline.data().size();
}
