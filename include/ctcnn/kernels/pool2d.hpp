// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/single_image.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels {

/// The outputs whose windows cover an input position, on one axis: a kernel of 3 with stride 1 covers pixel 1 of 5 with
/// the outputs 0 and 1.
constexpr Range covering(std::size_t input, std::size_t kernel, std::size_t stride, std::size_t padding,
                         std::size_t outputs) {
    const std::size_t position = input + padding;
    return {position < kernel ? 0 : (position - kernel) / stride + 1, std::min(outputs, position / stride + 1)};
}

/// Some rows of avg_pool2d_forward. The input's rows before rows_needed are there. Not inlined, as those of the
/// maximum: training and inference share it.
template <Window W, typename Stage>
[[gnu::noinline]] constexpr void avg_pool2d_forward_rows(const typename Stage::V* input, typename Stage::V* output,
                                                         Range range) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    const V scale = broadcast<V>(scalar_t<V>(1) / static_cast<scalar_t<V>>(W.kernel.height * W.kernel.width));
    for (std::size_t c = 0; c < Out::channels; ++c) {
        for (std::size_t h = range.first; h < range.last; ++h) {
            for (std::size_t w = 0; w < Out::width; ++w) {
                const auto pixel = [&](std::size_t kh, std::size_t kw) __attribute__((always_inline)) {
                    return input[In::offset(c, h * W.stride.height + kh - W.padding.height,
                                            w * W.stride.width + kw - W.padding.width)];
                };
                V sum;
                if constexpr (W.padding == Extent{0, 0} && !W.ceil && W.kernel.height * W.kernel.width <= 16) {
                    sum = pixel(0, 0);
                    unroll<W.kernel.height * W.kernel.width - 1>([&](std::size_t n) __attribute__((always_inline)) {
                        sum = sum + pixel((n + 1) / W.kernel.width, (n + 1) % W.kernel.width);
                    });
                } else {
                    const Range rows = inside(h, W.kernel.height, W.stride.height, W.padding.height, In::height);
                    const Range columns = inside(w, W.kernel.width, W.stride.width, W.padding.width, In::width);
                    sum = pairwise_sum<V, W.kernel.height>(rows.first, rows.count(), [&](V part, std::size_t kh) {
                        return part + pairwise_sum<V, W.kernel.width>(
                                          columns.first, columns.count(),
                                          [&](V row, std::size_t kw) { return row + pixel(kh, kw); });
                    });
                }
                output[Out::offset(c, h, w)] = Stage::Function::forward(sum * scale);
            }
        }
    }
}

/// avg_pool2d_forward: output(c, h, w) = f(sum over the window of input / (Kh * Kw)); padding counts as zeros.
/// Layouts  In (C, Hi, Wi); Out (C, Ho, Wo)
template <Window W, typename Stage>
constexpr void avg_pool2d_forward(const typename Stage::V* input, typename Stage::V* output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    const V scale = broadcast<V>(scalar_t<V>(1) / static_cast<scalar_t<V>>(W.kernel.height * W.kernel.width));
    if constexpr (pools_pairs<W, Out, V>) {
        if (!__builtin_is_constant_evaluated()) {
            pool_pairs<W, In, Out>(
                input, output, [](auto a, auto b) __attribute__((always_inline)) { return a + b; },
                [&](auto sum) __attribute__((always_inline)) {
                    return Stage::Function::forward(sum * decltype(sum)::broadcast(scale));
                });
            return;
        }
    }
    avg_pool2d_forward_rows<W, Stage>(input, output, {0, Out::height});
}

/// Whether every pixel belongs to one window at most, and every window lies inside: then the gradient of a window is
/// spread at once. What the windows leave out at the right and the bottom receives nothing.
constexpr bool tiles_exactly(const Window& window) {
    return window.stride == window.kernel && window.padding == Extent{0, 0} && !window.ceil;
}

/// Spreads the gradients of windows that do not overlap: share(gradient of an output, first pixel of its window) turns
/// the pixels of a window, In::row apart from row to row, into their gradients.
template <Window W, typename In, typename Out, Number V, typename Share>
[[gnu::always_inline]] constexpr void spread(V* grad_input, const V* grad_output, Range channels, const Share& share) {
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            V* pixels = grad_input + In::offset(c, h * W.kernel.height, 0);
            for (std::size_t w = 0; w < Out::width; ++w) {
                share(grad_output[Out::offset(c, h, w)], pixels + w * W.kernel.width);
            }
            for (std::size_t kh = 0; kh < W.kernel.height; ++kh) {
                for (std::size_t w = Out::width * W.kernel.width; w < In::width; ++w) {
                    pixels[kh * In::row + w] = V{};
                }
            }
        }
        for (std::size_t h = Out::height * W.kernel.height; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                grad_input[In::offset(c, h, w)] = V{};
            }
        }
    }
}

/// Collects the gradients of windows that may overlap: a pixel gets `scale` times the sum of part(place of the output,
/// number of the output, the pixel's place in its window kh * Kw + kw) over the windows that cover it.
template <Window W, typename Stage, typename Part>
[[gnu::always_inline]] constexpr void collect(typename Stage::V* grad_input, typename Stage::V scale, Range channels,
                                              const Part& part) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            const Range rows = covering(h, W.kernel.height, W.stride.height, W.padding.height, Out::height);
            for (std::size_t w = 0; w < In::width; ++w) {
                const Range columns = covering(w, W.kernel.width, W.stride.width, W.padding.width, Out::width);
                const V sum = pairwise_sum<V, W.kernel.height>(rows.first, rows.count(), [&](V rest, std::size_t row) {
                    const std::size_t kh = h + W.padding.height - row * W.stride.height;
                    const auto add = [&](V of_row, std::size_t column) {
                        const std::size_t kw = w + W.padding.width - column * W.stride.width;
                        return of_row + part(Out::offset(c, row, column), (c * Out::height + row) * Out::width + column,
                                             kh * W.kernel.width + kw);
                    };
                    return rest + pairwise_sum<V, W.kernel.width>(columns.first, columns.count(), add);
                });
                V& element = grad_input[In::offset(c, h, w)];
                element = Stage::Function::backward(element, sum * scale);
            }
        }
    }
}

/// avg_pool2d_backward: `grad_input` holds the input when the call begins and its gradient when it ends.
template <Window W, typename Stage>
[[gnu::noinline]] constexpr void avg_pool2d_backward(typename Stage::V* grad_input,
                                                     const typename Stage::V* grad_output,
                                                     Range channels = {0, Stage::Out::channels}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    const V scale = broadcast<V>(scalar_t<V>(1) / static_cast<scalar_t<V>>(W.kernel.height * W.kernel.width));
    if constexpr (tiles_exactly(W)) {
        spread<W, In, Out>(grad_input, grad_output, channels,
                           [&](V gradient, V* pixels) __attribute__((always_inline)) {
                               const V share = gradient * scale;
                               for (std::size_t kh = 0; kh < W.kernel.height; ++kh) {
                                   for (std::size_t kw = 0; kw < W.kernel.width; ++kw) {
                                       V& element = pixels[kh * In::row + kw];
                                       element = Stage::Function::backward(element, share);
                                   }
                               }
                           });
    } else {
        collect<W, Stage>(grad_input, scale, channels,
                          [&](std::size_t output, std::size_t, std::size_t) { return grad_output[output]; });
    }
}

/// Whether maximum pooling notes which pixel of a window was the largest. Where windows lie side by side, backward
/// finds that out again, for it has the pixels in its hands: that costs less than to keep it. (Up to 16 pixels are as
/// many as stay in registers.)
constexpr bool notes_position(const Window& window) {
    return !tiles_exactly(window) || window.kernel.height * window.kernel.width > 16;
}

/// Some rows of max_pool2d_forward. The input's rows before rows_needed are there.
template <Window W, typename Stage>
[[gnu::noinline]] constexpr void max_pool2d_forward_rows(const typename Stage::V* input, typename Stage::V* output,
                                                         typename Stage::V* position, Range range) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < Out::channels; ++c) {
        for (std::size_t h = range.first; h < range.last; ++h) {
            if constexpr (!notes_position(W)) {
                const V* pixels = input + In::offset(c, h * W.kernel.height, 0);
                for (std::size_t w = 0; w < Out::width; ++w) {
                    V largest = pixels[w * W.kernel.width];
                    unroll<W.kernel.height * W.kernel.width - 1>([&](std::size_t k) __attribute__((always_inline)) {
                        const std::size_t kh = (k + 1) / W.kernel.width;
                        largest = larger(largest, pixels[kh * In::row + w * W.kernel.width + (k + 1) % W.kernel.width]);
                    });
                    output[Out::offset(c, h, w)] = Stage::Function::forward(largest);
                }
            } else {
                const Range rows = inside(h, W.kernel.height, W.stride.height, W.padding.height, In::height);
                for (std::size_t w = 0; w < Out::width; ++w) {
                    const Range columns = inside(w, W.kernel.width, W.stride.width, W.padding.width, In::width);
                    const auto pixel = [&](std::size_t kh, std::size_t kw) {
                        return input[In::offset(c, h * W.stride.height + kh - W.padding.height,
                                                w * W.stride.width + kw - W.padding.width)];
                    };
                    const auto place = [](std::size_t kh, std::size_t kw) {
                        return broadcast<V>(static_cast<scalar_t<V>>(kh * W.kernel.width + kw));
                    };
                    V largest = pixel(rows.first, columns.first);
                    V where = place(rows.first, columns.first);
                    for (std::size_t kh = rows.first; kh < rows.last; ++kh) {
                        for (std::size_t kw = columns.first; kw < columns.last; ++kw) {
                            const V value = pixel(kh, kw);
                            // Larger, or NaN.
                            where = select_less(largest, value, place(kh, kw), where);
                            where = select_nan(value, place(kh, kw), where);
                            largest = select_less(largest, value, value, largest);
                            largest = select_nan(value, value, largest);
                        }
                    }
                    output[Out::offset(c, h, w)] = Stage::Function::forward(largest);
                    if (position != nullptr) {
                        position[(c * Out::height + h) * Out::width + w] = where;
                    }
                }
            }
        }
    }
}

/// max_pool2d_forward: output(c, h, w) = f(largest input of the window); padding never wins, NaN does, as in PyTorch.
/// `position` receives the place of the first largest one within its window, kh * Kw + kw, if notes_position; it may be
/// null.
/// Layouts  In (C, Hi, Wi); Out (C, Ho, Wo); position (C, Ho, Wo)
template <Window W, typename Stage>
constexpr void max_pool2d_forward(const typename Stage::V* input, typename Stage::V* output,
                                  typename Stage::V* position) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    if constexpr (pools_pairs<W, Out, V>) {
        if (!__builtin_is_constant_evaluated() && position == nullptr) {
            pool_pairs<W, In, Out>(
                input, output, [](auto a, auto b) __attribute__((always_inline)) { return larger(a, b); },
                [](auto largest) __attribute__((always_inline)) { return Stage::Function::forward(largest); });
            return;
        }
    }
    max_pool2d_forward_rows<W, Stage>(input, output, position, {0, Out::height});
}

/// max_pool2d_backward: the gradient goes to the position that won. `grad_input` holds the input when the call begins
/// and its gradient when it ends. `position` is read if notes_position; else a window with NaN gives its gradient to
/// one of its pixels, be it NaN or not.
template <Window W, typename Stage>
constexpr void max_pool2d_backward(typename Stage::V* grad_input, const typename Stage::V* grad_output,
                                   const typename Stage::V* position, Range channels = {0, Stage::Out::channels}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    if constexpr (!notes_position(W)) {
        constexpr std::size_t count = W.kernel.height * W.kernel.width;
        spread<W, In, Out>(grad_input, grad_output, channels, [](V gradient, V* pixels) __attribute__((always_inline)) {
            V x[count];
            V largest = pixels[0];
            unroll<count>([&](std::size_t k) __attribute__((always_inline)) {
                x[k] = pixels[k / W.kernel.width * In::row + k % W.kernel.width];
                largest = at_least(x[k], largest);
            });
            // The first one that equals the largest takes it all, or the last one, should the largest be lost to NaN.
            unroll<count>([&](std::size_t k) __attribute__((always_inline)) {
                const V zero{};
                const V share = k + 1 < count ? select_equal(x[k], largest, gradient, zero) : gradient;
                gradient = select_equal(x[k], largest, zero, gradient);
                pixels[k / W.kernel.width * In::row + k % W.kernel.width] = Stage::Function::backward(x[k], share);
            });
        });
    } else {
        const auto part = [&](std::size_t output, std::size_t number, std::size_t place) {
            const V here = broadcast<V>(static_cast<scalar_t<V>>(place));
            return select_equal(position[number], here, grad_output[output], V{});
        };
        collect<W, Stage>(grad_input, broadcast<V>(1), channels, part);
    }
}

}  // namespace CTCNN_DETAIL::kernels
