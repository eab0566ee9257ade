// SPDX-License-Identifier: MIT
#pragma once

#include <exception>

#include <ctcnn/core/target.hpp>

#if CTCNN_WITH_ZLIB && defined(__STDCPP_THREADS__) && !defined(_LIBCPP_HAS_NO_THREADS)
#include <thread>

#define CTCNN_HAS_THREADS 1
#else
#define CTCNN_HAS_THREADS 0
#endif

namespace CTCNN_DETAIL::inline CTCNN_FILES {

/// What is done with bytes while zlib unpacks the next ones: one task at a time, on another thread where there is one;
/// its end is waited for before the next one begins.
class Worker {
public:
    template <typename Task>
    void run(const Task& task) {
        wait();
#if CTCNN_HAS_THREADS
        try {
            thread_ = std::thread(task);
            return;
        } catch (const std::exception&) {  // no more threads, or no memory for one: the task is done here
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

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES
