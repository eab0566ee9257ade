// SPDX-License-Identifier: MIT
//
// What runs before run() on a Cortex-M, and how it talks to a debugger, or to QEMU.
// Sources  Armv7-M and Armv8-M Architecture Reference Manuals; Semihosting for AArch32 and AArch64
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "board.hpp"

// The places that sections.ld defines.
extern "C" {
extern std::uint32_t data_begin[], data_end[], bss_begin[], bss_end[], stack_begin[], stack_end[];
extern const std::uint32_t data_source[];
[[noreturn]] void reset();
[[noreturn]] void fault();
}

namespace {

volatile std::uint32_t& device(std::uintptr_t address) { return *reinterpret_cast<volatile std::uint32_t*>(address); }

std::uint32_t semihosting(std::uint32_t operation, const void* argument) {
    register std::uint32_t r0 asm("r0") = operation;
    register const void* r1 asm("r1") = argument;
    asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

[[noreturn]] void exit_with(std::uint32_t status) {
    const std::array<std::uint32_t, 2> arguments{0x20026, status};  // ADP_Stopped_ApplicationExit
    semihosting(0x20, arguments.data());                            // SYS_EXIT_EXTENDED
    for (;;) {
    }
}

constexpr std::uintptr_t coprocessor_access = 0xe000ed88;
constexpr std::uintptr_t systick_control = 0xe000e010;
constexpr std::uintptr_t systick_reload = 0xe000e014;
constexpr std::uintptr_t systick_current = 0xe000e018;
constexpr std::uint32_t systick_most = 0xffffff;
constexpr std::uint32_t unused = 0xa5a5a5a5;  // what the stack is filled with

using Handler = void (*)();
struct Vectors {
    const std::uint32_t* stack;
    std::array<Handler, 15> handlers;
};

}  // namespace

extern const Vectors vectors;
[[gnu::section(".vectors"), gnu::used]] const Vectors vectors{
    stack_end,
    {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault}};

void reset() {
    device(coprocessor_access) = device(coprocessor_access) | 0xf << 20;  // the floating-point unit
    asm volatile("dsb\n\tisb" : : : "memory");
    std::copy(data_source, data_source + (data_end - data_begin), data_begin);
    std::fill(bss_begin, bss_end, 0);
    const auto* here = static_cast<std::uint32_t*>(__builtin_frame_address(0));
    for (volatile std::uint32_t* word = stack_begin; word < here - 16; ++word) {
        *word = unused;
    }
    device(systick_reload) = systick_most;
    device(systick_current) = 0;
    device(systick_control) = 5;  // it counts down with the clock of the processor
    exit_with(static_cast<std::uint32_t>(run()));
}

void fault() {
    board::print("fault\n");
    exit_with(3);
}

void board::print(const char* text) { semihosting(4, text); }  // SYS_WRITE0

std::uint32_t board::instructions() {
    constexpr std::uint64_t nanoseconds = 1'000'000'000;
    const std::uint64_t ticks = systick_most - device(systick_current);
    return static_cast<std::uint32_t>(ticks * nanoseconds / BOARD_CLOCK);
}

std::size_t board::used_stack() {
    const std::uint32_t* word = stack_begin;
    while (*word == unused) {
        ++word;
    }
    return static_cast<std::size_t>(stack_end - word) * sizeof(std::uint32_t);
}
