// SPDX-License-Identifier: MIT
// Needs what ctcnn.pc says: the package's headers, Boost.Hana's, and zlib and OpenMP where they were found.
#include <cstdio>

#include <ctcnn/ctcnn.hpp>
#include <ctcnn/version.hpp>

using namespace ctcnn;

int main() {
    try {
        static_cast<void>(load_mnist("no such folder", Split::test));
    } catch (const DataError&) {
        std::printf("version %d.%d.%d\n", CTCNN_VERSION_MAJOR, CTCNN_VERSION_MINOR, CTCNN_VERSION_PATCH);
    }
}
