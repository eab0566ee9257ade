# SPDX-License-Identifier: MIT
#
# scripts/structure fails where a picture is not what the headers say, where an arrow would go up, and where a way names
# what a header does not have.
#
# cmake -DROOT=<repository> -DPYTHON=<python3> -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}/docs/design")
file(COPY "${ROOT}/scripts/structure" DESTINATION "${SCRATCH}/scripts")
file(COPY "${ROOT}/docs/design/architecture.md" "${ROOT}/docs/design/folders.svg" "${ROOT}/docs/design/ways.svg"
     DESTINATION "${SCRATCH}/docs/design")
file(COPY "${ROOT}/include" DESTINATION "${SCRATCH}")

function(expect text)
    execute_process(COMMAND "${PYTHON}" "${SCRATCH}/scripts/structure" --check
                    RESULT_VARIABLE status ERROR_VARIABLE output OUTPUT_VARIABLE output)
    if(text STREQUAL "" AND NOT status EQUAL 0)
        message(FATAL_ERROR "The pictures are up to date, and yet: ${output}")
    elseif(NOT text STREQUAL "" AND (status EQUAL 0 OR NOT output MATCHES "${text}"))
        message(FATAL_ERROR "Expected '${text}', and got ${status}: ${output}")
    endif()
endfunction()
# Changes a file of the copy, expects a complaint, and restores the file.
function(expect_with text file from to)
    file(READ "${ROOT}/${file}" content)
    string(REPLACE "${from}" "${to}" changed "${content}")
    if(changed STREQUAL content)
        message(FATAL_ERROR "${file} has no '${from}'")
    endif()
    file(WRITE "${SCRATCH}/${file}" "${changed}")
    expect("${text}")
    file(WRITE "${SCRATCH}/${file}" "${content}")
endfunction()

expect("")
expect_with("folders.svg is not what" docs/design/folders.svg "data/" "date/")
expect_with("ways.svg is not what" docs/design/ways.svg "data/mnist.hpp" "data/emnist.hpp")
# An include that the table does not allow, and the same in the page, too: it would go up.
expect_with("graph/ includes run/, which the table" include/ctcnn/graph/memory.hpp
    "#include <ctcnn/graph/graph.hpp>" "#include <ctcnn/run/pass.hpp>")
file(WRITE "${SCRATCH}/include/ctcnn/graph/memory.hpp" "#include <ctcnn/run/pass.hpp>\n")
expect_with("graph/ does not stand above run/" docs/design/architecture.md
    "no loops over data | `core` |" "no loops over data | `core`, `run` |")
file(COPY "${ROOT}/include/ctcnn/graph/memory.hpp" DESTINATION "${SCRATCH}/include/ctcnn/graph")
expect_with("has no 'load_mnist'" include/ctcnn/data/mnist.hpp "load_mnist" "read_mnist")
