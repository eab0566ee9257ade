// SPDX-License-Identifier: MIT
#include <ctcnn/core/options.hpp>

#include <cstddef>
#include <limits>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr unsigned convolution =
    Option::kernel | Option::padding | Option::stride | Option::dilation | Option::groups | Option::no_bias;
constexpr unsigned pooling = Option::kernel | Option::stride | Option::padding;
constexpr unsigned transposed = convolution | Option::output_padding;
constexpr unsigned normalisation = Option::eps | Option::momentum | Option::no_affine;
constexpr unsigned one_axis = convolution | Option::one_axis;
constexpr unsigned linear = static_cast<unsigned>(Option::no_bias);

template <unsigned Allowed, typename... Options>
constexpr Reason reason = read_options<Options...>(Allowed).reason;

}  // namespace

// PyTorch's defaults.
constexpr LayerOptions defaults = read_options<Kernel<3>>(convolution);
static_assert(defaults.reason == Reason::none);
static_assert(defaults.kernel == Extent{3, 3} && defaults.stride == Extent{1, 1});
static_assert(defaults.padding == Extent{0, 0} && defaults.dilation == Extent{1, 1});
static_assert(defaults.groups == 1 && defaults.bias);
static_assert(defaults.has(Option::kernel) && !defaults.has(Option::stride) && !defaults.has(Option::no_bias));

// All of them, before anything is read.
constexpr LayerOptions unread{};
static_assert(unread.kernel == Extent{0, 0} && unread.stride == Extent{1, 1} && unread.padding == Extent{0, 0} &&
              unread.dilation == Extent{1, 1} && unread.output_padding == Extent{0, 0} && unread.scale == Extent{0, 0});
static_assert(unread.groups == 1 && unread.bias && unread.affine && unread.counts_padding && !unread.ceil_mode &&
              !unread.bilinear && unread.given == 0 && unread.reason == Reason::none);

// One number means both axes; of two the first is the height.
constexpr LayerOptions all =
    read_options<Kernel<3, 2>, Padding<1, 2>, Stride<2, 1>, Dilation<4>, Groups<6>, NoBias>(convolution);
static_assert(all.reason == Reason::none);
static_assert(all.kernel.height == 3 && all.kernel.width == 2);
static_assert(all.padding.height == 1 && all.padding.width == 2);
static_assert(all.stride == Extent{2, 1} && all.dilation == Extent{4, 4});
static_assert(all.groups == 6 && !all.bias && all.given == convolution);

static_assert(defaults.output_padding == Extent{0, 0} && defaults.affine);
static_assert(read_options<Kernel<3>, OutputPadding<1, 2>>(transposed).output_padding == Extent{1, 2});
static_assert(reason<convolution, Kernel<3>, OutputPadding<1>> == Reason::unknown_option);

// No number may be above 2147483647, on neither axis.
constexpr std::size_t most = largest_number;
static_assert(most == 2'147'483'647);
static_assert(!Extent{most, most}.too_large() && Extent{most + 1, 1}.too_large() && Extent{1, most + 1}.too_large());
static_assert(
    reason<transposed, Kernel<most>, Stride<most>, Padding<most>, Dilation<most>, OutputPadding<most>, Groups<most>> ==
    Reason::none);
static_assert(reason<transposed, Kernel<most + 1>> == Reason::number_too_large);
static_assert(reason<transposed, Kernel<3>, Stride<most + 1>> == Reason::number_too_large);
static_assert(reason<transposed, Kernel<3>, Padding<most + 1>> == Reason::number_too_large);
static_assert(reason<transposed, Kernel<3>, Dilation<most + 1>> == Reason::number_too_large);
static_assert(reason<transposed, Kernel<3>, OutputPadding<most + 1>> == Reason::number_too_large);
static_assert(reason<transposed, Kernel<3>, Groups<most + 1>> == Reason::number_too_large);

// Upsample's.
constexpr unsigned upsampling = Option::scale | Option::mode;
static_assert(read_options<Scale<2, 3>, Bilinear>(upsampling).scale == Extent{2, 3});
static_assert(read_options<Scale<2>, Bilinear>(upsampling).bilinear &&
              !read_options<Scale<2>, Nearest>(upsampling).bilinear && !read_options<Scale<2>>(upsampling).bilinear);
static_assert(reason<upsampling> == Reason::missing_scale && reason<upsampling, Bilinear> == Reason::missing_scale);
static_assert(reason<upsampling, Scale<0>> == Reason::zero_size &&
              reason<upsampling, Scale<2, 0>> == Reason::zero_size);
static_assert(reason<upsampling, Scale<most>> == Reason::none);
static_assert(reason<upsampling, Scale<most + 1>> == Reason::number_too_large);
static_assert(reason<upsampling, Scale<2>, Nearest, Bilinear> == Reason::repeated_option);

// Options of one axis are those of the width of one row.
constexpr LayerOptions row = of_one_row(read_options<Kernel<3>, Padding<2>, Stride<4>, Dilation<5>>(one_axis));
static_assert(row.kernel == Extent{1, 3} && row.padding == Extent{0, 2} && row.stride == Extent{1, 4} &&
              row.dilation == Extent{1, 5});

// Numbers that are not whole.
constexpr LayerOptions plain = read_options<>(normalisation);
constexpr LayerOptions other = read_options<NoAffine, Momentum<0.25>, Eps<0.5>>(normalisation);
static_assert(plain.eps > 0.99e-5 && plain.eps < 1.01e-5 && plain.momentum > 0.099 && plain.momentum < 0.101);
static_assert(other.eps > 0.49 && other.eps < 0.51 && other.momentum > 0.24 && other.momentum < 0.26);
static_assert(!other.affine && other.given == normalisation);
static_assert(reason<convolution, Kernel<3>, Eps<1e-3>> == Reason::unknown_option);
static_assert(reason<normalisation, Eps<1e-3>, Eps<1e-3>> == Reason::repeated_option);
static_assert(reason<normalisation, Momentum<0.5>, Momentum<0.5>> == Reason::repeated_option);
static_assert(reason<normalisation, NoAffine, NoAffine> == Reason::repeated_option);
template <template <double> typename Option, double Value>
constexpr bool takes = requires { typename Option<Value>; };
static_assert(takes<Eps, 0.0> && !takes<Eps, -1e-5> && !takes<Eps, std::numeric_limits<double>::quiet_NaN()>);
static_assert(takes<Momentum, 0.0> && takes<Momentum, 1.0> && !takes<Momentum, 1.5> && !takes<Momentum, -0.5>);

// Layers with one axis take one size.
static_assert(read_options<Kernel<3>, Padding<2>>(one_axis).kernel == Extent{3, 3});
static_assert(reason<one_axis, Kernel<3>, Padding<2>, Stride<2>, Dilation<2>> == Reason::none);
static_assert(reason<one_axis, Kernel<3, 3>> == Reason::unknown_option);
static_assert(reason<one_axis, Kernel<3>, Stride<1, 2>> == Reason::unknown_option);

// Any order.
constexpr LayerOptions turned =
    read_options<NoBias, Groups<6>, Dilation<4>, Stride<2, 1>, Padding<1, 2>, Kernel<3, 2>>(convolution);
static_assert(turned.reason == Reason::none && turned.given == all.given && turned.kernel == all.kernel &&
              turned.padding == all.padding && turned.stride == all.stride && turned.dilation == all.dilation &&
              turned.groups == all.groups && turned.bias == all.bias);

// What is wrong in the list itself.
static_assert(reason<linear> == Reason::none && reason<linear, NoBias> == Reason::none);
static_assert(reason<linear, Kernel<3>> == Reason::unknown_option);
static_assert(reason<pooling, Kernel<2>, Dilation<2>> == Reason::unknown_option);
static_assert(reason<pooling, Kernel<2>, NoBias> == Reason::unknown_option);
static_assert(reason<convolution, Kernel<3>, int> == Reason::unknown_option);
static_assert(reason<convolution, Kernel<3>, Kernel<3>> == Reason::repeated_option);
static_assert(reason<linear, NoBias, NoBias> == Reason::repeated_option);
static_assert(reason<convolution> == Reason::missing_kernel && reason<pooling, Stride<2>> == Reason::missing_kernel);
static_assert(reason<convolution, Kernel<0>> == Reason::zero_kernel);
static_assert(reason<convolution, Kernel<3, 0>> == Reason::zero_kernel);
static_assert(reason<convolution, Kernel<3>, Stride<0, 1>> == Reason::zero_stride);
static_assert(reason<convolution, Kernel<3>, Dilation<1, 0>> == Reason::zero_dilation);
static_assert(reason<convolution, Kernel<3>, Groups<0>> == Reason::zero_groups);
static_assert(reason<convolution, Kernel<3>, Padding<0>> == Reason::none);

// Of several faults the first one in the list is named; one in the list comes before one in a number.
static_assert(reason<convolution, Padding<1>, Padding<1>, int> == Reason::repeated_option);
static_assert(reason<convolution, int, Padding<1>, Padding<1>> == Reason::unknown_option);
static_assert(reason<convolution, Kernel<0>, int> == Reason::unknown_option);

// One size for both axes, or two.
template <template <std::size_t...> typename Option>
constexpr bool takes_one_or_two = requires {
    typename Option<1>;
    typename Option<1, 2>;
} && !requires { typename Option<>; } && !requires { typename Option<1, 2, 3>; };
static_assert(takes_one_or_two<Kernel> && takes_one_or_two<Stride> && takes_one_or_two<Padding> &&
              takes_one_or_two<Dilation> && takes_one_or_two<OutputPadding> && takes_one_or_two<Scale>);

static_assert(Extent{0, 1}.has_zero() && Extent{1, 0}.has_zero() && !Extent{1, 1}.has_zero());
static_assert(!Mismatch{} && Mismatch{Reason::in_features, 256});
static_assert(Mismatch{Reason::in_features, 256} != Mismatch{Reason::in_features, 400});

TEST_CASE("the options are bits of their own") {
    const Option options[] = {Option::kernel,   Option::stride,    Option::padding,         Option::dilation,
                              Option::groups,   Option::no_bias,   Option::output_padding,  Option::eps,
                              Option::momentum, Option::no_affine, Option::one_axis,        Option::ceil_mode,
                              Option::scale,    Option::mode,      Option::no_count_padding};
    unsigned seen = 0;
    for (const Option option : options) {
        CHECK((seen | option) != seen);
        seen = seen | option;
    }
    CHECK(seen == (1U << 15) - 1);
}
