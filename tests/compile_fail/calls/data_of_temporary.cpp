// SPDX-License-Identifier: MIT
//
// A view of a temporary object would be read when the object is gone.
// EXPECT-GCC: use of deleted function .*data
// EXPECT-CLANG: (call to|attempt to use a) deleted (member )?function '?data
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;

Net make() { return {}; }

int main() {
#ifdef CTCNN_REJECT
    const float* data = Tensor<float, Shape<2>>{1, 2}.data();
#else
    const Tensor<float, Shape<2>> tensor{1, 2};
    const float* data = tensor.data();
#endif
    return data[0] == 1 && make().parameter_count == 10 ? 0 : 1;
}
