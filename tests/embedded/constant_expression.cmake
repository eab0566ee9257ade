# SPDX-License-Identifier: MIT
#
# A trained LeNet, embedded, classifies the first images of MNIST's test set while the compiler runs. Its limits have to be
# raised; the guide says how.
#
# cmake -DCOMPILER=<path> -DCOMPILER_ID=GNU|Clang -DEMBED=<ctcnn-embed> -DPARAMETERS=<file> -DLIBRARY=<source>
#       -DSCRATCH=<folder> -P constant_expression.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/../package/common.cmake")

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")
run("${EMBED}" "${PARAMETERS}" --name digits --net LeNet --include networks.hpp -o "${SCRATCH}/digits.hpp")
set(source "${CMAKE_CURRENT_LIST_DIR}/constant_expression.cpp")
set(limit -fconstexpr-ops-limit=200000000)
if(COMPILER_ID MATCHES "Clang")
    set(limit -fconstexpr-steps=40000000)
endif()
file(READ "${LIBRARY}/docs/embedded.md" page)
string(FIND "${page}" "`${limit}`" position)
if(position EQUAL -1)
    message(FATAL_ERROR "docs/embedded.md does not say ${limit}")
endif()
set(command "${COMPILER}" -std=c++20 -fsyntax-only "-I${LIBRARY}/include" "-I${LIBRARY}/examples/embedded" "-I${SCRATCH}")
run(${command} ${limit} "${source}")

# With another digit it does not compile.
try(${command} ${limit} -DLABEL=6 "${source}")
expect("static assertion failed")
if(status EQUAL 0)
    message(FATAL_ERROR "the 7 is also a 6")
endif()
