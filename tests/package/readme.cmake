# SPDX-License-Identifier: MIT
#
# What the README tells its readers to copy: the program, one of the ways to use the library, and the commands of that way,
# in an empty folder. The program must train, and its compiler must have been told to optimise, for this processor.
#
# cmake -DWAY=<heading> -DLIBRARY=<source> -DSCRATCH=<folder> -DCOMPILER=<path> -DFLAGS=<list of regular expressions>
#       -P readme.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(READ "${LIBRARY}/README.md" page)

file(REMOVE_RECURSE "${SCRATCH}")
set(folder "${SCRATCH}/app")
file(MAKE_DIRECTORY "${folder}")
file(CREATE_LINK "${LIBRARY}" "${folder}/ctcnn" SYMBOLIC)
section("## A program")
write_block(cpp "${folder}/main.cpp")
section("### ${WAY}")
write_block(sh "${SCRATCH}/commands.sh")
if(NOT WAY STREQUAL "Without CMake")
    write_block(cmake "${folder}/CMakeLists.txt")
endif()

# The README says g++, and CMake takes $CXX.
file(READ "${SCRATCH}/commands.sh" commands)
string(REGEX REPLACE "(^|\n)g[+][+] " "\\1\"\$CXX\" " commands "${commands}")
if(NOT FLAGS MATCHES "-fopenmp")
    string(REPLACE " -fopenmp " " " commands "${commands}")
endif()
set(ENV{CXX} "${COMPILER}")
set(ENV{HOME} "${SCRATCH}/home")
set(ENV{CMAKE_EXPORT_COMPILE_COMMANDS} ON)
foreach(variable IN ITEMS CXXFLAGS CMAKE_BUILD_TYPE CMAKE_PREFIX_PATH CMAKE_GENERATOR)
    unset(ENV{${variable}})
endforeach()
execute_process(COMMAND sh -e -c "${commands}" WORKING_DIRECTORY "${folder}"
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(NOT status EQUAL 0)
    message(FATAL_ERROR "the commands under '${WAY}' fail")
endif()
# Its accuracy is 98.26 % on the author's machine; another number of lanes moves it by a few tenths of a percent.
expect("accuracy 0\\.9[78][0-9]*, the first image is a 7 ")
expect_no("CMAKE_BUILD_TYPE is empty|[Ww]arning")

set(output "${commands}")
if(EXISTS "${folder}/build/compile_commands.json")
    file(READ "${folder}/build/compile_commands.json" output)
endif()
foreach(flag IN LISTS FLAGS)
    expect(" ${flag} ")
endforeach()
