// SPDX-License-Identifier: MIT
#pragma once

// What a program needs that only runs a network: layers, networks, net(x), predict(net, x), prepare(net). It includes
// nothing but the standard library: no Boost.Hana, no OpenMP, no zlib, and nothing that takes memory from the heap or
// throws.

#define CTCNN_SKIPS
#include <ctcnn/core/language.hpp>
#undef CTCNN_SKIPS
#ifdef CTCNN_LANGUAGE

#include <ctcnn/graph/refusal.hpp>

#include <ctcnn/version.hpp>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/adaptive_pool1d.hpp>
#include <ctcnn/layers/adaptive_pool2d.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/conv_transpose2d.hpp>
#include <ctcnn/layers/custom.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/group_norm.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/layer_norm.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pad2d.hpp>
#include <ctcnn/layers/pool1d.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/layers/upsample.hpp>

#include <ctcnn/layers/map.hpp>
#include <ctcnn/layers/prelu.hpp>
#include <ctcnn/layers/softmax.hpp>
#include <ctcnn/model/sequential.hpp>

#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/fuse.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/prepare.hpp>

#include <ctcnn/model/probabilities.hpp>

#endif
