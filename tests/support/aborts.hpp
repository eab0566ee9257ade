// SPDX-License-Identifier: MIT
#pragma once

// CTCNN_TEST_ABORTS: whether assertions end a program here, and tests can see it.
#if defined(__unix__) && !defined(NDEBUG)
#define CTCNN_TEST_ABORTS 1

#include <csignal>
#include <cstdio>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/// Whether f() ends the program as an assertion does that fails; f runs in a child process.
template <typename F>
bool aborts(const F& f) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        std::fclose(stderr);
        f();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
#else
#define CTCNN_TEST_ABORTS 0
#endif
