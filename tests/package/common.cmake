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

# Pages of the documentation: what they tell their readers to copy.
set(fence "```")

# The `text` under a heading of `page`, up to the next heading of level 2 or more; a comment in a block begins with one #.
function(section heading)
    string(FIND "${page}" "\n${heading}\n" begin)
    if(begin EQUAL -1)
        message(FATAL_ERROR "the page has no heading '${heading}'")
    endif()
    string(SUBSTRING "${page}" ${begin} -1 text)
    string(SUBSTRING "${text}" 1 -1 text)
    string(FIND "${text}" "\n##" end)
    string(SUBSTRING "${text}" 0 ${end} text)
    set(text "${text}" PARENT_SCOPE)
endfunction()

# Writes the only block of a language in `text` to a file.
function(write_block language file)
    string(FIND "${text}" "\n${fence}${language}\n" begin)
    string(FIND "${text}" "\n${fence}${language}\n" last REVERSE)
    if(begin EQUAL -1 OR NOT begin EQUAL last)
        message(FATAL_ERROR "in this section there is not exactly one block of ${language}")
    endif()
    string(LENGTH "\n${fence}${language}\n" length)
    math(EXPR begin "${begin} + ${length}")
    string(SUBSTRING "${text}" ${begin} -1 block)
    string(FIND "${block}" "\n${fence}" end)
    string(SUBSTRING "${block}" 0 ${end} block)
    file(WRITE "${file}" "${block}\n")
endfunction()
