# SPDX-License-Identifier: MIT
#
# Builds examples/embedded for a board, runs it in QEMU, and checks what it says and what it consists of. Prints its flash,
# RAM and instructions.
#
# cmake -DSOURCE=<examples/embedded> -DSCRATCH=<folder> -DBOARD=<name> -DNET=digits|lenet -DPARAMETERS=<file>
#       -DCHECK=<program> -P run.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/../package/common.cmake")

foreach(tool IN ITEMS arm-none-eabi-g++ arm-none-eabi-nm arm-none-eabi-size qemu-system-arm)
    string(MAKE_C_IDENTIFIER "${tool}" variable)
    find_program(${variable} "${tool}")
    if(NOT ${variable})
        message("skipped: there is no ${tool} (Debian: gcc-arm-none-eabi, libstdc++-arm-none-eabi-newlib, qemu-system-arm)")
        return()
    endif()
endforeach()

file(REMOVE_RECURSE "${SCRATCH}")
set(lenet "")
if(NET STREQUAL "lenet")
    set(lenet "${PARAMETERS}")
endif()
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${SCRATCH}" -G Ninja --toolchain arm-none-eabi.cmake "-DBOARD=${BOARD}"
    "-DLENET=${lenet}")
run("${CMAKE_COMMAND}" --build "${SCRATCH}" --target ${NET})
set(program "${SCRATCH}/${NET}.elf")

# No heap, no exceptions, no RTTI, and no library that wants an operating system.
run("${arm_none_eabi_nm}" "${program}")
expect(" [Tt] reset ")
foreach(symbol IN ITEMS malloc calloc realloc free sbrk _Zn[wa] _Zd[la] __cxa_ _Unwind_ _ZT[IVS] atexit _exit _write)
    expect_no("[^\n]* [A-Za-z] _*${symbol}[^\n]*")
endforeach()

# The parameters lie in flash, once; what is behind them is the code, the images and nothing to speak of.
run("${arm_none_eabi_nm}" -S "${program}")
string(REGEX MATCHALL "[0-9a-f]+ ([0-9a-f]+) [A-Za-z] _?Z?[0-9]*net[^\n]*" nets "${output}")
list(LENGTH nets count)
if(NOT count EQUAL 1)
    message(FATAL_ERROR "the network is there ${count} times: ${nets}")
endif()
string(REGEX REPLACE "^[0-9a-f]+ ([0-9a-f]+) .*" "\\1" net_bytes "${nets}")
math(EXPR net_bytes "0x${net_bytes}")
file(SIZE "${PARAMETERS}" file_bytes)
run("${arm_none_eabi_size}" "${program}")
string(REGEX MATCH "\n *([0-9]+)[ \t]+([0-9]+)[ \t]+([0-9]+)" found "${output}")
math(EXPR flash "${CMAKE_MATCH_1} + ${CMAKE_MATCH_2}")
math(EXPR ram "${CMAKE_MATCH_2} + ${CMAKE_MATCH_3}")
math(EXPR rest "${flash} - ${net_bytes}")
if(NOT CMAKE_MATCH_2 EQUAL 0 OR rest GREATER 16384 OR net_bytes GREATER file_bytes)
    message(FATAL_ERROR "flash ${flash}, the network ${net_bytes} of it, initialised data ${CMAKE_MATCH_2}")
endif()

# The same output each time, counts included.
set(command "${qemu_system_arm}" -M ${BOARD} -nographic -monitor none -serial none -icount shift=0
    -semihosting-config enable=on,target=native -kernel "${program}")
run(${command})
set(first "${output}")
run(${command})
if(NOT first STREQUAL output)
    message(FATAL_ERROR "a second run says something else:\n${first}")
endif()
file(WRITE "${SCRATCH}/output.txt" "${output}")
string(REGEX MATCH "instructions ([0-9]+)\nstack ([0-9]+)\n" found "${output}")
if(NOT found)
    message(FATAL_ERROR "it does not say how many instructions it took")
endif()
set(instructions ${CMAKE_MATCH_1})
set(stack ${CMAKE_MATCH_2})
run("${CHECK}" ${NET} "${PARAMETERS}" "${SCRATCH}/output.txt")
message("${BOARD}, ${NET}: flash ${flash} bytes, of which the parameters ${net_bytes}; RAM ${ram} bytes with the stack, "
        "of which ${stack} were used; ${instructions} instructions for one image")
