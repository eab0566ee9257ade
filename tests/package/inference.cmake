# SPDX-License-Identifier: MIT
#
# ctcnn::inference works where no other package is found, and one sentence says that Boost is missing.
#
# cmake -DLIBRARY=<source> -DLIBRARY_BUILD=<build> -DSCRATCH=<folder> -DCONFIG=<config> -DGENERATOR=<name>
#       -DCOMPILER=<path> -P inference.cmake
cmake_minimum_required(VERSION 3.23...3.31)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

file(REMOVE_RECURSE "${SCRATCH}")
install_into("${SCRATCH}/installed" "${LIBRARY_BUILD}" "${CONFIG}")
set(configuration -S "${CMAKE_CURRENT_LIST_DIR}/inference" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_BUILD_TYPE=${CONFIG}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
set(installed "-DCMAKE_PREFIX_PATH=${SCRATCH}/installed")
set(nothing -DCTCNN_BOOST_FOLDER=)
foreach(package IN ITEMS Boost OpenMP PNG Threads ZLIB)
    list(APPEND nothing "-DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON")
    file(WRITE "${SCRATCH}/modules/Find${package}.cmake" "message(FATAL_ERROR \"looked for ${package}\")\n")
endforeach()
set(no_boost "there is no ctcnn::ctcnn here, since the headers of Boost.Hana were not found \\(Debian: libboost-dev\\)\\. ")
string(APPEND no_boost "ctcnn::inference, for programs that only run a network, works without\\.")

function(build_and_run build)
    run("${CMAKE_COMMAND}" --build "${build}" --config "${CONFIG}")
    find_program(consumer consumer PATHS "${build}" "${build}/${CONFIG}" NO_DEFAULT_PATH NO_CACHE REQUIRED)
    run("${consumer}")
    expect("class 1")
    if(EXISTS "${build}/compile_commands.json")  # Ninja and Makefiles write it.
        file(READ "${build}/compile_commands.json" output)
        expect("-I|-isystem")
        expect_no("-fopenmp|-pthread|-D ?CTCNN_WITH_ZLIB|boost")
    endif()
endfunction()

# The component looks for nothing.
run("${CMAKE_COMMAND}" -B "${SCRATCH}/component" ${configuration} "${installed}"
    "-DPACKAGE_OPTIONS=REQUIRED COMPONENTS inference" "-DCMAKE_MODULE_PATH=${SCRATCH}/modules")
expect_no("looked for|-- ctcnn: ")
build_and_run("${SCRATCH}/component")

# As a part of the sources: each missing part is one status line, and ctcnn::inference works.
run("${CMAKE_COMMAND}" -B "${SCRATCH}/subdirectory" ${configuration} ${nothing} "-DLIBRARY=${LIBRARY}")
foreach(line IN ITEMS "threads not found" "OpenMP not found" "zlib not found" "libpng not found"
        "${no_boost}")
    expect("-- ctcnn: ${line}")
endforeach()
build_and_run("${SCRATCH}/subdirectory")
try("${CMAKE_COMMAND}" "${SCRATCH}/subdirectory" -DMORE=ctcnn::ctcnn)
expect("${no_boost}")
expect("links to:? *\"?ctcnn::ctcnn")
if(status EQUAL 0)
    message(FATAL_ERROR "what is not there can be linked")
endif()

# The package is not found, and says why.
try("${CMAKE_COMMAND}" -B "${SCRATCH}/required" ${configuration} ${nothing} "${installed}" -DPACKAGE_OPTIONS=REQUIRED)
expect("CMake Error.*ctcnn_FOUND to FALSE.*${no_boost} It is found with find_package\\(ctcnn COMPONENTS inference\\)\\.")
if(status EQUAL 0)
    message(FATAL_ERROR "a package without Boost is found")
endif()
run("${CMAKE_COMMAND}" -B "${SCRATCH}/optional" ${configuration} ${nothing} "${installed}"
    "-DPACKAGE_OPTIONS=COMPONENTS inference OPTIONAL_COMPONENTS ctcnn")
expect("ctcnn_FOUND: (1|ON|TRUE)")
try("${CMAKE_COMMAND}" -B "${SCRATCH}/quiet" ${configuration} ${nothing} "${installed}" -DPACKAGE_OPTIONS=QUIET)
expect("ctcnn_FOUND: (0|OFF|FALSE)")
expect_no("-- ctcnn: |CMake Warning")
try("${CMAKE_COMMAND}" -B "${SCRATCH}/unknown" ${configuration} "${installed}"
    "-DPACKAGE_OPTIONS=REQUIRED COMPONENTS onnx")
expect("CMake Error.*there is no component onnx, only ctcnn and inference")

# An optional part that is ON is required.
try("${CMAKE_COMMAND}" -B "${SCRATCH}/insisted" ${configuration} "${installed}" -DPACKAGE_OPTIONS=REQUIRED
    -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON -DCTCNN_OPENMP=ON)
expect("CMake Error.*CTCNN_OPENMP is ON, but OpenMP was not found")

# Boost's headers may lie anywhere.
file(WRITE "${SCRATCH}/unpacked/boost/hana/tuple.hpp" "")
run("${CMAKE_COMMAND}" -B "${SCRATCH}/unpacked_boost" ${configuration} "${installed}" -DPACKAGE_OPTIONS=REQUIRED
    -DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON "-DBoost_ROOT=${SCRATCH}/unpacked" -DMORE=ctcnn::ctcnn)
if(EXISTS "${SCRATCH}/unpacked_boost/compile_commands.json")
    file(READ "${SCRATCH}/unpacked_boost/compile_commands.json" output)
    expect("-isystem [^ ]*/unpacked ")
endif()
