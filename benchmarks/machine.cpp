// SPDX-License-Identifier: MIT
//
// What the machine can do at best: fused multiply-adds from registers, and reading from each level of its memory.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/unroll.hpp>

#include "cases.hpp"
#include "peak.hpp"

namespace {

using namespace benchmarks;
using V = ctcnn::detail_::Lanes<float>;

/// The size of a cache as the system knows it; `otherwise` where it does not.
std::size_t cache_bytes([[maybe_unused]] int name, std::size_t otherwise) {
    const long size = name < 0 ? 0 : sysconf(name);
    return size > 0 ? static_cast<std::size_t>(size) : otherwise;
}

#ifdef _SC_LEVEL1_DCACHE_SIZE
constexpr std::array<int, 3> cache_names{_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
#else
constexpr std::array<int, 3> cache_names{-1, -1, -1};
#endif

/// Reads vectors one after the other into eight sums, so that no addition waits for the one before it.
void read_all(const V* data, std::size_t vectors) {
    constexpr std::size_t sums = 8;
    std::array<V, sums> sum{};
    for (std::size_t i = 0; i < vectors; i += sums) {
        ctcnn::detail_::kernels::unroll<sums>([&](auto j) __attribute__((always_inline)) { sum[j] += data[i + j]; });
    }
    V total = sum[0];
    ctcnn::detail_::kernels::unroll<sums - 1>([&](auto j) __attribute__((always_inline)) { total += sum[j + 1]; });
    keep(total);
}

/// Bytes a second, in thousand millions, that all threads together read from memory of their own of so many bytes each.
double read_bandwidth(std::size_t threads, std::size_t bytes, std::size_t bytes_at_least, std::size_t samples) {
    const std::size_t vectors = bytes / sizeof(V) / 8 * 8;
    const std::size_t repetitions = std::max<std::size_t>(1, bytes_at_least / (vectors * sizeof(V)));
    std::vector<ctcnn::detail_::AlignedVector<V>> data(threads);
    for (auto& each : data) {
        each.assign(vectors, V::broadcast(1));
    }
    const double seconds = fastest_together(threads, samples, [&](std::size_t thread) {
        for (std::size_t i = 0; i < repetitions; ++i) {
            read_all(data[thread].data(), vectors);
        }
    });
    return static_cast<double>(threads * repetitions * vectors * sizeof(V)) / seconds * 1e-9;
}

}  // namespace

int main(int argument_count, char** arguments) {
    const std::size_t level_1 = cache_bytes(cache_names[0], 32 << 10);
    const std::size_t level_2 = cache_bytes(cache_names[1], 256 << 10);
    const std::size_t level_3 = cache_bytes(cache_names[2], 8 << 20);
    // Half of a cache is surely in it; what is larger than the last one is surely not, or only a small part of it.
    const std::size_t beyond = std::min<std::size_t>(4 * level_3, std::size_t{512} << 20);
    const std::vector<std::pair<std::string, std::size_t>> memories{
        {"l1", level_1 / 2}, {"l2", level_2 / 2}, {"memory", beyond}};

    std::vector<Case> cases;
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
        const std::string suffix = "/threads_" + std::to_string(threads);
        cases.push_back({"machine/fma" + suffix, [threads](const Options& options, Line& line) {
                             const FmaSpeed speed = fma_speed(threads, options.choose<std::size_t>(20, 10, 2));
                             line.add("gflops", speed.best).add("sustained_gflops", speed.sustained);
                         }});
        for (const auto& [name, bytes] : memories) {
            cases.push_back(
                {"machine/" + name + suffix, [threads, size_of_memory = bytes](const Options& options, Line& line) {
                     const std::size_t size =
                         options.choose(size_of_memory, size_of_memory, std::min(size_of_memory, std::size_t{8} << 20));
                     line.add("bytes", size);
                     line.add("gigabytes_per_second",
                              read_bandwidth(threads, size, options.choose(256u << 20, 128u << 20, 8u << 20),
                                             options.choose<std::size_t>(10, 5, 2)));
                 }});
        }
    }
    return run_cases(argument_count, arguments, cases);
}
