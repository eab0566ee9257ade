# SPDX-License-Identifier: MIT
#
# The guide's library for several processors, copied into an empty folder: it builds, with optimisation, and runs.
#
# cmake -DPAGE=<file> -DHEADING=<text> -DLIBRARY_BUILD=<build> -DSCRATCH=<folder> -DCONFIG=<config> -DCOMPILER=<path>
#       -P guide.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${SCRATCH}")
install_into("${SCRATCH}/installed" "${LIBRARY_BUILD}" "${CONFIG}")
file(READ "${PAGE}" page)
section("## ${HEADING}")
write_block(cpp "${SCRATCH}/program/digits.cpp")
write_block(cmake "${SCRATCH}/program/CMakeLists.txt")
file(WRITE "${SCRATCH}/program/main.cpp" "#include <cstddef>
#include <cstdio>
#include <vector>
extern \"C\" std::size_t digit(const float* parameters, const float* pixels);
int main() {
    std::vector<float> parameters(10'000, 1), pixels(28 * 28, 1);  // ten equal answers, of which the first is taken
    std::printf(\"digit %zu\\n\", digit(parameters.data(), pixels.data()));
}
")
run("${CMAKE_COMMAND}" -S "${SCRATCH}/program" -B "${SCRATCH}/build" -G Ninja "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_PREFIX_PATH=${SCRATCH}/installed" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
expect_no("CMAKE_BUILD_TYPE is empty|[Ww]arning")
run("${CMAKE_COMMAND}" --build "${SCRATCH}/build")
run("${SCRATCH}/build/program")
expect("digit 0")
file(READ "${SCRATCH}/build/compile_commands.json" output)
expect(" -O3 [^\n]*digits\\.cpp")
