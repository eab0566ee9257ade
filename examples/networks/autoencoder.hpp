// SPDX-License-Identifier: MIT
//
// The autoencoder of MLPerf Tiny: it learns to repeat the sound of sound machines, 5 frames of 128 frequencies, with
// MSELoss. A sound that it repeats badly is an anomaly.
// Source: Koizumi et al., "Description and discussion on DCASE2020 challenge task 2", 2020; Banbury et al., "MLPerf
// Tiny benchmark", NeurIPS 2021
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace autoencoder {

using namespace ctcnn;

template <std::size_t In, std::size_t Out>
using Dense = Sequential<Linear<In, Out>, BatchNorm1d<Out>, ReLU>;

using Autoencoder = Sequential<Input<640>,                                   //
                               Dense<640, 128>, Repeat<3, Dense<128, 128>>,  //
                               Dense<128, 8>,                                //
                               Dense<8, 128>, Repeat<3, Dense<128, 128>>,    //
                               Linear<128, 640>>;

// With BatchNorm folded, as MLPerf Tiny counts.
static_assert(Fused<Autoencoder>::parameter_count == 265'864);
static_assert(Fused<Autoencoder>::multiply_adds == 264'192);

}  // namespace autoencoder

using autoencoder::Autoencoder;
