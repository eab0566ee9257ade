// SPDX-License-Identifier: MIT
#pragma once

// What a program needs that builds networks and trains them on data of its own, in the order in which data flows: the
// whole library but for the files of data sets. Readers of files cost compilers half as much again, which a source
// file that only trains need not pay.

#define CTCNN_SKIPS
#include <ctcnn/core/language.hpp>
#undef CTCNN_SKIPS
#ifdef CTCNN_LANGUAGE

// What a refusal says comes first, so that a compiler's message does not begin with a chain of includes.
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
#include <ctcnn/layers/map.hpp>
#include <ctcnn/layers/pad2d.hpp>
#include <ctcnn/layers/pool1d.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/prelu.hpp>
#include <ctcnn/layers/softmax.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/layers/upsample.hpp>

#include <ctcnn/model/sequential.hpp>

#include <ctcnn/model/activations.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/explain.hpp>
#include <ctcnn/model/fuse.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/parallel_workspace.hpp>
#include <ctcnn/model/prepare.hpp>
#include <ctcnn/model/probabilities.hpp>
#include <ctcnn/model/summary.hpp>

#include <ctcnn/data/dataset.hpp>

#include <ctcnn/loss/bce_with_logits.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/loss/kl_div.hpp>
#include <ctcnn/loss/l1.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/loss/nll.hpp>
#include <ctcnn/loss/weights.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/adamw.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/optim/lion.hpp>
#include <ctcnn/optim/muon.hpp>
#include <ctcnn/optim/one_cycle.hpp>
#include <ctcnn/optim/parameter_groups.hpp>
#include <ctcnn/optim/reduce_lr_on_plateau.hpp>
#include <ctcnn/optim/rmsprop.hpp>
#include <ctcnn/optim/schedules.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/averaged.hpp>
#include <ctcnn/train/callbacks/early_stopping.hpp>
#include <ctcnn/train/callbacks/time_limit.hpp>
#include <ctcnn/train/callbacks/validation.hpp>
#include <ctcnn/train/check_gradients.hpp>
#include <ctcnn/train/composed_schedules.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/lr_find.hpp>
#include <ctcnn/train/metrics.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#endif
