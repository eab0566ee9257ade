# SPDX-License-Identifier: MIT
#
# What a library for several processors offers and contains: its only global symbols are the entries and their versions;
# the oldest version has no instruction of AVX, and the newer ones have some.
#
# cmake -DNM=<nm> -DOBJDUMP=<objdump> -DLIBRARY=<file> -DFOLDER=<folder of the versions> -DENTRIES=<list> -DISAS=<list>
#       -P check.cmake
cmake_minimum_required(VERSION 3.23...3.31)

set(expected "${ENTRIES}")
foreach(isa IN LISTS ISAS)
    string(REPLACE "-" "_" suffix "${isa}")
    foreach(entry IN LISTS ENTRIES)
        list(APPEND expected "${entry}__${suffix}")
    endforeach()
endforeach()

execute_process(COMMAND "${NM}" --defined-only --extern-only -P "${LIBRARY}" OUTPUT_VARIABLE output RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${NM} cannot read ${LIBRARY}")
endif()
# A symbol's line is its name, its type and its value; the name of a member of the archive stands alone.
string(REGEX MATCHALL "[^ \n]+ [A-Za-z] [^\n]*" lines "${output}")
set(found "")
foreach(line IN LISTS lines)
    string(REGEX REPLACE " .*" "" name "${line}")
    list(APPEND found "${name}")
endforeach()
list(SORT found)
list(SORT expected)
if(NOT found STREQUAL expected)
    set(surplus "${found}")
    list(REMOVE_ITEM surplus ${expected})
    set(missing "${expected}")
    list(REMOVE_ITEM missing ${found})
    message(FATAL_ERROR "global symbols that should not be there: ${surplus}\nand those that should: ${missing}")
endif()

# A weak reference to a function of the library or of std:: that is not defined here would be bound to somebody else's.
execute_process(COMMAND "${NM}" --undefined-only -P "${LIBRARY}" OUTPUT_VARIABLE output)
if(output MATCHES "(_ZN[A-Z]*5ctcnn[^ \n]*)")
    message(FATAL_ERROR "${CMAKE_MATCH_1} is used and not defined")
endif()

list(GET ISAS 0 oldest)
foreach(isa IN LISTS ISAS)
    string(REPLACE "-" "_" suffix "${isa}")
    execute_process(COMMAND "${OBJDUMP}" -d --no-show-raw-insn "${FOLDER}/${suffix}.o" OUTPUT_VARIABLE code
                    RESULT_VARIABLE status)
    if(NOT status EQUAL 0 OR NOT code MATCHES "<lenet_logits__${suffix}>:")
        message(FATAL_ERROR "${OBJDUMP} does not show the code of ${suffix}.o")
    endif()
    if(isa STREQUAL oldest)
        # All instructions of AVX begin with v, also those on %xmm; of x86-64 only verr and verw do.
        if(code MATCHES "(%[yz]mm[0-9]+)" OR code MATCHES "\t(v[a-z0-9]+) [^\n]*%xmm")
            message(FATAL_ERROR "the version for ${isa} uses ${CMAKE_MATCH_1}")
        endif()
    elseif(isa MATCHES "v4" AND NOT code MATCHES "%zmm")
        message(FATAL_ERROR "the version for ${isa} uses no %zmm")
    elseif(isa MATCHES "v3" AND (NOT code MATCHES "%ymm" OR code MATCHES "%zmm"))
        message(FATAL_ERROR "the version for ${isa} uses no %ymm, or %zmm")
    endif()
endforeach()
list(LENGTH found count)
message(STATUS "${count} global symbols, all of them entries")
