// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/parallel.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// Crews: of a team with at least two members for each group of tiles, which members compute a group together: crew c
/// of C has the members c * T / C, rounded up, to (c + 1) * T / C of T.
class Crews {
public:
    /// How many members a crew has at most, if that decides how many threads a team has.
    static constexpr std::size_t most_members = 8;

    /// For so many groups, and up to `threads` threads.
    Crews(std::size_t groups, std::size_t threads) : work_(threads > 1 ? groups : 0) {
        for (std::size_t c = 0; c < work_.size(); ++c) {
            work_[c].spin_for(threads);
        }
    }

    /// Whether no group has a member alone, which would take as long as without crews.
    static bool pay(std::size_t threads, std::size_t groups) { return threads >= 2 * groups; }

    /// The number of a member's crew, and the member's place in it, where `arrivals` counts its barriers.
    static std::size_t number_of(const run::Team& team, std::size_t groups) {
        return team.member() * groups / team.size();
    }
    Crew place_of(const run::Team& team, std::size_t groups, std::uint32_t& arrivals) {
        const std::size_t crew = number_of(team, groups);
        const auto begin_of = [&](std::size_t c) { return (c * team.size() + groups - 1) / groups; };
        return {team.member() - begin_of(crew), begin_of(crew + 1) - begin_of(crew), &work_[crew], &arrivals, &wait};
    }
    /// Before a team takes new places.
    void reset() {
        for (std::size_t c = 0; c < work_.size(); ++c) {
            work_[c].reset();
        }
    }

private:
    static void wait(void* work, std::uint32_t arrivals) {
        static_cast<run::WorkList*>(work)->finish();
        static_cast<run::WorkList*>(work)->wait_for(arrivals);
    }

    AlignedArray<run::WorkList> work_;  // of each crew; its items are arrivals at barriers
};

/// The same of a network whose tiles are not shared.
struct NoCrews {
    constexpr NoCrews(std::size_t, std::size_t) {}
};

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM
