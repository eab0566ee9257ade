// SPDX-License-Identifier: MIT
// The library of this folder as its users see it: C functions, and no C++ that would be compiled into them for one
// processor.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

/// The label of one image of 28 x 28 pixels; `logits` receives ten numbers.
std::size_t lenet_logits(const float* parameters, const float* image, float* logits);
std::size_t lenet_logits__x86_64(const float* parameters, const float* image, float* logits);
std::size_t lenet_logits__x86_64_v3(const float* parameters, const float* image, float* logits);
std::size_t lenet_logits__x86_64_v4(const float* parameters, const float* image, float* logits);

/// The labels of many images. Returns whether the label `wanted` is among them.
bool lenet_labels(const float* parameters, const float* images, std::size_t count, std::uint8_t wanted,
                  std::uint8_t* labels);
bool lenet_labels__x86_64(const float* parameters, const float* images, std::size_t count, std::uint8_t wanted,
                          std::uint8_t* labels);
bool lenet_labels__x86_64_v3(const float* parameters, const float* images, std::size_t count, std::uint8_t wanted,
                             std::uint8_t* labels);
bool lenet_labels__x86_64_v4(const float* parameters, const float* images, std::size_t count, std::uint8_t wanted,
                             std::uint8_t* labels);

/// The width of a vector in this version.
std::size_t lenet_vector_bytes();
std::size_t lenet_vector_bytes__x86_64();
std::size_t lenet_vector_bytes__x86_64_v3();
std::size_t lenet_vector_bytes__x86_64_v4();
}
