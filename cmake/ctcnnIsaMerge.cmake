# SPDX-License-Identifier: MIT
#
# Makes one object of several in which everything is local but the entries, which get a suffix. See ctcnnIsa.cmake.
#
# cmake -DLD=<ld> -DOBJCOPY=<objcopy> -DNM=<nm> -DOBJDUMP=<objdump> -DOBJECTS=<list> -DENTRIES=<list> -DSUFFIX=<text>
#       -DBASELINE=ON|OFF -DOUTPUT=<file> -P ctcnnIsaMerge.cmake
cmake_minimum_required(VERSION 3.23...3.31)

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
    if(NOT status EQUAL 0)
        file(REMOVE "${OUTPUT}")
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "failed with ${status}: ${command}\n${errors}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

function(refuse)
    file(REMOVE "${OUTPUT}")
    message(FATAL_ERROR ${ARGV})
endfunction()

cmake_path(GET OUTPUT PARENT_PATH folder)
file(MAKE_DIRECTORY "${folder}")

# Without their groups, inline functions and vtables are as local as all else; -d does the same for common symbols.
run("${LD}" -r -d --force-group-allocation -o "${OUTPUT}" ${OBJECTS})

run("${NM}" --defined-only --extern-only "${OUTPUT}")
foreach(entry IN LISTS ENTRIES)
    if(NOT output MATCHES " T ${entry}\n")
        refuse("the sources do not define the entry ${entry} as an extern \"C\" function")
    endif()
endforeach()

if(NOT BASELINE)
    run("${OBJDUMP}" -h "${OUTPUT}")
    if(output MATCHES " (\\.(init_array|ctors|preinit_array|fini_array|dtors)[^ ]*) ")
        refuse("a global object is initialised or destroyed by code (section ${CMAKE_MATCH_1}), which runs on every "
               "processor, also on one without these instructions: make it constinit, or static in a function")
    endif()
endif()

set(keep "")
set(rename "")
foreach(entry IN LISTS ENTRIES)
    list(APPEND keep --keep-global-symbol=${entry})
    list(APPEND rename --redefine-sym=${entry}=${entry}${SUFFIX})
endforeach()
run("${OBJCOPY}" ${keep} "${OUTPUT}")
run("${OBJCOPY}" ${rename} "${OUTPUT}")

# What objcopy leaves global would be shared with other versions.
run("${NM}" --defined-only --extern-only -P "${OUTPUT}")
string(REGEX MATCHALL "[^\n]+" symbols "${output}")
foreach(symbol IN LISTS symbols)
    string(REGEX REPLACE " .*" "" name "${symbol}")
    string(REGEX REPLACE "${SUFFIX}$" "" entry "${name}")
    if(NOT entry IN_LIST ENTRIES)
        refuse("${name} is still global")
    endif()
endforeach()
