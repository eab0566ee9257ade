# SPDX-License-Identifier: MIT
#
# What docs/wasm.md tells its readers to type, in an empty folder; then node runs the modules on test digits.
#
# cmake -DLIBRARY=<source> -DCOMPILER=<clang++> -DEXPECTED=<program> -DSCRATCH=<folder> -P run.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/../package/common.cmake")

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")
find_program(NODE node)
file(WRITE "${SCRATCH}/try.cpp" "#include <cstring>\n#include <span>\nint main() {}\n")
try("${COMPILER}" --target=wasm32-wasi -std=c++20 -fno-exceptions -nostartfiles -Wl,--no-entry "${SCRATCH}/try.cpp"
    -o "${SCRATCH}/try.wasm")
if(NOT NODE OR NOT status EQUAL 0)
    message("skipped: it needs node, and what ${COMPILER} needs for WebAssembly (Debian: nodejs, and for clang 19 "
            "lld-19, libc++-19-dev-wasm32, libclang-rt-19-dev-wasm32, wasi-libc)\n${output}")
    return()
endif()

# Runs the commands under a heading with the compiler that is here, and each `text` replaced by the `other`:
# try_to_type(<heading> <text> <other>...). Gives back the `status` and the `output`.
file(CREATE_LINK "${LIBRARY}" "${SCRATCH}/ctcnn" SYMBOLIC)
file(READ "${LIBRARY}/docs/wasm.md" page)
function(try_to_type heading)
    section("${heading}")
    write_block(sh "${SCRATCH}/commands.sh")
    file(READ "${SCRATCH}/commands.sh" commands)
    string(REGEX REPLACE "(^|\n)(clang|g)[+][+](-19)? " "\\1\"${COMPILER}\" " commands "${commands}")
    while(ARGN)
        list(POP_FRONT ARGN text other)
        string(FIND "${commands}" "${text}" place)
        if(place EQUAL -1)
            message(FATAL_ERROR "there is no '${text}' under '${heading}'")
        endif()
        string(REPLACE "${text}" "${other}" commands "${commands}")
    endwhile()
    execute_process(COMMAND sh -e -c "${commands}" WORKING_DIRECTORY "${SCRATCH}"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(status "${status}" PARENT_SCOPE)
    set(output "${output}" PARENT_SCOPE)
endfunction()
function(type)
    try_to_type(${ARGN})
    if(NOT status EQUAL 0 OR output MATCHES "warning")
        message(FATAL_ERROR "the commands of docs/wasm.md end with ${status}:\n${output}")
    endif()
endfunction()
type("## Weights")
type("## Module")
type("## Module" "-o digits.wasm" "-msimd128 -o digits-simd.wasm")
type("## Module" "-o digits.wasm" "-o named.wasm" ",--strip-all" "")
type("## Module" "-o digits.wasm" "-msimd128 -o named-simd.wasm" ",--strip-all" "")
type("## Module" "-o digits.wasm" "-msimd128 -o small-stack.wasm" "stack-size=24576" "stack-size=8192")
try_to_type("## Module" "-o digits.wasm" "-o small-memory.wasm" "--initial-memory=131072" "--initial-memory=65536")
if(status EQUAL 0)
    message(FATAL_ERROR "a module is linked that needs more memory than it has")
endif()
expect("initial memory too small, [0-9]+ bytes needed")

run("${EXPECTED}" "${LIBRARY}/examples/embedded/digits.safetensors" "${LIBRARY}/data/mnist" "${SCRATCH}/expected.bin")
# The page tells the sizes; another version of clang changes some of the code.
function(bytes_of module text result)
    if(NOT text MATCHES "${module}.wasm: ([0-9,]+) bytes")
        message(FATAL_ERROR "no size of ${module}.wasm in:\n${text}")
    endif()
    string(REPLACE "," "" bytes "${CMAKE_MATCH_1}")
    set(${result} ${bytes} PARENT_SCOPE)
endfunction()
foreach(module IN ITEMS digits digits-simd)
    string(REPLACE digits named named "${module}")
    run("${NODE}" "${CMAKE_CURRENT_LIST_DIR}/check.mjs" "${LIBRARY}/examples/wasm/digits.mjs"
        "${SCRATCH}/${module}.wasm" "${SCRATCH}/${named}.wasm" "${SCRATCH}/small-stack.wasm" "${SCRATCH}/expected.bin"
        "${LIBRARY}/data/mnist")
    bytes_of(${module} "${output}" bytes)
    bytes_of(${module} "${page}" told)
    math(EXPR difference "(${bytes} - ${told}) * 100 / ${told}")
    if(difference LESS -1 OR difference GREATER 1)
        message(FATAL_ERROR "docs/wasm.md says ${told} bytes for ${module}.wasm, which has ${bytes}")
    endif()
endforeach()
