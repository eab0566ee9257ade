# SPDX-License-Identifier: MIT
#
# scripts/tasks counts the lines that it says, and --check fails where the table has another number or where a Python
# program is none.
#
# cmake -DROOT=<repository> -DPYTHON=<python3> -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

file(REMOVE_RECURSE "${SCRATCH}")
file(COPY "${ROOT}/scripts/tasks" DESTINATION "${SCRATCH}/scripts")
set(programs "${SCRATCH}/examples/training")
file(WRITE "${programs}/ema.cpp" [[
// One.
#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;
int main() {
    return 0;  // two
}
]])
file(WRITE "${programs}/peers/ema.py" [[
# One.
import keras
from keras import ops

print(
    "three",
    [
        keras.__version__])
]])
file(WRITE "${SCRATCH}/docs/tasks.md" "Before.\n<!-- tasks -->\n<!-- end of tasks -->\nBehind.\n")

function(run_script expected)
    execute_process(COMMAND "${PYTHON}" "${SCRATCH}/scripts/tasks" ${ARGN}
                    RESULT_VARIABLE status ERROR_VARIABLE output OUTPUT_VARIABLE output)
    if(expected STREQUAL "" AND NOT status EQUAL 0)
        message(FATAL_ERROR "scripts/tasks ${ARGN} fails: ${output}")
    elseif(NOT expected STREQUAL "" AND (status EQUAL 0 OR NOT output MATCHES "${expected}"))
        message(FATAL_ERROR "Expected '${expected}', and got ${status}: ${output}")
    endif()
    set(status "${status}" PARENT_SCOPE)
endfunction()

run_script("run scripts/tasks" --check)
foreach(wrong IN ITEMS --help --chek "--check;--check")
    run_script("^usage: scripts/tasks .--check.\n$" ${wrong})
    if(NOT status EQUAL 2)
        message(FATAL_ERROR "scripts/tasks ${wrong} ends with ${status}")
    endif()
endforeach()
run_script("run scripts/tasks" --check)
run_script("")
run_script("" --check)
file(READ "${SCRATCH}/docs/tasks.md" page)
string(FIND "${page}" "| [2](../examples/training/ema.cpp) | Keras: [3](../examples/training/peers/ema.py) |" place)
if(place EQUAL -1 OR NOT page MATCHES "^Before.*Behind[.]\n$")
    message(FATAL_ERROR "Not 2 lines and 3:\n${page}")
endif()

file(APPEND "${programs}/ema.cpp" "int more;\n")
run_script("run scripts/tasks" --check)
run_script("")
file(APPEND "${programs}/peers/ema.py" "print('''\nfour\n''')\n")
run_script("write comments line by line" --check)
file(WRITE "${programs}/peers/ema.py" "print(\n")
run_script("is not Python" --check)
