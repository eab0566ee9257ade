// SPDX-License-Identifier: MIT
//
// The shape behind a layer that is not there.
//
// EXPECT: there is no layer I; layers count from 0
#include <ctcnn/inference.hpp>

using namespace ctcnn;

using Net = Sequential<Input<3>, Linear<3, 2>, ReLU>;

#ifndef CTCNN_REJECT
constexpr std::size_t last = 1;
#else
constexpr std::size_t last = 2;
#endif

static_assert(Net::shape_after<last>{} == Shape<2>{});
