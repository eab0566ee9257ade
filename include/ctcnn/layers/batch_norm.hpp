// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layer_tensor.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/batch_norm.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// BoundBatchNorm: BatchNorm2d or BatchNorm1d on a shape; L is the layer as it is spelled. Its statistics are elements
/// for each channel: of a tile, mean and sum of squared deviations; of the batch, mean and 1 / deviation; of gradients,
/// their sum and that of their products with the normalised input.
template <typename L, std::size_t Channels, LayerOptions options, typename S>
struct BoundBatchNorm : BoundLayer<L, S> {
    static constexpr LayerKind kind = LayerKind::statistics;
    using weight_shape = Shape<options.affine ? Channels : 0>;
    using bias_shape = Shape<options.affine ? Channels : 0>;
    using statistics_shape = Shape<Channels>;
    static constexpr std::array<double, 2> initial{1, 0};
    static constexpr std::array<LayerTensor, 2> buffers{LayerTensor{"running_mean", dims_of<statistics_shape>},
                                                        LayerTensor{"running_var", dims_of<statistics_shape>}};
    static constexpr std::size_t buffer_count = 2 * Channels;
    static constexpr std::array<double, 2> initial_buffers{0, 1};
    static constexpr std::size_t statistics_size = 2 * Channels;
    // Constants of their own: clang 19 crashes on floating-point members of template arguments in some functions.
    static constexpr double eps = options.eps;
    static constexpr double momentum = options.momentum;
    static constexpr std::size_t pixels = S::size / Channels;

    static consteval OnnxNode onnx() {
        const OnnxNode node = OnnxNode{"BatchNormalization"}.with_number("epsilon", eps);
        return options.affine ? node : node.with_filled(1, {Channels}).with_filled(0, {Channels});
    }

    /// With running statistics.
    template <typename Stage>
    static constexpr void forward(const typename Stage::T* parameters, const typename Stage::T* running,
                                  const typename Stage::V* input, typename Stage::V* output) {
        using T = typename Stage::T;
        const auto scale = [&](std::size_t c) {
            return static_cast<T>(static_cast<double>(weight(parameters, c)) /
                                  math::sqrt(static_cast<double>(running[Channels + c]) + eps));
        };
        kernels::scale_and_shift<Stage>(input, output, scale,
                                        [&](std::size_t c) { return bias(parameters, c) - running[c] * scale(c); });
    }

    /// With those of the batch.
    template <typename Stage, typename Crew>
    static constexpr void forward_batch(const typename Stage::T* parameters, const typename Stage::T* statistics,
                                        const typename Stage::V* input, typename Stage::V* output, Crew crew) {
        const auto scale = [&](std::size_t c) { return weight(parameters, c) * statistics[2 * c + 1]; };
        kernels::scale_and_shift<Stage>(
            input, output, scale, [&](std::size_t c) { return bias(parameters, c) - statistics[2 * c] * scale(c); },
            crew.share(Channels));
    }

    template <typename Stage, typename Crew>
    static constexpr void tile_statistics(const typename Stage::V* input, typename Stage::V present, std::size_t images,
                                          typename Stage::T* statistics, Crew crew) {
        kernels::tile_moments<Stage>(input, present, images, statistics, crew.share(Channels));
    }

    /// The statistics of a batch of so many images from those of its tiles, which lie in a row; each but the last one
    /// has so many lanes.
    template <typename T>
    static constexpr void combine_statistics(const T* tiles, std::size_t count, std::size_t lanes, std::size_t images,
                                             T* statistics) {
        const double elements = static_cast<double>(images * pixels);
        const auto elements_of = [&](std::size_t tile) {
            return static_cast<double>((tile + 1 < count ? lanes : images - tile * lanes) * pixels);
        };
        for (std::size_t c = 0; c < Channels; ++c) {
            double sum = 0;
            for (std::size_t tile = 0; tile < count; ++tile) {
                sum += elements_of(tile) * static_cast<double>(tiles[tile * statistics_size + 2 * c]);
            }
            const double mean = sum / elements;
            double squares = 0;
            for (std::size_t tile = 0; tile < count; ++tile) {
                const double deviation = static_cast<double>(tiles[tile * statistics_size + 2 * c]) - mean;
                squares += static_cast<double>(tiles[tile * statistics_size + 2 * c + 1]) +
                           elements_of(tile) * deviation * deviation;
            }
            statistics[2 * c] = static_cast<T>(mean);
            statistics[2 * c + 1] = static_cast<T>(1 / math::sqrt(squares / elements + eps));
        }
    }

    /// Whether the running statistics stay finite with those of a batch. Of a variance that is too large, what is kept,
    /// the inverse of a deviation, is finite.
    template <typename T>
    static constexpr bool statistics_fit(const T* statistics) {
        constexpr T least = static_cast<T>(math::sqrt(2.0 / static_cast<double>(std::numeric_limits<T>::max())));
        bool fit = math::all_finite(statistics, statistics_size);
        for (std::size_t c = 0; c < Channels; ++c) {
            fit = fit && statistics[2 * c + 1] >= least;
        }
        return fit;
    }

    /// The running statistics, of which the variance is that of a sample: divided by one element less.
    template <typename T>
    static constexpr void update_running(const T* statistics, std::size_t images, T* running, double share = momentum) {
        const double elements = static_cast<double>(images * pixels);
        for (std::size_t c = 0; c < Channels; ++c) {
            const double inverse = static_cast<double>(statistics[2 * c + 1]);
            // Of equal elements, rounding may leave something below 0.
            const double variance = std::max(1 / (inverse * inverse) - eps, 0.0) * elements / (elements - 1);
            const auto move = [share](T& value, double to) {
                value = static_cast<T>((1 - share) * static_cast<double>(value) + share * to);
            };
            move(running[c], static_cast<double>(statistics[2 * c]));
            move(running[Channels + c], variance);
        }
    }

    template <typename Stage, typename Crew>
    static constexpr void tile_gradients(const typename Stage::T* statistics, const typename Stage::V* input,
                                         const typename Stage::V* grad_output, typename Stage::T* sums, Crew crew) {
        kernels::normalised_sums<Stage>(statistics, input, grad_output, sums, crew.share(Channels));
    }

    template <typename T>
    static constexpr void combine_gradients(const T* tiles, std::size_t count, T* sums) {
        for (std::size_t n = 0; n < statistics_size; ++n) {
            double sum = 0;
            for (std::size_t tile = 0; tile < count; ++tile) {
                sum += static_cast<double>(tiles[tile * statistics_size + n]);
            }
            sums[n] = static_cast<T>(sum);
        }
    }

    /// The gradients of weight and bias.
    template <typename T>
    static constexpr void store_gradient(const T* sums, T* gradient) {
        for (std::size_t c = 0; c < weight_shape::size; ++c) {
            gradient[c] = sums[2 * c + 1];
            gradient[Channels + c] = sums[2 * c];
        }
    }

    template <typename Stage, typename Crew>
    static constexpr void backward_batch(const typename Stage::T* parameters, const typename Stage::T* statistics,
                                         const typename Stage::T* sums, std::size_t images, typename Stage::V present,
                                         typename Stage::V* grad_input, const typename Stage::V* grad_output,
                                         Crew crew) {
        kernels::normalised_backward<Stage>(
            statistics, sums, [&](std::size_t c) { return weight(parameters, c); }, images * pixels, present,
            grad_input, grad_output, crew.share(Channels));
    }

private:
    template <typename T>
    static constexpr T weight([[maybe_unused]] const T* parameters, [[maybe_unused]] std::size_t c) {
        if constexpr (options.affine) {
            return parameters[c];
        } else {
            return T(1);
        }
    }
    template <typename T>
    static constexpr T bias([[maybe_unused]] const T* parameters, [[maybe_unused]] std::size_t c) {
        if constexpr (options.affine) {
            return parameters[Channels + c];
        } else {
            return T(0);
        }
    }
};

/// What the layers share.
template <std::size_t Channels, typename... Options>
struct BatchNormOptions {
    static constexpr LayerOptions options =
        read_options<Options...>(Option::eps | Option::momentum | Option::no_affine);

    static consteval Reason reason() {
        return options.reason != Reason::none ? options.reason
               : Channels == 0                ? Reason::zero_channels
               : Channels > largest_number    ? Reason::number_too_large
                                              : Reason::none;
    }
    static constexpr void describe(Description& text, std::string_view name) {
        text.append(name);
        text.append("(");
        text.append_number(Channels);
        describe_norm(text, options);
        text.append(")");
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// BatchNorm2d: normalises each channel to mean 0 and variance 1, times weight plus bias. Training takes mean and
/// variance of the batch, inference the running ones, which training moves towards those of each batch.
/// Options  Eps<1e-5>, Momentum<0.1>, NoAffine
/// Shapes   (C, H, W) -> (C, H, W)
/// Params   weight (C), bias (C)
/// Buffers  running_mean (C), running_var (C)
/// Refuses  unknown_option · repeated_option · zero_channels · number_too_large · image_rank · in_channels
/// As in    torch.nn.BatchNorm2d
/// Source   Ioffe and Szegedy, "Batch normalization", ICML 2015
template <std::size_t C, typename... Options>
struct BatchNorm2d : private detail_::BatchNormOptions<C, Options...> {
    using Common = detail_::BatchNormOptions<C, Options...>;

    template <std::size_t... Dims>
    static consteval Mismatch(check)([[maybe_unused]] Shape<Dims...> shape) {
        if (Common::reason() != Reason::none) {
            return {Common::reason()};
        }
        if constexpr (sizeof...(Dims) != 3) {
            return {Reason::image_rank};
        } else {
            return shape.dim(0) == C ? Mismatch{} : Mismatch{Reason::in_channels, C};
        }
    }
    template <typename S>
    using At = detail_::BoundBatchNorm<BatchNorm2d, C, Common::options, S>;
    static constexpr bool folds_into_layer_before = true;
    template <typename S>
        requires(S::rank == 3)
    using correction = corrected<BatchNorm2d<S::dim(0), Options...>>;

    static constexpr void describe(detail_::Description& text) { Common::describe(text, "BatchNorm2d"); }
};

/// LazyBatchNorm2d: BatchNorm2d whose number of channels is taken from what arrives.
/// As in    torch.nn.LazyBatchNorm2d
template <typename... Options>
struct LazyBatchNorm2d {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        if constexpr (sizeof...(Dims) == 3) {
            return (BatchNorm2d<Shape<Dims...>::dim(0), Options...>::check)(shape);
        } else {
            return (BatchNorm2d<1, Options...>::check)(shape);
        }
    }
    template <typename S>
    using At = typename BatchNorm2d<S::dim(0), Options...>::template At<S>;
    static constexpr bool folds_into_layer_before = true;
};

/// BatchNorm1d: the same for features, each of which is a channel, and for sequences.
/// Options  Eps<1e-5>, Momentum<0.1>, NoAffine
/// Shapes   (C) -> (C), (C, L) -> (C, L)
/// Params   weight (C), bias (C)
/// Buffers  running_mean (C), running_var (C)
/// Refuses  unknown_option · repeated_option · zero_channels · number_too_large · feature_rank · in_features ·
///          in_channels
/// As in    torch.nn.BatchNorm1d
template <std::size_t C, typename... Options>
struct BatchNorm1d : private detail_::BatchNormOptions<C, Options...> {
    using Common = detail_::BatchNormOptions<C, Options...>;

    template <std::size_t... Dims>
    static consteval Mismatch(check)([[maybe_unused]] Shape<Dims...> shape) {
        if (Common::reason() != Reason::none) {
            return {Common::reason()};
        }
        if constexpr (sizeof...(Dims) > 2) {
            return {Reason::feature_rank};
        } else {
            return shape.dim(0) == C ? Mismatch{}
                                     : Mismatch{sizeof...(Dims) == 1 ? Reason::in_features : Reason::in_channels, C};
        }
    }
    template <typename S>
    using At = detail_::BoundBatchNorm<BatchNorm1d, C, Common::options, S>;
    static constexpr bool folds_into_layer_before = true;
    template <typename S>
        requires(S::rank <= 3)
    using correction = corrected<
        std::conditional_t<S::rank == 3, BatchNorm2d<S::dim(0), Options...>, BatchNorm1d<S::dim(0), Options...>>>;

    static constexpr void describe(detail_::Description& text) { Common::describe(text, "BatchNorm1d"); }
};

}  // namespace ctcnn
