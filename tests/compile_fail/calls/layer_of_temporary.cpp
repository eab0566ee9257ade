// SPDX-License-Identifier: MIT
//
// A view of a temporary object would be read when the object is gone.
// EXPECT-GCC: use of deleted function .*layer
// EXPECT-CLANG: (call to|attempt to use a) deleted (member )?function '?layer
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;

Net make() { return {}; }

int main() {
#ifdef CTCNN_REJECT
    const auto weight = make().layer<0>().weight;
#else
    const Net net = make();
    const auto weight = net.layer<0>().weight;
#endif
    return weight(0, 0) == 0 ? 0 : 1;
}
