// SPDX-License-Identifier: MIT
//
// A network in a WebAssembly module, for a page or for Node. It imports nothing, and has no heap: weights, image and
// buffers have their places in its memory. digits.mjs calls it; docs/wasm.md says how it is built.
#include <cstddef>

#include "digits.hpp"  // written by ctcnn-embed

// What the module may take: the weights, the buffers, and the stack, of which the linker is told to reserve 24 KiB.
static_assert(Digits::parameter_bytes <= 40 * 1024);
static_assert(Digits::inference_workspace_bytes <= 12 * 1024);
static_assert(Digits::inference_stack_bytes <= 16 * 1024);

namespace {

constinit Digits::input_tensor image{};
constinit Digits::output_tensor outputs{};
constinit ctcnn::Workspace<Digits> workspace{};

}  // namespace

extern "C" {

[[clang::export_name("input_size")]] std::size_t input_size() { return Digits::input_tensor::size(); }
[[clang::export_name("output_size")]] std::size_t output_size() { return Digits::output_tensor::size(); }

/// Where the pixels are written.
[[clang::export_name("input")]] float* input() { return image.data(); }

/// The network's outputs for these pixels.
[[clang::export_name("logits")]] const float* logits() {
    outputs = digits(image, workspace);
    return outputs.data();
}

/// The index of the largest output.
[[clang::export_name("classify")]] std::size_t classify() { return ctcnn::predict(digits, image, workspace); }
}
