# SPDX-License-Identifier: MIT

# The thread sanitizer learns from Archer what OpenMP does. Two programs show that it reports a race, and only a race.

execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -print-file-name=libarcher.so
    OUTPUT_VARIABLE archer OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT IS_ABSOLUTE "${archer}")
    message(FATAL_ERROR "ctcnn: ${CMAKE_CXX_COMPILER} has no libarcher.so, without which the thread sanitizer takes every "
                        "use of OpenMP for a race: install clang's OpenMP library (Debian: libomp-19-dev)")
endif()

foreach(race IN ITEMS 0 1)
    set(target ctcnn_race_${race})
    add_executable(${target} thread_sanitizer/race.cpp)
    target_link_libraries(${target} PRIVATE ctcnn::ctcnn ctcnn_dev)
    target_compile_definitions(${target} PRIVATE RACE=${race})
endforeach()
add_test(NAME thread_sanitizer.no_race COMMAND ctcnn_race_0)
add_test(NAME thread_sanitizer.race COMMAND ctcnn_race_1)
set_tests_properties(thread_sanitizer.race PROPERTIES PASS_REGULAR_EXPRESSION "ThreadSanitizer: data race")
set_tests_properties(thread_sanitizer.no_race thread_sanitizer.race PROPERTIES TIMEOUT 60)

get_property(tests DIRECTORY PROPERTY TESTS)
set_property(TEST ${tests} APPEND PROPERTY ENVIRONMENT
    "OMP_TOOL_LIBRARIES=${archer}" "TSAN_OPTIONS=ignore_noninstrumented_modules=1 allow_addr2line=1")
