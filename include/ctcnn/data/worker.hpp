// SPDX-License-Identifier: MIT
#pragma once

#include <system_error>

#if defined(__STDCPP_THREADS__) && !defined(_LIBCPP_HAS_NO_THREADS)
#include <thread>

#include <ctcnn/core/target.hpp>
#define CTCNN_HAS_THREADS 1
#else
#define CTCNN_HAS_THREADS 0
#endif

namespace CTCNN_DETAIL {

/// One task at a time, on another thread where there is one; its end is waited for before the next one begins.
class Worker {
public:
    template <typename Task>
    void run(const Task& task) {
        wait();
#if CTCNN_HAS_THREADS
        try {
            thread_ = std::thread(task);
            return;
        } catch (const std::system_error&) {  // no more threads
        }
#endif
        task();
    }
    void wait() {
#if CTCNN_HAS_THREADS
        if (thread_.joinable()) {
            thread_.join();
        }
#endif
    }
    ~Worker() { wait(); }

private:
#if CTCNN_HAS_THREADS
    std::thread thread_;
#endif
};

}  // namespace CTCNN_DETAIL
