# SPDX-License-Identifier: MIT

# Counts the templates that clang instantiates for one file: functions and classes, as its time trace lists them. The counts
# are exact, and the same in every run and on every machine.
#     count_instantiations(<file> <result>)     uses COMPILER, FLAGS, SCRATCH
function(count_instantiations source result)
    cmake_path(GET source STEM name)
    set(trace "${SCRATCH}/${name}.json")
    file(MAKE_DIRECTORY "${SCRATCH}")
    file(REMOVE "${trace}")
    # The driver writes no trace with its own -fsyntax-only.
    set(flags ${FLAGS})
    list(REMOVE_ITEM flags -fsyntax-only)
    execute_process(
        COMMAND "${COMPILER}" ${flags} -c -Xclang -fsyntax-only "-ftime-trace=${trace}" -ftime-trace-granularity=0 "${source}"
        RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0 OR NOT EXISTS "${trace}")
        message(FATAL_ERROR "${source} does not compile, or leaves no trace:\n${output}")
    endif()
    # Within the names of templates, quotes are escaped. To measure lengths is much faster than string(JSON).
    file(READ "${trace}" text)
    set(count 0)
    foreach(event IN ITEMS InstantiateFunction InstantiateClass)
        set(needle "\"name\":\"${event}\"")
        string(REPLACE "${needle}" "" rest "${text}")
        string(LENGTH "${needle}" needle_length)
        string(LENGTH "${text}" length)
        string(LENGTH "${rest}" rest_length)
        math(EXPR events "(${length} - ${rest_length}) / ${needle_length}")
        if(events EQUAL 0)
            message(FATAL_ERROR "the trace of ${source} has no event ${event}")
        endif()
        math(EXPR count "${count} + ${events}")
    endforeach()
    file(REMOVE "${trace}")
    set(${result} ${count} PARENT_SCOPE)
endfunction()
