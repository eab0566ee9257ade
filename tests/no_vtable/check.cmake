# SPDX-License-Identifier: MIT

# Nothing in ctcnn is virtual but exceptions, which the standard library makes so: reads the symbols of a program that trains.
#     cmake -DNM=<nm> -DPROGRAM=<program> -P check.cmake
cmake_minimum_required(VERSION 3.23)

# All exception types of the library. The program need not hold all of them.
set(exceptions
    LossNotFinite UnequalCounts DataError FileMissing FileUnreadable FileTooLarge FileTruncated TrailingBytes WrongMagic
    BadDimension BadLabel CountMismatch DecompressionError CompressionUnsupported)

execute_process(COMMAND "${NM}" -C "${PROGRAM}" OUTPUT_VARIABLE symbols RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${NM} cannot read ${PROGRAM}")
endif()
string(REGEX MATCHALL "vtable for ctcnn::[^\n]*" vtables "${symbols}")

# A program without symbols would pass otherwise.
if(NOT "vtable for ctcnn::LossNotFinite" IN_LIST vtables)
    message(FATAL_ERROR "${PROGRAM} does not train, or its symbols were removed: there is no vtable for ctcnn::LossNotFinite")
endif()

set(unexpected "")
foreach(vtable IN LISTS vtables)
    string(REGEX REPLACE "^vtable for ctcnn::" "" type "${vtable}")
    if(NOT type IN_LIST exceptions)
        list(APPEND unexpected "${type}")
    endif()
endforeach()
list(LENGTH vtables count)
if(unexpected)
    list(JOIN unexpected "\n    " unexpected)
    message(FATAL_ERROR "virtual functions in ctcnn:\n    ${unexpected}")
endif()
message(STATUS "${count} vtables in ctcnn, all of exceptions: ${vtables}")
