// SPDX-License-Identifier: MIT
// Means over windows of different sizes against windows that are walked pixel by pixel.
#include <ctcnn/kernels/mean2d.hpp>

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/taps2d.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "linear_maps.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

struct MeanCase {
    linear_maps::Sizes sizes;
    Window window;
    bool counts_padding;
};

/// How much a mean takes of a pixel: positions 0, ..., size + 2 * padding - 1 are counted, or those of pixels alone.
double window_share(std::size_t size, std::size_t kernel, std::size_t stride, std::size_t padding, bool counts_padding,
                    std::size_t output, std::size_t input) {
    std::size_t counted = 0;
    bool has_input = false;
    for (std::size_t position = output * stride; position < output * stride + kernel; ++position) {
        const bool is_pixel = position >= padding && position < padding + size;
        counted += (counts_padding ? position < size + 2 * padding : is_pixel) ? 1 : 0;
        has_input = has_input || position == input + padding;
    }
    return has_input ? 1 / static_cast<double>(counted) : 0;
}

/// A pixel is in a window if a part of it is in the share of the axis that the window has, from output/outputs to
/// (output + 1)/outputs.
double adaptive_share(std::size_t size, std::size_t outputs, std::size_t output, std::size_t input) {
    const auto meets = [&](std::size_t pixel) {
        return pixel * outputs < (output + 1) * size && (pixel + 1) * outputs > output * size;
    };
    std::size_t counted = 0;
    for (std::size_t pixel = 0; pixel < size; ++pixel) {
        counted += meets(pixel) ? 1 : 0;
    }
    return meets(input) ? 1 / static_cast<double>(counted) : 0;
}

/// A term is rounded with its two weights, in two products and in the sums, by halves: the longest are of the 9 x 9
/// pixels of an image.
constexpr double units = 24;

struct WindowMeans {
    static constexpr MeanCase of(std::size_t index) {
        Draw draw(1030, index);
        Window window{};
        window.kernel = draw.extent(1, 5);
        window.stride = draw.once_in(3) ? window.kernel : draw.extent(1, 4);
        window.padding = {draw.whole(0, window.kernel.height / 2), draw.whole(0, window.kernel.width / 2)};
        window.ceil = !draw.once_in(3);
        const Extent input = draw.image(window, 9);
        const bool counts_padding = draw.once_in(2);
        return {linear_maps::draw_sizes(draw, input, output_extent(window, input.height, input.width)), window,
                counts_padding};
    }
    template <MeanCase C, Number V>
    static constexpr linear_maps::Kernels<V> kernels_of() {
        constexpr Window w = C.window;
        using Rows = kernels::WindowMean<C.sizes.input.height, w.kernel.height, w.stride.height, w.padding.height,
                                         C.sizes.output.height, C.counts_padding>;
        using Columns = kernels::WindowMean<C.sizes.input.width, w.kernel.width, w.stride.width, w.padding.width,
                                            C.sizes.output.width, C.counts_padding>;
        return linear_maps::taps_kernels<Rows, Columns, C.sizes, V>();
    }
    static linear_maps::Matrix matrix(std::size_t size, std::size_t kernel, std::size_t stride, std::size_t padding,
                                      bool counts_padding) {
        return [=](std::size_t output, std::size_t input) {
            return window_share(size, kernel, stride, padding, counts_padding, output, input);
        };
    }
    static linear_maps::Definition definition(const MeanCase& c) {
        const Window& w = c.window;
        return {"kernel " + text(w.kernel) + ", stride " + text(w.stride) + ", padding " + text(w.padding) +
                    (c.counts_padding ? ", counted" : ", not counted"),
                matrix(c.sizes.input.height, w.kernel.height, w.stride.height, w.padding.height, c.counts_padding),
                matrix(c.sizes.input.width, w.kernel.width, w.stride.width, w.padding.width, c.counts_padding), units};
    }
};

struct AdaptiveMeans {
    static constexpr linear_maps::SizesAlone of(std::size_t index) {
        Draw draw(1040, index);
        const Extent input = draw.extent(1, 9);
        return {linear_maps::draw_sizes(draw, input, draw.extent(1, 11))};
    }
    template <linear_maps::SizesAlone C, Number V>
    static constexpr linear_maps::Kernels<V> kernels_of() {
        using Rows = kernels::AdaptiveMean<C.sizes.input.height, C.sizes.output.height>;
        using Columns = kernels::AdaptiveMean<C.sizes.input.width, C.sizes.output.width>;
        return linear_maps::taps_kernels<Rows, Columns, C.sizes, V>();
    }
    static linear_maps::Matrix matrix(std::size_t size, std::size_t outputs) {
        return [=](std::size_t output, std::size_t input) { return adaptive_share(size, outputs, output, input); };
    }
    static linear_maps::Definition definition(const linear_maps::SizesAlone& c) {
        return {"shares", matrix(c.sizes.input.height, c.sizes.output.height),
                matrix(c.sizes.input.width, c.sizes.output.width), units};
    }
};

}  // namespace

TEST_CASE("means that do not count padding, or what lies behind it, equal the definition") {
    linear_maps::check_cases<WindowMeans, portion(30)>(1031);
}

TEST_CASE("means over shares of the image equal the definition") {
    linear_maps::check_cases<AdaptiveMeans, portion(30)>(1041);
}
