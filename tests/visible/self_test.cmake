# SPDX-License-Identifier: MIT
#
# Shows that check.cmake passes headers whose names are in the reference, and refuses others.
#
# cmake -DCOMPILER=<clang++> -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

function(expect name outcome header reference)
    file(WRITE "${SCRATCH}/${name}/header.hpp" "${header}")
    file(WRITE "${SCRATCH}/${name}/reference.md" "${reference}")
    execute_process(
        COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${COMPILER}" "-DFLAGS=-std=c++20;-fsyntax-only;-I${SCRATCH}/${name}"
                -DHEADER=header.hpp "-DREFERENCE=${SCRATCH}/${name}/reference.md" "-DSCRATCH=${SCRATCH}/${name}/work"
                -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
        RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(outcome STREQUAL "passes" AND NOT status EQUAL 0)
        message(SEND_ERROR "${name}: should pass, but: ${output}")
    elseif(NOT outcome STREQUAL "passes" AND (status EQUAL 0 OR NOT output MATCHES "${outcome}"))
        message(SEND_ERROR "${name}: should be refused with '${outcome}', but: ${output}")
    endif()
endfunction()

set(five "struct One {}; struct Two {}; template <typename T> struct Three {}; void four(); enum class Five { six };")
set(page "`One` `Two{}` `Three<T>` `four()` `Five`")
expect(good passes "namespace ctcnn { inline namespace for_x86_64 { ${five} namespace detail_ { struct Seven {}; } } }" "${page}")
expect(too_few "only 0 names" "struct One {};" "${page}")
expect(function_unknown "\n +eight" "namespace ctcnn { ${five} void eight(); }" "${page}")
expect(namespace_unknown "\n +train" "namespace ctcnn { ${five} namespace train {} }" "${page}")
expect(inline_unknown "\n +Nine" "namespace ctcnn { inline namespace for_x86_64 { ${five} struct Nine {}; } }" "${page}")
expect(not_quoted "\n +Two" "namespace ctcnn { ${five} }" "`One` Two `Three` `four` `Five`")
