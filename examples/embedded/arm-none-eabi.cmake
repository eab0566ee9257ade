# SPDX-License-Identifier: MIT
#
# The toolchain file for Arm's GNU compiler, as in Debian's gcc-arm-none-eabi and libstdc++-arm-none-eabi-newlib.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)  # Programs need a linker script.
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
