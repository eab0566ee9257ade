# SPDX-License-Identifier: MIT
#
# ctcnn_embed_weights(<target> <file> [NET <type>] HEADER <name> [NAME <name>] [INCLUDE <header>...])
#
# A trained network inside a program. The parameters of a safetensors file become a header that <target> includes as
# "<name>": a constant of the type NET, which is the HEADER's name without its ending unless NAME gives another one.
# Without NET it is a template, and NAME<type> is the constant. INCLUDE are the headers that the type needs. The target
# has to be linked with ctcnn::inference or ctcnn::ctcnn.
#
# The header is written by ctcnn-embed, a C++ program that is compiled first: with the project's compiler, or when cross
# compiling with CTCNN_HOST_COMPILER, which is looked for. The build target ctcnn-embed is this program alone.

cmake_policy(VERSION 3.23...3.31)  # For the functions of this file.

# Its source lies beside this file in the package, and in tools/ in the repository.
set(_ctcnn_embed_source "${CMAKE_CURRENT_LIST_DIR}/ctcnn-embed.cpp")
if(NOT EXISTS "${_ctcnn_embed_source}")
    cmake_path(SET _ctcnn_embed_source NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../tools/ctcnn-embed.cpp")
endif()
set_property(GLOBAL PROPERTY CTCNN_EMBED_SOURCE "${_ctcnn_embed_source}")

# Finds a compiler that makes programs for this machine.
function(_ctcnn_find_host_compiler source folders)
    if(CTCNN_HOST_COMPILER)
        return()
    endif()
    set(names c++ g++ clang++)
    foreach(version RANGE 12 30)
        list(APPEND names g++-${version} clang++-${version})
    endforeach()
    list(TRANSFORM folders PREPEND -I)
    foreach(name IN LISTS names)
        unset(found)
        find_program(found "${name}" NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
        if(found)
            execute_process(COMMAND "${found}" -std=c++20 -fsyntax-only ${folders} "${source}"
                            RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
            if(status EQUAL 0)
                set(CTCNN_HOST_COMPILER "${found}" CACHE FILEPATH "A C++ compiler for this machine, for ctcnn-embed")
                return()
            endif()
        endif()
    endforeach()
    message(FATAL_ERROR "ctcnn_embed_weights: there is no g++ 12 or clang 18, or newer, that makes programs for this machine. "
                        "Install one, or set CTCNN_HOST_COMPILER to it.")
endfunction()

# Defines the build target ctcnn-embed once; its property CTCNN_PROGRAM is the program.
function(_ctcnn_add_embed)
    if(TARGET ctcnn-embed)
        return()
    endif()
    get_property(source GLOBAL PROPERTY CTCNN_EMBED_SOURCE)
    separate_arguments(arguments NATIVE_COMMAND "${CMAKE_CXX_COMPILER_ARG1}")  # of CXX="ccache g++", this is g++
    set(compiler "${CMAKE_CXX_COMPILER}" ${arguments})
    if(CMAKE_CROSSCOMPILING)
        get_property(folders TARGET ctcnn::inference PROPERTY INTERFACE_INCLUDE_DIRECTORIES)
        string(REGEX REPLACE "[$]<BUILD_INTERFACE:([^>]*)>" "\\1" folders "${folders}")
        _ctcnn_find_host_compiler("${source}" "${folders}")
        set(compiler "${CTCNN_HOST_COMPILER}")
    endif()
    set(folder "${CMAKE_BINARY_DIR}/ctcnn_tools")
    file(MAKE_DIRECTORY "${folder}")
    set(folders "$<TARGET_PROPERTY:ctcnn::inference,INTERFACE_INCLUDE_DIRECTORIES>")
    add_custom_command(OUTPUT "${folder}/ctcnn-embed"
        COMMAND ${compiler} -std=c++20 -O1 "-I$<JOIN:${folders},;-I>" -MD -MF "${folder}/ctcnn-embed.d"
            -MT "${folder}/ctcnn-embed" "${source}" -o "${folder}/ctcnn-embed"
        DEPENDS "${source}"
        DEPFILE "${folder}/ctcnn-embed.d"
        COMMENT "Building ctcnn-embed"
        COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(ctcnn-embed DEPENDS "${folder}/ctcnn-embed")
    set_property(TARGET ctcnn-embed PROPERTY CTCNN_PROGRAM "${folder}/ctcnn-embed")
endfunction()

function(ctcnn_embed_weights target file)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "NET;HEADER;NAME" "INCLUDE")
    if(NOT arg_HEADER OR arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR "ctcnn_embed_weights(<target> <file> [NET <type>] HEADER <name> [NAME <name>] "
                            "[INCLUDE <header>...])")
    endif()
    if(NOT TARGET "${target}")
        message(FATAL_ERROR "ctcnn_embed_weights: there is no target '${target}'. Add it before.")
    endif()
    get_target_property(target_folder "${target}" SOURCE_DIR)
    if(NOT target_folder STREQUAL CMAKE_CURRENT_SOURCE_DIR)
        # A custom command makes files for the targets of its own folder alone.
        message(FATAL_ERROR "ctcnn_embed_weights: the target '${target}' is added in another folder, ${target_folder}. "
                            "Call ctcnn_embed_weights there.")
    endif()
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    get_source_file_property(generated "${file}" GENERATED)
    if(NOT generated AND NOT EXISTS "${file}")
        message(FATAL_ERROR "ctcnn_embed_weights: there is no file '${file}'. save_safetensors writes it.")
    endif()
    if(NOT arg_NAME)
        cmake_path(GET arg_HEADER STEM name)
        string(MAKE_C_IDENTIFIER "${name}" arg_NAME)
    endif()
    set(options --name "${arg_NAME}")
    if(arg_NET)
        list(APPEND options --net "${arg_NET}")
    endif()
    foreach(include IN LISTS arg_INCLUDE)
        list(APPEND options --include "${include}")
    endforeach()

    _ctcnn_add_embed()
    get_property(program TARGET ctcnn-embed PROPERTY CTCNN_PROGRAM)
    get_property(source GLOBAL PROPERTY CTCNN_EMBED_SOURCE)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/ctcnn_embedded/${target}")
    set(header "${folder}/${arg_HEADER}")
    cmake_path(GET header PARENT_PATH header_folder)
    file(MAKE_DIRECTORY "${header_folder}")
    add_custom_command(OUTPUT "${header}"
        COMMAND "${program}" "${file}" ${options} --binary "${header}.bin" -o "${header}"
        BYPRODUCTS "${header}.bin"
        DEPENDS ctcnn-embed "${source}" "${file}"
        COMMENT "Embedding ${arg_HEADER}"
        VERBATIM)
    target_sources("${target}" PRIVATE "${header}")
    target_include_directories("${target}" PRIVATE "${folder}")
endfunction()
