// SPDX-License-Identifier: MIT
#include <ctcnn/run/parallel.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

constexpr std::size_t many = 4;

/// The sum of 0, ..., count - 1, each added by one member of a team of so many threads.
std::size_t sum_by_team(std::size_t threads, std::size_t count) {
    std::atomic<std::size_t> sum = 0;
    run::parallel(threads, [&](run::Team& team) { team.for_each(count, [&](std::size_t i) { sum += i; }); });
    return sum;
}

volatile double one = 1;
volatile double three = 3;

/// 1/3 as this thread rounds it.
double third() { return one / three; }

}  // namespace

// In a constant expression a team has one member.
static_assert([] {
    std::size_t sum = 0;
    run::parallel(3, [&](run::Team& team) {
        team.for_each(5, [&](std::size_t i) { sum += i; });
        team.first_member([&] { sum += 100; });
        team.barrier();
        sum += 1000 * team.size() + team.member();
    });
    return sum;
}() == 1110);

// Items that come again come in order, in a team of one.
static_assert([] {
    std::size_t order = 0;
    run::Team team;
    for (const bool is_descending : {false, true}) {
        team.for_each_again(3, is_descending, [&](std::size_t place) { order = 10 * order + place + 1; });
        team.barrier();
    }
    return order;
}() == 123'321);

TEST_CASE("no number of threads means as many as OpenMP takes") {
#if defined(_OPENMP)
    const int before = omp_get_max_threads();
    for (const int threads : {3, 1}) {
        omp_set_num_threads(threads);
        CHECK(run::thread_count(0) == static_cast<std::size_t>(threads));
        CHECK(run::thread_count(1) == 1);
        CHECK(run::thread_count(5) == 5);
    }
    omp_set_num_threads(before);
#else
    CHECK(run::thread_count(0) == 1);
    CHECK(run::thread_count(5) == 1);
#endif
    const double now = run::seconds();
    CHECK(run::seconds() >= now);
}

TEST_CASE("each item is done once, by whatever member") {
    for (const std::size_t threads : {1u, 2u, 3u, 4u, 9u}) {
        for (const std::size_t count : {0u, 1u, 2u, 7u, 1000u}) {
            INFO(threads << " threads, " << count << " items");
            CHECK(sum_by_team(threads, count) == (count == 0 ? 0 : count * (count - 1) / 2));
        }
    }
}

TEST_CASE("behind a barrier all items are done, and the next ones have not begun") {
    constexpr std::size_t rounds = 2000;
    constexpr std::size_t items = 7;
    // Written without atomics: the barrier alone makes this right. Only items may rely on it, since a barrier waits for
    // items and not for members.
    std::vector<std::size_t> numbers(items);
    std::atomic<std::size_t> wrong = 0;
    run::parallel(many, [&](run::Team& team) {
        for (std::size_t round = 1; round <= rounds; ++round) {
            team.for_each(items, [&](std::size_t i) { numbers[i] += i + 1; });
            team.barrier();
            team.for_each(many, [&](std::size_t) {
                for (std::size_t i = 0; i < items; ++i) {
                    wrong += numbers[i] != round * (i + 1) ? 1 : 0;
                }
            });
            team.barrier();
        }
    });
    CHECK(wrong == 0);
}

TEST_CASE("items that come again are done once in each loop, also beside members that are late") {
    constexpr std::size_t rounds = 2000;
    std::vector<std::size_t> numbers(run::WorkList::places);
    std::atomic<std::size_t> wrong = 0;
    run::parallel(many, [&](run::Team& team) {
        for (std::size_t round = 0; round < rounds; ++round) {
            const std::size_t count = round * 7 % (run::WorkList::places + 1);
            team.for_each_again(count, round % 2 != 0, [&](std::size_t place) { numbers[place] += round + 1; });
            team.barrier();
            team.for_each(1, [&](std::size_t) {
                for (std::size_t place = 0; place < numbers.size(); ++place) {
                    wrong += numbers[place] != (place < count ? round + 1 : 0) ? 1 : 0;
                    numbers[place] = 0;
                }
            });
            team.barrier();
        }
    });
    CHECK(wrong == 0);
}

TEST_CASE("of items that come again a member takes its share first") {
    std::atomic<std::size_t> others = 0;
    std::array<std::atomic<std::size_t>, 2> taken{};
    run::parallel(many, [&](run::Team& team) {
        for (const bool is_descending : {false, true}) {
            team.for_each_again(team.size(), is_descending, [&](std::size_t place) {
                others += place != team.member() ? 1 : 0;
                // Until each member has taken one, so that none is left for those that are quick.
                std::atomic<std::size_t>& taken_here = taken[is_descending ? 1 : 0];
                for (++taken_here; taken_here != team.size();) {
                    std::this_thread::yield();
                }
            });
            team.barrier();
        }
    });
    CHECK(others == 0);
}

TEST_CASE("members take their share of the items together, one each, and the next loop goes on as usual") {
    constexpr std::size_t rounds = 2000;
    constexpr std::size_t groups = 3;
    std::array<std::atomic<std::size_t>, groups> taken{};
    std::atomic<std::size_t> wrong = 0;
    std::atomic<std::size_t> behind = 0;
    std::size_t members = 0;
    run::parallel(many, [&](run::Team& team) {
        for (std::size_t round = 1; round <= rounds; ++round) {
            team.for_each_again(
                groups, round % 2 != 0,
                [&](std::size_t place) {
                    ++taken[place];
                    wrong += place != team.member() * groups / team.size() ? 1 : 0;
                },
                true);
            team.barrier();
            team.for_each(2, [&](std::size_t) {
                ++behind;
                wrong += taken[0] + taken[1] + taken[2] != round * team.size() ? 1 : 0;
            });
            team.barrier();
        }
        team.for_each(1, [&](std::size_t) { members = team.size(); });
    });
    CHECK(wrong == 0);
    CHECK(behind == 2 * rounds);
    for (std::size_t place = 0; place < groups; ++place) {
        const auto first = [&](std::size_t n) { return (n * members + groups - 1) / groups; };
        CHECK(taken[place] == rounds * (first(place + 1) - first(place)));
    }
}

TEST_CASE("of a loop in equal shares each item is done once, and a member keeps its rows") {
    for (const std::size_t threads : {1u, 2u, 3u, 5u}) {
        for (const std::size_t rows : {1u, 2u, 7u, 12u, 60u}) {
            constexpr std::size_t things = 3;
            INFO(threads << " threads, " << rows << " rows");
            std::vector<std::atomic<std::size_t>> done(things * rows);
            std::vector<std::size_t> who(things * rows);
            std::atomic<std::size_t> early = 0;
            std::atomic<bool> even = false;
            run::parallel(threads, [&](run::Team& team) {
                run::EqualShares shares(team);
                // Before any items, it does not wait either.
                if (shares.member() == 0) {
                    shares.barrier();
                }
                for (std::size_t round = 1; round < 4; ++round) {
                    auto items = shares.items(things, rows);
                    for (std::size_t n = 0; n < things * rows; ++n) {
                        items([&] {
                            ++done[n];
                            who[n] = shares.member();
                        });
                    }
                    shares.barrier();
                    for (const auto& times : done) {
                        early += times < round ? 1 : 0;
                    }
                    // Without items, it does not wait: the first member would come here alone.
                    shares.barrier();
                    if (shares.member() == 0) {
                        shares.barrier();
                    }
                    // Nobody begins the next round before all have looked.
                    static_cast<void>(shares.items(1));
                    shares.barrier();
                }
                even = shares.is_even(rows);
            });
            CHECK(early == 0);
            for (std::size_t n = 0; n < things * rows; ++n) {
                CHECK(done[n] == 3);
                CHECK((!even || who[n] == who[n % rows]));
            }
        }
    }
}

TEST_CASE("equal shares are equal within a fifth") {
    std::atomic<bool> right = true;
    run::parallel(3, [&](run::Team& team) {
        if (run::EqualShares shares(team); shares.size() == 3) {
            right = shares.is_even(3) && !shares.is_even(4) && shares.is_even(5) && shares.is_even(6) &&
                    !shares.is_even(7) && shares.is_even(8) && !shares.is_even(1) && shares.is_even(13);
        }
    });
    CHECK(right);
    run::Team alone;
    CHECK(run::EqualShares(alone).is_even(1));
}

TEST_CASE("a member that sleeps at a barrier is woken, however quick the others are") {
    // More threads than processors: those that wait go to sleep at once. Whoever finishes last may find that another
    // member has passed the barrier and taken a next item meanwhile. A member that is not woken stops this test for
    // ever.
    const std::size_t threads = 2 * std::max(1u, std::thread::hardware_concurrency()) + 3;
    std::atomic<std::size_t> count = 0;
    run::parallel(threads, [&](run::Team& team) {
        for (std::size_t round = 0; round < 3000; ++round) {
            team.for_each(2, [&](std::size_t) { ++count; });
            team.barrier();
            team.first_member([&] { ++count; });
        }
    });
    CHECK(count == 3 * 3000);
}

TEST_CASE("whoever passes a barrier wakes those that sleep there, whatever was taken meanwhile") {
    run::WorkList work(1'000'000);  // more threads than processors: who waits sleeps at once
    std::atomic<bool> finished = false;
    bool finished_before = false;
    std::thread sleeper([&] {
        work.wait_for(1);
        finished_before = finished;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::uint32_t item = 0;
    REQUIRE(work.take(1, item));
    // As a member does that finds the item done and passes the barrier before the one that finished it looks on.
    work.take_one();
    finished = true;
    work.finish();
    work.wait_for(1);
    sleeper.join();
    CHECK(item == 0);
    CHECK(finished_before);
}

TEST_CASE("the first member works while the others wait for it") {
    std::size_t steps = 0;
    std::atomic<std::size_t> wrong = 0;
    std::atomic<std::size_t> elsewhere = 0;
    const std::thread::id caller = std::this_thread::get_id();
    run::parallel(many, [&](run::Team& team) {
        for (std::size_t step = 1; step <= 500; ++step) {
            team.first_member([&] {
                ++steps;
                elsewhere += std::this_thread::get_id() != caller ? 1 : 0;
            });
            team.for_each(many, [&](std::size_t) { wrong += steps != step ? 1 : 0; });
            team.barrier();
        }
    });
    CHECK(steps == 500);
    CHECK(wrong == 0);
    CHECK(elsewhere == 0);
}

TEST_CASE("members calculate as the thread that called does") {
    sum_by_team(many, 100);  // The threads are there from now on, with the arithmetic of now.
    const double nearest = third();
    for (const int mode : {FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD}) {
        std::fesetround(mode);
        const double expected = third();
        std::atomic<std::size_t> different = 0;
        run::parallel(many, [&](run::Team& team) {
            different += third() != expected ? 1 : 0;
            team.for_each(100, [&](std::size_t) { different += third() != expected ? 1 : 0; });
        });
        std::fesetround(FE_TONEAREST);
        CHECK((mode != FE_UPWARD || expected != nearest));
        CHECK(different == 0);
    }
    // What the members do to themselves ends with the team.
    std::atomic<std::size_t> changed = 0;
    run::parallel(many, [&](run::Team&) { std::fesetround(FE_UPWARD); });
    CHECK(third() == nearest);
    run::parallel(many, [&](run::Team&) { changed += third() != nearest ? 1 : 0; });
    CHECK(changed == 0);
    // What the first member does alone has no effect on the arithmetic of the team, for any number of threads.
    for (const std::size_t threads : {std::size_t{1}, many}) {
        run::parallel(threads, [&](run::Team& team) {
            team.first_member([] { std::fesetround(FE_UPWARD); });
            changed += third() != nearest ? 1 : 0;
        });
        CHECK(std::fegetround() == FE_TONEAREST);
    }
    CHECK(changed == 0);
}

#if defined(__unix__)
TEST_CASE("a team of one starts no threads, and a child process may start some then") {
    auto& with_threads = ctcnn::process_::with_threads;
    const long before = with_threads.exchange(0);
    CHECK(sum_by_team(1, 10) == 45);
    CHECK(with_threads == 0);
    with_threads = before;
}

TEST_CASE("a child process of one that has used several threads works, on one thread") {
    CHECK(sum_by_team(2, 100) == 4950);
    const auto status_of_child = [](const auto& work) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(20);
            _exit(work());
        }
        int status = -1;
        waitpid(child, &status, 0);
        return status;
    };
    CHECK(status_of_child([] { return sum_by_team(2, 100) == 4950 ? 0 : 1; }) == 0);
    CHECK(status_of_child([] {
              std::size_t members = 0;
              run::parallel(3, [&](run::Team& team) { members = team.size(); });
              return members == 1 ? 0 : 1;
          }) == 0);
    // Its children, too; and the parent goes on with as many threads as before.
    CHECK(status_of_child([&] { return status_of_child([] { return sum_by_team(2, 10) == 45 ? 0 : 1; }); }) == 0);
    std::atomic<std::size_t> members = 0;
    run::parallel(2, [&](run::Team& team) { members = team.size(); });
#if defined(_OPENMP)
    CHECK(members == 2);
#else
    CHECK(members == 1);
#endif
}
#endif
