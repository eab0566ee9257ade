// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#ifdef _OPENMP
#include <cfenv>

#include <omp.h>
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif
#else
#include <cfenv>
#include <chrono>
#endif

#include <ctcnn/core/processor.hpp>
#include <ctcnn/core/target.hpp>

// The only file that uses OpenMP. Without it, and in constant expressions, a team has one member.

// The same for all targets: the process that has started OpenMP's threads.
namespace ctcnn::process_ {
inline std::atomic<long> with_threads{0};
}  // namespace ctcnn::process_

namespace CTCNN_DETAIL::run::inline CTCNN_TEAM {

/// The number of threads that `threads` stands for: 0 means as many as OpenMP would take.
inline std::size_t thread_count(std::size_t threads) {
#ifdef _OPENMP
    return threads == 0 ? static_cast<std::size_t>(std::max(1, omp_get_max_threads())) : threads;
#else
    static_cast<void>(threads);
    return 1;
#endif
}

/// Seconds since some moment in the past, on a steady clock. OpenMP has one; <chrono> is one of the largest headers to
/// compile, and is not included where OpenMP is there.
inline double seconds() {
#ifdef _OPENMP
    return omp_get_wtime();
#else
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

/// Arithmetic: the floating-point environment of a thread, such as its rounding mode.
class Arithmetic {
public:
    Arithmetic() { std::fegetenv(&environment_); }
    void set() const { std::fesetenv(&environment_); }

private:
    std::fenv_t environment_;
};

namespace team {
/// f(), after which the arithmetic of the thread is what it was.
template <typename F>
void call(const F& f) {
    const Arithmetic arithmetic;
    f();
    arithmetic.set();
}
}  // namespace team

/// WorkList: the items of all loops of a team, numbered through. Work is done when its items are done: no thread waits
/// for one that has nothing to do, which on a busy machine may be one that the system has put aside.
class WorkList {
public:
    /// How many places there are for take_at.
    static constexpr std::size_t places = 16;

    WorkList() noexcept = default;
    explicit WorkList(std::size_t threads) { spin_for(threads); }

    /// Whoever waits does it in a loop at first, unless there are more threads than processors.
    void spin_for(std::size_t threads) { spins_ = threads > processors() ? 0 : 4000; }

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

    /// Takes the item at a place of the loop that ends before item `end`, if nobody has.
    bool take_at(std::size_t place, std::uint32_t end) {
        std::uint32_t last = taken_at_[place].load(std::memory_order_relaxed);
        while (!reached(last, end)) {
            if (taken_at_[place].compare_exchange_weak(last, end, std::memory_order_relaxed)) {
                take_one();
                return true;
            }
        }
        return false;
    }

    void finish() { done_.fetch_add(1, std::memory_order_acq_rel); }

    /// Begins to count anew. Nobody may be waiting.
    void reset() {
        taken_.store(0, std::memory_order_relaxed);
        done_.store(0, std::memory_order_relaxed);
        released_.store(0, std::memory_order_relaxed);
    }

    /// Waits until all items before `end` are done: a short while in a loop, then asleep. A thread that finds them done
    /// wakes those that sleep. There is one, since the thread that finishes the last of these items comes here next.
    [[gnu::noinline]] void wait_for(std::uint32_t end) {
        bool done = reached(done_.load(std::memory_order_acquire), end);
        for (int i = 0; i < spins_ && !done; ++i) {
            processor::pause();
            done = reached(done_.load(std::memory_order_acquire), end);
        }
        std::uint32_t released = released_.load(std::memory_order_acquire);
        while (!reached(released, end)) {
            if (!reached(done_.load(std::memory_order_acquire), end)) {
                released_.wait(released, std::memory_order_acquire);
                released = released_.load(std::memory_order_acquire);
            } else if (released_.compare_exchange_weak(released, end, std::memory_order_acq_rel)) {
                released_.notify_all();
                return;
            }
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

    alignas(64) std::atomic<std::uint32_t> taken_{0};
    alignas(64) std::atomic<std::uint32_t> done_{0};
    alignas(64) std::atomic<std::uint32_t> released_{0};  // items before this one are done, and sleepers were woken
    // Of each place, the end of the loop that took it last.
    alignas(64) std::array<std::atomic<std::uint32_t>, places> taken_at_{};
    int spins_ = 0;
};

/// Team: one thread's view of a team. All members make the same calls in the same order; the items of each loop are
/// shared out. What an item reads was written before the last barrier or is not written by another member.
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

    /// The same for up to WorkList::places items that come again in loop after loop: a member takes its share of them
    /// first, which is then still near, and after that what other members have left. Descending, it begins with the
    /// last one. With `together`, each member takes one of them, its share, together with the others whose share it is.
    template <typename F>
    constexpr void for_each_again(std::size_t count, bool is_descending, const F& f, bool together = false) {
        const std::uint32_t end = begin_ + static_cast<std::uint32_t>(together ? size_ : count);
        const std::size_t first = count * member_ / size_;
        const std::size_t last = together ? first + 1 : count * (member_ + 1) / size_;
        if (together && work_ != nullptr) {
            work_->take_one();
        }
        for (std::size_t n = 0; n < (together ? 1 : count); ++n) {
            const std::size_t place = (is_descending ? last + count - 1 - n : first + n) % count;
            if (together || work_ == nullptr || work_->take_at(place, end)) {
                f(place);
                if (work_ != nullptr) {
                    work_->finish();
                }
            }
        }
        begin_ = end;
    }

    /// Leaves `count` items to other members.
    constexpr void leave(std::size_t count) { begin_ += static_cast<std::uint32_t>(count); }

    /// f() by the first member, which is the thread that called parallel(); all wait for it. What f does to the
    /// arithmetic of its thread is undone, since it would not reach the other threads.
    template <typename F>
    constexpr void first_member(const F& f) {
        if (__builtin_is_constant_evaluated()) {
            f();
        } else if (member_ != 0) {
        } else if (work_ == nullptr) {
            team::call(f);
        } else {
            work_->take_one();
            team::call(f);
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

    friend class EqualShares;

    WorkList* work_ = nullptr;
    std::uint32_t begin_ = 0;  // the number of the next loop's first item
    std::size_t member_ = 0;
    std::size_t size_ = 1;
};

/// EqualShares: a team whose members take equal shares of each loop, which are known without asking. For loops of some
/// microseconds, in which each question would take a part of the time.
class EqualShares {
public:
    explicit EqualShares(Team& team) : team_(team) {}

    std::size_t member() const { return team_.member_; }
    std::size_t size() const { return team_.size_; }

    /// The items of a loop that every member runs through: items(f) calls f for the next one, or leaves it to another
    /// member.
    class Items {
    public:
        /// A loop over so many places, again and again.
        Items(std::size_t places, const EqualShares& team)
            : places_(places),
              first_(places * team.member() / team.size()),
              last_(places * (team.member() + 1) / team.size()) {}

        template <typename F>
        [[gnu::always_inline]] void operator()(const F& f) {
            if (first_ <= next_ && next_ < last_) {
                f();
            }
            next_ = next_ + 1 == places_ ? 0 : next_ + 1;
        }

    private:
        std::size_t next_ = 0;
        std::size_t places_;
        std::size_t first_;
        std::size_t last_;
    };

    /// Items are n things with so many rows each. Members take rows if that gives them equal shares, within a fifth.
    Items items(std::size_t n, std::size_t rows = 1) {
        begun_ = true;
        return Items(is_even(rows) ? rows : n * rows, *this);
    }
    /// Whether equal shares of so many items are equal within a fifth.
    bool is_even(std::size_t count) const { return 5 * ((count + size() - 1) / size() * size()) <= 6 * count; }

    /// Waits until all members have come here, if there were items since the last time.
    void barrier() {
        if (team_.work_ != nullptr && begun_) {
            team_.begin_ += static_cast<std::uint32_t>(size());
            team_.work_->finish();
            team_.work_->wait_for(team_.begin_);
        }
        begun_ = false;
    }

private:
    Team& team_;
    bool begun_ = false;
};

namespace team {
#ifdef _OPENMP
/// Whether this process may start threads. A child of fork() has none of the threads that its parent has started, and
/// some implementations of OpenMP (libgomp) wait for them for ever.
inline bool may_start_threads() {
#if defined(__unix__) || defined(__APPLE__)
    const long self = getpid();
    long owner = 0;
    return process_::with_threads.compare_exchange_strong(owner, self, std::memory_order_relaxed) || owner == self;
#else
    return true;
#endif
}
#endif

template <typename F>
void run_team([[maybe_unused]] std::size_t threads, const F& f) {
    // f is called in one place here too.
#ifdef _OPENMP
    threads = threads > 1 && may_start_threads() ? threads : 1;
    WorkList work(threads);
    // Threads that were started before have the arithmetic of that time.
    const Arithmetic callers;
#pragma omp parallel num_threads(static_cast<int>(threads)) if (threads > 1)
    {
        const Arithmetic own;
        callers.set();
        Team team = threads > 1 ? Team(work, static_cast<std::size_t>(omp_get_thread_num()),
                                       static_cast<std::size_t>(omp_get_num_threads()))
                                : Team();
        f(team);
        own.set();
    }
#else
    const Arithmetic own;
    Team team;
    f(team);
    own.set();
#endif
}
}  // namespace team

/// Calls f(team) on each of `threads` threads, or of fewer if the system gives fewer. f must not throw.
template <typename F>
constexpr void parallel(std::size_t threads, const F& f) {
    if (__builtin_is_constant_evaluated()) {
        Team team;
        f(team);
    } else {
        team::run_team(threads, f);
    }
}

}  // namespace CTCNN_DETAIL::run::inline CTCNN_TEAM
