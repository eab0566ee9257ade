# SPDX-License-Identifier: MIT
#
# Checks that every reason of a refusal is one word in four places, and that no place has a word more:
# - the enumerator in include/ctcnn/core/mismatch.hpp;
# - the sentence in include/ctcnn/graph/refusal.hpp, which begins with the word in brackets;
# - the entry in docs/errors.md, which has the word in its heading and the sentence in its text;
# - the tests in tests/compile_fail, whose names begin with the word and which expect it in the message.
#
# cmake -DROOT=<repository> -P check.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(failures "")
macro(refuse rule)
    string(APPEND failures "${rule}\n")
endmacro()

# All that the first group of a regular expression finds in a text, as a list; brackets are written ( ) in both.
function(find_words text regex result_name)
    string(REGEX MATCHALL "${regex}" matches "${text}")
    set(words "")
    foreach(match IN LISTS matches)
        string(REGEX REPLACE "${regex}" "\\1" word "${match}")
        list(APPEND words "${word}")
    endforeach()
    set(${result_name} "${words}" PARENT_SCOPE)
endfunction()

# Lists cannot hold brackets and semicolons.
function(read_text file result_name)
    file(READ "${file}" text)
    string(REPLACE "[" "(" text "${text}")
    string(REPLACE "]" ")" text "${text}")
    string(REPLACE ";" "," text "${text}")
    set(${result_name} "${text}" PARENT_SCOPE)
endfunction()

# Compares a place's words with the enumerators, in both directions, and looks for doubles.
function(compare place words)
    set(different "${words}")
    list(REMOVE_DUPLICATES different)
    if(NOT different STREQUAL words)
        refuse("${place}: a word is there twice: ${words}")
    endif()
    foreach(reason IN LISTS reasons)
        if(NOT reason IN_LIST words)
            refuse("${place}: the reason '${reason}' is missing")
        endif()
    endforeach()
    foreach(word IN LISTS words)
        if(NOT word IN_LIST reasons)
            refuse("${place}: '${word}' is no reason")
        endif()
    endforeach()
    set(failures "${failures}" PARENT_SCOPE)
endfunction()

read_text("${ROOT}/include/ctcnn/core/mismatch.hpp" mismatch)
string(REGEX MATCH "enum class Reason[^{]*{([^}]*)}" found "${mismatch}")
find_words("${CMAKE_MATCH_1}" "([a-z_]+)[ \n]*,?" reasons)
list(REMOVE_ITEM reasons none)
list(LENGTH reasons reason_count)
if(reason_count EQUAL 0)
    message(FATAL_ERROR "no reasons in ${ROOT}/include/ctcnn/core/mismatch.hpp")
endif()

# Sentences ---------------------------------------------------------------------------------------------------------

read_text("${ROOT}/include/ctcnn/graph/refusal.hpp" refusal)
find_words("${refusal}" "struct refused<Reason::([a-z_]+), Words" asserted)
compare("graph/refusal.hpp, refused" "${asserted}")
find_words("${refusal}" "\"[(]([a-z_]+)[)] " sentenced)
compare("graph/refusal.hpp, sentence" "${sentenced}")
if(NOT asserted STREQUAL sentenced)
    refuse("graph/refusal.hpp: a sentence begins with the word of another reason")
endif()

# Entries -----------------------------------------------------------------------------------------------------------

read_text("${ROOT}/docs/errors.md" page)
find_words("${page}" "\n#+ [(]([a-z_]+)[)]" headings)
compare("docs/errors.md" "${headings}")
foreach(reason IN LISTS reasons)
    if(refusal MATCHES "\"([(]${reason}[)] [^\"]+)\"")
        string(FIND "${page}" "${CMAKE_MATCH_1}" position)
        if(position EQUAL -1)
            refuse("docs/errors.md: the entry '${reason}' does not have the sentence of graph/refusal.hpp")
        endif()
    endif()
endforeach()

# Tests -------------------------------------------------------------------------------------------------------------

file(GLOB tests RELATIVE "${ROOT}/tests/compile_fail" "${ROOT}/tests/compile_fail/*.cpp")
set(tested "")
foreach(test IN LISTS tests)
    set(own "")
    foreach(reason IN LISTS reasons)
        if(test MATCHES "^${reason}[_.]")
            set(own "${reason}")
        endif()
    endforeach()
    if(own STREQUAL "")
        refuse("tests/compile_fail/${test}: its name does not begin with a reason")
        continue()
    endif()
    list(APPEND tested "${own}")
    read_text("${ROOT}/tests/compile_fail/${test}" text)
    if(NOT text MATCHES "// EXPECT: \\\\[(]${own}\\\\[)]")
        refuse("tests/compile_fail/${test}: it does not expect the word '${own}' in brackets")
    endif()
endforeach()
list(REMOVE_DUPLICATES tested)
compare("tests/compile_fail" "${tested}")

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
list(LENGTH tests test_count)
message(STATUS "${reason_count} reasons have their sentences, entries and ${test_count} tests")
