// SPDX-License-Identifier: MIT
//
// A view of a temporary object would be read when the object is gone.
// EXPECT-GCC: use of deleted function .*span
// EXPECT-CLANG: (call to|attempt to use a) deleted (member )?function '?span
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;

Net make() { return {}; }

int main() {
    const Net net = make();
    float sum = 0;
#ifdef CTCNN_REJECT
    for (const float output : net({1, 2, 3, 4}).span()) {
        sum += output;
    }
#else
    const auto outputs = net({1, 2, 3, 4});
    for (const float output : outputs.span()) {
        sum += output;
    }
#endif
    return sum == 0 ? 0 : 1;
}
