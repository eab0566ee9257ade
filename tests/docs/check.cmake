# SPDX-License-Identifier: MIT
#
# Checks one page of the documentation: its C++ compiles, and its links lead to something that exists.
#
# A block that begins with ```cpp is a whole file if it has an #include, else a fragment: declarations, which see
# <ctcnn/ctcnn.hpp> and the names of namespace ctcnn. All fragments of a page are compiled at once, each in a namespace of
# its own. The comment on the line before a block says what else it is:
#     <!-- in a function -->              statements
#     <!-- continues -->                  it sees what the fragment before it sees and declares
#     <!-- in a function, continues -->   the same for statements, which see all declarations
#     <!-- does not compile: text -->     compiled alone, and refused with exactly one error, which holds this text
#     <!-- g++ -option, clang++ -option -->   compiled alone with this option, and refused for a limit without it; the
#                                         page has the option in another place, too
#     <!-- built by name -->              not compiled here: the test of this name builds it
#
# A link to a file is relative to the page; the part behind # has to be a heading, as GitHub names them.
#
# Fragments are compiled with the flags PRECOMPILED, too, whole files as users do.
#
# cmake -DPAGE=<file> -DCOMPILER=<path> -DFLAGS=<list> [-DPRECOMPILED=<list>] -DSCRATCH=<folder> -P check.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(ENV{LC_ALL} C)
set(fence "```")
set(failures "")

# A function, since a macro would take the backslashes of its arguments for escapes.
function(refuse line_number rule)
    set(failures "${failures}${PAGE}:${line_number}: ${rule}\n" PARENT_SCOPE)
endfunction()

# Takes the first line off a text. Markdown and C++ are no CMake lists: they have semicolons and brackets.
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

# Compiling ---------------------------------------------------------------------------------------------------------

set(prelude "#include <cmath>\n#include <cstdio>\n#include <iostream>\n#include <memory>\n#include <ctcnn/ctcnn.hpp>\nusing namespace ctcnn;\n")
set(compiled 0)

# Compiles what is in `text`; gives back the exit status and the output.
macro(compile)
    file(WRITE "${SCRATCH}/${compiled}.cpp" "${text}")
    set(precompiled "")
    string(FIND "${text}" "${prelude}" position)
    if(position EQUAL 0)
        set(precompiled ${PRECOMPILED})
    endif()
    execute_process(COMMAND "${COMPILER}" ${FLAGS} ${precompiled} "${SCRATCH}/${compiled}.cpp"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    math(EXPR compiled "${compiled} + 1")
endmacro()

function(check_accepted line_number text)
    compile()
    if(NOT status EQUAL 0 OR NOT output STREQUAL "")
        refuse(${line_number} "it does not compile without a word:\n${output}")
    endif()
    set(compiled ${compiled} PARENT_SCOPE)
    set(failures "${failures}" PARENT_SCOPE)
endfunction()

function(check_refused line_number text expected)
    compile()
    string(REGEX REPLACE "[][;]" " " countable "${output}")
    string(REGEX MATCHALL "[^\n]*error:[^\n]*" errors "${countable}")
    list(LENGTH errors error_count)
    string(REGEX REPLACE "[][;]" " " countable_expected "${expected}")
    string(FIND "${errors}" "${countable_expected}" position)
    if(status EQUAL 0)
        refuse(${line_number} "it compiles, and should not")
    elseif(NOT error_count EQUAL 1)
        refuse(${line_number} "it has ${error_count} errors instead of 1:\n${output}")
    elseif(position EQUAL -1)
        refuse(${line_number} "its error does not hold '${expected}':\n${output}")
    endif()
    set(compiled ${compiled} PARENT_SCOPE)
    set(failures "${failures}" PARENT_SCOPE)
endfunction()

# A constant expression that needs a higher limit than the compiler has by itself.
function(check_limit line_number text option)
    compile()
    if(status EQUAL 0 OR NOT output MATCHES "limit")
        refuse(${line_number} "it does not meet a limit without ${option}:\n${output}")
    endif()
    string(REGEX MATCHALL "[^A-Za-z0-9]${option}[^0-9]" places "${whole_page}")
    list(LENGTH places count)
    if(count LESS 2)
        refuse(${line_number} "the page does not say ${option}")
    endif()
    list(APPEND FLAGS ${option})
    check_accepted(${line_number} "${text}")
    set(compiled ${compiled} PARENT_SCOPE)
    set(failures "${failures}" PARENT_SCOPE)
endfunction()

# Blocks ------------------------------------------------------------------------------------------------------------

set(unit "${prelude}")
set(fragment_count 0)
set(namespace "")

# The fragments that continue each other become one namespace: all declarations first, then all statements in one function.
macro(close_namespace)
    if(NOT namespace STREQUAL "")
        string(APPEND unit "namespace ${namespace} {\n${declarations}void function() {\n${statements}}\n}\n")
    endif()
    set(namespace "")
    set(declarations "")
    set(statements "")
endmacro()

macro(add_fragment line_number comment)
    if(NOT "${comment}" MATCHES "continues")
        close_namespace()
        set(namespace "block_${line_number}")
    elseif(namespace STREQUAL "")
        refuse(${line_number} "there is no fragment before it that it could continue")
    endif()
    if("${comment}" MATCHES "in a function")
        string(APPEND statements "${code}")
    else()
        string(APPEND declarations "${code}")
    endif()
    math(EXPR fragment_count "${fragment_count} + 1")
endmacro()

# Looks at one block: its comment, and its text in `code`.
macro(finish_block line_number comment)
    math(EXPR first_line "${line_number} + 1")
    set(code "#line ${first_line} \"${PAGE}\"\n${block}")
    string(FIND "${block}" "#include" include_position)
    if("${comment}" MATCHES "^<!-- does not compile: (.+) -->$")
        set(expected "${CMAKE_MATCH_1}")
        if(include_position EQUAL -1)
            string(PREPEND code "${prelude}")
        endif()
        check_refused(${line_number} "${code}" "${expected}")
    elseif("${comment}" MATCHES "^<!-- g[+][+] (-[^ ]+), clang[+][+] (-[^ ]+) -->$")
        set(option "${CMAKE_MATCH_1}")
        set(option_of_clang "${CMAKE_MATCH_2}")
        if(COMPILER MATCHES "clang")
            set(option "${option_of_clang}")
        endif()
        if(include_position EQUAL -1)
            string(PREPEND code "${prelude}")
        endif()
        check_limit(${line_number} "${code}" "${option}")
    elseif("${comment}" MATCHES "^<!-- built by [a-z_.]+ -->$")
        # A file that needs others.
    elseif(NOT "${comment}" MATCHES "^(<!-- (in a function|continues|in a function, continues) -->)?$")
        refuse(${line_number} "this comment before a block is not understood: ${comment}")
    elseif(include_position EQUAL -1)
        add_fragment(${line_number} "${comment}")
    elseif(NOT "${comment}" STREQUAL "")
        refuse(${line_number} "a whole file neither continues a block nor stands in a function")
    else()
        check_accepted(${line_number} "${code}")
    endif()
endmacro()

# Links -------------------------------------------------------------------------------------------------------------

# Whether a page has a heading of this name, as GitHub makes names: lower case, blanks become -, punctuation is left out.
function(has_heading file name result_name)
    file(READ "${file}" text)
    set(in_block FALSE)
    set(found FALSE)
    while(NOT text STREQUAL "" AND NOT found)
        take_line(text line)
        if(line MATCHES "^${fence}")
            if(in_block)
                set(in_block FALSE)
            else()
                set(in_block TRUE)
            endif()
        elseif(NOT in_block AND line MATCHES "^#+ +(.*)$")
            string(TOLOWER "${CMAKE_MATCH_1}" heading)
            string(REGEX REPLACE "[]!-,./:-@[\\^`{-~]" "" heading "${heading}")
            string(REPLACE " " "-" heading "${heading}")
            if(heading STREQUAL name)
                set(found TRUE)
            endif()
        endif()
    endwhile()
    set(${result_name} ${found} PARENT_SCOPE)
endfunction()

set(link_count 0)
cmake_path(GET PAGE PARENT_PATH page_folder)

macro(check_link line_number target)
    math(EXPR link_count "${link_count} + 1")
    if(NOT "${target}" MATCHES "^(https?://|mailto:)")
        string(REGEX REPLACE "#.*$" "" path "${target}")
        set(file "${page_folder}/${path}")
        if(path STREQUAL "")
            set(file "${PAGE}")
        endif()
        if("${target}" MATCHES "^/" OR NOT EXISTS "${file}")
            refuse(${line_number} "the link leads nowhere: ${target}")
        elseif("${target}" MATCHES "#(.*)$" AND NOT IS_DIRECTORY "${file}")
            has_heading("${file}" "${CMAKE_MATCH_1}" found)
            if(NOT found)
                refuse(${line_number} "there is no heading of this name: ${target}")
            endif()
        endif()
    endif()
endmacro()

# The page ----------------------------------------------------------------------------------------------------------

file(READ "${PAGE}" page)
set(whole_page "${page}")
set(line_number 0)
set(before "")
set(in_block "")
while(NOT page STREQUAL "")
    take_line(page line)
    math(EXPR line_number "${line_number} + 1")
    if(in_block STREQUAL "")
        if(line STREQUAL "${fence}cpp")
            set(in_block cpp)
            set(block "")
            set(block_line ${line_number})
            set(block_comment "")
            if(before MATCHES "^<!--" AND NOT before MATCHES "SPDX")
                set(block_comment "${before}")
            endif()
        elseif(line MATCHES "^ *(${fence}|~~~) *([cC][pPxX+][pPxX+]|C)")
            refuse(${line_number} "a block of C++ begins with ${fence}cpp at the beginning of a line")
        elseif(line MATCHES "^${fence}")
            set(in_block other)
            set(block_line ${line_number})
        else()
            string(REGEX REPLACE "`[^`]*`" "" rest "${line}")
            while(rest MATCHES "\\]\\(([^) ]*)[^)]*\\)(.*)$")
                set(target "${CMAKE_MATCH_1}")
                set(rest "${CMAKE_MATCH_2}")
                check_link(${line_number} "${target}")
            endwhile()
        endif()
    elseif(line STREQUAL "${fence}")
        if(in_block STREQUAL "cpp")
            finish_block(${block_line} "${block_comment}")
        endif()
        set(in_block "")
    elseif(in_block STREQUAL "cpp")
        string(APPEND block "${line}\n")
    endif()
    set(before "${line}")
endwhile()
if(NOT in_block STREQUAL "")
    refuse(${block_line} "this block does not end")
endif()
close_namespace()
if(fragment_count GREATER 0)
    check_accepted(1 "${unit}")
endif()

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
message(STATUS "${PAGE}: ${fragment_count} fragments, ${compiled} compilations, ${link_count} links are as they should be")
