# SPDX-License-Identifier: MIT
#
# Checks the rules of the repository that no compiler checks:
# - a header includes only headers of the folders that its own folder may know;
# - only run/ knows OpenMP, only model/ knows Boost, and of Boost only parts of Hana;
# - each text file begins with a licence line.
#
# cmake -DROOT=<repository> -P check.cmake
cmake_minimum_required(VERSION 3.23...3.31)

# The folders that each folder may know, besides itself. The reasons are in docs/design/.
set(knows_core)
set(knows_kernels core)
set(knows_layers core kernels)
set(knows_graph core)
set(knows_run core kernels graph)
set(knows_model core graph run)
set(knows_loss core kernels)
set(knows_optim core)
set(knows_train core graph run model loss optim)
set(knows_data core)
set(knows_io core data model train)
set(folders core kernels layers graph run model loss optim train data io)

set(failures "")
macro(refuse file rule)
    string(APPEND failures "${file}: ${rule}\n")
endmacro()

# The lines of a file that match, as a list: brackets and semicolons, which lists cannot hold, become blanks.
function(matching_lines file regex result_name)
    file(READ "${file}" text)
    string(REGEX REPLACE "[][;]" " " text "${text}")
    string(REGEX MATCHALL "[^\n]*${regex}[^\n]*" lines "${text}")
    set(${result_name} "${lines}" PARENT_SCOPE)
endfunction()

# Headers -----------------------------------------------------------------------------------------------------------

file(GLOB_RECURSE headers RELATIVE "${ROOT}/include/ctcnn" "${ROOT}/include/ctcnn/*")
foreach(header IN LISTS headers)
    if(header MATCHES "^(ctcnn|training|inference|version)[.]hpp$")
        continue()  # It includes what lies in all folders.
    endif()
    string(REGEX REPLACE "/.*" "" folder "${header}")
    if(NOT folder IN_LIST folders OR NOT header MATCHES "/.*[.]hpp$")
        refuse("${header}" "a header lies in one of the folders ${folders}, and ends in .hpp")
        continue()
    endif()

    matching_lines("${ROOT}/include/ctcnn/${header}" "#[ \t]*include" includes)
    foreach(include IN LISTS includes)
        string(STRIP "${include}" include)
        if(include MATCHES "\"")
            refuse("${header}" "own headers are included as <ctcnn/folder/name.hpp>: ${include}")
        elseif(include MATCHES "<ctcnn/([a-z_]+)/")
            set(other ${CMAKE_MATCH_1})
            if(NOT other STREQUAL folder AND NOT other IN_LIST knows_${folder})
                refuse("${header}" "${folder}/ does not know ${other}/: ${include}")
            endif()
        elseif(include MATCHES "<ctcnn/" AND NOT include MATCHES "<ctcnn/version.hpp>")
            refuse("${header}" "a header does not include the whole library: ${include}")
        elseif(include MATCHES "<boost/hana.hpp>")
            refuse("${header}" "Hana is included by parts: ${include}")
        elseif(include MATCHES "<boost/" AND NOT include MATCHES "<boost/hana/")
            refuse("${header}" "of Boost only Hana is used: ${include}")
        elseif(include MATCHES "<boost/" AND NOT folder STREQUAL "model")
            refuse("${header}" "only model/ knows Hana: ${include}")
        elseif(include MATCHES "<omp.h>" AND NOT folder STREQUAL "run")
            refuse("${header}" "only run/ knows OpenMP: ${include}")
        endif()
    endforeach()

    if(NOT folder STREQUAL "run")
        matching_lines("${ROOT}/include/ctcnn/${header}" "(#[ \t]*pragma[ \t]+omp|_Pragma[ \t]*[(][ \t]*\"omp)" pragmas)
        foreach(pragma IN LISTS pragmas)
            string(STRIP "${pragma}" pragma)
            refuse("${header}" "only run/ knows OpenMP: ${pragma}")
        endforeach()
    endif()
endforeach()

# Licence lines -----------------------------------------------------------------------------------------------------

file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/*")
list(FILTER files EXCLUDE REGEX "^[.]git$|^([.]git|build[^/]*|cmake-build-[^/]*)/")
# What people write; not data, and not the licence itself. A name without a dot is a script.
list(FILTER files INCLUDE REGEX "([.](hpp|cpp|c|h|py|sh|cmake|in|md|yml|yaml|toml|html|js|mjs|css)|CMakeLists[.]txt)$|^([^/]*/)*[.]?[^./]+$")
list(FILTER files EXCLUDE REGEX "^LICENSE$")
set(checked 0)
foreach(file IN LISTS files)
    file(READ "${ROOT}/${file}" beginning LIMIT 400)
    string(REGEX REPLACE "[][;]" " " beginning "${beginning}")
    if(NOT beginning MATCHES "^(#![^\n]*\n)?[^\n]*SPDX-License-Identifier: [A-Za-z0-9]")
        refuse("${file}" "the first line (after #!) says SPDX-License-Identifier: MIT, in a comment")
    endif()
    math(EXPR checked "${checked} + 1")
endforeach()

list(LENGTH headers header_count)
if(NOT failures STREQUAL "")
    message(FATAL_ERROR "${failures}")
endif()
if(header_count EQUAL 0 OR checked EQUAL 0)
    message(FATAL_ERROR "nothing to check in ${ROOT}")
endif()
message(STATUS "${header_count} headers and ${checked} licence lines are as they should be")
