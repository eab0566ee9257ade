// SPDX-License-Identifier: MIT
//
// A member with other arguments would never be called.
//
// EXPECT: a member of this callback cannot be called: the arguments are on_train_begin
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Flatten, Linear<16, 3>>;

struct Own {
    bool should_stop() { return false; }
#ifndef CTCNN_REJECT
    void on_epoch(const EpochReport&, auto&) {}
#else
    void on_epoch(EpochReport&, auto&) {}
#endif
};

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) { fit(net, data, SGD{}, {}, MSELoss{}, Own{}); }
