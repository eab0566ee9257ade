# SPDX-License-Identifier: MIT
#
# Checks that <ctcnn/inference.hpp> needs the standard library alone: lists the headers that it reads and looks for others.
#     cmake -DCOMPILER=g++ -DINCLUDE=<folder> -DHEADER=ctcnn/inference.hpp [-DEXPECT_FOREIGN=ON] -P standalone.cmake
# With EXPECT_FOREIGN it must find some: the check can fail.
get_filename_component(HEADER_FILE "${HEADER}" NAME)
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/standalone_probe_${HEADER_FILE}.cpp" "#include <${HEADER}>\n")
execute_process(
    COMMAND "${COMPILER}" -std=c++20 -M -fopenmp -I "${INCLUDE}" "${CMAKE_CURRENT_BINARY_DIR}/standalone_probe_${HEADER_FILE}.cpp"
    OUTPUT_VARIABLE dependencies ERROR_VARIABLE errors RESULT_VARIABLE status)
file(REMOVE "${CMAKE_CURRENT_BINARY_DIR}/standalone_probe_${HEADER_FILE}.cpp")
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${COMPILER} cannot read <${HEADER}>:\n${errors}")
endif()
string(REGEX MATCHALL "[^ \n]*(boost/|/omp\\.h|zlib\\.h|/vector|/iostream|/string)(\n| |$)" foreign "${dependencies}")
if(EXPECT_FOREIGN)
    if(NOT foreign)
        message(FATAL_ERROR "<${HEADER}> was expected to include what inference must not, and nothing was found.")
    endif()
elseif(foreign)
    message(FATAL_ERROR "<${HEADER}> includes more than inference needs: ${foreign}")
endif()
