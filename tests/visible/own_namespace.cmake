# SPDX-License-Identifier: MIT
#
# No function of a user's namespace is called in place of one of the library: own_namespace.cpp compiles beside functions
# of all names that clang lists in the library, which take any arguments.
#
# cmake -DCOMPILER=<clang++> -DFLAGS=<list> -DSOURCE=<own_namespace.cpp> -DSCRATCH=<folder> -P own_namespace.cmake
cmake_minimum_required(VERSION 3.23...3.31)

file(WRITE "${SCRATCH}/list.cpp"
     "#include <ctcnn/ctcnn.hpp>\n#include <ctcnn/data/folds.hpp>\n#include <ctcnn/data/transforms.hpp>\n")
execute_process(COMMAND "${COMPILER}" ${FLAGS} -Xclang -ast-list "${SCRATCH}/list.cpp"
                OUTPUT_VARIABLE listed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "the library does not compile")
endif()
string(REGEX MATCHALL "\nctcnn::[^\n]*::[a-z][a-z_0-9]+" lines "${listed}")
list(TRANSFORM lines REPLACE "^.*::" "")
list(REMOVE_DUPLICATES lines)
# Words of the language, and what the program itself declares.
list(REMOVE_ITEM lines bool char double float int long operator short this void)
list(LENGTH lines count)
if(count LESS 1000 OR NOT "evaluate" IN_LIST lines OR NOT "validate" IN_LIST lines)
    message(FATAL_ERROR "clang lists only ${count} names: ${lines}")
endif()

# Functions that take anything as it is, and some that are as special as the library's own.
set(greedy "")
set(special "")
foreach(name IN LISTS lines)
    string(APPEND greedy "template <typename... A> void ${name}(A&&...) = delete;\n")
    set(types "typename A")
    set(arguments "const A&")
    foreach(next IN ITEMS B C D E F G)
        string(APPEND special "template <${types}> void ${name}(${arguments}) = delete;\n")
        string(APPEND types ", typename ${next}")
        string(APPEND arguments ", const ${next}&")
    endforeach()
endforeach()
foreach(functions IN ITEMS greedy special)
    file(WRITE "${SCRATCH}/${functions}/deleted.hpp" "${${functions}}")
    execute_process(COMMAND "${COMPILER}" ${FLAGS} "-I${SCRATCH}/${functions}" "${SOURCE}"
                    ERROR_VARIABLE text RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "a function of the library is called without its namespace:\n${text}")
    endif()
endforeach()
message(STATUS "${count} names, none of them found in the namespace of an argument")
