// SPDX-License-Identifier: MIT
#pragma once

// What the library is compiled with. One error says what is needed instead of the thousand that would follow: the
// headers that include all others skip them (CTCNN_SKIPS and CTCNN_LANGUAGE), and a single header ends the compilation.

#if defined(_MSC_VER) && !defined(__clang__)
#error \
    "ctcnn needs the vector types of g++ 12 or clang 18, or newer: on Windows compile with clang, as in cmake -T ClangCL"
#elif defined(__cplusplus) && __cplusplus < 202002L
#error \
    "ctcnn needs C++20: compile with -std=c++20, or with target_compile_features(program PRIVATE cxx_std_20) in CMake"
#elif defined(__apple_build_version__) && __clang_major__ < 17
#error "ctcnn needs Apple clang 17 (Xcode 16.3) or newer"
#elif defined(__clang__) && !defined(__apple_build_version__) && __clang_major__ < 18
#error "ctcnn needs clang 18 or newer, or g++ 12 or newer"
#elif defined(__GNUC__) && !defined(__clang__) && !defined(__EDG__) && __GNUC__ < 12
#error "ctcnn needs g++ 12 or newer, or clang 18 or newer"
#else
#define CTCNN_LANGUAGE 1
#endif

#if !defined(CTCNN_LANGUAGE) && !defined(CTCNN_SKIPS)
#include <the_error_above_says_what_is_needed>
#endif
