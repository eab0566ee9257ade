# SPDX-License-Identifier: MIT
#
# Shows that check.cmake passes a good page and refuses each kind of bad one, for its own reason.
#
# cmake -DCOMPILER=<path> -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(fence "```")
set(failures "")
file(REMOVE_RECURSE "${SCRATCH}")
# Stands in for the library, so that this test is quick.
file(WRITE "${SCRATCH}/include/ctcnn/ctcnn.hpp"
    "#pragma once\nnamespace ctcnn {\ntemplate <int N>\nstruct Layer {\n    static_assert(N < 9, \"[too_wide]; cut it\");\n"
    "    int width = N;\n};\n}\n")
set(flags -std=c++20 -Wall -Wextra "-I${SCRATCH}/include")
file(WRITE "${SCRATCH}/library.hpp" "#include <cmath>\n#include <iostream>\n#include <memory>\n#include <ctcnn/ctcnn.hpp>\n")
execute_process(COMMAND "${COMPILER}" ${flags} -x c++-header "${SCRATCH}/library.hpp" -o "${SCRATCH}/library.hpp.gch"
                COMMAND_ERROR_IS_FATAL ANY)
file(WRITE "${SCRATCH}/page/other.md" "# The [first], and `only`: heading\n\n${fence}text\n# no heading\n${fence}\n")

# Writes a page, checks it, and compares: "passes" or a regular expression of the refusal.
function(expect name outcome text)
    set(page "${SCRATCH}/page/${name}.md")
    file(WRITE "${page}" "${text}")
    execute_process(
        COMMAND "${CMAKE_COMMAND}" "-DPAGE=${page}" "-DCOMPILER=${COMPILER}"
                "-DFLAGS=${flags};-fsyntax-only" "-DPRECOMPILED=-include;${SCRATCH}/library.hpp"
                "-DSCRATCH=${SCRATCH}/${name}" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
        RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake wraps the lines of its messages.
    if(outcome STREQUAL "passes")
        if(NOT status EQUAL 0)
            set(failures "${failures}${name}: should pass, but: ${output}\n" PARENT_SCOPE)
        endif()
    elseif(status EQUAL 0)
        set(failures "${failures}${name}: should be refused with '${outcome}', but passes\n" PARENT_SCOPE)
    elseif(NOT output MATCHES "${outcome}")
        set(failures "${failures}${name}: should be refused with '${outcome}', but: ${output}\n" PARENT_SCOPE)
    endif()
endfunction()

# A page with one block, a comment before it where there is one.
function(expect_block name outcome comment code)
    expect(${name} "${outcome}" "# Title\n\n${comment}\n${fence}cpp\n${code}\n${fence}\n")
    set(failures "${failures}" PARENT_SCOPE)
endfunction()

# C++.
expect_block(declarations "passes" "" "Layer<1> x;\nint f(int i) { return i; }")
expect_block(backslashes "passes" "" "const char* text = \"a\\n\\\\\"[1] == 'x' ? \"\\x41\" : \"\\\";\";")
expect_block(backslashes_wrong "error:.*\\\\q" "" "int i = \"\\q\";")
expect_block(declarations_wrong "declarations_wrong.md:6:[0-9]+: error:" "" "Layer<1> x;\nLayer<2> y = x;")
expect_block(a_warning "does not compile without a word.*unused" "" "int f(int i) { return 0; }")
expect_block(statements "passes" "<!-- in a function -->" "Layer<1> x;\nx.width = 2;")
expect_block(statements_outside "error:" "" "Layer<1> x;\nx.width = 2;")
expect_block(whole_file "passes" "" "#include <ctcnn/ctcnn.hpp>\nint main() { return ctcnn::Layer<1>{}.width; }")
expect_block(whole_file_sees_nothing "error:" "" "#include <vector>\nctcnn::Layer<1> x;")
expect_block(whole_file_in_function "neither continues" "<!-- in a function -->" "#include <ctcnn/ctcnn.hpp>")
expect_block(misspelt_comment "is not understood: <!-- in function -->" "<!-- in function -->" "Layer<1> x;")
expect_block(continues_nothing "no fragment before it" "<!-- continues -->" "Layer<1> x;")
expect_block(refused "passes" "<!-- does not compile: [too_wide]; cut -->" "Layer<10> x;")
expect_block(refused_compiles "it compiles, and should not" "<!-- does not compile: [too_wide] -->" "Layer<1> x;")
expect_block(refused_twice "it has 2 errors" "<!-- does not compile: [too_wide] -->" "Layer<10> x;\nLayer<11> y;")
expect_block(refused_otherwise "does not hold 'too narrow'" "<!-- does not compile: too narrow -->" "Layer<10> x;")

# Limits of constant expressions.
set(limits "<!-- g++ -fconstexpr-loop-limit=300000, clang++ -fconstexpr-steps=4000000 -->")
set(said "\nUse -fconstexpr-loop-limit=300000 or -fconstexpr-steps=4000000.\n")
string(CONCAT counts "constexpr int f(int end) {\n    int n = 0;\n    for (int i = 0; i < end; ++i) {\n        ++n;\n        --n;\n"
           "        ++n;\n        --n;\n        ++n;\n    }\n    return n;\n}\n")
expect_block(limit "passes" "${said}\n${limits}" "${counts}static_assert(f(290000) == 290000);")
expect_block(limit_not_met "does not meet a limit without -f" "${said}\n${limits}" "${counts}static_assert(f(1000) == 1000);")
expect_block(limit_too_low "does not compile without a word.*limit" "${said}\n${limits}" "${counts}static_assert(f(90000000));")
expect_block(limit_not_said "the page does not say -f" "${limits}" "${counts}static_assert(f(290000) == 290000);")

set(first "${fence}cpp\nLayer<1> x;\n${fence}\n\n")
expect(apart "error:.*x" "${first}${fence}cpp\nint y = x.width;\n${fence}\n")
expect(same_name "passes" "${first}${first}")
expect(continued "passes" "${first}<!-- continues -->\n${fence}cpp\nint y = x.width;\n${fence}\n")
set(second "<!-- in a function, continues -->\n${fence}cpp\nint y = x.width;\nx.width = y;\n${fence}\n\n")
set(third "<!-- in a function, continues -->\n${fence}cpp\ny = 2;\n${fence}\n\n")
expect(continued_function "passes" "${first}${second}${third}")
set(declared "<!-- continues -->\n${fence}cpp\nint z = x.width;\n${fence}\n\n")
set(fourth "<!-- in a function, continues -->\n${fence}cpp\ny = z;\n${fence}\n\n")
expect(continued_over_declarations "passes" "${first}${second}${declared}${fourth}")
expect(outside_again "error:.*y" "${first}${second}<!-- continues -->\n${fence}cpp\nint z = y;\n${fence}\n")

# What could hide C++ from this check.
expect(other_language "passes" "${fence}python\nno C++\n${fence}\n")
expect(other_spelling "begins with" "${fence}c++\nno C++\n${fence}\n")
expect(indented "begins with" "- a list\n\n  ${fence}cpp\n  no C++\n  ${fence}\n")
expect(endless "does not end" "# Title\n\n${fence}cpp\nLayer<1> x;\n")

# Links.
expect(links "passes" "[a](other.md) [b](https://example.org/x) `[](int){}` [c](../page/other.md#the-first-and-only-heading)")
expect(own_heading "passes" "# Title of 2\n\n[a](#title-of-2)\n")
expect(no_page "leads nowhere: missing.md" "a\n[a](other.md), [b](missing.md)")
expect(absolute "leads nowhere: /" "[a](/)")
expect(no_heading "no heading of this name: other.md#no-heading" "[a](other.md#no-heading)")

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
