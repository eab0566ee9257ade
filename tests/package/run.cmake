# SPDX-License-Identifier: MIT
#
# Builds and runs the project of this folder in a scratch folder, in one of the three ways of using the library.
#
# cmake -DWAY=find_package|add_subdirectory|fetch_content -DLIBRARY=<source> -DLIBRARY_BUILD=<build> -DSCRATCH=<folder>
#       -DCONFIG=<config> -DGENERATOR=<name> -DCOMPILER=<path> -DOPENMP=<value> -DZLIB=<value> -DVERSION=<version>
#       -P run.cmake
cmake_minimum_required(VERSION 3.23...3.31)

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    message("${output}")
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "failed with ${status}: ${command}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${SCRATCH}")
set(build "${SCRATCH}/build")
set(configuration -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DWAY=${WAY}")

if(WAY STREQUAL "find_package")
    run("${CMAKE_COMMAND}" --install "${LIBRARY_BUILD}" --config "${CONFIG}" --prefix "${SCRATCH}/installed")
    list(APPEND configuration "-DCMAKE_PREFIX_PATH=${SCRATCH}/installed" "-DVERSION=${VERSION}")
else()
    list(APPEND configuration "-DLIBRARY=${LIBRARY}" "-DCTCNN_OPENMP=${OPENMP}" "-DCTCNN_ZLIB=${ZLIB}")
endif()

run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${build}" ${configuration})
run("${CMAKE_COMMAND}" --build "${build}" --config "${CONFIG}")

find_program(consumer consumer PATHS "${build}" "${build}/${CONFIG}" NO_DEFAULT_PATH REQUIRED)
run("${consumer}")
if(NOT output MATCHES "ctcnn works")
    message(FATAL_ERROR "the program ran, but did not say that it works")
endif()
