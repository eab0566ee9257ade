# SPDX-License-Identifier: MIT
#
# A network of 128 layers compiles, its depth of templates within the default of the compiler. The cost of a layer does not
# grow with their number:
# - templates, which clang alone counts: 96 layers more cost at most 5 % more than four times what 24 more do;
# - names: the object file of a program that draws the parameters grows likewise, within 30 %. With the whole network in the
#   name of each function, names would be most of it.
#
# cmake -DCOMPILER=<path> -DCOMPILER_ID=<id> -DFLAGS=<list> -DSCRATCH=<folder>
#       [-DAPPEND=<file for the end of each>] [-DAPPEND_NAMES=<the same, for those whose names are measured>] -P depth.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/trace.cmake")

file(MAKE_DIRECTORY "${SCRATCH}")
set(appended "")
if(APPEND)
    file(READ "${APPEND}" appended)
endif()
set(drawn "")
if(APPEND_NAMES)
    file(READ "${APPEND_NAMES}" drawn)
endif()
foreach(layers IN ITEMS 8 32 128)
    # Each convolution is a type of its own, or the compiler would meet most of them again.
    math(EXPR convolutions "${layers} / 2")
    set(network "#include <ctcnn/ctcnn.hpp>\nusing namespace ctcnn;\nusing Net = Sequential<Input<1, 4, 4>")
    foreach(in RANGE 1 ${convolutions})
        math(EXPR out "${in} + 1")
        string(APPEND network ",\n    Conv2d<${in}, ${out}, Kernel<3>, Padding<1>>, ReLU")
    endforeach()
    string(APPEND network ">;\n")
    set(source "${SCRATCH}/names_${layers}.cpp")
    file(WRITE "${source}" "${network}void draw(Net& net) { initialize(net, XavierUniform{}); }\n${drawn}")
    set(flags ${FLAGS})
    list(REMOVE_ITEM flags -fsyntax-only)
    execute_process(COMMAND "${COMPILER}" ${flags} -O0 -c "${source}" -o "${source}.o"
                    RESULT_VARIABLE status ERROR_VARIABLE errors)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${layers} layers do not compile:\n${errors}")
    endif()
    file(SIZE "${source}.o" size_${layers})
    set(text "${network}static_assert(Net::layer_count == ${layers});\n"
        "static_assert(Net::output_shape{} == Shape<${out}, 4, 4>{});\n"
        "Net::output_tensor infer(const Net& net, const Net::input_tensor& image) { return net(image); }\n${appended}")
    set(source "${SCRATCH}/layers_${layers}.cpp")
    file(WRITE "${source}" "${text}")
    if(COMPILER_ID STREQUAL "Clang")
        count_instantiations("${source}" count_${layers})
    elseif(layers EQUAL 128)
        execute_process(COMMAND "${COMPILER}" ${FLAGS} "${source}" RESULT_VARIABLE status ERROR_VARIABLE errors)
        if(NOT status EQUAL 0)
            message(FATAL_ERROR "128 layers do not compile:\n${errors}")
        endif()
    endif()
endforeach()

math(EXPR few "${size_32} - ${size_8}")
math(EXPR many "${size_128} - ${size_32}")
math(EXPR excess "100 * ${many} - 130 * 4 * ${few}")
set(result "8 layers: object of ${size_8} bytes, 32: ${size_32}, 128: ${size_128}")
if(few LESS_EQUAL 0 OR excess GREATER 0)
    message(FATAL_ERROR "the names of functions grow with the number of layers: ${result}")
endif()
message(STATUS "${result}")

if(NOT COMPILER_ID STREQUAL "Clang")
    message(STATUS "128 layers compile; clang alone counts instantiations")
    return()
endif()
math(EXPR few "${count_32} - ${count_8}")
math(EXPR many "${count_128} - ${count_32}")
math(EXPR excess "100 * ${many} - 105 * 4 * ${few}")
set(result "8 layers: ${count_8} instantiations, 32: ${count_32}, 128: ${count_128}; 24 more cost ${few}, 96 more cost ${many}")
if(few LESS_EQUAL 0 OR excess GREATER 0)
    message(FATAL_ERROR "the cost of a layer grows with the number of layers: ${result}")
endif()
message(STATUS "${result}")
