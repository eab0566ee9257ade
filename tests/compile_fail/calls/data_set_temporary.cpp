// SPDX-License-Identifier: MIT
//
// The labels of a data set that is gone behind the line.
//
// EXPECT-GCC: use of deleted function .*labels\(\) const
// EXPECT-CLANG: deleted (member )?function
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 3>>;

Dataset<Shape<4>> load() { return {std::vector<float>(4000), std::vector<int>(1000, 2)}; }

int main() {
    Net net{};
    fit(net, load(), SGD{});  // the data set is there until fit returns
#ifndef CTCNN_REJECT
    const auto data = load();
    const auto labels = data.labels();
#else
    const auto labels = load().labels();
#endif
    return labels[5];
}
