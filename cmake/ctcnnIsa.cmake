# SPDX-License-Identifier: MIT
#
# One library for every x86-64 processor: its sources are compiled once for each instruction set, and the first call
# goes to the newest version that the processor has.
#
#     ctcnn_add_isa_library(<target>
#         SOURCES <file>...                             # compiled once for each instruction set
#         ENTRIES <name>...                             # the extern "C" functions that the library offers
#         [ISAS x86-64 x86-64-v3 x86-64-v4]             # any of x86-64, x86-64-v2, x86-64-v3, x86-64-v4
#         [LINK <library>...])                          # what the sources use, such as ctcnn::ctcnn
#
# <target> is a static library, position independent. Its only global symbols are the entries, and each version of them by
# name: <entry>__x86_64, <entry>__x86_64_v3, ... All else becomes local to its version, so that the linker cannot take a
# std:: or ctcnn function that was compiled for a newer processor for one that an older processor runs.
#
# Where this cannot be done, <target> is the same sources, compiled once; a status line says why. The property
# CTCNN_ISAS of <target> is the list of its instruction sets, empty in this case.

include(CheckCXXSourceCompiles)

# What stands in the way of several versions in one library; empty if nothing does.
function(_ctcnn_isa_obstacle result)
    set(${result} "" PARENT_SCOPE)
    get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    if(multi_config)
        set(${result} "the generator builds several configurations" PARENT_SCOPE)
        return()
    endif()
    string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
    get_directory_property(options COMPILE_OPTIONS)
    string(GENEX_STRIP "${options}" options)
    if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${config}} ${options}" MATCHES "-fsanitize")
        # Each object then has a function that runs before main, on every processor.
        set(${result} "a sanitizer is on" PARENT_SCOPE)
        return()
    endif()

    check_cxx_source_compiles("
        #include <features.h>
        #if !defined(__x86_64__) || !defined(__ELF__) || !defined(__GLIBC__) || defined(__ILP32__)
        #error not x86-64 with ELF and glibc
        #endif
        extern \"C\" {
        typedef void Function(void);
        void one(void) {}
        static Function* resolve(void) __asm__(\"resolve\") __attribute__((used));
        static Function* resolve(void) { __builtin_cpu_init(); return __builtin_cpu_supports(\"avx2\") ? one : nullptr; }
        void entry(void) __attribute__((ifunc(\"resolve\")));
        }
        int main() { entry(); }" CTCNN_HAS_IFUNC)
    if(NOT CTCNN_HAS_IFUNC)
        set(${result} "it needs x86-64, ELF and the ifunc of glibc" PARENT_SCOPE)
        return()
    endif()

    # The compiler knows the tools that fit what it makes. llvm-objcopy and lld would be found by CMake itself.
    separate_arguments(arguments NATIVE_COMMAND "${CMAKE_CXX_COMPILER_ARG1}")  # of CXX="ccache g++", this is g++
    foreach(tool IN ITEMS ld objcopy nm objdump)
        if(NOT CTCNN_ISA_${tool})
            execute_process(COMMAND "${CMAKE_CXX_COMPILER}" ${arguments} -print-prog-name=${tool}
                            OUTPUT_VARIABLE name OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
            if(tool STREQUAL "ld" AND NOT CMAKE_CROSSCOMPILING)
                find_program(CTCNN_ISA_ld NAMES ld.bfd "${name}" ld)
            else()
                find_program(CTCNN_ISA_${tool} NAMES "${name}" ${tool})
            endif()
            mark_as_advanced(CTCNN_ISA_${tool})
        endif()
        if(NOT CTCNN_ISA_${tool})
            set(${result} "it needs ${tool} of the GNU binutils" PARENT_SCOPE)
            return()
        endif()
    endforeach()
    execute_process(COMMAND "${CTCNN_ISA_ld}" --help OUTPUT_VARIABLE help ERROR_QUIET)
    if(NOT help MATCHES "force-group-allocation")
        set(${result} "${CTCNN_ISA_ld} does not know --force-group-allocation" PARENT_SCOPE)
    endif()
endfunction()

# The C++ expression that asks whether the processor has an instruction set.
function(_ctcnn_isa_supported isa result)
    check_cxx_source_compiles("int main() { return __builtin_cpu_supports(\"x86-64-v4\") ? 0 : 1; }" CTCNN_KNOWS_ISA_LEVELS)
    set(features_x86-64-v2 sse4.2 popcnt)
    set(features_x86-64-v3 ${features_x86-64-v2} avx2 bmi bmi2 fma)
    set(features_x86-64-v4 ${features_x86-64-v3} avx512f avx512bw avx512cd avx512dq avx512vl)
    if(CTCNN_KNOWS_ISA_LEVELS)
        set(features_${isa} ${isa})
    endif()
    list(TRANSFORM features_${isa} REPLACE "(.+)" "__builtin_cpu_supports(\"\\1\")")
    list(JOIN features_${isa} " && " expression)
    set(${result} "${expression}" PARENT_SCOPE)
endfunction()

function(ctcnn_add_isa_library target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;ENTRIES;ISAS;LINK")
    if(NOT arg_SOURCES OR NOT arg_ENTRIES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "ctcnn_add_isa_library(<target> SOURCES <file>... ENTRIES <name>... [ISAS <name>...] [LINK <library>...])")
    endif()
    set(known x86-64 x86-64-v2 x86-64-v3 x86-64-v4)
    if(NOT arg_ISAS)
        set(arg_ISAS x86-64 x86-64-v3 x86-64-v4)
    endif()
    foreach(isa IN LISTS arg_ISAS)
        if(NOT isa IN_LIST known)
            message(FATAL_ERROR "ctcnn_add_isa_library: the instruction set is one of ${known}, not '${isa}'")
        endif()
    endforeach()
    # From the oldest to the newest; the oldest is what all processors of the program are expected to have.
    set(isas "")
    foreach(isa IN LISTS known)
        if(isa IN_LIST arg_ISAS)
            list(APPEND isas ${isa})
        endif()
    endforeach()

    _ctcnn_isa_obstacle(obstacle)
    if(obstacle)
        message(STATUS "ctcnn: ${target} is compiled once, and not for several processors: ${obstacle}")
        add_library(${target} STATIC ${arg_SOURCES})
        target_link_libraries(${target} PUBLIC ${arg_LINK})
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CTCNN_ISAS "")
        return()
    endif()

    set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}_isas")
    set(objects "")
    set(declarations "")
    set(isas_from_newest ${isas})
    list(REVERSE isas_from_newest)
    foreach(isa IN LISTS isas)
        string(REPLACE "-" "_" suffix "${isa}")
        set(part ${target}_${suffix})

        # Linked last, so that its -march stands behind that of all others.
        add_library(${part}_flags INTERFACE)
        target_compile_options(${part}_flags INTERFACE -march=${isa} -fno-lto -fno-semantic-interposition
            -fvisibility-inlines-hidden $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
        add_library(${part} OBJECT ${arg_SOURCES})
        target_link_libraries(${part} PRIVATE ${arg_LINK} ${part}_flags)
        set_target_properties(${part} PROPERTIES POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF)

        set(object "${folder}/${suffix}.o")
        set(baseline OFF)
        if(isas MATCHES "^${isa}(;|$)")
            set(baseline ON)
        endif()
        add_custom_command(OUTPUT "${object}"
            COMMAND "${CMAKE_COMMAND}" "-DLD=${CTCNN_ISA_ld}" "-DOBJCOPY=${CTCNN_ISA_objcopy}" "-DNM=${CTCNN_ISA_nm}"
                "-DOBJDUMP=${CTCNN_ISA_objdump}" "-DOBJECTS=$<TARGET_OBJECTS:${part}>" "-DENTRIES=${arg_ENTRIES}"
                "-DSUFFIX=__${suffix}" "-DBASELINE=${baseline}" "-DOUTPUT=${object}"
                -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/ctcnnIsaMerge.cmake"
            DEPENDS ${part} $<TARGET_OBJECTS:${part}> "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/ctcnnIsaMerge.cmake"
            COMMENT "Merging ${target} for ${isa}"
            VERBATIM)
        set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
        list(APPEND objects "${object}")
    endforeach()

    # An ifunc passes its arguments on unseen: the dispatcher need not know what an entry takes and returns.
    set(text "// Made by ctcnn_add_isa_library. Do not edit.\nextern \"C\" {\ntypedef void Function(void);\n")
    foreach(entry IN LISTS arg_ENTRIES)
        string(APPEND text "\n")
        set(body "")
        foreach(isa IN LISTS isas_from_newest)
            string(REPLACE "-" "_" suffix "${isa}")
            string(APPEND text "void ${entry}__${suffix}(void);\n")
            list(GET isas 0 oldest)
            if(isa STREQUAL oldest)
                string(APPEND body "    return ${entry}__${suffix};\n")
            else()
                _ctcnn_isa_supported(${isa} supported)
                string(APPEND body "    if (${supported}) return ${entry}__${suffix};\n")
            endif()
        endforeach()
        string(APPEND text
            "static Function* resolve_${entry}(void) __asm__(\"resolve_${entry}\") __attribute__((used));\n"
            "static Function* resolve_${entry}(void) {\n    __builtin_cpu_init();\n${body}}\n"
            "void ${entry}(void) __attribute__((ifunc(\"resolve_${entry}\")));\n")
    endforeach()
    string(APPEND text "}\n")
    file(CONFIGURE OUTPUT "${folder}/dispatch.cpp" CONTENT "${text}" @ONLY)

    add_library(${target} STATIC "${folder}/dispatch.cpp" ${objects})
    target_link_libraries(${target} PUBLIC ${arg_LINK})
    list(GET isas 0 oldest)
    # The resolver runs while the program is loaded, on every processor and before its stack protector is set up.
    add_library(${target}_dispatch_flags INTERFACE)
    target_compile_options(${target}_dispatch_flags INTERFACE -march=${oldest} -fno-lto -fno-stack-protector)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${target}_dispatch_flags>)
    set_target_properties(${target} PROPERTIES
        POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF CTCNN_ISAS "${isas}")
endfunction()
