// SPDX-License-Identifier: MIT
//
// A view of a temporary object would be read when the object is gone.
// EXPECT-GCC: use of deleted function .*view
// EXPECT-CLANG: (call to|attempt to use a) deleted (member )?function '?view
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;

Net make() { return {}; }

int main() {
#ifdef CTCNN_REJECT
    const auto view = Tensor<float, Shape<2>>{1, 2}.view();
#else
    const Tensor<float, Shape<2>> tensor{1, 2};
    const auto view = tensor.view();
#endif
    return view(0) == 1 && make().parameter_count == 10 ? 0 : 1;
}
