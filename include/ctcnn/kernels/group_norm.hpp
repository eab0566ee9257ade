// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Normalisation within one image: each group of elements is shifted and scaled to mean 0 and variance 1.
namespace CTCNN_DETAIL::kernels {

/// Whose weight and bias an element is multiplied with and shifted by: those of its channel, or its own.
enum class Affine { of_channel, of_element };

/// GroupNormGeometry: `channels` channels of `elements` elements each, in `groups` groups of neighbouring channels.
struct GroupNormGeometry {
    std::size_t groups;
    std::size_t channels;
    std::size_t elements;
    Affine affine;

    constexpr std::size_t group_elements() const { return channels / groups * elements; }
};

namespace detail {

/// The elements of an image as rows that are contiguous in two layouts: a channel is one row where neither has a
/// border.
template <GroupNormGeometry G, typename In, typename Out>
struct NormRows {
    static constexpr bool whole = In::border == Extent{0, 0} && Out::border == Extent{0, 0};
    static constexpr std::size_t length = whole ? G.elements : In::width;
    static constexpr std::size_t of_channel = G.elements / length;
    static constexpr std::size_t of_group = G.channels / G.groups * of_channel;

    template <typename L>
    static constexpr std::size_t offset(std::size_t row) {
        return whole ? row * length : L::offset(row / L::height, row % L::height, 0);
    }
};

/// The sum of term(0), ..., term(Count - 1), 32 terms at a time in four sums, since one addition waits for the other.
template <std::size_t Count, typename Sum, typename Term>
constexpr Sum sum_of_row(const Term& term) {
    constexpr std::size_t block = 32;
    return pairwise_sum<Sum>(0, (Count + block - 1) / block, [&](Sum before, std::size_t n) {
        Sum sum[4]{};
        const std::size_t end = std::min(Count, (n + 1) * block);
        std::size_t i = n * block;
        for (; i + 4 <= end; i += 4) {
            unroll<4>([&](std::size_t k) __attribute__((always_inline)) { sum[k] = sum[k] + term(i + k); });
        }
        for (; i < end; ++i) {
            sum[0] = sum[0] + term(i);
        }
        return before + ((sum[0] + sum[1]) + (sum[2] + sum[3]));
    });
}

/// What a group has before it is normalised: its mean, and 1 / sqrt(its variance + eps).
template <Number V>
struct Moments {
    V mean;
    V scale;
};

/// The moments of a group whose first row is `first`.
template <GroupNormGeometry G, typename Rows, typename In, Number V>
[[gnu::noinline]] constexpr Moments<V> moments_of(const V* input, std::size_t first, scalar_t<V> eps) {
    const V count = broadcast<V>(static_cast<scalar_t<V>>(G.group_elements()));
    const auto mean_of = [&](const auto& of_element) __attribute__((always_inline)) {
        const V sum = pairwise_sum<V>(first, Rows::of_group, [&](V before, std::size_t row) {
            const V* x = input + Rows::template offset<In>(row);
            return before + sum_of_row<Rows::length, V>(
                                [&](std::size_t i) __attribute__((always_inline)) { return of_element(x[i]); });
        });
        return sum / count;
    };
    const V mean = mean_of([](V x) __attribute__((always_inline)) { return x; });
    const V variance = mean_of([&](V x) __attribute__((always_inline)) { return (x - mean) * (x - mean); });
    return {mean, broadcast<V>(1) / math::processor_sqrt(variance + broadcast<V>(eps))};
}

/// The weight or the bias of an element; `none` where there is no such parameter.
template <GroupNormGeometry G, typename Rows, Number V, typename Parameter>
[[gnu::always_inline]] constexpr V parameter_of([[maybe_unused]] Parameter parameter, V none,
                                                [[maybe_unused]] std::size_t row, [[maybe_unused]] std::size_t i) {
    if constexpr (std::is_null_pointer_v<Parameter>) {
        return none;
    } else if constexpr (G.affine == Affine::of_channel) {
        return broadcast<V>(parameter[row / Rows::of_channel]);
    } else {
        return broadcast<V>(parameter[row * Rows::length + i]);
    }
}

/// Sums of gradients g: of g, and of g times the element's distance from the mean.
template <Number V>
struct GradientSums {
    V plain{};
    V product{};

    friend constexpr GradientSums operator+(const GradientSums& a, const GradientSums& b) {
        return {a.plain + b.plain, a.product + b.product};
    }
};

template <Number V>
constexpr void put(scalar_t<V>& element, bool add, scalar_t<V> sum) {
    element = add ? element + sum : sum;
}

/// The gradients of the weights and biases of a row whose elements have their own; Bias may be std::nullptr_t.
template <std::size_t Length, Number V, typename Bias>
[[gnu::noinline]] constexpr void norm_backward_elements(const V* x, const V* gradient, const Moments<V>& moments,
                                                        bool add, scalar_t<V>* grad_weight,
                                                        [[maybe_unused]] Bias grad_bias) {
    for_each_piece<Length, 8>([&](std::size_t begin, auto count) {
        constexpr std::size_t N = decltype(count)::value;
        V product[N];
        scalar_t<V> sums[N];
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
            product[n] = gradient[begin + n] * ((x[begin + n] - moments.mean) * moments.scale);
        });
        store_sums_of_lanes<N>(product, sums);
        for (std::size_t n = 0; n < N; ++n) {
            put<V>(grad_weight[begin + n], add, sums[n]);
        }
        if constexpr (!std::is_null_pointer_v<Bias>) {
            store_sums_of_lanes<N>(gradient + begin, sums);
            for (std::size_t n = 0; n < N; ++n) {
                put<V>(grad_bias[begin + n], add, sums[n]);
            }
        }
    });
}

}  // namespace detail

/// group_norm_forward: output = f((input - mean) / sqrt(variance + eps) * weight + bias), mean and variance those of
/// the element's group. Two passes: the mean, then the squares of the distances from it.
/// Layouts  In, Out (C, H, W) of G.channels * G.elements elements; without borders, the elements in this order may have
///          another shape; weight and bias (C), or one for each element; each may be nullptr
template <GroupNormGeometry G, typename In, typename Out, typename Activation, Number V, typename Weight, typename Bias>
constexpr void group_norm_forward(const V* input, Weight weight, Bias bias, scalar_t<V> eps, V* output) {
    using Rows = detail::NormRows<G, In, Out>;
    const V one = broadcast<V>(1);
    for (std::size_t group = 0; group < G.groups; ++group) {
        const std::size_t first = group * Rows::of_group;
        const detail::Moments<V> moments = detail::moments_of<G, Rows, In>(input, first, eps);
        for (std::size_t row = first; row < first + Rows::of_group; ++row) {
            const V* x = input + Rows::template offset<In>(row);
            V* target = output + Rows::template offset<Out>(row);
            V factor = detail::parameter_of<G, Rows>(weight, one, row, 0) * moments.scale;
            V shift = detail::parameter_of<G, Rows>(bias, V{}, row, 0);
            for (std::size_t i = 0; i < Rows::length; ++i) {
                if constexpr (G.affine == Affine::of_element) {
                    factor = detail::parameter_of<G, Rows>(weight, one, row, i) * moments.scale;
                    shift = detail::parameter_of<G, Rows>(bias, V{}, row, i);
                }
                target[i] = Activation::forward(multiply_add(x[i] - moments.mean, factor, shift));
            }
        }
    }
}

/// group_norm_backward: the gradients of the weight and the bias, summed over all lanes (with `add`, added to what is
/// there), and, unless Before is void, that of the input: `grad_input` holds the input when the call begins and its
/// gradient when it ends; Before is the elementwise function that made the input.
/// Layouts  as group_norm_forward; grad_weight and grad_bias may be nullptr
template <GroupNormGeometry G, typename In, typename Out, typename Before, Number V, typename Weight,
          typename GradWeight, typename GradBias>
constexpr void group_norm_backward(std::conditional_t<std::is_void_v<Before>, const V*, V*> grad_input, Weight weight,
                                   const V* grad_output, scalar_t<V> eps, [[maybe_unused]] bool add,
                                   [[maybe_unused]] GradWeight grad_weight, [[maybe_unused]] GradBias grad_bias) {
    using Rows = detail::NormRows<G, In, Out>;
    using Sums = detail::GradientSums<V>;
    constexpr bool of_channel = G.affine == Affine::of_channel;
    const V one = broadcast<V>(1);
    for (std::size_t group = 0; group < G.groups; ++group) {
        const std::size_t first = group * Rows::of_group;
        const detail::Moments<V> moments = detail::moments_of<G, Rows, In>(grad_input, first, eps);

        // The sums over a row of its gradients, or of its gradients times its elements' weights.
        const auto sums_of_row = [&](std::size_t row) {
            const V* x = grad_input + Rows::template offset<In>(row);
            const V* gradient = grad_output + Rows::template offset<Out>(row);
            return detail::sum_of_row<Rows::length, Sums>([&](std::size_t i) __attribute__((always_inline)) {
                const V g = of_channel ? gradient[i] : gradient[i] * detail::parameter_of<G, Rows>(weight, one, row, i);
                return Sums{g, g * (x[i] - moments.mean)};
            });
        };
        const Sums sums = pairwise_sum<Sums>(
            first / Rows::of_channel, Rows::of_group / Rows::of_channel, [&](Sums before, std::size_t channel) {
                const std::size_t begin = channel * Rows::of_channel;
                Sums own = pairwise_sum<Sums>(begin, Rows::of_channel,
                                              [&](Sums part, std::size_t row) { return part + sums_of_row(row); });
                if constexpr (of_channel && !std::is_null_pointer_v<GradWeight>) {
                    detail::put<V>(grad_weight[channel], add, sum_lanes(own.product * moments.scale));
                }
                if constexpr (of_channel && !std::is_null_pointer_v<GradBias>) {
                    detail::put<V>(grad_bias[channel], add, sum_lanes(own.plain));
                }
                if constexpr (of_channel) {
                    const V factor = detail::parameter_of<G, Rows>(weight, one, begin, 0);
                    own = {own.plain * factor, own.product * factor};
                }
                return before + own;
            });
        if constexpr (!of_channel && !std::is_null_pointer_v<GradWeight>) {
            for (std::size_t row = first; row < first + Rows::of_group; ++row) {
                const auto grad_bias_of_row = [&] {
                    if constexpr (std::is_null_pointer_v<GradBias>) {
                        return nullptr;
                    } else {
                        return grad_bias + row * Rows::length;
                    }
                }();
                detail::norm_backward_elements<Rows::length, V>(
                    grad_input + Rows::template offset<In>(row), grad_output + Rows::template offset<Out>(row), moments,
                    add, grad_weight + row * Rows::length, grad_bias_of_row);
            }
        }

        if constexpr (!std::is_void_v<Before>) {
            // The part of the gradient that goes through the mean, and what each distance from the mean is multiplied
            // with for the part that goes through the variance.
            const V share = moments.scale / broadcast<V>(static_cast<scalar_t<V>>(G.group_elements()));
            const V through_mean = sums.plain * share;
            const V through_variance = sums.product * share * moments.scale * moments.scale;
            for (std::size_t row = first; row < first + Rows::of_group; ++row) {
                V* x = grad_input + Rows::template offset<In>(row);
                const V* gradient = grad_output + Rows::template offset<Out>(row);
                V factor = detail::parameter_of<G, Rows>(weight, one, row, 0) * moments.scale;
                for (std::size_t i = 0; i < Rows::length; ++i) {
                    if constexpr (!of_channel) {
                        factor = detail::parameter_of<G, Rows>(weight, one, row, i) * moments.scale;
                    }
                    const V direct = multiply_add(gradient[i], factor, -through_mean);
                    x[i] = Before::backward(x[i], direct - (x[i] - moments.mean) * through_variance);
                }
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels
