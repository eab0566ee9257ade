// SPDX-License-Identifier: MIT
#pragma once

// The version of the library. CMake and the packages read it here.

#define CTCNN_VERSION_MAJOR 0
#define CTCNN_VERSION_MINOR 1
#define CTCNN_VERSION_PATCH 0
#define CTCNN_VERSION_STRING "0.1.0"
