# SPDX-License-Identifier: MIT

# A file that uses networks that are compiled apart holds no kernels, and the one with Compiled does: reads the symbols of
# their objects.
#     cmake -DNM=<nm> -DUSE=<object> -DKERNELS=<object> -P check.cmake
cmake_minimum_required(VERSION 3.23)

# Functions of detail_::kernels, and what is instantiated for them.
function(count_kernels object result)
    execute_process(COMMAND "${NM}" "${object}" OUTPUT_VARIABLE symbols RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${NM} cannot read ${object}")
    endif()
    string(REGEX MATCHALL " [TtWw] [^\n]*7detail_7kernels[^\n]*" kernels "${symbols}")
    list(LENGTH kernels count)
    set(${result} ${count} PARENT_SCOPE)
    set(names "${kernels}" PARENT_SCOPE)
endfunction()

count_kernels("${KERNELS}" there)
if(there EQUAL 0)
    message(FATAL_ERROR "${KERNELS} holds no kernels, or their names have changed")
endif()
count_kernels("${USE}" here)
if(NOT here EQUAL 0)
    list(JOIN names "\n    " names)
    message(FATAL_ERROR "${USE} holds ${here} kernels:\n    ${names}")
endif()
message(STATUS "${there} kernels in the file that compiles the networks, none in the one that uses them")
