// SPDX-License-Identifier: MIT
// The one file of the program that holds the kernels of the networks.
#include "network.hpp"

#include <ctcnn/train/compiled.hpp>

template struct ctcnn::Compiled<apart::Net>;
template struct ctcnn::Compiled<ctcnn::Prepared<apart::Net>>;
template struct ctcnn::Compiled<apart::Plain>;
template struct ctcnn::Compiled<ctcnn::Prepared<apart::Plain>>;
