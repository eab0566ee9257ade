# SPDX-License-Identifier: MIT
#
# The table on the page of the networks is the one that the program prints.
#
# cmake -DPROGRAM=<networks> -DPAGE=<docs/networks.md> -P networks_page.cmake
cmake_minimum_required(VERSION 3.23...3.31)

execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
file(READ "${PAGE}" page)
string(FIND "${page}" "\n${table}\n" place)
if(table STREQUAL "" OR place EQUAL -1)
    message(FATAL_ERROR "${PAGE} has another table than the program prints:\n${table}")
endif()
