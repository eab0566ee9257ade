// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <utility>

#include <ctcnn/core/target.hpp>

#if CTCNN_WITH_ZLIB && defined(__STDCPP_THREADS__) && !defined(_LIBCPP_HAS_NO_THREADS)
#include <thread>

#define CTCNN_HAS_THREADS 1
#else
#define CTCNN_HAS_THREADS 0
#endif

namespace CTCNN_DETAIL::inline CTCNN_FILES {

/// What is done with bytes while zlib unpacks the next ones: one task at a time, on another thread where there is one;
/// its end is waited for before the next one begins. What a task throws is thrown by the next wait() or run().
class Worker {
public:
    template <typename Task>
    void run(const Task& task) {
        wait();
#if CTCNN_HAS_THREADS
        try {
            thread_ = std::thread([this, task] {
                try {
                    task();
                } catch (...) {
                    failure_ = std::current_exception();
                }
            });
            return;
        } catch (const std::exception&) {  // no more threads, or no memory for one: the task is done here
        }
#endif
        task();
    }
    void wait() {
        join();
        if (failure_) {
            std::rethrow_exception(std::exchange(failure_, nullptr));
        }
    }
    ~Worker() { join(); }

private:
    void join() {
#if CTCNN_HAS_THREADS
        if (thread_.joinable()) {
            thread_.join();
        }
#endif
    }

#if CTCNN_HAS_THREADS
    std::thread thread_;
#endif
    std::exception_ptr failure_;
};

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES
