# SPDX-License-Identifier: MIT
#
# What `cmake --install` installs: the headers, the CMake package, two files for pkg-config, the licence. No installed file
# contains an absolute path, and the CMake package does not depend on what was found here.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_folder "${CMAKE_INSTALL_DATADIR}/cmake/ctcnn")
install(TARGETS ctcnn_inference EXPORT ctcnnTargets FILE_SET HEADERS)
install(EXPORT ctcnnTargets NAMESPACE ctcnn:: DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ctcnnConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/ctcnnConfigVersion.cmake"
              cmake/ctcnnConfig.cmake cmake/ctcnnParts.cmake cmake/ctcnnIsa.cmake cmake/ctcnnIsaMerge.cmake
              cmake/ctcnnEmbed.cmake tools/ctcnn-embed.cpp
        DESTINATION "${package_folder}")

# pkg-config has no optional parts: ctcnn.pc names those that were found here.
function(ctcnn_install_pc name text)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "CFLAGS;LIBS;LIBS_PRIVATE")
    set(folder "${CMAKE_INSTALL_DATADIR}/pkgconfig")
    set(prefix "${CMAKE_INSTALL_PREFIX}")
    if(NOT IS_ABSOLUTE "${folder}")
        file(RELATIVE_PATH up "/prefix/${folder}" "/prefix")
        string(REGEX REPLACE "(.+)/$" "\\1" up "${up}")
        set(prefix "\${pcfiledir}/${up}")
    endif()
    set(include_folder "\${prefix}")
    cmake_path(APPEND include_folder "${CMAKE_INSTALL_INCLUDEDIR}")
    list(JOIN arg_CFLAGS " " cflags)
    list(JOIN arg_LIBS " " libs)
    list(JOIN arg_LIBS_PRIVATE " " libs_private)
    configure_file(cmake/ctcnn.pc.in "${name}.pc" @ONLY)
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" DESTINATION "${folder}")
endfunction()

ctcnn_install_pc(ctcnn-inference "${PROJECT_DESCRIPTION}: what a program needs that only runs a network")
if(TARGET ctcnn::ctcnn)
    get_target_property(libraries ctcnn::ctcnn INTERFACE_LINK_LIBRARIES)
    set(cflags -pthread)
    set(libs -pthread)
    set(libs_private "")
    if("OpenMP::OpenMP_CXX" IN_LIST libraries)
        list(APPEND cflags -fopenmp)
        list(APPEND libs -fopenmp)
    endif()
    if("PNG::PNG" IN_LIST libraries)
        list(APPEND cflags -DCTCNN_WITH_PNG=1)
        list(APPEND libs -lpng)
        set(libs_private -lz -lm)  # what a static libpng needs behind it
    endif()
    if("ZLIB::ZLIB" IN_LIST libraries)
        list(APPEND cflags -DCTCNN_WITH_ZLIB=1)
        list(APPEND libs -lz)
    endif()
    ctcnn_install_pc(ctcnn "${PROJECT_DESCRIPTION}" CFLAGS ${cflags} LIBS ${libs} LIBS_PRIVATE ${libs_private})
endif()

# Where Debian has it. Inside another project CMAKE_INSTALL_DOCDIR is that project's.
if(PROJECT_IS_TOP_LEVEL)
    set(licence_folder "${CMAKE_INSTALL_DOCDIR}")
else()
    set(licence_folder "${CMAKE_INSTALL_DATAROOTDIR}/doc/ctcnn")
endif()
install(FILES LICENSE DESTINATION "${licence_folder}" RENAME copyright)
