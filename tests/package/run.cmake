# SPDX-License-Identifier: MIT
#
# Builds and runs the project of this folder in a scratch folder, in one of the three ways of using the library.
#
# cmake -DWAY=find_package|add_subdirectory|fetch_content -DLIBRARY=<source> -DLIBRARY_BUILD=<build> -DSCRATCH=<folder>
#       -DCONFIG=<config> -DGENERATOR=<name> -DCOMPILER=<path> -DOPENMP=<value> -DZLIB=<value> -DPNG=<value>
#       -DVERSION=<version> -P run.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${SCRATCH}")
set(build "${SCRATCH}/build")
set(configuration -S "${CMAKE_CURRENT_LIST_DIR}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DWAY=${WAY}"
    "-DCTCNN_OPENMP=${OPENMP}" "-DCTCNN_ZLIB=${ZLIB}" "-DCTCNN_PNG=${PNG}")

if(WAY STREQUAL "find_package")
    # The package is relocatable.
    install_into("${SCRATCH}/installed" "${LIBRARY_BUILD}" "${CONFIG}")
    file(RENAME "${SCRATCH}/installed" "${SCRATCH}/moved")
    list(APPEND configuration "-DCMAKE_PREFIX_PATH=${SCRATCH}/moved" "-DVERSION=${VERSION}")
else()
    list(APPEND configuration "-DLIBRARY=${LIBRARY}")
endif()

run("${CMAKE_COMMAND}" -B "${build}" ${configuration} "-DCMAKE_BUILD_TYPE=${CONFIG}"
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
expect_no("CMAKE_BUILD_TYPE is empty|[Ww]arning")
if(EXISTS "${build}/compile_commands.json")  # Ninja and Makefiles write it. The headers give no warnings.
    file(READ "${build}/compile_commands.json" output)
    expect("-isystem [^ ]*/include ")
endif()
run("${CMAKE_COMMAND}" --build "${build}" --config "${CONFIG}")

find_program(consumer consumer PATHS "${build}" "${build}/${CONFIG}" NO_DEFAULT_PATH REQUIRED)
run("${consumer}")
expect("ctcnn works, version ${VERSION}")

# The program is installed alone, unless CTCNN_INSTALL is on.
install_into("${SCRATCH}/program" "${build}" "${CONFIG}")
list(FILTER files EXCLUDE REGEX "^lib/.*consumer")
if(NOT files STREQUAL "bin/consumer")
    message(FATAL_ERROR "what is installed with a program that uses ctcnn: ${files}")
endif()
if(NOT WAY STREQUAL "find_package")
    run("${CMAKE_COMMAND}" "${build}" -DCTCNN_INSTALL=ON)
    install_into("${SCRATCH}/program" "${build}" "${CONFIG}")
    foreach(file IN ITEMS include/ctcnn/ctcnn.hpp share/cmake/ctcnn/ctcnnConfig.cmake share/doc/ctcnn/copyright)
        if(NOT file IN_LIST files)
            message(FATAL_ERROR "with CTCNN_INSTALL there is no ${file} in: ${files}")
        endif()
    endforeach()
endif()

# Without a build type nothing is optimised: one message says so, unless other flags optimise.
foreach(type_flags_expected IN ITEMS ",,1" ",-O2,0" "Debug,,0")
    string(REPLACE "," ";" type_flags_expected "${type_flags_expected}")
    list(GET type_flags_expected 0 type)
    list(GET type_flags_expected 1 flags)
    list(GET type_flags_expected 2 expected)
    if(GENERATOR MATCHES "Multi-Config")
        set(expected 0)  # The type of such a build is chosen later.
    endif()
    run("${CMAKE_COMMAND}" -B "${SCRATCH}/unoptimised" ${configuration} "-DCMAKE_BUILD_TYPE=${type}"
        "-DCMAKE_CXX_FLAGS=${flags}")
    string(REGEX MATCHALL "ctcnn: CMAKE_BUILD_TYPE is empty" told "${output}")
    list(LENGTH told told)
    if(NOT told EQUAL expected)
        message(FATAL_ERROR "build type '${type}', flags '${flags}': it is said ${told} times that nothing is optimised")
    endif()
endforeach()

# A sanitizer has code that runs before main, on every processor.
run("${CMAKE_COMMAND}" -B "${SCRATCH}/sanitized" ${configuration} "-DCMAKE_BUILD_TYPE=${CONFIG}"
    -DOPTIONS=-fsanitize=address)
expect("consumer_sum is compiled once, and not for several processors: ")
