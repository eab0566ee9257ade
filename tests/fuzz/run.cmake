# SPDX-License-Identifier: MIT
#
# Runs a fuzz target on the files that it begins with, then on as many more, the same ones each time:
# cmake -DPROGRAM=<target> -DRUNS=<count> -DOPTIONS=<its options> -DFOLDERS=<folders of files> -DSCRATCH=<folder>
#       -P run.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(files "")
foreach(folder IN LISTS FOLDERS)
    file(GLOB found "${folder}/*")
    list(APPEND files ${found})
endforeach()
list(LENGTH files count)
if(count EQUAL 0)
    message(FATAL_ERROR "there are no files in ${FOLDERS}")
endif()
list(JOIN files "," files)
file(WRITE "${SCRATCH}/files.txt" "${files}")
math(EXPR runs "${count} + ${RUNS}")
execute_process(COMMAND "${PROGRAM}" -seed=1 -runs=${runs} -max_len=4096 "-seed_inputs=@${SCRATCH}/files.txt"
    "-artifact_prefix=${SCRATCH}/" ${OPTIONS} RESULT_VARIABLE status ERROR_VARIABLE log)
if(NOT status EQUAL 0 OR NOT log MATCHES "\nDone ${runs} runs")
    message(FATAL_ERROR "${status}\n${log}")
endif()
message(STATUS "${count} files, and ${RUNS} more")
