# SPDX-License-Identifier: MIT
#
# What the library cannot be compiled with is one error, whose sentence names what is needed: an older language, older compilers,
# and MSVC, whose macros are given to the compiler that is here. A single header's error is followed by the end of the compilation.
#
# cmake -DCOMPILER=<path> -DCOMPILER_ID=GNU|Clang -DFLAGS=<list> -P language.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(ENV{LC_ALL} C)
set(failures "")
list(FILTER FLAGS EXCLUDE REGEX "^-std=")
list(APPEND FLAGS -x c++)
if(COMPILER_ID MATCHES "Clang")
    list(APPEND FLAGS -Wno-builtin-macro-redefined)
endif()

function(expect header error_count sentence)
    execute_process(COMMAND "${COMPILER}" ${FLAGS} ${ARGN} -include "ctcnn/${header}" /dev/null
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX MATCHALL "[^\n]*error:[^\n]*" errors "${output}")
    list(LENGTH errors found)
    if(status EQUAL 0 OR NOT found EQUAL error_count OR NOT errors MATCHES "^[^;]*${sentence}")
        set(failures "${failures}${header} ${ARGN}: ${found} errors instead of ${error_count}:\n${output}\n" PARENT_SCOPE)
    endif()
endfunction()

foreach(header ctcnn.hpp training.hpp inference.hpp)
    expect(${header} 1 "ctcnn needs C..20: compile with -std=c..20" -std=c++17)
endforeach()
expect(layers/conv2d.hpp 2 "ctcnn needs C..20: compile with -std=c..20" -std=c++17)
expect(data/mnist.hpp 2 "ctcnn needs C..20: compile with -std=c..20" -std=c++17)
if(COMPILER_ID STREQUAL "GNU")
    expect(ctcnn.hpp 1 "ctcnn needs g..  *12 or newer" -std=c++20 -U__GNUC__ -D__GNUC__=11)
    expect(ctcnn.hpp 1 "on Windows compile with clang" -std=c++20 -D_MSC_VER=1940)
else()
    expect(ctcnn.hpp 1 "ctcnn needs clang 18 or newer" -std=c++20 -U__clang_major__ -D__clang_major__=17)
endif()

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
