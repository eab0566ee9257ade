// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#ifdef _OPENMP
#include <omp.h>
#else
#include <chrono>

#include <ctcnn/core/target.hpp>
#endif

// The one place that knows OpenMP. Without it, and in constant expressions, a team has one member.
namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// The number of threads that `threads` stands for: 0 means as many as OpenMP would take.
inline std::size_t thread_count(std::size_t threads) {
#ifdef _OPENMP
    return threads == 0 ? static_cast<std::size_t>(std::max(1, omp_get_max_threads())) : threads;
#else
    static_cast<void>(threads);
    return 1;
#endif
}

/// Seconds since some moment in the past, on a clock that nobody sets. OpenMP has one, and the compiler is spared <chrono>,
/// one of the largest headers.
inline double seconds() {
#ifdef _OPENMP
    return omp_get_wtime();
#else
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

/// WorkList: the items of all loops of a team, numbered through. Work is done when its items are done: nobody waits for
/// a thread that has nothing to do, which on a busy machine may be one that the system has put aside.
class WorkList {
public:
    explicit WorkList(std::size_t threads) : spins_(threads > processors() ? 0 : 4000) {}

    /// Takes the next item if it is not yet `end`.
    bool take(std::uint32_t end, std::uint32_t& item) {
        item = taken_.load(std::memory_order_relaxed);
        while (!reached(item, end)) {
            if (taken_.compare_exchange_weak(item, item + 1, std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }
    void take_one() { taken_.fetch_add(1, std::memory_order_relaxed); }

    void finish() {
        const std::uint32_t done = done_.fetch_add(1, std::memory_order_acq_rel) + 1;
        if (done == taken_.load(std::memory_order_relaxed)) {
            done_.notify_all();
        }
    }

    /// Waits until all items before `end` are done: a short while in a loop, then asleep.
    void wait_for(std::uint32_t end) {
        std::uint32_t done = done_.load(std::memory_order_acquire);
        for (int i = 0; i < spins_ && !reached(done, end); ++i) {
            pause();
            done = done_.load(std::memory_order_acquire);
        }
        while (!reached(done, end)) {
            done_.wait(done, std::memory_order_acquire);
            done = done_.load(std::memory_order_acquire);
        }
    }

private:
    /// Item numbers may pass 2^32 and begin again; two that are compared are never far apart.
    static bool reached(std::uint32_t number, std::uint32_t end) {
        return static_cast<std::int32_t>(number - end) >= 0;
    }
    static std::size_t processors() {
#ifdef _OPENMP
        return static_cast<std::size_t>(std::max(1, omp_get_num_procs()));
#else
        return 1;
#endif
    }
    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }

    alignas(64) std::atomic<std::uint32_t> taken_{0};
    alignas(64) std::atomic<std::uint32_t> done_{0};
    int spins_;
};

/// Team: one thread's view of a team. All members make the same calls in the same order; the items of each loop are shared
/// out. What an item reads was written before the last barrier or is written by nobody else.
class Team {
public:
    /// A team of one, for constant expressions.
    constexpr Team() = default;
    Team(WorkList& work, std::size_t member, std::size_t size) : work_(&work), member_(member), size_(size) {}

    /// Which member of the team this thread is, and how many there are.
    constexpr std::size_t member() const { return member_; }
    constexpr std::size_t size() const { return size_; }

    /// f(0), ..., f(count - 1), each by one member, in any order. A member goes on when nothing is left for it to take.
    template <typename F>
    constexpr void for_each(std::size_t count, const F& f) {
        const std::uint32_t end = begin_ + static_cast<std::uint32_t>(count);
        // f is called in one place, whatever the team: it is large, and compiled for each place.
        for (std::uint32_t item = begin_; take(end, item); finish(item)) {
            f(static_cast<std::size_t>(item - begin_));
        }
        begin_ = end;
    }

    /// f() by the first member, which is the thread that called parallel(); all wait for it.
    template <typename F>
    constexpr void first_member(const F& f) {
        if (work_ == nullptr) {
            f();
            return;
        }
        if (member_ == 0) {
            work_->take_one();
            f();
            work_->finish();
        }
        ++begin_;
        barrier();
    }

    /// Waits until all items so far are done.
    constexpr void barrier() {
        if (work_ != nullptr) {
            work_->wait_for(begin_);
        }
    }

private:
    constexpr bool take(std::uint32_t end, std::uint32_t& item) {
        return work_ == nullptr ? item != end : work_->take(end, item);
    }
    constexpr void finish(std::uint32_t& item) {
        if (work_ == nullptr) {
            ++item;
        } else {
            work_->finish();
        }
    }

    WorkList* work_ = nullptr;
    std::uint32_t begin_ = 0;  // the number of the next loop's first item
    std::size_t member_ = 0;
    std::size_t size_ = 1;
};

namespace detail {
template <typename F>
void run_team(std::size_t threads, const F& f) {
    // f is called in one place here too.
#ifdef _OPENMP
    WorkList work(threads);
#pragma omp parallel num_threads(static_cast<int>(threads)) if (threads > 1)
    {
        Team team = threads > 1 ? Team(work, static_cast<std::size_t>(omp_get_thread_num()),
                                       static_cast<std::size_t>(omp_get_num_threads()))
                                : Team();
        f(team);
    }
#else
    static_cast<void>(threads);
    Team team;
    f(team);
#endif
}
}  // namespace detail

/// Calls f(team) on each of `threads` threads, or of fewer if the system gives fewer. f must not throw.
template <typename F>
constexpr void parallel(std::size_t threads, const F& f) {
    if (std::is_constant_evaluated()) {
        Team team;
        f(team);
    } else {
        detail::run_team(threads, f);
    }
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM
