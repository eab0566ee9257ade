// SPDX-License-Identifier: MIT
#pragma once

// PNG images, where libpng is there: single ones, and folders of them.
#include <ctcnn/data/image_folder.hpp>
#include <ctcnn/data/read_png.hpp>
