// SPDX-License-Identifier: MIT
#include <cstdio>

extern "C" int part_a(const char* folder);
extern "C" int part_b(const char* folder);

int main(int, char** arguments) {
    std::printf("%d %d\n", part_a(arguments[1]), part_b(arguments[1]));
    return 0;
}
