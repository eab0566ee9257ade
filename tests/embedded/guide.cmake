# SPDX-License-Identifier: MIT
#
# The files of docs/embedded.md, copied into an empty folder: they build and run.
#
# cmake -DPAGE=<file> -DPARAMETERS=<file> -DLIBRARY_BUILD=<build> -DSCRATCH=<folder> -DCONFIG=<config> -DCOMPILER=<path>
#       -P guide.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/../package/common.cmake")

file(REMOVE_RECURSE "${SCRATCH}")
install_into("${SCRATCH}/installed" "${LIBRARY_BUILD}" "${CONFIG}")
file(READ "${PAGE}" page)
foreach(name_language IN ITEMS "lenet.hpp;cpp" "CMakeLists.txt;cmake" "main.cpp;cpp")
    list(GET name_language 0 name)
    list(GET name_language 1 language)
    section("### ${name}")
    write_block(${language} "${SCRATCH}/program/${name}")
endforeach()
configure_file("${PARAMETERS}" "${SCRATCH}/program/lenet.safetensors" COPYONLY)
run("${CMAKE_COMMAND}" -S "${SCRATCH}/program" -B "${SCRATCH}/build" -G Ninja "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_PREFIX_PATH=${SCRATCH}/installed" -DCMAKE_BUILD_TYPE=Release
    "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror")
expect_no("[Ww]arning")
run("${CMAKE_COMMAND}" --build "${SCRATCH}/build")
run("${SCRATCH}/build/program")
expect("digit [0-9]")
