# SPDX-License-Identifier: MIT
#
# Runs a program that is compiled for x86-64-v3 or x86-64-v4, or says that this processor is not one.
#
# cmake -DPROGRAM=<file> -DMARCH=x86-64|x86-64-v3|x86-64-v4 -P run_on.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(needed_x86-64 "")
set(needed_x86-64-v3 avx2 fma bmi2 f16c movbe)
set(needed_x86-64-v4 ${needed_x86-64-v3} avx512f avx512bw avx512cd avx512dq avx512vl)
file(STRINGS /proc/cpuinfo flags REGEX "^flags" LIMIT_COUNT 1)
foreach(flag IN LISTS needed_${MARCH})
    if(NOT " ${flags} " MATCHES " ${flag} ")
        message("this processor is not ${MARCH}: it has no ${flag}")
        return()
    endif()
endforeach()
execute_process(COMMAND "${PROGRAM}" RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "the program ends with ${status}")
endif()
