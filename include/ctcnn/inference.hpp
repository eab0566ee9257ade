// SPDX-License-Identifier: MIT
#pragma once

// What a program needs that only runs a network: layers, networks, net(x) and predict(net, x). It includes nothing but
// the standard library: no Boost.Hana, no OpenMP, no zlib, and nothing that takes memory from the heap or throws.

#define CTCNN_SKIPS
#include <ctcnn/core/language.hpp>
#undef CTCNN_SKIPS
#ifdef CTCNN_LANGUAGE

#include <ctcnn/model/refusal.hpp>

#include <ctcnn/version.hpp>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/custom.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>

#include <ctcnn/model/sequential.hpp>

#endif
