# SPDX-License-Identifier: MIT
#
# Compiles arguments.cpp: as it is, without a word; with CTCNN_REJECT, each line with a sentence in a comment at its end is one
# error, and its text has the sentence.
#
# cmake -DCOMPILER=<path> -DFLAGS=<list> -DSOURCE=<file> -P arguments.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(ENV{LC_ALL} C)
list(REMOVE_ITEM FLAGS "")

execute_process(COMMAND "${COMPILER}" ${FLAGS} "${SOURCE}"
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0 OR NOT output STREQUAL "")
    message(FATAL_ERROR "the right calls do not compile without a word:\n${output}")
endif()

execute_process(COMMAND "${COMPILER}" ${FLAGS} -DCTCNN_REJECT "${SOURCE}"
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REGEX REPLACE "[][;]" " " output "${output}")
string(REGEX MATCHALL "[^\n]*(error|warning):[^\n]*" errors "${output}")

file(READ "${SOURCE}" source)
string(REGEX REPLACE "[][]" " " source "${source}")
string(REPLACE ";" "," source "${source}")
string(REGEX MATCHALL ", +// [^\n]+" sentences "${source}")
list(TRANSFORM sentences REPLACE ", +// " "")
list(LENGTH sentences wanted)
if(wanted EQUAL 0)
    message(FATAL_ERROR "${SOURCE} has no wrong calls")
endif()

set(failures "")
list(LENGTH errors found)
if(NOT found EQUAL wanted)
    string(APPEND failures "${found} errors instead of ${wanted}\n")
endif()
set(different ${sentences})
list(REMOVE_DUPLICATES different)
foreach(sentence IN LISTS different)
    set(calls ${sentences})
    list(FILTER calls INCLUDE REGEX "^${sentence}$")
    list(LENGTH calls wanted)
    set(told ${errors})
    list(FILTER told INCLUDE REGEX "static assertion failed.*${sentence}")
    list(LENGTH told found)
    if(NOT found EQUAL wanted)
        string(APPEND failures "'${sentence}' comes ${found} times instead of ${wanted}\n")
    endif()
endforeach()
if(NOT failures STREQUAL "")
    list(JOIN errors "\n" errors)
    message(FATAL_ERROR "${SOURCE}:\n${failures}\n${errors}")
endif()
