// SPDX-License-Identifier: MIT
#pragma once

// What the programs of the course share: they show images and kernels as rows of numbers.

#include <cstddef>
#include <cstdio>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

/// Prints a tensor after a title: the two last axes as rows and columns, a matrix for each channel before them.
template <typename T, std::size_t... Dims>
void show(const char* title, const ctcnn::Tensor<T, ctcnn::Shape<Dims...>>& tensor) {
    using S = ctcnn::Shape<Dims...>;
    constexpr std::size_t height = S::dim(S::rank - 2);
    constexpr std::size_t width = S::dim(S::rank - 1);
    std::printf("%s\n", title);
    for (std::size_t i = 0; i < S::size; ++i) {
        if (i != 0 && i % (height * width) == 0) {
            std::printf("\n");
        }
        std::printf("%7g%s", static_cast<double>(tensor.values[i]), (i + 1) % width == 0 ? "\n" : "");
    }
    std::printf("\n");
}

/// Draws an image of one channel, the lighter the smaller its number in [0, 1].
template <typename T, std::size_t Height, std::size_t Width>
void draw(const ctcnn::Tensor<T, ctcnn::Shape<1, Height, Width>>& image) {
    for (std::size_t h = 0; h < Height; ++h) {
        for (std::size_t w = 0; w < Width; ++w) {
            const char ink = " .:-=+*#%@"[static_cast<std::size_t>(image(0, h, w) * T(9))];
            std::printf("%c%c", ink, ink);  // A character is about twice as high as it is wide.
        }
        std::printf("\n");
    }
}
