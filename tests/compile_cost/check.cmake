# SPDX-License-Identifier: MIT
#
# Compares the number of templates that clang instantiates for a program with the committed one: 3 % more fail.
# Compilers, standard libraries and Boosts count differently, so each combination has a line in the file of numbers; with one that
# has none, the number is told and nothing fails.
#
# cmake -DCOMPILER=<clang> -DFLAGS=<list> -DSOURCE=<file> -DNUMBERS=<file> -DSCRATCH=<folder> -P check.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/trace.cmake")

file(MAKE_DIRECTORY "${SCRATCH}")
file(WRITE "${SCRATCH}/versions.cpp" "#include <version>\n#include <boost/version.hpp>\n")
set(preprocess ${FLAGS})
list(REMOVE_ITEM preprocess -fsyntax-only)
execute_process(COMMAND "${COMPILER}" ${preprocess} -E -dM "${SCRATCH}/versions.cpp"
                OUTPUT_VARIABLE macros RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${COMPILER} does not compile ${SCRATCH}/versions.cpp")
endif()
macro(find_version name macro)
    set(${name} unknown)
    if(macros MATCHES "#define ${macro} \"?([0-9_]+)")
        set(${name} ${CMAKE_MATCH_1})
    endif()
endmacro()
find_version(clang __clang_major__)
find_version(libstdcxx _GLIBCXX_RELEASE)
find_version(boost BOOST_LIB_VERSION)
set(tools "clang ${clang}, libstdc++ ${libstdcxx}, Boost ${boost}")

count_instantiations("${SOURCE}" count)

set(committed "")
file(STRINGS "${NUMBERS}" lines)
foreach(line IN LISTS lines)
    if(line MATCHES "^(clang [^:]*): ([0-9]+)$" AND CMAKE_MATCH_1 STREQUAL tools)
        string(REGEX REPLACE "^.*: " "" committed "${line}")
    endif()
endforeach()
if(committed STREQUAL "")
    message(STATUS "${tools}: ${count} instantiations; ${NUMBERS} has no line for them, so nothing is compared")
    return()
endif()
math(EXPR excess "100 * ${count} - 103 * ${committed}")
if(excess GREATER 0)
    message(FATAL_ERROR
        "${SOURCE} costs ${count} instantiations, more than 3 % above the committed ${committed}. If that is intended, "
        "write this line into ${NUMBERS}:\n  ${tools}: ${count}\n"
        "clang++ -ftime-trace shows which templates they are.")
endif()
message(STATUS "${tools}: ${count} instantiations, ${committed} are committed")
