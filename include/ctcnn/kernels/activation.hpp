// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/error_function.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>

// Elementwise functions. forward maps an element; backward maps (output, gradient with respect to the output) to the
// gradient with respect to the input, so that no input needs to be kept. Kernels apply forward as they store their
// output, and backward as they store the gradient with respect to their input.
namespace CTCNN_DETAIL::kernels {

struct ReLU {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        // Written so that NaN passes, as in PyTorch.
        return at_least(input, broadcast<V>(0));
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        const V zero = broadcast<V>(0);
        return select_nan(output, grad_output, select_less(zero, output, grad_output, zero));
    }
};

struct Sigmoid {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return math::sigmoid(input);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        return grad_output * output * (broadcast<V>(1) - output);
    }
};

struct Tanh {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return math::tanh(input);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        return grad_output * (broadcast<V>(1) - output * output);
    }
};

/// LeakyReLU: x for x > 0, Slope x elsewhere. The sign of the output is that of the input, since Slope >= 0.
template <double Slope>
struct LeakyReLU {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return select_less(broadcast<V>(0), input, input, input * slope<V>());
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        return select_less(broadcast<V>(0), output, grad_output, grad_output * slope<V>());
    }

private:
    template <Number V>
    [[gnu::always_inline]] static constexpr V slope() {
        return broadcast<V>(static_cast<scalar_t<V>>(Slope));
    }
};

/// ScaledELU: Scale x for x > 0, Scale Alpha (e^x - 1) elsewhere: ELU with a Scale of 1, and SELU. Alpha >= 0.
template <double Alpha, double Scale = 1.0>
struct ScaledELU {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return select_less(broadcast<V>(0), input, input * number<V>(Scale),
                           math::expm1(input) * number<V>(Scale * Alpha));
    }
    /// For x <= 0 the derivative is Scale Alpha e^x, which is the output and Scale Alpha.
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        return grad_output * select_less(broadcast<V>(0), output, number<V>(Scale), output + number<V>(Scale * Alpha));
    }

private:
    template <Number V>
    [[gnu::always_inline]] static constexpr V number(double value) {
        return broadcast<V>(static_cast<scalar_t<V>>(value));
    }
};

/// Clamp: x limited to Min ... Max, Min < Max.
template <double Min, double Max>
struct Clamp {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return at_most(at_least(input, min<V>()), max<V>());
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        const V zero = broadcast<V>(0);
        const V inside = select_less(min<V>(), output, select_less(output, max<V>(), grad_output, zero), zero);
        return select_nan(output, grad_output, inside);
    }

private:
    template <Number V>
    [[gnu::always_inline]] static constexpr V min() {
        return broadcast<V>(static_cast<scalar_t<V>>(Min));
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V max() {
        return broadcast<V>(static_cast<scalar_t<V>>(Max));
    }
};

/// Hardsigmoid: (x + 3)/6, limited to 0 ... 1.
struct Hardsigmoid {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return Clamp<0.0, 6.0>::forward(input + broadcast<V>(3)) * sixth<V>();
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        return Clamp<0.0, 1.0>::backward(output, grad_output * sixth<V>());
    }

private:
    template <Number V>
    [[gnu::always_inline]] static constexpr V sixth() {
        return broadcast<V>(scalar_t<V>(1) / 6);
    }
};

/// Softplus: log(1 + e^(Beta x))/Beta, and x where Beta x > Threshold. `backward` is that of Beta = 1 and a Threshold
/// so high that e^-Threshold is lost in the sum, for then the output tells the input.
template <double Beta, double Threshold>
struct Softplus {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        const V zero = broadcast<V>(0);
        const V scaled = input * number<V>(Beta);
        // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)
        const V soft = at_least(scaled, zero) + math::log1p(math::exp(select_less(scaled, zero, scaled, -scaled)));
        return select_less(number<V>(Threshold), scaled, input, soft * number<V>(1 / Beta));
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        // 1/(1 + e^-x) = 1 - e^-y
        return select_less(number<V>(Threshold), output, grad_output, -(grad_output * math::expm1(-output)));
    }

private:
    template <Number V>
    [[gnu::always_inline]] static constexpr V number(double value) {
        return broadcast<V>(static_cast<scalar_t<V>>(value));
    }
};

// Functions whose derivative is not one of the output: their backward maps (input, gradient with respect to the output)
// to the gradient with respect to the input. layers/map.hpp makes layers of them.

/// Softplus for any Beta > 0 and any Threshold.
template <double Beta, double Threshold>
struct SoftplusOfInput : Softplus<Beta, Threshold> {
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V input, V grad_output) {
        const V scaled = input * broadcast<V>(static_cast<scalar_t<V>>(Beta));
        return select_less(broadcast<V>(static_cast<scalar_t<V>>(Threshold)), scaled, grad_output,
                           grad_output * math::sigmoid(scaled));
    }
};

/// GELU: x P(X <= x) for a standard normal X, (1 + erf(x/sqrt(2))) x/2.
struct GELU {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return input * probability(input);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V input, V grad_output) {
        using T = scalar_t<V>;
        // Farther out, the derivative is 0 or 1; the limit keeps the square finite.
        const V x = Clamp<-40.0, 40.0>::forward(input);
        const V density = broadcast<V>(T(0.39894228040143268)) * math::exp(broadcast<V>(T(-0.5)) * x * x);
        return grad_output * multiply_add(x, density, probability(x));
    }

private:
    template <Number V>
    [[gnu::always_inline]] static constexpr V probability(V x) {
        const V half = broadcast<V>(scalar_t<V>(0.5));
        return multiply_add(half, math::erf(x * broadcast<V>(scalar_t<V>(0.70710678118654752))), half);
    }
};

/// GELUTanh: (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) x/2, an approximation to GELU.
struct GELUTanh {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        const V half = broadcast<V>(scalar_t<V>(0.5));
        return input * multiply_add(half, tanh_of(Clamp<-40.0, 40.0>::forward(input)), half);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V input, V grad_output) {
        using T = scalar_t<V>;
        const V one = broadcast<V>(1);
        const V half = broadcast<V>(T(0.5));
        const V x = Clamp<-40.0, 40.0>::forward(input);
        const V t = tanh_of(x);
        const V slope = broadcast<V>(T(factor)) * multiply_add(broadcast<V>(T(3 * cubic)) * x, x, one);
        return grad_output * half * (one + t + x * (one - t * t) * slope);
    }

private:
    static constexpr double factor = 0.79788456080286536;  // sqrt(2/pi)
    static constexpr double cubic = 0.044715;

    template <Number V>
    [[gnu::always_inline]] static constexpr V tanh_of(V x) {
        using T = scalar_t<V>;
        const V inner = multiply_add(broadcast<V>(T(cubic)) * x * x, x, x);
        return math::tanh(broadcast<V>(T(factor)) * inner);
    }
};

/// SiLU: x/(1 + e^-x).
struct SiLU {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        // The sigmoid of what is below the limit is not smaller.
        const V x = at_least(input, broadcast<V>(math::detail::Exponential<scalar_t<V>>::lowest));
        return x * math::sigmoid(x);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V input, V grad_output) {
        using E = math::detail::Exponential<scalar_t<V>>;
        const V one = broadcast<V>(1);
        const V x = at_most(at_least(input, broadcast<V>(E::lowest)), broadcast<V>(E::highest));
        const V s = math::sigmoid(x);
        return grad_output * s * multiply_add(x, one - s, one);
    }
};

/// Hardswish: x (x + 3)/6 with the factor (x + 3)/6 limited to 0 ... 1.
struct Hardswish {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return input * Hardsigmoid::forward(input);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V input, V grad_output) {
        using T = scalar_t<V>;
        const V three = broadcast<V>(3);
        const V slope = multiply_add(input, broadcast<V>(T(1) / 3), broadcast<V>(T(0.5)));
        const V above = select_less(input, three, grad_output * slope, grad_output);
        return select_nan(input, grad_output, select_less(-three, input, above, broadcast<V>(0)));
    }
};

/// Composed: a function F and another one after it, on the way forward; on the way back, where F was applied to the
/// output of another one. It lets a kernel that applies one function apply both.
template <typename F, typename Other>
struct Composed {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return Other::forward(F::forward(input));
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V input, V grad_output) {
        return Other::backward(input, F::backward(input, grad_output));
    }
};

/// Applies an elementwise function to numbers in a row, in place. Not inlined: the compiler would keep the constants of
/// the function in registers all through the kernel around it, and spill the sums that the kernel is about.
template <typename Function, Number V>
[[gnu::noinline]] constexpr void map_row(V* row, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        row[i] = Function::forward(row[i]);
    }
}

namespace detail {
/// Calls f(offset in In, offset in Out) for each element of two layouts of the same number of elements, in their order.
template <typename In, typename Out, typename F>
[[gnu::always_inline]] constexpr void for_each_element(const F& f) {
    if constexpr (In::contiguous && Out::contiguous) {
        for (std::size_t i = 0; i < In::size; ++i) {
            f(i, i);
        }
    } else if constexpr (In::height == Out::height && In::width == Out::width) {
        for (std::size_t c = 0; c < In::channels; ++c) {
            for (std::size_t h = 0; h < In::height; ++h) {
                for (std::size_t w = 0; w < In::width; ++w) {
                    f(In::offset(c, h, w), Out::offset(c, h, w));
                }
            }
        }
    } else {
        constexpr auto offset = []<typename L>(std::type_identity<L>, std::size_t i) {
            return L::offset(i / (L::height * L::width), i / L::width % L::height, i % L::width);
        };
        for (std::size_t i = 0; i < In::channels * In::height * In::width; ++i) {
            f(offset(std::type_identity<In>{}, i), offset(std::type_identity<Out>{}, i));
        }
    }
}
}  // namespace detail

/// Copies an image, which may become one of another shape, and applies an elementwise function.
template <typename Stage>
constexpr void map_forward(const typename Stage::V* input, typename Stage::V* output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    detail::for_each_element<In, Out>([&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
        output[to] = Stage::Function::forward(input[from]);
    });
}

/// The gradient of a copy: `grad_input` holds the copied input when the call begins, and its gradient when it ends.
template <typename Stage>
constexpr void map_backward(typename Stage::V* grad_input, const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    detail::for_each_element<In, Out>([&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
        grad_input[from] = Stage::Function::backward(grad_input[from], grad_output[to]);
    });
}

/// The same of a gradient of two parts, as elements lie in In: `grad_input` holds the output of the function when the
/// call begins.
template <typename Stage>
constexpr void map_backward_of_sum(typename Stage::V* grad_input, const typename Stage::V* first,
                                   const typename Stage::V* second) {
    detail::for_each_element<typename Stage::In, typename Stage::In>(
        [&](std::size_t i, std::size_t) __attribute__((always_inline)) {
            grad_input[i] = Stage::Function::backward(grad_input[i], first[i] + second[i]);
        });
}

}  // namespace CTCNN_DETAIL::kernels
