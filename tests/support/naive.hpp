// SPDX-License-Identifier: MIT
// What the kernels compute, written as slow loops that can be checked by reading: one image, sizes known at run time,
// plain arrays in row-major order, no borders, no tiles, no lanes. The kernels' tests compare with these.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/window.hpp>

namespace naive {

using ctcnn::detail_::Extent;
using ctcnn::detail_::Window;

/// Where a number lies in an array of (channels, height, width).
inline std::size_t at(Extent size, std::size_t channel, std::size_t row, std::size_t column) {
    return (channel * size.height + row) * size.width + column;
}

/// A sliding window over an image: calls f(pixel of the output, pixel of the input, place in the kernel) for each
/// triple that meets, the places in the padding left out. The innermost loop runs along the rows of the kernel.
template <typename F>
void for_each_meeting(const Window& window, Extent input, Extent output, F&& f) {
    for (std::size_t h = 0; h < output.height; ++h) {
        for (std::size_t w = 0; w < output.width; ++w) {
            for (std::size_t kh = 0; kh < window.kernel.height; ++kh) {
                for (std::size_t kw = 0; kw < window.kernel.width; ++kw) {
                    // Counted from the corner of the padded image.
                    const std::size_t row = h * window.stride.height + kh * window.dilation.height;
                    const std::size_t column = w * window.stride.width + kw * window.dilation.width;
                    if (row >= window.padding.height && row < window.padding.height + input.height &&
                        column >= window.padding.width && column < window.padding.width + input.width) {
                        f(Extent{h, w}, Extent{row - window.padding.height, column - window.padding.width},
                          Extent{kh, kw});
                    }
                }
            }
        }
    }
}

/// How often the window fits into the padded image, on one axis: steps until it would hang over the end. With `ceil`,
/// steps until the end is reached, of which each begins inside the image or the padding before it.
inline std::size_t steps(std::size_t size, std::size_t kernel, std::size_t stride, std::size_t padding,
                         std::size_t dilation, bool ceil) {
    const std::size_t reach = (kernel - 1) * dilation + 1;
    const std::size_t end = size + 2 * padding;
    std::size_t count = 0;
    while (count * stride + reach <= end) {
        ++count;
    }
    const bool reached = count > 0 && (count - 1) * stride + reach == end;
    return ceil && !reached && count * stride < size + padding ? count + 1 : count;
}

inline Extent output_of(const Window& window, Extent input) {
    return {steps(input.height, window.kernel.height, window.stride.height, window.padding.height,
                  window.dilation.height, window.ceil),
            steps(input.width, window.kernel.width, window.stride.width, window.padding.width, window.dilation.width,
                  window.ceil)};
}

/// A convolution: input (in_channels, input), weight (out_channels, in_channels / groups, kernel), output
/// (out_channels, output()).
struct Conv2d {
    std::size_t in_channels;
    std::size_t out_channels;
    std::size_t groups;
    Extent input;
    Window window;

    Extent output() const { return output_of(window, input); }
    std::size_t input_size() const { return in_channels * input.height * input.width; }
    std::size_t output_size() const { return out_channels * output().height * output().width; }
    std::size_t weight_size() const {
        return out_channels * (in_channels / groups) * window.kernel.height * window.kernel.width;
    }

    /// Calls f(output index, weight index, input index) for each product that the convolution sums.
    template <typename F>
    void for_each_product(F&& f) const {
        const std::size_t inputs = in_channels / groups;
        const std::size_t outputs = out_channels / groups;
        for (std::size_t o = 0; o < out_channels; ++o) {
            for (std::size_t i = 0; i < inputs; ++i) {
                for_each_meeting(window, input, output(), [&](Extent to, Extent from, Extent place) {
                    const std::size_t channel = o / outputs * inputs + i;
                    f(at(output(), o, to.height, to.width),
                      at(window.kernel, o * inputs + i, place.height, place.width),
                      at(input, channel, from.height, from.width));
                });
            }
        }
    }
};

/// An empty bias means none.
template <typename T>
std::vector<T> conv2d_forward(const Conv2d& conv, const std::vector<T>& input, const std::vector<T>& weight,
                              const std::vector<T>& bias) {
    std::vector<T> output(conv.output_size());
    for (std::size_t n = 0; n < output.size() && !bias.empty(); ++n) {
        output[n] = bias[n / (conv.output().height * conv.output().width)];
    }
    conv.for_each_product([&](std::size_t o, std::size_t w, std::size_t i) { output[o] += weight[w] * input[i]; });
    return output;
}

template <typename T>
std::vector<T> conv2d_backward_input(const Conv2d& conv, const std::vector<T>& weight,
                                     const std::vector<T>& grad_output) {
    std::vector<T> grad_input(conv.input_size());
    conv.for_each_product(
        [&](std::size_t o, std::size_t w, std::size_t i) { grad_input[i] += weight[w] * grad_output[o]; });
    return grad_input;
}

template <typename T>
std::vector<T> conv2d_backward_weight(const Conv2d& conv, const std::vector<T>& input,
                                      const std::vector<T>& grad_output) {
    std::vector<T> grad_weight(conv.weight_size());
    conv.for_each_product(
        [&](std::size_t o, std::size_t w, std::size_t i) { grad_weight[w] += input[i] * grad_output[o]; });
    return grad_weight;
}

template <typename T>
std::vector<T> conv2d_backward_bias(const Conv2d& conv, const std::vector<T>& grad_output) {
    std::vector<T> grad_bias(conv.out_channels);
    for (std::size_t n = 0; n < grad_output.size(); ++n) {
        grad_bias[n / (conv.output().height * conv.output().width)] += grad_output[n];
    }
    return grad_bias;
}

/// Pooling: input (channels, input), output (channels, output()).
struct Pool2d {
    std::size_t channels;
    Extent input;
    Window window;

    Extent output() const { return output_of(window, input); }
    std::size_t input_size() const { return channels * input.height * input.width; }
    std::size_t output_size() const { return channels * output().height * output().width; }

    /// Calls f(output index, input index, place in the window) for each pixel that an output looks at.
    template <typename F>
    void for_each_pixel(F&& f) const {
        for (std::size_t c = 0; c < channels; ++c) {
            for_each_meeting(window, input, output(), [&](Extent to, Extent from, Extent place) {
                f(at(output(), c, to.height, to.width), at(input, c, from.height, from.width),
                  place.height * window.kernel.width + place.width);
            });
        }
    }
};

template <typename T>
struct MaxPooled {
    std::vector<T> output;
    std::vector<std::size_t> winner;    // the input that the output was taken from
    std::vector<std::size_t> position;  // its place in the window, row by row
};

/// The largest number of each window; of equal ones the first, row by row; NaN counts as larger than all numbers, and
/// the last NaN as the largest.
template <typename T>
MaxPooled<T> max_pool2d_forward(const Pool2d& pool, const std::vector<T>& input) {
    MaxPooled<T> result{std::vector<T>(pool.output_size()), std::vector<std::size_t>(pool.output_size()),
                        std::vector<std::size_t>(pool.output_size())};
    std::vector<bool> seen(pool.output_size());
    pool.for_each_pixel([&](std::size_t o, std::size_t i, std::size_t place) {
        if (!seen[o] || input[i] > result.output[o] || std::isnan(input[i])) {
            seen[o] = true;
            result.output[o] = input[i];
            result.winner[o] = i;
            result.position[o] = place;
        }
    });
    return result;
}

template <typename T>
std::vector<T> max_pool2d_backward(const Pool2d& pool, const std::vector<std::size_t>& winner,
                                   const std::vector<T>& grad_output) {
    std::vector<T> grad_input(pool.input_size());
    for (std::size_t o = 0; o < grad_output.size(); ++o) {
        grad_input[winner[o]] += grad_output[o];
    }
    return grad_input;
}

/// 1 / (Kh * Kw): each pixel counts that much, and the padding counts as zeros.
template <typename T>
T share(const Pool2d& pool) {
    return T(1) / static_cast<T>(pool.window.kernel.height * pool.window.kernel.width);
}

template <typename T>
std::vector<T> avg_pool2d_forward(const Pool2d& pool, const std::vector<T>& input) {
    std::vector<T> output(pool.output_size());
    pool.for_each_pixel([&](std::size_t o, std::size_t i, std::size_t) { output[o] += input[i]; });
    for (T& number : output) {
        number *= share<T>(pool);
    }
    return output;
}

template <typename T>
std::vector<T> avg_pool2d_backward(const Pool2d& pool, const std::vector<T>& grad_output) {
    std::vector<T> grad_input(pool.input_size());
    pool.for_each_pixel([&](std::size_t o, std::size_t i, std::size_t) { grad_input[i] += grad_output[o]; });
    for (T& number : grad_input) {
        number *= share<T>(pool);
    }
    return grad_input;
}

/// An empty bias means none; weight is (outputs, inputs).
template <typename T>
std::vector<T> linear_forward(std::size_t outputs, const std::vector<T>& input, const std::vector<T>& weight,
                              const std::vector<T>& bias) {
    std::vector<T> output(outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
        output[o] = bias.empty() ? T(0) : bias[o];
        for (std::size_t i = 0; i < input.size(); ++i) {
            output[o] += weight[o * input.size() + i] * input[i];
        }
    }
    return output;
}

template <typename T>
std::vector<T> linear_backward_input(std::size_t inputs, const std::vector<T>& weight,
                                     const std::vector<T>& grad_output) {
    std::vector<T> grad_input(inputs);
    for (std::size_t o = 0; o < grad_output.size(); ++o) {
        for (std::size_t i = 0; i < inputs; ++i) {
            grad_input[i] += weight[o * inputs + i] * grad_output[o];
        }
    }
    return grad_input;
}

/// Of one image; the gradient of the bias is grad_output itself.
template <typename T>
std::vector<T> linear_backward_weight(const std::vector<T>& input, const std::vector<T>& grad_output) {
    std::vector<T> grad_weight;
    for (const T& gradient : grad_output) {
        for (const T& number : input) {
            grad_weight.push_back(gradient * number);
        }
    }
    return grad_weight;
}

/// Elementwise functions; the derivatives as functions of the output, times the gradient of the output.
template <typename T>
T relu_forward(T input) {
    return input > 0 ? input : T(0);
}
template <typename T>
T relu_backward(T output, T grad_output) {
    return output > 0 ? grad_output : T(0);
}
template <typename T>
T sigmoid_forward(T input) {
    return 1 / (1 + std::exp(-input));
}
template <typename T>
T sigmoid_backward(T output, T grad_output) {
    return output * (1 - output) * grad_output;
}
template <typename T>
T tanh_forward(T input) {
    return std::tanh(input);
}
template <typename T>
T tanh_backward(T output, T grad_output) {
    return (1 - output * output) * grad_output;
}

}  // namespace naive
