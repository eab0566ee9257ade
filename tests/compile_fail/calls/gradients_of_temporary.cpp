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
    const Net net = make();
    const Net::input_tensor images[1]{};
    const int labels[1]{1};
#ifdef CTCNN_REJECT
    const auto gradients = value_and_grad(net, CrossEntropyLoss{}, images, labels).gradients.parameters();
#else
    const auto step = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    const auto gradients = step.gradients.parameters();
#endif
    return gradients[0] == 0 ? 0 : 1;
}
