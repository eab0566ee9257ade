// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <type_traits>

#include <ctcnn/core/list.hpp>
#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/target.hpp>

namespace ctcnn {

/// The options of layers. They are types, and stand in any order after a layer's sizes. Kernel<3> means 3 on both axes,
/// Kernel<3, 2> a height of 3 and a width of 2; the same for the others. Layers with one axis take one size.
template <std::size_t... Sizes>
    requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2)
struct Kernel {};
template <std::size_t... Steps>
    requires(sizeof...(Steps) == 1 || sizeof...(Steps) == 2)
struct Stride {};
template <std::size_t... Sizes>
    requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2)
struct Padding {};
template <std::size_t... Steps>
    requires(sizeof...(Steps) == 1 || sizeof...(Steps) == 2)
struct Dilation {};
template <std::size_t Count>
struct Groups {};
struct NoBias {};
/// Rows and columns that a transposed convolution's output has more, at the bottom and at the right.
template <std::size_t... Sizes>
    requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2)
struct OutputPadding {};
/// What a layer that normalises adds to the variance.
template <double Value>
    requires(Value >= 0)
struct Eps {};
/// The share of a batch in the running statistics.
template <double Value>
    requires(Value >= 0 && Value <= 1)
struct Momentum {};
/// A layer that normalises, without weight and bias.
struct NoAffine {};
/// Pooling: the size of the output is rounded up, and a window may hang over the end of the image.
struct CeilMode {};
/// AvgPool2d: padding is no part of a mean (count_include_pad=False).
struct NoCountPadding {};
/// Upsample: how often each pixel is repeated, and how the pixels between are made.
template <std::size_t... Factors>
    requires(sizeof...(Factors) == 1 || sizeof...(Factors) == 2)
struct Scale {};
struct Nearest {};
struct Bilinear {};

}  // namespace ctcnn

namespace CTCNN_DETAIL {

/// A pair of sizes: of a kernel, a stride, a padding, a dilation.
struct Extent {
    std::size_t height;
    std::size_t width;

    constexpr bool has_zero() const { return height == 0 || width == 0; }
    constexpr bool too_large() const { return height > largest_number || width > largest_number; }
    friend constexpr bool operator==(const Extent&, const Extent&) = default;
};

/// The options that a layer may take, as bits. one_axis is not an option: it says that options have one size each.
enum class Option : unsigned {
    kernel = 1,
    stride = 2,
    padding = 4,
    dilation = 8,
    groups = 16,
    no_bias = 32,
    output_padding = 64,
    eps = 128,
    momentum = 256,
    no_affine = 512,
    one_axis = 1024,
    ceil_mode = 2048,
    no_count_padding = 4096,
    scale = 8192,
    mode = 16384,
};

constexpr unsigned operator|(Option a, Option b) { return static_cast<unsigned>(a) | static_cast<unsigned>(b); }
constexpr unsigned operator|(unsigned a, Option b) { return a | static_cast<unsigned>(b); }

/// LayerOptions: what a layer's list of options says, as numbers, with PyTorch's defaults.
struct LayerOptions {
    Extent kernel{0, 0};
    Extent stride{1, 1};
    Extent padding{0, 0};
    Extent dilation{1, 1};
    std::size_t groups = 1;
    bool bias = true;
    bool ceil_mode = false;
    bool counts_padding = true;
    Extent scale{0, 0};
    bool bilinear = false;
    unsigned given = 0;
    Reason reason = Reason::none;
    Extent output_padding{0, 0};
    double eps = 1e-5;
    double momentum = 0.1;
    bool affine = true;

    constexpr bool has(Option option) const { return (given & static_cast<unsigned>(option)) != 0; }
};

class OptionReader {
public:
    constexpr explicit OptionReader(unsigned allowed) : allowed_(allowed) {}

    template <std::size_t... Numbers>
    constexpr void read(std::type_identity<Kernel<Numbers...>>) {
        note(Option::kernel);
        options.kernel = extent({Numbers...});
    }
    template <std::size_t... Numbers>
    constexpr void read(std::type_identity<Stride<Numbers...>>) {
        note(Option::stride);
        options.stride = extent({Numbers...});
    }
    template <std::size_t... Numbers>
    constexpr void read(std::type_identity<Padding<Numbers...>>) {
        note(Option::padding);
        options.padding = extent({Numbers...});
    }
    template <std::size_t... Numbers>
    constexpr void read(std::type_identity<Dilation<Numbers...>>) {
        note(Option::dilation);
        options.dilation = extent({Numbers...});
    }
    template <std::size_t Count>
    constexpr void read(std::type_identity<Groups<Count>>) {
        note(Option::groups);
        options.groups = Count;
    }
    constexpr void read(std::type_identity<NoBias>) {
        note(Option::no_bias);
        options.bias = false;
    }
    template <std::size_t... Numbers>
    constexpr void read(std::type_identity<OutputPadding<Numbers...>>) {
        note(Option::output_padding);
        options.output_padding = extent({Numbers...});
    }
    template <double Value>
    constexpr void read(std::type_identity<Eps<Value>>) {
        note(Option::eps);
        options.eps = Value;
    }
    template <double Value>
    constexpr void read(std::type_identity<Momentum<Value>>) {
        note(Option::momentum);
        options.momentum = Value;
    }
    constexpr void read(std::type_identity<NoAffine>) {
        note(Option::no_affine);
        options.affine = false;
    }
    constexpr void read(std::type_identity<CeilMode>) {
        note(Option::ceil_mode);
        options.ceil_mode = true;
    }
    constexpr void read(std::type_identity<NoCountPadding>) {
        note(Option::no_count_padding);
        options.counts_padding = false;
    }
    template <std::size_t... Numbers>
    constexpr void read(std::type_identity<Scale<Numbers...>>) {
        note(Option::scale);
        options.scale = extent({Numbers...});
    }
    constexpr void read(std::type_identity<Nearest>) { note(Option::mode); }
    constexpr void read(std::type_identity<Bilinear>) {
        note(Option::mode);
        options.bilinear = true;
    }
    template <typename T>
    constexpr void read(std::type_identity<T>) {
        refuse(Reason::unknown_option);
    }

    LayerOptions options{};

private:
    /// One number means both axes.
    constexpr Extent extent(std::initializer_list<std::size_t> numbers) {
        if (numbers.size() > 1 && (allowed_ & static_cast<unsigned>(Option::one_axis)) != 0) {
            refuse(Reason::unknown_option);
        }
        return {*numbers.begin(), *(numbers.end() - 1)};
    }
    constexpr void note(Option option) {
        if ((allowed_ & static_cast<unsigned>(option)) == 0) {
            refuse(Reason::unknown_option);
        } else if (options.has(option)) {
            refuse(Reason::repeated_option);
        }
        options.given |= static_cast<unsigned>(option);
    }
    constexpr void refuse(Reason reason) {
        if (options.reason == Reason::none) {
            options.reason = reason;
        }
    }

    unsigned allowed_;
};

/// Reads a list of options: read_options<Kernel<5>, Padding<2>>(allowed).kernel.height is 5.
/// What is wrong in the list itself (unknown, repeated, a zero, too large) is the result's `reason`; nothing fails
/// here.
template <typename... Options>
consteval LayerOptions read_options(unsigned allowed) {
    OptionReader reader(allowed);
    (reader.read(std::type_identity<Options>{}), ...);
    LayerOptions result = reader.options;
    if (result.reason == Reason::none) {
        const bool wants_kernel = (allowed & static_cast<unsigned>(Option::kernel)) != 0;
        const bool wants_scale = (allowed & static_cast<unsigned>(Option::scale)) != 0;
        if (wants_kernel && !result.has(Option::kernel)) {
            result.reason = Reason::missing_kernel;
        } else if (wants_kernel && result.kernel.has_zero()) {
            result.reason = Reason::zero_kernel;
        } else if (wants_scale && !result.has(Option::scale)) {
            result.reason = Reason::missing_scale;
        } else if (wants_scale && result.scale.has_zero()) {
            result.reason = Reason::zero_size;
        } else if (result.stride.has_zero()) {
            result.reason = Reason::zero_stride;
        } else if (result.dilation.has_zero()) {
            result.reason = Reason::zero_dilation;
        } else if (result.groups == 0) {
            result.reason = Reason::zero_groups;
        } else if (result.kernel.too_large() || result.stride.too_large() || result.padding.too_large() ||
                   result.dilation.too_large() || result.output_padding.too_large() || result.groups > largest_number ||
                   result.scale.too_large()) {
            result.reason = Reason::number_too_large;
        }
    }
    return result;
}

/// The options of a layer with one axis as those of images of one row.
constexpr LayerOptions of_one_row(LayerOptions options) {
    options.kernel.height = 1;
    options.stride.height = 1;
    options.padding.height = 0;
    options.dilation.height = 1;
    return options;
}

template <typename... Options>
inline constexpr auto without_no_bias =
    (List<>{} + ... + std::conditional_t<std::is_same_v<Options, NoBias>, List<>, List<Options>>{});

/// A layer with the options that are left without NoBias.
template <typename L>
struct WithBias;
template <template <std::size_t, std::size_t, typename...> typename L, std::size_t In, std::size_t Out,
          typename... Options>
struct WithBias<L<In, Out, Options...>> {
    template <typename... Kept>
    static L<In, Out, Kept...> with(List<Kept...>);
    using type = decltype(with(without_no_bias<Options...>));
};
template <template <std::size_t, typename...> typename L, std::size_t Out, typename... Options>
struct WithBias<L<Out, Options...>> {
    template <typename... Kept>
    static L<Out, Kept...> with(List<Kept...>);
    using type = decltype(with(without_no_bias<Options...>));
};

}  // namespace CTCNN_DETAIL
