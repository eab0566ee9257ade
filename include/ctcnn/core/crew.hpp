// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

// A crew are the threads that compute one tile of images together, where a team has more threads than a batch has
// tiles. All members make the same calls in the same order, with the same values and with scratch memory of their own.
// A kernel that can be shared gets a crew as its last argument, divides what it writes, mostly by channels, and leaves
// what the crew's first member alone should do to it. Each number is computed as one thread computes it, so that its
// bits do not depend on the crew. A kernel without a crew is called by the first member.
namespace CTCNN_DETAIL {

/// OneThread: the crew of a tile that is not shared, and what a crew is:
///     share(n)    which of n equal things this member takes
///     takes(n)    whether it takes the n-th of things that come one after another
///     turns(n), turns_beside(n)   the same on two axes, the first of which has n things: what it takes there, and on
///                 the other axis
///     in_blocks(n)   the same of blocks of n things, each by its own number
///     is_first()  whether it is the member that does what is not shared
///     size()      how many members there are
///     barrier()   waits until all members have come here
struct OneThread {
    static constexpr OneThread turns(std::size_t) { return {}; }
    static constexpr OneThread turns_beside(std::size_t) { return {}; }
    static constexpr OneThread in_blocks(std::size_t) { return {}; }
    static constexpr Range share(std::size_t count) { return {0, count}; }
    static constexpr bool takes(std::size_t) { return true; }
    static constexpr bool is_first() { return true; }
    static constexpr std::size_t size() { return 1; }
    static constexpr void barrier() {}
};

/// Turns: which of things that come one after another a member takes, of so many members: whole blocks of them. There
/// may be members beyond, who take none.
class Turns {
public:
    constexpr Turns(std::size_t member, std::size_t size, std::size_t block = 1)
        : member_(member), size_(size), block_(block) {}

    constexpr std::size_t size() const { return size_; }
    constexpr bool takes(std::size_t n) const { return n / block_ % size_ == member_; }
    constexpr Turns in_blocks(std::size_t count) const { return {member_, size_, count}; }

private:
    std::size_t member_;
    std::size_t size_;
    std::size_t block_;
};

/// Crew: one thread's view of a crew of some threads, or of one.
class Crew {
public:
    /// Waits until all members have come there so many times: wait(what they share, count of arrivals).
    using Wait = void(void* shared, std::uint32_t arrivals);

    constexpr Crew() = default;
    constexpr Crew(std::size_t member, std::size_t size, void* shared, std::uint32_t* arrivals, Wait* wait)
        : member_(member), size_(size), shared_(shared), arrivals_(arrivals), wait_(wait) {}

    constexpr Range share(std::size_t count) const { return {count * member_ / size_, count * (member_ + 1) / size_}; }
    constexpr bool takes(std::size_t n) const { return n % size_ == member_; }
    constexpr Turns in_blocks(std::size_t count) const { return {member_, size_, count}; }
    constexpr Turns turns(std::size_t count) const {
        const std::size_t size = std::min(size_, count);
        return {member_ % size, size};
    }
    constexpr Turns turns_beside(std::size_t count) const {
        const std::size_t size = std::min(size_, count);
        return {member_ / size, size_ / size};
    }
    constexpr bool is_first() const { return member_ == 0; }
    constexpr std::size_t size() const { return size_; }
    constexpr void barrier() const {
        if (size_ > 1) {
            wait_for_all();
        }
    }

private:
    [[gnu::noinline]] void wait_for_all() const {
        *arrivals_ += static_cast<std::uint32_t>(size_);
        wait_(shared_, *arrivals_);
    }

    std::size_t member_ = 0;
    std::size_t size_ = 1;
    void* shared_ = nullptr;
    std::uint32_t* arrivals_ = nullptr;  // of this member's barriers
    Wait* wait_ = nullptr;
};

}  // namespace CTCNN_DETAIL
