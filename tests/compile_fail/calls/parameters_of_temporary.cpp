// SPDX-License-Identifier: MIT
//
// A view of a temporary object would be read when the object is gone.
// EXPECT-GCC: use of deleted function .*parameters
// EXPECT-CLANG: (call to|attempt to use a) deleted (member )?function '?parameters
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;

Net make() { return {}; }

int main() {
    float sum = 0;
#ifdef CTCNN_REJECT
    for (const float parameter : make().parameters()) {
        sum += parameter;
    }
#else
    const Net net = make();
    for (const float parameter : net.parameters()) {
        sum += parameter;
    }
#endif
    return sum == 0 ? 0 : 1;
}
