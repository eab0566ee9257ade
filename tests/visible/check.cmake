# SPDX-License-Identifier: MIT
#
# Each name that `using namespace ctcnn;` makes visible stands in docs/reference.md. The names are those that clang lists.
#
# cmake -DCOMPILER=<clang++> -DFLAGS=<list> -DHEADER=<header> -DREFERENCE=<page> -DSCRATCH=<folder> -P check.cmake
cmake_minimum_required(VERSION 3.23...3.31)

file(WRITE "${SCRATCH}/list.cpp" "#include <${HEADER}>\n")
execute_process(COMMAND "${COMPILER}" ${FLAGS} -Xclang -ast-list "${SCRATCH}/list.cpp"
                OUTPUT_VARIABLE listed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${HEADER} does not compile")
endif()
file(READ "${REFERENCE}" reference)
string(REGEX REPLACE "[][;]" " " reference "${reference}")
string(REGEX MATCHALL "`[^`\n]+`" spans "${reference}")
list(JOIN spans " " spans)

# Parameters of templates are listed as if they were names of the namespace: here they are one letter, or one of these words.
set(parameters Dims Error InputLayer Layers Net)
# What holds all that the library does not show, and the inline namespaces that name the target.
set(hidden "detail_|process_|for_[a-z0-9_]+|team_[a-z_]+|files_[a-z_]+")

string(REGEX MATCHALL "\nctcnn::[^\n]+" lines "${listed}")
set(names "")
foreach(line IN LISTS lines)
    string(REGEX REPLACE "^\nctcnn::(for_[a-z0-9_]+::)?((team|files)_[a-z_]+::)?" "" name "${line}")
    if(name MATCHES "^[A-Za-z_][A-Za-z_0-9]+$" AND NOT name MATCHES "^(${hidden})$" AND NOT name IN_LIST parameters)
        list(APPEND names "${name}")
    endif()
endforeach()
list(REMOVE_DUPLICATES names)
list(LENGTH names count)
if(count LESS 5)
    message(FATAL_ERROR "clang lists only ${count} names of ctcnn: ${names}")
endif()

set(unknown "")
foreach(name IN LISTS names)
    if(NOT spans MATCHES "[^A-Za-z0-9_]${name}[^A-Za-z0-9_]")
        list(APPEND unknown "${name}")
    endif()
endforeach()
if(unknown)
    list(JOIN unknown "\n    " unknown)
    message(FATAL_ERROR "${HEADER} makes names visible that the reference does not name: put them into the reference, or "
                        "into CTCNN_DETAIL:\n    ${unknown}")
endif()
message(STATUS "${count} names, all in the reference")
