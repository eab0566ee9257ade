// SPDX-License-Identifier: MIT
#include "interrupt.hpp"

#include <csignal>

namespace mnist {

namespace {

volatile std::sig_atomic_t noted = 0;

extern "C" void note_interrupt(int) {
    std::signal(SIGINT, SIG_DFL);
    noted = 1;
}

}  // namespace

void catch_interrupt() {
    if (std::signal(SIGINT, SIG_IGN) != SIG_IGN) {
        std::signal(SIGINT, note_interrupt);
    }
}

bool interrupted() { return noted != 0; }

}  // namespace mnist
