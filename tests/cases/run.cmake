# SPDX-License-Identifier: MIT
#
# Small programs from real use. Each says in comments what must happen:
#     // EXPECT: runs            it compiles, and the program ends with the exit status 0
#     // EXPECT: one error       it does not compile, and the compiler says one error
#     // FLAGS: -Ofast           more flags for the compiler
#
# cmake -DCOMPILER=<path> -DFLAGS=<list> -DLINK=<list> -DSOURCE=<file> -DSCRATCH=<folder> -P run.cmake
cmake_minimum_required(VERSION 3.23...3.31)

file(READ "${SOURCE}" source)
if(NOT source MATCHES "\n// EXPECT: (runs|one error)\n")
    message(FATAL_ERROR "${SOURCE} does not say what must happen")
endif()
set(expected "${CMAKE_MATCH_1}")
set(more "")
if(source MATCHES "\n// FLAGS: ([^\n]*)\n")
    separate_arguments(more UNIX_COMMAND "${CMAKE_MATCH_1}")
endif()

file(MAKE_DIRECTORY "${SCRATCH}")
cmake_path(GET SOURCE STEM name)
set(program "${SCRATCH}/${name}")
set(ENV{LC_ALL} C)
execute_process(COMMAND "${COMPILER}" ${FLAGS} ${more} "${SOURCE}" -o "${program}" ${LINK}
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)

if(expected STREQUAL "one error")
    string(REGEX REPLACE "[][;]" " " countable "${output}")
    string(REGEX MATCHALL "[^\n]*error:[^\n]*" errors "${countable}")
    list(LENGTH errors count)
    if(NOT count EQUAL 1)
        message(FATAL_ERROR "${name}: ${count} errors instead of 1\n${output}")
    endif()
elseif(NOT status EQUAL 0)
    message(FATAL_ERROR "${name} does not compile:\n${output}")
else()
    execute_process(COMMAND "${program}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${name} ends with ${status}:\n${output}")
    endif()
endif()
