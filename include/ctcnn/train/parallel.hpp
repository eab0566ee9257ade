// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#ifdef _OPENMP
#include <omp.h>
#endif

// The one place that knows OpenMP. Without it, and in constant expressions, a team has one member.
namespace ctcnn::train {

/// The number of threads that `threads` stands for: 0 means as many as OpenMP would take.
inline std::size_t thread_count(std::size_t threads) {
#ifdef _OPENMP
    return threads == 0 ? static_cast<std::size_t>(std::max(1, omp_get_max_threads())) : threads;
#else
    static_cast<void>(threads);
    return 1;
#endif
}

/// Team: the threads of one parallel region. All of them make the same calls; the work of each call is shared out.
class Team {
public:
    constexpr explicit Team(std::size_t member) : member_(member) {}

    /// Which member of the team this thread is.
    constexpr std::size_t member() const { return member_; }

    /// f(0), ..., f(count - 1), each by one member, in any order; the call ends when all have ended.
    template <typename F>
    constexpr void for_each(std::size_t count, const F& f) const {
        for_each_without_barrier(count, f);
        barrier();
    }

    /// The same, but a member goes on when nothing is left for it.
    template <typename F>
    constexpr void for_each_without_barrier(std::size_t count, const F& f) const {
        if (std::is_constant_evaluated()) {
            for (std::size_t i = 0; i < count; ++i) {
                f(i);
            }
        } else {
            share(count, f);
        }
    }

    /// Waits for all members.
    constexpr void barrier() const {
        if (!std::is_constant_evaluated()) {
            wait();
        }
    }

private:
    template <typename F>
    static void share(std::size_t count, const F& f) {
#ifdef _OPENMP
#pragma omp for schedule(dynamic, 1) nowait
#endif
        for (std::size_t i = 0; i < count; ++i) {
            f(i);
        }
    }
    static void wait() {
#ifdef _OPENMP
#pragma omp barrier
#endif
    }

    std::size_t member_;
};

namespace detail {
template <typename F>
void run_team(std::size_t threads, const F& f) {
#ifdef _OPENMP
// A region even for one thread: the team's loops would otherwise be shared with the threads of a region of the caller.
#pragma omp parallel num_threads(static_cast<int>(threads))
    f(Team(static_cast<std::size_t>(omp_get_thread_num())));
#else
    static_cast<void>(threads);
    f(Team(0));
#endif
}
}  // namespace detail

/// Calls f(team) on each of `threads` threads.
template <typename F>
constexpr void parallel(std::size_t threads, const F& f) {
    if (std::is_constant_evaluated()) {
        f(Team(0));
    } else {
        detail::run_team(threads, f);
    }
}

}  // namespace ctcnn::train
