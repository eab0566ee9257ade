// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/mean2d.hpp>
#include <ctcnn/kernels/pool2d.hpp>
#include <ctcnn/kernels/prepared/pool2d.hpp>
#include <ctcnn/kernels/taps2d.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// AnyPool: what pooling layers share: their options, `allowed` besides those that all have, and their check.
template <unsigned allowed, typename... Options>
struct AnyPool {
    static constexpr LayerOptions options = [] {
        LayerOptions result = read_options<Options...>(allowed | Option::kernel | Option::stride | Option::padding);
        if (!result.has(Option::stride)) {
            result.stride = result.kernel;
        }
        return result;
    }();
    static constexpr bool one_axis = (allowed & static_cast<unsigned>(Option::one_axis)) != 0;

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        if (options.reason != Reason::none) {
            return {options.reason};
        }
        if (2 * options.padding.height > options.kernel.height || 2 * options.padding.width > options.kernel.width) {
            return {Reason::pooling_padding};
        }
        if (sizeof...(Dims) != (one_axis ? 2 : 3)) {
            return {one_axis ? Reason::sequence_rank : Reason::image_rank};
        }
        return fits(one_axis ? window_of(of_one_row(options)) : window_of(options), one_axis ? 1 : shape.dim(1),
                    shape.dim(one_axis ? 1 : 2))
                   ? Mismatch{}
                   : Mismatch{Reason::kernel_too_large};
    }
};

/// What the pooling layers share on images of shape S.
template <typename L, LayerOptions options, typename S>
struct BoundPool2d : BoundLayer<L, S> {
    static constexpr bool shares = true;
    static constexpr Window window = on_image(window_of(options), S::dim(1), S::dim(2));
    static constexpr Extent extent = output_extent(window, S::dim(1), S::dim(2));

    using output_shape = Shape<S::dim(0), extent.height, extent.width>;
    template <typename Stage>
    static constexpr bool by_rows = is_lanes<typename Stage::V>;

    /// Whether windows of 2 x 2 pixels lie side by side: what the convolution before it may do in passing.
    static constexpr bool halves = window.kernel == Extent{2, 2} && window.stride == Extent{2, 2} &&
                                   window.padding == Extent{0, 0} && extent == Extent{S::dim(1) / 2, S::dim(2) / 2};

    static constexpr OnnxNode with_window(OnnxNode node) {
        node = node.with_window(window);
        return window.ceil ? node.with("ceil_mode", 1) : node;
    }
};

template <typename L, LayerOptions options, typename S>
struct BoundMaxPool2d : BoundPool2d<L, options, S> {
    using Base = BoundPool2d<L, options, S>;
    static constexpr std::size_t saved_size = kernels::notes_position(Base::window) ? Base::output_shape::size : 0;

    static consteval OnnxNode onnx() { return Base::with_window({"MaxPool"}); }

    template <std::size_t Count>
    static constexpr PreparedFacts prepared{
        .offered = true, .follows = true, .pooling = Base::halves ? Pooling::max2x2 : Pooling::none};
    template <typename Stage, Pooling>
    using Prepared = kernels::prepared::MaxPool2d<Base::window, Stage>;

    template <typename Stage, typename Crew = OneThread>
    static constexpr void forward(const typename Stage::T*, const typename Stage::V* input, typename Stage::V* output,
                                  typename Stage::V* saved, typename Stage::V*, Crew crew = {}) {
        if constexpr (std::is_same_v<Crew, OneThread>) {
            kernels::max_pool2d_forward<Base::window, Stage>(input, output, saved);
        } else {
            kernels::max_pool2d_forward_rows<Base::window, Stage>(input, output, saved, crew.share(Stage::Out::height));
        }
    }
    template <typename Stage>
    static constexpr void forward_rows(const typename Stage::T*, const typename Stage::V* input,
                                       typename Stage::V* output, typename Stage::V* saved, typename Stage::V*,
                                       Range rows) {
        kernels::max_pool2d_forward_rows<Base::window, Stage>(input, output, saved, rows);
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V* saved,
                                         typename Stage::V*, Crew crew = {}) {
        kernels::max_pool2d_backward<Base::window, Stage>(grad_input, grad_output, saved,
                                                          crew.share(Stage::Out::channels));
    }
};

template <typename L, LayerOptions options, typename S>
struct BoundAvgPool2d : BoundPool2d<L, options, S> {
    using Base = BoundPool2d<L, options, S>;
    using Base::window;
    static constexpr bool counts_padding = options.counts_padding || window.padding == Extent{0, 0};
    /// Whether all means divide by the same number.
    static constexpr bool even = counts_padding && !window.ceil;
    using Rows = kernels::WindowMean<S::dim(1), window.kernel.height, window.stride.height, window.padding.height,
                                     Base::extent.height, counts_padding>;
    using Columns = kernels::WindowMean<S::dim(2), window.kernel.width, window.stride.width, window.padding.width,
                                        Base::extent.width, counts_padding>;

    static consteval OnnxNode onnx() {
        return Base::with_window({"AveragePool"}).with("count_include_pad", counts_padding ? 1 : 0);
    }

    template <typename Stage, typename Crew = OneThread>
    static constexpr void forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                  typename Stage::V* output, typename Stage::V* saved, typename Stage::V* scratch,
                                  Crew crew = {}) {
        if constexpr (!std::is_same_v<Crew, OneThread>) {
            forward_rows<Stage>(parameters, input, output, saved, scratch, crew.share(Stage::Out::height));
        } else if constexpr (even) {
            kernels::avg_pool2d_forward<window, Stage>(input, output);
        } else {
            kernels::taps2d_forward<Rows, Columns, Stage>(input, output);
        }
    }
    template <typename Stage>
    static constexpr void forward_rows(const typename Stage::T*, const typename Stage::V* input,
                                       typename Stage::V* output, typename Stage::V*, typename Stage::V*, Range rows) {
        if constexpr (even) {
            kernels::avg_pool2d_forward_rows<window, Stage>(input, output, rows);
        } else {
            kernels::taps2d_forward_rows<Rows, Columns, Stage>(input, output, rows);
        }
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*, Crew crew = {}) {
        if constexpr (even) {
            kernels::avg_pool2d_backward<window, Stage>(grad_input, grad_output, crew.share(Stage::Out::channels));
        } else if (crew.is_first()) {
            kernels::taps2d_backward<Rows, Columns, Stage>(grad_input, grad_output);
        }
    }

    template <std::size_t Count>
    static constexpr PreparedFacts prepared{
        .offered = true, .follows = true, .pooling = Base::halves ? Pooling::average2x2 : Pooling::none};
    template <typename Stage, Pooling>
    using Prepared = kernels::prepared::MeanPool2d<Rows, Columns, Stage>;
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// MaxPool2d: the largest number of each window; padding never wins.
/// Options  Kernel (required), Stride (the kernel), Padding<0>, CeilMode
/// Shapes   (C, Hi, Wi) -> (C, Ho, Wo);  Ho = (Hi + 2*Padding - Kernel)/Stride + 1;  with CeilMode, rounded up, unless
///          the last window would begin behind the image
/// Refuses  unknown_option · repeated_option · missing_kernel · zero_kernel · zero_stride · number_too_large ·
///          pooling_padding · image_rank · kernel_too_large
/// As in    torch.nn.MaxPool2d
template <typename... Options>
struct MaxPool2d : detail_::AnyPool<static_cast<unsigned>(detail_::Option::ceil_mode), Options...> {
    template <typename S>
    using At = detail_::BoundMaxPool2d<MaxPool2d, MaxPool2d::options, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("MaxPool2d(");
        detail_::describe_options(text, MaxPool2d::options, MaxPool2d::options.kernel);
        text.append(")");
    }
};

/// AvgPool2d: the mean of each window; padding counts as zeros, unless NoCountPadding says that it does not count. What
/// lies behind the padded image does not count.
/// Options  Kernel (required), Stride (the kernel), Padding<0>, CeilMode, NoCountPadding
/// Shapes   those of MaxPool2d
/// Refuses  unknown_option · repeated_option · missing_kernel · zero_kernel · zero_stride · number_too_large ·
///          pooling_padding · image_rank · kernel_too_large
/// As in    torch.nn.AvgPool2d; NoCountPadding is count_include_pad=False
template <typename... Options>
struct AvgPool2d : detail_::AnyPool<detail_::Option::ceil_mode | detail_::Option::no_count_padding, Options...> {
    template <typename S>
    using At = detail_::BoundAvgPool2d<AvgPool2d, AvgPool2d::options, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("AvgPool2d(");
        detail_::describe_options(text, AvgPool2d::options, AvgPool2d::options.kernel);
        text.append(")");
    }
};

}  // namespace ctcnn
