// SPDX-License-Identifier: MIT
//
// Classifies digits on a microcontroller: no heap, no exceptions, no RTTI, no operating system.
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "board.hpp"
#include "images.hpp"
#include "weights.hpp"

namespace {

using Net = std::remove_const_t<decltype(net)>;

// The budget. The linker checks all of flash and RAM; these lines say which part does not fit, before there is a
// program.
static_assert(sizeof(Net) <= FLASH_BYTES - 8 * 1024, "8 KiB of flash are for the code");
static_assert(sizeof(Net::input_tensor) + sizeof(ctcnn::Workspace<Net>) <= RAM_BYTES - STACK_BYTES);
static_assert(Net::inference_stack_bytes + 512 <= STACK_BYTES);

// In static memory, so that the linker knows it.
Net::input_tensor image;
ctcnn::Workspace<Net> workspace;

void print_number(std::uint32_t number, int digits = 1) {
    char text[11] = {};
    char* first = text + 10;
    for (int n = 0; n < digits || number != 0; ++n) {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    }
    board::print(first);
}

/// With six decimals.
void print_number(float number) {
    const float magnitude = number < 0 ? -number : number;
    const auto whole = static_cast<std::uint32_t>(magnitude);
    auto millionths = static_cast<std::uint32_t>((magnitude - static_cast<float>(whole)) * 1e6f + 0.5f);
    board::print(number < 0 ? " -" : " ");
    print_number(whole + millionths / 1'000'000);
    board::print(".");
    print_number(millionths % 1'000'000, 6);
}

}  // namespace

int run() {
    std::uint32_t instructions = 0;
    for (const auto& pixels : test_digits) {
        for (std::size_t n = 0; n < pixels.size(); ++n) {
            image.values[n] = static_cast<float>(pixels[n]) / 255.0f;
        }
        const std::uint32_t begin = board::instructions();
        const Net::output_tensor logits = net(image, workspace);
        instructions = board::instructions() - begin;

        std::size_t best = 0;
        board::print("logits");
        for (std::size_t n = 0; n < logits.size(); ++n) {
            print_number(logits(n));
            best = logits(n) > logits(best) ? n : best;
        }
        board::print(", digit ");
        print_number(static_cast<std::uint32_t>(best));
        board::print("\n");
    }
    board::print("instructions ");
    print_number(instructions);
    board::print("\nstack ");
    print_number(static_cast<std::uint32_t>(board::used_stack()));
    board::print("\n");
    return 0;
}
