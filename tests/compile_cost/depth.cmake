# SPDX-License-Identifier: MIT
#
# A network of 128 layers compiles, its depth of templates within the default of the compiler. The cost of a layer does not
# grow with their number:
# - templates, which clang alone counts: 96 layers more cost at most 5 % more than four times what 24 more do;
# - names: the object file of a program that draws the parameters grows likewise, within 30 %. With the whole network in the
#   name of each function, names would be most of it.
#
# cmake -DCOMPILER=<path> -DCOMPILER_ID=<id> -DFLAGS=<list> -DSCRATCH=<folder>
#       [-DLAYERS=8;32;128] [-DAPPEND=<file for the end of those whose templates are counted>]
#       [-DAPPEND_NAMES=<the same, for those whose names are measured>] -P depth.cmake
# LAYERS are n, 4 n and 16 n. With one of the two files only what it changes is compiled.
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
if(NOT LAYERS)
    set(LAYERS 8 32 128)
endif()
list(GET LAYERS 0 small)
list(GET LAYERS 1 medium)
list(GET LAYERS 2 large)
foreach(layers IN LISTS LAYERS)
    # Each convolution is a type of its own, or the compiler would meet most of them again.
    math(EXPR convolutions "${layers} / 2")
    set(network "#include <ctcnn/ctcnn.hpp>\nusing namespace ctcnn;\nusing Net = Sequential<Input<1, 4, 4>")
    foreach(in RANGE 1 ${convolutions})
        math(EXPR out "${in} + 1")
        string(APPEND network ",\n    Conv2d<${in}, ${out}, Kernel<3>, Padding<1>>, ReLU")
    endforeach()
    string(APPEND network ">;\n")
    if(NOT APPEND)
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
    endif()
    if(APPEND_NAMES)
        continue()
    endif()
    set(text "${network}static_assert(Net::layer_count == ${layers});\n"
        "static_assert(Net::output_shape{} == Shape<${out}, 4, 4>{});\n"
        "Net::output_tensor infer(const Net& net, const Net::input_tensor& image) { return net(image); }\n${appended}")
    set(source "${SCRATCH}/layers_${layers}.cpp")
    file(WRITE "${source}" "${text}")
    if(COMPILER_ID STREQUAL "Clang")
        count_instantiations("${source}" count_${layers})
    elseif(layers EQUAL large)
        execute_process(COMMAND "${COMPILER}" ${FLAGS} "${source}" RESULT_VARIABLE status ERROR_VARIABLE errors)
        if(NOT status EQUAL 0)
            message(FATAL_ERROR "${large} layers do not compile:\n${errors}")
        endif()
    endif()
endforeach()

if(NOT APPEND)
    math(EXPR few "${size_${medium}} - ${size_${small}}")
    math(EXPR many "${size_${large}} - ${size_${medium}}")
    math(EXPR excess "100 * ${many} - 130 * 4 * ${few}")
    set(result "${small} layers: object of ${size_${small}} bytes, ${medium}: ${size_${medium}}, ${large}: ${size_${large}}")
    if(few LESS_EQUAL 0 OR excess GREATER 0)
        message(FATAL_ERROR "the names of functions grow with the number of layers: ${result}")
    endif()
    message(STATUS "${result}")
endif()
if(APPEND_NAMES)
    return()
endif()

if(NOT COMPILER_ID STREQUAL "Clang")
    message(STATUS "${large} layers compile; clang alone counts instantiations")
    return()
endif()
math(EXPR few "${count_${medium}} - ${count_${small}}")
math(EXPR many "${count_${large}} - ${count_${medium}}")
math(EXPR excess "100 * ${many} - 105 * 4 * ${few}")
set(result "${small} layers: ${count_${small}} instantiations, ${medium}: ${count_${medium}}, ${large}: ${count_${large}}; \
from the first to the second ${few} more, then ${many} more")
if(few LESS_EQUAL 0 OR excess GREATER 0)
    message(FATAL_ERROR "the cost of a layer grows with the number of layers: ${result}")
endif()
message(STATUS "${result}")
