# SPDX-License-Identifier: MIT
#
# Shows that run.cmake passes a good file and refuses every kind of bad one, each for its own reason.
#
# cmake -DCOMPILER=<path> -DCOMPILER_ID=GNU|Clang -DFLAGS=<list> -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(failures "")

# Writes a file, runs the driver on it, and compares: "passes" or a regular expression of the refusal.
function(expect name outcome text)
    file(WRITE "${SCRATCH}/${name}.cpp" "${text}")
    execute_process(
        COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${COMPILER}" "-DCOMPILER_ID=${COMPILER_ID}" "-DFLAGS=${FLAGS}"
                "-DSOURCE=${SCRATCH}/${name}.cpp" -P "${CMAKE_CURRENT_LIST_DIR}/run.cmake"
        RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake wraps the lines of its messages.
    if(outcome STREQUAL "passes")
        if(NOT status EQUAL 0)
            set(failures "${failures}${name}: should pass, but: ${output}\n" PARENT_SCOPE)
        endif()
    elseif(status EQUAL 0)
        set(failures "${failures}${name}: should be refused, but passes\n" PARENT_SCOPE)
    elseif(NOT output MATCHES "${outcome}")
        set(failures "${failures}${name}: should be refused with '${outcome}', but: ${output}\n" PARENT_SCOPE)
    endif()
endfunction()

set(one_error "#ifdef CTCNN_REJECT\nstatic_assert(false, \"too [wide; by\");\n#endif\n")
set(two_errors "#ifdef CTCNN_REJECT\nstatic_assert(false, \"first\");\nstatic_assert(false, \"second\");\n#endif\n")
set(fourteen_notes "")
foreach(number RANGE 1 14)
    string(APPEND fourteen_notes "#warning number ${number}\n")
endforeach()

expect(good "passes" "// EXPECT: too \\[wide; by\n${one_error}")
expect(good_for_each_compiler "passes" "// EXPECT-GCC: too\n// EXPECT-CLANG: wide\n${one_error}")
expect(accepting_half_fails "accepting half does not compile" "// EXPECT: too\nint x = nothing;\n${one_error}")
expect(accepting_half_warns "not without a word" "// EXPECT: too\n#warning a word\n${one_error}")
expect(rejecting_half_compiles "it compiles" "// EXPECT: too\n")
expect(two_errors "it has 2 errors instead of 1" "// EXPECT: first\n${two_errors}")
expect(another_message "no line matches: too narrow" "// EXPECT: too narrow\n${one_error}")
expect(spread_over_lines "no line matches" "// EXPECT: first.*second\n${two_errors}")
expect(expects_nothing "expects nothing" "${one_error}")
expect(misspelt_comment "is not understood" "// EXPECT: too\n// EXPECTS: wide\n${one_error}")
if(COMPILER_ID STREQUAL "GNU")
    expect(too_many_lines "lines, more than 12"
           "// EXPECT: too\n#ifdef CTCNN_REJECT\n${fourteen_notes}#endif\n${one_error}")
    expect(as_many_lines_as_it_says "passes"
           "// EXPECT: too\n// LINES: 60\n#ifdef CTCNN_REJECT\n${fourteen_notes}#endif\n${one_error}")
endif()

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
