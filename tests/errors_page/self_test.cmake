# SPDX-License-Identifier: MIT
#
# Shows that check.cmake passes a good tree and refuses each kind of bad one, for its own reason.
#
# cmake -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(failures "")
set(enumerators "    none,\n    too_wide,\n    too_high,\n")
set(wide_sentence "struct refused<Reason::too_wide, Words...> {\n  CTCNN_TEXT(\"[too_wide] make it smaller; or cut it\")};\n")
set(high_sentence "struct refused<Reason::too_high, Words...> { CTCNN_TEXT(\"[too_high] make it lower\")};\n")
set(wide_entry "\n### [too_wide]\n\nerror: [too_wide] make it smaller; or cut it\n")
set(high_entry "\n### [too_high]\n\nerror: [too_high] make it lower\n")

# Writes a good tree, puts one file into it, and compares what the check says: "passes" or a regular expression of the
# refusal. An empty text takes the file away.
function(expect outcome file text)
    file(REMOVE_RECURSE "${SCRATCH}")
    file(WRITE "${SCRATCH}/include/ctcnn/core/mismatch.hpp" "enum class Reason : unsigned char {\n${enumerators}};\n")
    file(WRITE "${SCRATCH}/include/ctcnn/graph/refusal.hpp" "${wide_sentence}${high_sentence}")
    file(WRITE "${SCRATCH}/docs/errors.md" "# Errors\n${wide_entry}${high_entry}")
    file(WRITE "${SCRATCH}/tests/compile_fail/too_wide.cpp" "// EXPECT: \\[too_wide\\] make\n")
    file(WRITE "${SCRATCH}/tests/compile_fail/too_high_door.cpp" "// EXPECT: \\[too_high\\] make\n")
    if(text STREQUAL "")
        file(REMOVE "${SCRATCH}/${file}")
    else()
        file(WRITE "${SCRATCH}/${file}" "${text}")
    endif()
    execute_process(COMMAND "${CMAKE_COMMAND}" "-DROOT=${SCRATCH}" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake wraps the lines of its messages.
    if(outcome STREQUAL "passes")
        if(NOT status EQUAL 0)
            set(failures "${failures}${file} should pass, but: ${output}\n" PARENT_SCOPE)
        endif()
    elseif(status EQUAL 0)
        set(failures "${failures}${file} should be refused with '${outcome}', but passes\n" PARENT_SCOPE)
    elseif(NOT output MATCHES "${outcome}")
        set(failures "${failures}${file} should be refused with '${outcome}', but: ${output}\n" PARENT_SCOPE)
    endif()
endfunction()

expect("passes" tests/compile_fail/use.hpp "// not a test\n")

# Enumerators.
expect("docs/errors.md: the reason 'too_deep' is missing" include/ctcnn/core/mismatch.hpp
       "enum class Reason {\n${enumerators}    too_deep,\n};\n")
expect("docs/errors.md: 'too_high' is no reason" include/ctcnn/core/mismatch.hpp
       "enum class Reason {\n    none,\n    too_wide\n};\n")
expect("no reasons" include/ctcnn/core/mismatch.hpp "enum class Reason { none };\n")

# Sentences.
expect("refused: the reason 'too_high' is missing" include/ctcnn/graph/refusal.hpp "${wide_sentence}")
expect("refused: a word is there twice" include/ctcnn/graph/refusal.hpp
       "${wide_sentence}${high_sentence}${wide_sentence}")
string(REPLACE "[too_high]" "[too_wide]" other_word "${high_sentence}")
expect("sentence: the reason 'too_high' is missing" include/ctcnn/graph/refusal.hpp "${wide_sentence}${other_word}")
string(REPLACE "[too_wide]" "[too_high]" exchanged "${wide_sentence}")
expect("word of another reason" include/ctcnn/graph/refusal.hpp "${exchanged}${other_word}")

# Entries.
expect("docs/errors.md: the reason 'too_high' is missing" docs/errors.md "${wide_entry}")
expect("docs/errors.md: 'too_deep' is no reason" docs/errors.md "${wide_entry}${high_entry}\n### [too_deep]\n")
expect("docs/errors.md: a word is there twice" docs/errors.md "${wide_entry}${high_entry}${high_entry}")
expect("'too_wide' does not have the sentence" docs/errors.md "\n### [too_wide]\n${high_entry}")

# Tests.
expect("compile_fail: the reason 'too_wide' is missing" tests/compile_fail/too_wide.cpp "")
expect("too_deep.cpp: its name does not begin" tests/compile_fail/too_deep.cpp "// EXPECT: \\[too_wide\\]\n")
expect("too_widely.cpp: its name does not begin" tests/compile_fail/too_widely.cpp "// EXPECT: \\[too_wide\\]\n")
expect("too_wide.cpp: it does not expect" tests/compile_fail/too_wide.cpp "// EXPECT: \\[too_high\\]\n")

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
