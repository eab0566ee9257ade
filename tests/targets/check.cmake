# SPDX-License-Identifier: MIT
#
# Two files of one program, compiled for different targets, share no function of the library. Compiles part.cpp with each set
# of flags, compares the symbols unless SAME_TARGET is on, links both into one program in both orders, and runs it where
# EXPECTED says what it prints.
#
# cmake -DCOMPILER=<path> -DFLAGS=<list> -DA=<list of flags> -DB=<list of flags> [-DSAME_TARGET=ON]
#       [-DLINK=<list>] [-DEXPECTED=<text>]
#       -DNM=<path> -DMNIST=<folder> -DSCRATCH=<folder> -P check.cmake
cmake_minimum_required(VERSION 3.23...3.31)

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY "${SCRATCH}")
foreach(part IN ITEMS A B)
    string(TOLOWER "part_${part}" name)
    run("${COMPILER}" ${FLAGS} ${${part}} "-DPART=${name}" -c "${CMAKE_CURRENT_LIST_DIR}/part.cpp" -o "${SCRATCH}/${name}.o")
    run("${NM}" --defined-only "${SCRATCH}/${name}.o")
    string(REGEX MATCHALL "[^ \n]*5ctcnn[^ \n]*" symbols_${part} "${output}")
    list(LENGTH symbols_${part} count)
    if(count LESS 100)
        message(FATAL_ERROR "${name}.o has only ${count} symbols of the library: ${output}")
    endif()
endforeach()

# Exceptions are shared on purpose: constructors of std, destructors, type information and virtual tables.
set(common "")
foreach(symbol IN LISTS symbols_A)
    if(symbol IN_LIST symbols_B AND NOT symbol MATCHES "^(DW[.]ref[.])?_ZT[ISV]N5ctcnn[0-9]+[A-Za-z]+E$|^_ZN5ctcnn[0-9]+[A-Za-z]+(D[0-9]Ev|CI[0-9]St.*)$")
        list(APPEND common "${symbol}")
    endif()
endforeach()
if(common AND NOT SAME_TARGET)
    list(JOIN common "\n    " common)
    message(FATAL_ERROR "compiled with '${A}' and with '${B}', these functions have one name:\n    ${common}")
endif()

run("${COMPILER}" ${FLAGS} -c "${CMAKE_CURRENT_LIST_DIR}/main.cpp" -o "${SCRATCH}/main.o")
foreach(order IN ITEMS "a;b" "b;a")
    list(TRANSFORM order PREPEND "${SCRATCH}/part_" OUTPUT_VARIABLE objects)
    list(TRANSFORM objects APPEND ".o")
    run("${COMPILER}" ${FLAGS} "${SCRATCH}/main.o" ${objects} ${LINK} -o "${SCRATCH}/program")
    if(EXPECTED)
        run("${SCRATCH}/program" "${MNIST}")
        if(NOT output STREQUAL "${EXPECTED}\n")
            message(FATAL_ERROR "linked in the order ${order}, the program prints '${output}' instead of '${EXPECTED}'")
        endif()
    endif()
endforeach()
