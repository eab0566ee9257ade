# SPDX-License-Identifier: MIT
#
# What the tests of the package share. They are scripts: each reads this file first.

# Runs a command; gives back its `status` and `output`.
function(try)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(status "${status}" PARENT_SCOPE)
    set(output "${output}" PARENT_SCOPE)
endfunction()

# Runs a command that must succeed; gives back its `output`.
function(run)
    try(${ARGN})
    message("${output}")
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "failed with ${status}: ${command}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# The output must, or must not, match.
function(expect regex)
    string(REGEX REPLACE "[ \n]+" " " text "${output}")  # CMake wraps the lines of its messages.
    if(NOT text MATCHES "${regex}")
        message(FATAL_ERROR "there is no '${regex}' in:\n${output}")
    endif()
endfunction()
function(expect_no regex)
    if(output MATCHES "${regex}")
        message(FATAL_ERROR "there is '${CMAKE_MATCH_0}' in:\n${output}")
    endif()
endfunction()

# Installs a build of ctcnn, or of a program, into a folder; gives back the `files`, relative to it.
function(install_into folder build config)
    file(REMOVE_RECURSE "${folder}")
    run("${CMAKE_COMMAND}" --install "${build}" --config "${config}" --prefix "${folder}")
    file(GLOB_RECURSE files RELATIVE "${folder}" "${folder}/*")
    set(files "${files}" PARENT_SCOPE)
endfunction()
