# SPDX-License-Identifier: MIT
#
# What cannot become a version for one processor is refused, with a sentence.
#
# cmake -DCOMPILER=<path> -DLD=<ld> -DOBJCOPY=<objcopy> -DNM=<nm> -DOBJDUMP=<objdump> -DMERGE=<ctcnnIsaMerge.cmake>
#       -DSCRATCH=<folder> -P self_test.cmake
cmake_minimum_required(VERSION 3.23...3.31)

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")

function(try name code options baseline expected)
    file(WRITE "${SCRATCH}/${name}.cpp" "${code}")
    execute_process(COMMAND "${COMPILER}" -std=c++20 -fPIC ${options} -c "${SCRATCH}/${name}.cpp"
                            -o "${SCRATCH}/${name}.in.o"
                    RESULT_VARIABLE status ERROR_VARIABLE errors)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${name} does not compile: ${errors}")
    endif()
    execute_process(COMMAND "${CMAKE_COMMAND}" "-DLD=${LD}" "-DOBJCOPY=${OBJCOPY}" "-DNM=${NM}" "-DOBJDUMP=${OBJDUMP}"
                            "-DOBJECTS=${SCRATCH}/${name}.in.o" -DENTRIES=entry -DSUFFIX=__x86_64_v3
                            "-DBASELINE=${baseline}" "-DOUTPUT=${SCRATCH}/${name}.o" -P "${MERGE}"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(expected STREQUAL "")
        if(NOT status EQUAL 0 OR NOT EXISTS "${SCRATCH}/${name}.o")
            message(FATAL_ERROR "${name} is refused: ${output}")
        endif()
    elseif(status EQUAL 0 OR EXISTS "${SCRATCH}/${name}.o" OR NOT output MATCHES "${expected}")
        message(FATAL_ERROR "${name} is not refused with '${expected}': ${output}")
    endif()
endfunction()

set(initialised "int f(); int f() { return 1; } int number = f(); extern \"C\" int entry() { return number; }")
set(unique "template <class T> inline T value = T{}; inline int& g() { static int n = 0; return n; }
            extern \"C\" int entry() { return g() + value<int>; }")
try(good "extern \"C\" int entry() { return 1; }" "" OFF "")
try(no_entry "extern \"C\" int entry_of_another_name() { return 1; }" "" OFF "do not define the entry entry ")
try(cxx_entry "int entry() { return 1; }" "" OFF "do not define the entry entry ")
try(initialised "${initialised}" "-O0" OFF "initialised or destroyed by code .* constinit, or static in a function")
try(initialised_baseline "${initialised}" "-O0" ON "")
# g++ alone makes unique symbols, which objcopy leaves global.
execute_process(COMMAND "${COMPILER}" --version OUTPUT_VARIABLE compiler)
if(compiler MATCHES "clang")
    try(unique "${unique}" "" OFF "")
else()
    try(unique "${unique}" "-fgnu-unique" OFF "is still global")
    try(not_unique "${unique}" "-fno-gnu-unique" OFF "")
endif()
