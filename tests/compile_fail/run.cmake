# SPDX-License-Identifier: MIT
#
# Compiles one file twice. As it is, it compiles without a word: the accepting half. With CTCNN_REJECT defined, it is
# refused with exactly one error, whose text matches what the file asks for. The file says so in comments:
#     // EXPECT: regex          one line of the compiler's output matches this regular expression of CMake's
#     // EXPECT-GCC: regex      the same, for g++ only;  EXPECT-CLANG for clang++ only
#     // LINES: 12              g++ writes at most so many lines (12, unless the file says otherwise); from g++ 14 on,
#                               which quotes the source below each line of context, quoted lines are not counted
#
# The flags PRECOMPILED include <ctcnn/ctcnn.hpp>; g++ then writes the lines of a file that includes it.
#
# cmake -DCOMPILER=<path> -DCOMPILER_ID=GNU|Clang -DFLAGS=<list> [-DPRECOMPILED=<list>] -DSOURCE=<file> -P run.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(ENV{LC_ALL} C)
set(failures "")

# Runs the compiler and gives back its exit status and all that it wrote.
function(compile status_name output_name)
    execute_process(COMMAND "${COMPILER}" ${FLAGS} ${PRECOMPILED} ${ARGN} "${SOURCE}"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(${status_name} "${status}" PARENT_SCOPE)
    set(${output_name} "${output}" PARENT_SCOPE)
endfunction()

# Takes the first line off a text. Texts of compilers are no CMake lists: they have semicolons and brackets.
macro(take_line text_name line_name)
    string(FIND "${${text_name}}" "\n" line_end)
    if(line_end EQUAL -1)
        set(${line_name} "${${text_name}}")
        set(${text_name} "")
    else()
        string(SUBSTRING "${${text_name}}" 0 ${line_end} ${line_name})
        math(EXPR line_end "${line_end} + 1")
        string(SUBSTRING "${${text_name}}" ${line_end} -1 ${text_name})
    endif()
endmacro()

# Whether one line of a text matches.
function(has_line text regex result_name)
    set(found FALSE)
    while(NOT text STREQUAL "" AND NOT found)
        take_line(text line)
        if(line MATCHES "${regex}")
            set(found TRUE)
        endif()
    endwhile()
    set(${result_name} ${found} PARENT_SCOPE)
endfunction()

compile(status output)
if(NOT status EQUAL 0)
    string(APPEND failures "the accepting half does not compile:\n${output}\n")
elseif(NOT output STREQUAL "")
    string(APPEND failures "the accepting half compiles, but not without a word:\n${output}\n")
endif()

compile(status output -DCTCNN_REJECT)
set(complaints "")
if(status EQUAL 0)
    string(APPEND complaints "it compiles\n")
endif()

string(REGEX REPLACE "[][;]" " " countable "${output}")
string(REGEX MATCHALL "[^\n]*error:[^\n]*" errors "${countable}")
list(LENGTH errors error_count)
if(NOT error_count EQUAL 1)
    string(APPEND complaints "it has ${error_count} errors instead of 1\n")
endif()

set(counted "${output}")
if(COMPILER_ID STREQUAL "GNU")
    # The lines that tell where the precompiled library is included.
    string(REGEX REPLACE "\n +from ([^\n]*/precompiled/library[.]hpp:1|<command-line>)[,:]" "" counted "${counted}")
    execute_process(COMMAND "${COMPILER}" -dumpversion OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(version VERSION_GREATER_EQUAL 14)
        string(REGEX REPLACE "\n *[0-9]* [|][^\n]*" "" counted "${counted}")
    endif()
endif()
string(REGEX MATCHALL "\n" line_ends "${counted}")
list(LENGTH line_ends line_count)
set(line_limit 12)
set(expectation_count 0)
file(READ "${SOURCE}" source)
while(NOT source STREQUAL "")
    take_line(source line)
    if(line MATCHES "^ *// LINES: ([0-9]+) *$")
        set(line_limit ${CMAKE_MATCH_1})
    elseif(line MATCHES "^ *// EXPECT(-GCC|-CLANG)?: *([^ ].*)$")
        set(compiler_name "${CMAKE_MATCH_1}")
        set(regex "${CMAKE_MATCH_2}")
        if((compiler_name STREQUAL "-GCC" AND NOT COMPILER_ID STREQUAL "GNU")
           OR (compiler_name STREQUAL "-CLANG" AND NOT COMPILER_ID MATCHES "Clang"))
            continue()
        endif()
        math(EXPR expectation_count "${expectation_count} + 1")
        has_line("${output}" "${regex}" found)
        if(NOT found)
            string(APPEND complaints "no line matches: ${regex}\n")
        endif()
    elseif(line MATCHES "^ *// (EXPECT|LINES)")
        string(APPEND complaints "this line of the file is not understood: ${line}\n")
    endif()
endwhile()
if(expectation_count EQUAL 0)
    string(APPEND complaints "the file expects nothing: it needs a line '// EXPECT: regex'\n")
endif()
if(COMPILER_ID STREQUAL "GNU" AND line_count GREATER line_limit)
    string(APPEND complaints "the compiler writes ${line_count} lines, more than ${line_limit}\n")
endif()
if(NOT complaints STREQUAL "")
    string(APPEND failures "the rejecting half (CTCNN_REJECT) is wrong:\n${complaints}The compiler's output:\n${output}\n")
endif()

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${SOURCE}: ${failures}")
endif()
