# SPDX-License-Identifier: MIT
#
# Compiles a file of uses. With network 0 it compiles without a word. With each network that is refused it has exactly one error,
# the network's own, and so has each use alone: the numbers of USE in the file. With FIRST = k and EVERY = n these are every n-th
# use only, from the k-th on. The refused ones are compiled with the flags PRECOMPILED, too.
#
# cmake -DCOMPILER=<path> -DFLAGS=<list> [-DPRECOMPILED=<list>] -DSOURCE=<file> [-DFIRST=1 -DEVERY=1] -P uses.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(ENV{LC_ALL} C)
set(failures "")

function(expect_one_error reason)
    execute_process(COMMAND "${COMPILER}" ${FLAGS} ${PRECOMPILED} ${ARGN} "${SOURCE}"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[][;]" " " countable "${output}")
    string(REGEX MATCHALL "[^\n]*(error|warning):[^\n]*" errors "${countable}")
    list(LENGTH errors error_count)
    if(status EQUAL 0 OR NOT error_count EQUAL 1 OR NOT errors MATCHES " ${reason} ")
        list(JOIN errors "\n" errors)
        set(failures "${failures}${ARGN}: ${error_count} errors instead of 1, ${reason}:\n${errors}\n" PARENT_SCOPE)
    endif()
endfunction()

execute_process(COMMAND "${COMPILER}" ${FLAGS} -DCTCNN_NET=0 "${SOURCE}"
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0 OR NOT output STREQUAL "")
    string(APPEND failures "the network that works does not compile without a word:\n${output}\n")
endif()

expect_one_error(in_features -DCTCNN_NET=1)
expect_one_error(missing_input -DCTCNN_NET=2)
expect_one_error(zero_input -DCTCNN_NET=3)
expect_one_error(number_too_large -DCTCNN_NET=4)

file(STRINGS "${SOURCE}" uses REGEX "^#if USE\\([0-9]+\\)$")
if(uses STREQUAL "")
    message(FATAL_ERROR "${SOURCE} has no uses: #if USE(1)")
endif()
if(NOT DEFINED EVERY)
    set(FIRST 1)
    set(EVERY 1)
endif()
foreach(use IN LISTS uses)
    string(REGEX REPLACE "[^0-9]" "" number "${use}")
    math(EXPR left_out "(${number} - ${FIRST}) % ${EVERY}")
    if(left_out)
        continue()
    endif()
    expect_one_error(in_features -DCTCNN_NET=1 -DCTCNN_USE=${number})
endforeach()

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${SOURCE}: ${failures}")
endif()
