# SPDX-License-Identifier: MIT
#
# An old compiler is refused with a sentence, before anything is compiled.
#
# cmake -DLIBRARY=<source> -DSCRATCH=<folder> -DGENERATOR=<name> -DCOMPILER=<path> -P compiler.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

foreach(id_version IN ITEMS "GNU 11.4.0" "Clang 17.0.6")
    string(REPLACE " " ";" id_version "${id_version}")
    list(GET id_version 0 id)
    list(GET id_version 1 version)
    file(REMOVE_RECURSE "${SCRATCH}")
    # CMake does not ask the compiler what it is.
    try("${CMAKE_COMMAND}" -S "${LIBRARY}" -B "${SCRATCH}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
        -DCMAKE_CXX_COMPILER_FORCED=ON -DCMAKE_CXX_COMPILER_ID=${id} -DCMAKE_CXX_COMPILER_VERSION=${version})
    expect("CMake Error.*ctcnn needs g\\+\\+ 12 or newer, or clang 18 or newer; [^ ]+ is version ${version}\\.")
    expect_no("-- ctcnn")
endforeach()
