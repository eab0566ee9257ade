// SPDX-License-Identifier: MIT
// Two threads of OpenMP add to one number: with RACE without a lock, and otherwise as they may.
#include <cstdio>

int main() {
    int sum = 0;
    int seen = 0;
#pragma omp parallel num_threads(2)
    {
#if RACE
        ++sum;
#else
#pragma omp critical
        ++sum;
#endif
#pragma omp barrier
#pragma omp single
        seen = sum;
    }
    std::printf("%d\n", seen);
}
