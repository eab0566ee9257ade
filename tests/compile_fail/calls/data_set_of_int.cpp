// SPDX-License-Identifier: MIT
//
// The type of the labels where that of the images stands.
//
// EXPECT: the type of labels is its third argument
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Data = Dataset<Shape<3>, float, int>;
#else
using Data = Dataset<Shape<3>, int>;
#endif

Data data;
