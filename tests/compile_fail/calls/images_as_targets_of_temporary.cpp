// SPDX-License-Identifier: MIT
//
// The images of a data set that would be gone before they are read.
// EXPECT-GCC: use of deleted function .*ImagesAsTargets
// EXPECT-CLANG: call to deleted constructor
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Data = Dataset<Shape<3>>;

Data make() { return {}; }

int main() {
#ifdef CTCNN_REJECT
    const ImagesAsTargets<Data> pairs(make());
#else
    const Data data = make();
    const ImagesAsTargets<Data> pairs(data);
#endif
    return static_cast<int>(pairs.images().size());
}
