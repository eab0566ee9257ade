# SPDX-License-Identifier: MIT
#
# The two checks of this folder refuse what they should.
#
# cmake -DCOMPILER=<clang> -DFLAGS=<list> -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")

# What a check says, on one line.
function(run script expect_success expected)
    execute_process(COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${COMPILER}" "-DFLAGS=${FLAGS}" "-DSCRATCH=${SCRATCH}" ${ARGN}
                            -P "${CMAKE_CURRENT_LIST_DIR}/${script}"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(status EQUAL 0)
        set(success ON)
    else()
        set(success OFF)
    endif()
    if(NOT success STREQUAL expect_success OR NOT output MATCHES "${expected}")
        message(FATAL_ERROR "${script} ${ARGN}: expected '${expected}', and success ${expect_success}:\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# 50 functions, each of its own class.
file(WRITE "${SCRATCH}/small.cpp" "#include <utility>
    template <int N> struct Number { static int get() { return N; } };
    template <int... N> int sum(std::integer_sequence<int, N...>) { return (Number<N>::get() + ...); }
    int total() { return sum(std::make_integer_sequence<int, 50>{}); }\n")
set(source "-DSOURCE=${SCRATCH}/small.cpp" "-DNUMBERS=${SCRATCH}/numbers.txt")
file(WRITE "${SCRATCH}/numbers.txt" "clang 1, libstdc++ 1, Boost 1_0: 1\n")
run(check.cmake ON "has no line for them" ${source})
if(NOT output MATCHES "(clang [^:]*): ([0-9]+) instantiations")
    message(FATAL_ERROR "no number in: ${output}")
endif()
set(tools "${CMAKE_MATCH_1}")
set(count "${CMAKE_MATCH_2}")
if(count LESS 100)
    message(FATAL_ERROR "50 functions and 50 classes are ${count} instantiations")
endif()
math(EXPR just_right "(100 * ${count} + 102) / 103")
math(EXPR too_few "${just_right} - 1")
file(WRITE "${SCRATCH}/numbers.txt" "# a comment\n${tools}: ${just_right}\n")
run(check.cmake ON "${count} instantiations, ${just_right} are committed" ${source})
file(WRITE "${SCRATCH}/numbers.txt" "${tools}: ${too_few}\n")
run(check.cmake OFF "costs ${count} instantiations, more than 3 % above the committed ${too_few}" ${source})

# For each layer a class for each layer before it.
file(WRITE "${SCRATCH}/append.txt" "
    template <std::size_t Layer, std::size_t Before> struct Pair { static constexpr std::size_t value = Layer + Before; };
    template <std::size_t Layer, std::size_t... Before>
    constexpr std::size_t row(std::index_sequence<Before...>) { return (Pair<Layer, Before>::value + ... + 0); }
    template <std::size_t... Layer>
    constexpr std::size_t square(std::index_sequence<Layer...>) {
        return (row<Layer>(std::make_index_sequence<Layer>{}) + ... + 0);
    }
    static_assert(square(std::make_index_sequence<Net::layer_count>{}) > 0);\n")
run(depth.cmake OFF "the cost of a layer grows with the number of layers" -DCOMPILER_ID=Clang
    "-DLAYERS=4;16;64" "-DAPPEND=${SCRATCH}/append.txt")

# For each layer a function with the whole network in its name.
file(WRITE "${SCRATCH}/append_names.txt" "
    template <typename Network, std::size_t Layer> std::size_t place_of() { return Layer; }
    template <std::size_t... Layer>
    std::size_t places(std::index_sequence<Layer...>) { return (place_of<Net, Layer>() + ... + 0); }
    std::size_t all() { return places(std::make_index_sequence<Net::layer_count>{}); }\n")
run(depth.cmake OFF "the names of functions grow with the number of layers" -DCOMPILER_ID=Clang
    "-DLAYERS=4;16;64" "-DAPPEND_NAMES=${SCRATCH}/append_names.txt")
