// SPDX-License-Identifier: MIT
#pragma once

// Everything. The table of contents is training.hpp.

#define CTCNN_SKIPS
#include <ctcnn/core/language.hpp>
#undef CTCNN_SKIPS
#ifdef CTCNN_LANGUAGE

#include <ctcnn/training.hpp>

#include <ctcnn/data/mnist.hpp>

#include <ctcnn/io/any_of.hpp>
#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/io/csv_logger.hpp>
#include <ctcnn/io/model_checkpoint.hpp>
#include <ctcnn/io/onnx.hpp>
#include <ctcnn/io/progress_bar.hpp>
#include <ctcnn/io/safetensors.hpp>
#include <ctcnn/io/tensor_board.hpp>

#endif
