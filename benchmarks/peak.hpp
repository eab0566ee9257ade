// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <barrier>
#include <cstddef>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/unroll.hpp>

#include "cases.hpp"

// What the machine can do at best, measured with the vectors that the library computes with.
namespace benchmarks {

/// Calls work(thread) on each of `threads` threads at the same time, `samples` times. Returns the seconds of each time,
/// from the thread that began first to the one that ended last, the shortest time first.
template <typename Work>
std::vector<double> seconds_together(std::size_t threads, std::size_t samples, const Work& work) {
    struct Span {
        double begin;
        double end;
    };
    std::vector<Span> spans(threads * samples);
    {
        std::barrier gate(static_cast<std::ptrdiff_t>(threads));
        std::vector<std::jthread> team;
        for (std::size_t thread = 0; thread < threads; ++thread) {
            team.emplace_back([&, thread] {
                for (std::size_t sample = 0; sample < samples; ++sample) {
                    gate.arrive_and_wait();
                    const double begin = now();
                    work(thread);
                    spans[sample * threads + thread] = {begin, now()};
                }
            });
        }
    }
    std::vector<double> seconds;
    for (std::size_t sample = 0; sample < samples; ++sample) {
        const std::span<const Span> together(spans.data() + sample * threads, threads);
        const double begin = std::ranges::min_element(together, {}, &Span::begin)->begin;
        const double end = std::ranges::max_element(together, {}, &Span::end)->end;
        seconds.push_back(end - begin);
    }
    std::ranges::sort(seconds);
    return seconds;
}

/// The same; returns the seconds of the fastest time.
template <typename Work>
double fastest_together(std::size_t threads, std::size_t samples, const Work& work) {
    return seconds_together(threads, samples, work).front();
}

/// Floating-point operations a second, in thousand millions.
struct FmaSpeed {
    double best;       // of the fastest sample
    double sustained;  // over all samples: less than the best where another program or machine takes a share
};

/// The speed of fused multiply-adds that wait for nothing: enough of them are under way to fill two units of a latency
/// of up to 6 cycles, and their numbers never leave the registers.
inline FmaSpeed fma_speed(std::size_t threads, std::size_t samples) {
    using V = ctcnn::detail_::Lanes<float>;
    constexpr std::size_t sums = ctcnn::detail_::vector_registers == 32 ? 24 : 12;
    constexpr std::size_t repetitions = 400'000;
    const std::vector<double> seconds = seconds_together(threads, samples, [](std::size_t) {
        std::array<V, sums> sum;
        ctcnn::detail_::kernels::unroll<sums>([&](auto j) __attribute__((always_inline)) { sum[j] = V::broadcast(1); });
        V factor = V::broadcast(0.999f);
        V term = V::broadcast(0.001f);
        ctcnn::detail_::hold_in_register(factor);
        ctcnn::detail_::hold_in_register(term);
        for (std::size_t i = 0; i < repetitions; ++i) {
            ctcnn::detail_::kernels::unroll<sums>([&](auto j) __attribute__((always_inline)) {
                sum[j] = ctcnn::detail_::multiply_add(sum[j], factor, term);
                ctcnn::detail_::hold_in_register(sum[j]);
            });
        }
        // Only one number has an address: the others would leave their registers for it.
        V total = sum[0];
        ctcnn::detail_::kernels::unroll<sums - 1>([&](auto j) __attribute__((always_inline)) { total += sum[j + 1]; });
        keep(total);
    });
    const double operations = 2.0e-9 * static_cast<double>(threads * repetitions * sums * V::count);
    const double all = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    return {operations / seconds.front(), operations * static_cast<double>(samples) / all};
}

inline double fma_peak(std::size_t threads, std::size_t samples) { return fma_speed(threads, samples).best; }

}  // namespace benchmarks
