// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The program; what it returns is the exit status.
int run();

/// What the program asks of a board.
namespace board {

/// Writes to the console of the debugger.
void print(const char* text);

/// How many instructions have been executed, as the timer of the processor tells it in QEMU with -icount shift=0, where
/// an instruction takes 1 ns: a multiple of those in a tick.
std::uint32_t instructions();

/// How many bytes of the stack have been used since the program began.
std::size_t used_stack();

}  // namespace board
