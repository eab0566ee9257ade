// SPDX-License-Identifier: MIT
//
// It must compile with -std=gnu++20 (CMake's default): C's <complex.h>, with its macro I, before ctcnn.
//
// EXPECT: runs
// FLAGS: -std=gnu++20
#include <complex.h>
#include <ctcnn/training.hpp>
int main() {}
