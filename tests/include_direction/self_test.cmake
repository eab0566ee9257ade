# SPDX-License-Identifier: MIT
#
# Shows that check.cmake passes a good tree and refuses each kind of bad file, for its own reason.
#
# cmake -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(failures "")
set(licence "// SPDX-License-Identifier: MIT\n")

# Adds one file to a good tree and compares what the check says: "passes" or a regular expression of the refusal.
function(expect outcome file text)
    file(REMOVE_RECURSE "${SCRATCH}")
    file(WRITE "${SCRATCH}/include/ctcnn/core/good.hpp" "${licence}#include <array>\n")
    file(WRITE "${SCRATCH}/tests/core/good_test.cpp" "${licence}")
    string(REGEX REPLACE "^include/ctcnn/(.*)[.]hpp$" "tests/\\1_test.cpp" test "${file}")
    if(NOT test STREQUAL file AND NOT file MATCHES "untested")
        file(WRITE "${SCRATCH}/${test}" "${licence}")
    endif()
    file(WRITE "${SCRATCH}/${file}" "${text}")
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

function(expect_header outcome header text)
    expect("${outcome}" "include/ctcnn/${header}" "${licence}${text}\n")
    set(failures "${failures}" PARENT_SCOPE)
endfunction()

# What is allowed.
expect_header("passes" layers/x.hpp "#include <ctcnn/core/a.hpp>\n#include <ctcnn/kernels/a.hpp>")
expect_header("passes" run/x.hpp "#include <omp.h>\n#include <ctcnn/graph/a.hpp>\n#pragma omp parallel for")
expect_header("passes" model/x.hpp "#include <boost/hana/tuple.hpp>")
expect_header("passes" training.hpp "#include <ctcnn/optim/a.hpp>")
expect_header("passes" ctcnn.hpp "#include <ctcnn/io/a.hpp>")
expect_header("passes" io/x.hpp "#include <ctcnn/version.hpp>")

# The direction of includes.
foreach(pair IN ITEMS core:kernels core:model kernels:layers kernels:model layers:model layers:train model:layers
        model:kernels loss:layers loss:model optim:layers optim:model train:data train:io data:layers data:train
        io:layers io:kernels)
    string(REPLACE ":" ";" pair "${pair}")
    list(GET pair 0 folder)
    list(GET pair 1 other)
    expect_header("${folder}/ does not know ${other}/" ${folder}/x.hpp "  #  include <ctcnn/${other}/a.hpp>")
endforeach()
expect_header("own headers are included as" core/x.hpp "#include \"../model/a.hpp\"")
expect_header("does not include the whole library" core/x.hpp "#include <ctcnn/ctcnn.hpp>")
expect_header("lies in one of the folders" elsewhere/x.hpp "")
expect_header("ends in .hpp" core/x.h "")

# A test at the header's path, or an exemption.
expect_header("its test is missing: write tests/core/untested_test.cpp" core/untested.hpp "")
expect_header("remove its exemption" graph/refusal.hpp "")

# OpenMP and Boost.
expect_header("only run/ knows OpenMP" kernels/x.hpp "#include <omp.h>")
expect_header("only run/ knows OpenMP" kernels/x.hpp "    # pragma omp simd")
expect_header("only run/ knows OpenMP" kernels/x.hpp "_Pragma(\"omp simd\")")
expect_header("only model/ knows Hana" layers/x.hpp "#include <boost/hana/tuple.hpp>")
expect_header("Hana is included by parts" model/x.hpp "#include <boost/hana.hpp>")
expect_header("of Boost only Hana" model/x.hpp "#include <boost/mp11.hpp>")

# Licence lines.
expect("passes" docs/x.md "<!-- SPDX-License-Identifier: MIT -->\n# A page\n")
expect("passes" scripts/x "#!/usr/bin/env bash\n# SPDX-License-Identifier: MIT\n")
expect("passes" data/x.json "{}\n")
expect("passes" build/x.cpp "\n")
foreach(file IN ITEMS x.cpp x.py CMakeLists.txt tests/x/CMakeLists.txt README.md .clang-format .gitignore .ci/run scripts/x)
    expect("SPDX-License-Identifier" "${file}" "something else\n")
endforeach()
expect("SPDX-License-Identifier" x.cpp "\n${licence}")
expect("SPDX-License-Identifier" include/ctcnn/core/x.hpp "#pragma once\n${licence}")

if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
