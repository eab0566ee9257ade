# SPDX-License-Identifier: MIT
#
# ctcnn_embed_weights where the compiler makes programs for another machine and there is no Python, and what it refuses.
# The three ways of using the library are in run.cmake.
#
# cmake -DLIBRARY=<source> -DSCRATCH=<folder> -DCONFIG=<config> -DGENERATOR=<name> -DCOMPILER=<path> -P embed.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${SCRATCH}")
file(COPY "${CMAKE_CURRENT_LIST_DIR}/small.safetensors" DESTINATION "${SCRATCH}")
set(configuration -S "${CMAKE_CURRENT_LIST_DIR}/embed" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DLIBRARY=${LIBRARY}" -DCTCNN_OPENMP=OFF -DCTCNN_ZLIB=OFF)
set(file "-DFILE=${SCRATCH}/small.safetensors")

# Another machine, without an operating system.
run("${CMAKE_COMMAND}" -B "${SCRATCH}/cross" ${configuration} "${file}" -DCMAKE_SYSTEM_NAME=Generic
    -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY)
file(STRINGS "${SCRATCH}/cross/CMakeCache.txt" output REGEX "^CTCNN_HOST_COMPILER")
expect("CTCNN_HOST_COMPILER:FILEPATH=/")
run("${CMAKE_COMMAND}" --build "${SCRATCH}/cross" --config "${CONFIG}")
expect("Building ctcnn-embed.*Embedding weights-1.hpp")
string(REGEX MATCHALL "Building ctcnn-embed" built "${output}")
list(LENGTH built built)
if(NOT built EQUAL 1)
    message(FATAL_ERROR "ctcnn-embed is built ${built} times")
endif()

# Nothing is done twice, and another file is embedded again.
run("${CMAKE_COMMAND}" --build "${SCRATCH}/cross" --config "${CONFIG}")
expect_no("Embedding|Building")
file(TOUCH "${SCRATCH}/small.safetensors")
run("${CMAKE_COMMAND}" --build "${SCRATCH}/cross" --config "${CONFIG}")
expect("Embedding weights-1.hpp")
expect_no("Building ctcnn-embed")

# A compiler with arguments, which CMake takes from the environment alone.
set(words ${configuration})
list(REMOVE_ITEM words "-DCMAKE_CXX_COMPILER=${COMPILER}")
run("${CMAKE_COMMAND}" -E env "CXX=env ${COMPILER}" "${CMAKE_COMMAND}" -B "${SCRATCH}/words" ${words} "${file}")
run("${CMAKE_COMMAND}" --build "${SCRATCH}/words" --config "${CONFIG}")
expect("Building ctcnn-embed.*Embedding weights-1.hpp")

# A damaged file ends the build with a sentence, and leaves no header.
file(WRITE "${SCRATCH}/small.safetensors" "short")
file(GLOB_RECURSE headers "${SCRATCH}/cross/*weights-1.hpp")
list(LENGTH headers count)
if(NOT count EQUAL 2)
    message(FATAL_ERROR "there should be a header for each target: ${headers}")
endif()
file(GLOB_RECURSE headers "${SCRATCH}/cross/*weights-1.hpp*")
file(REMOVE ${headers})
try("${CMAKE_COMMAND}" --build "${SCRATCH}/cross" --config "${CONFIG}")
expect("ctcnn-embed: [^ ]*small.safetensors, byte 0: expected the size of the header in 8 bytes")
file(GLOB_RECURSE headers "${SCRATCH}/cross/*weights-1.hpp*")
if(status EQUAL 0 OR headers)
    message(FATAL_ERROR "a damaged file is embedded, or something is left behind: ${headers}")
endif()

# What is refused when it is configured.
function(expect_refusal name text)
    try("${CMAKE_COMMAND}" -B "${SCRATCH}/${name}" ${configuration} ${ARGN})
    if(status EQUAL 0)
        message(FATAL_ERROR "${name}: it is configured")
    endif()
    expect("${text}")
endfunction()
expect_refusal(no_file "there is no file '[^']*nothing.safetensors'. save_safetensors writes it" -DFILE=nothing.safetensors)
expect_refusal(unknown "ctcnn_embed_weights\\(<target> <file> \\[NET <type>\\] HEADER <name>" "${file}" -DMORE=QUIETLY)
expect_refusal(elsewhere "the target 'consumer' is added in another folder, [^ ]*embed. Call ctcnn_embed_weights there"
    "${file}" -DELSEWHERE=ON)
expect_refusal(no_compiler "no g\\+\\+ 12 or clang 18, or newer, that makes programs for this machine. Install one, or set CTCNN_HOST_COMPILER"
    "${file}" -DCMAKE_SYSTEM_NAME=Generic -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY
    -DCMAKE_PROGRAM_PATH= -DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF
    "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}")
