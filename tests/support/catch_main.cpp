// SPDX-License-Identifier: MIT
// The main function of the tests where the library that has Catch2's is of another processor.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
