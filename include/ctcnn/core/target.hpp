// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/language.hpp>
#include <ctcnn/core/target_name.hpp>

// Two files of one program may be compiled for different processors or with different arithmetic. Of two copies of an
// inline function the linker keeps one, and that one would run for both files. Therefore each name of the library that
// has code contains the target. Functions and classes lie in an inline namespace of that name; class templates whose
// names stand in error messages carry it as a tag, which compilers put into the names of symbols and do not print.
//
//     namespace CTCNN_API {                      what programs use
//     namespace CTCNN_DETAIL::kernels {          what only the library uses
//     class CTCNN_TAG Sequential                 a name of namespace ctcnn itself, with a tag
#define CTCNN_API ctcnn::inline CTCNN_TARGET
#define CTCNN_DETAIL ctcnn::inline CTCNN_TARGET::detail_
#define CTCNN_TAG [[gnu::abi_tag(CTCNN_TEXT_OF(CTCNN_TARGET))]]

// The same for what differs with and without OpenMP (in train/), and with and without zlib (in data/).
#if defined(_OPENMP)
#define CTCNN_TEAM team_with_openmp
#else
#define CTCNN_TEAM team_without_openmp
#endif
#if !defined(CTCNN_WITH_ZLIB)
#define CTCNN_WITH_ZLIB 0
#endif
#if CTCNN_WITH_ZLIB
#define CTCNN_FILES files_with_zlib
#else
#define CTCNN_FILES files_without_zlib
#endif

namespace CTCNN_DETAIL {

/// The widest SIMD register, in bytes, and how many of them there are.
#if defined(__AVX512F__)
inline constexpr std::size_t vector_bytes = 64;
inline constexpr std::size_t vector_registers = 32;
#elif defined(__AVX__)
inline constexpr std::size_t vector_bytes = 32;
inline constexpr std::size_t vector_registers = 16;
#elif defined(__aarch64__)
inline constexpr std::size_t vector_bytes = 16;
inline constexpr std::size_t vector_registers = 32;
#else
inline constexpr std::size_t vector_bytes = 16;
inline constexpr std::size_t vector_registers = 16;
#endif

/// Whether there are such registers. Without them, a vector is several scalars, and one image is computed element by
/// element. Those of Cortex-M (MVE) are not used.
#if (defined(__arm__) && !defined(__ARM_NEON)) || (defined(__wasm__) && !defined(__wasm_simd128__))
inline constexpr bool has_vectors = false;
#else
inline constexpr bool has_vectors = true;
#endif

/// Elements that lie a multiple of so many bytes apart share one or two sets of an L1 cache, which hold few of them.
inline constexpr std::size_t set_period = 2048;

/// Each array of parameters begins on a cache line, which is also the widest SIMD vector.
inline constexpr std::size_t alignment = 64;

// A program on an operating system has a stack of some MiB, its threads often much less, and a heap. There, values of
// more bytes than these lie on the heap: parameters and gradients, tensors, the buffers of a forward pass. Elsewhere,
// as on a microcontroller, all lie inside their objects, so that the linker knows what the program needs.
#if __STDC_HOSTED__ && (defined(__unix__) || defined(__APPLE__) || defined(_WIN32) || defined(__wasm__) || \
                        defined(__Fuchsia__) || defined(__HAIKU__))
inline constexpr std::size_t most_inside_network = 256 * 1024;
inline constexpr std::size_t most_inside_tensor = 1024 * 1024;
inline constexpr std::size_t most_inside_workspace = 32 * 1024;
#else
inline constexpr std::size_t most_inside_network = static_cast<std::size_t>(-1);
inline constexpr std::size_t most_inside_tensor = static_cast<std::size_t>(-1);
inline constexpr std::size_t most_inside_workspace = static_cast<std::size_t>(-1);
#endif

}  // namespace CTCNN_DETAIL
