// SPDX-License-Identifier: MIT
// The gradients of every layer in double against central differences, |difference| <= 1e-6 + 1e-4 |reference|. Each
// case has a shape of its own, fixed at compile time; the input may come from an elementwise function, whose derivative
// the layer applies on the way back, and buffers may have borders.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/adaptive_pool2d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/map.hpp>
#include <ctcnn/layers/pad2d.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/prelu.hpp>
#include <ctcnn/layers/softmax.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/layers/upsample.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using Numbers = std::vector<double>;

/// Where an image lies in a buffer with a border.
struct Place {
    std::size_t channels;
    Extent size;
    Extent border;

    std::size_t numbers() const { return channels * size.height * size.width; }
    Numbers put(const Numbers& image) const {
        Numbers buffer(channels * (size.height + 2 * border.height) * (size.width + 2 * border.width));
        for (std::size_t i = 0; i < image.size(); ++i) {
            buffer[offset(i)] = image[i];
        }
        return buffer;
    }
    Numbers take(const Numbers& buffer) const {
        Numbers image(numbers());
        for (std::size_t i = 0; i < image.size(); ++i) {
            image[i] = buffer[offset(i)];
        }
        return image;
    }

private:
    std::size_t offset(std::size_t i) const {
        const std::size_t row = i / size.width;
        return ((row / size.height * (size.height + 2 * border.height)) + border.height + row % size.height) *
                   (size.width + 2 * border.width) +
               border.width + i % size.width;
    }
};

template <typename L>
constexpr Place place_of{L::channels, {L::height, L::width}, L::border};

/// A layer that is bound to a shape and to layouts.
struct Subject {
    Place in;
    Place out;
    std::size_t parameters;
    std::size_t saved;
    double (*before)(double);  // the elementwise function that made the input
    void (*forward)(const double* parameters, const double* input, double* output, double* saved, double* scratch);
    void (*backward_input)(const double* parameters, double* grad_input, const double* grad_output, const double* saved,
                           double* scratch);
    void (*backward_parameters)(const double* input, const double* grad_output, double* gradient);
    bool elementwise = false;  // backward_input begins with the output instead of the input

    Numbers input_buffer(Numbers input) const {
        for (double& number : input) {
            number = before(number);
        }
        return in.put(input);
    }
};

/// The inner product of the output with fixed factors: the function whose gradient is looked at.
double value(const Subject& subject, const Numbers& input, const Numbers& parameters, const Numbers& factors) {
    const Numbers buffer = subject.input_buffer(input);
    Numbers output = subject.out.put(Numbers(subject.out.numbers()));
    Numbers saved(subject.saved);
    subject.forward(parameters.data(), buffer.data(), output.data(), saved.data(), nullptr);
    output = subject.out.take(output);
    return std::inner_product(output.begin(), output.end(), factors.begin(), 0.0);
}

struct Gradients {
    Numbers input;
    Numbers parameters;
};

Gradients gradients_of(const Subject& subject, const Numbers& input, const Numbers& parameters,
                       const Numbers& factors) {
    Numbers buffer = subject.input_buffer(input);
    Numbers output = subject.out.put(Numbers(subject.out.numbers()));
    Numbers saved(subject.saved);
    subject.forward(parameters.data(), buffer.data(), output.data(), saved.data(), nullptr);
    const Numbers grad_output = subject.out.put(factors);
    Gradients result{{}, Numbers(subject.parameters)};
    if (subject.parameters != 0) {
        subject.backward_parameters(buffer.data(), grad_output.data(), result.parameters.data());
    }
    Numbers& changed = subject.elementwise ? output : buffer;
    subject.backward_input(parameters.data(), changed.data(), grad_output.data(), saved.data(), nullptr);
    result.input = (subject.elementwise ? subject.out : subject.in).take(changed);
    return result;
}

/// (f(x + step) - f(x - step)) / (2 step), one element after the other. The values stay below 1e3, so that rounding
/// leaves an error of about 1e3 * 1e-16 / step = 1e-9, and the third derivatives of the functions used one of step^2 =
/// 4e-9.
template <typename F>
Numbers central_differences(Numbers x, const F& f) {
    constexpr double step = 0x1p-14;
    Numbers result(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double middle = x[i];
        x[i] = middle + step;
        const double above = f(x);
        x[i] = middle - step;
        const double below = f(x);
        x[i] = middle;
        result[i] = (above - below) / (2 * step);
    }
    return result;
}

void check_close(const Numbers& gradient, const Numbers& reference) {
    REQUIRE(gradient.size() == reference.size());
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        INFO("element " << i << ": " << gradient[i] << ", by differences " << reference[i]);
        CHECK(std::abs(gradient[i] - reference[i]) <= 1e-6 + 1e-4 * std::abs(reference[i]));
    }
}

void check_gradients(const Subject& subject, const Numbers& input, Draw& numbers) {
    const Numbers parameters = numbers.reals(subject.parameters, -1.0, 1.0);
    const Numbers factors = numbers.reals(subject.out.numbers(), -1.0, 1.0);
    const Gradients gradients = gradients_of(subject, input, parameters, factors);
    check_close(gradients.input,
                central_differences(input, [&](const Numbers& x) { return value(subject, x, parameters, factors); }));
    check_close(gradients.parameters,
                central_differences(parameters, [&](const Numbers& x) { return value(subject, input, x, factors); }));
}

/// Numbers between 0.1 and 1.5 away from zero: far enough from the kink of ReLU for a difference to be on one side of
/// it.
Numbers off_the_kink(std::size_t count, Draw& numbers) {
    Numbers result = numbers.reals(count, 0.1, 1.5);
    for (double& number : result) {
        number = numbers.once_in(2) ? number : -number;
    }
    return result;
}

/// Numbers 0.01 apart in random order: no two are so close that a difference could change which one is the larger. They
/// stay within 1.3 of zero, where Sigmoid and Tanh leave at least a tenth of the distance.
Numbers without_ties(std::size_t count, std::uint64_t seed) {
    REQUIRE(count <= 260);
    Numbers result(count);
    for (std::size_t i = 0; i < count; ++i) {
        result[i] = 0.01 * (static_cast<double>(i) - static_cast<double>(count) / 2);
    }
    shuffle(std::span<double>(result), Philox(seed));
    return result;
}

/// The gradients of the parameters, wherever the layer keeps them.
template <typename Bound, typename Stage>
void backward_parameters(const double* input, const double* grad_output, double* gradient) {
    if constexpr (Bound::weight_shape::size == 0) {
        FAIL("the layer has no parameters");
    } else if constexpr (Bound::batched_gradient) {
        // A row of one image: its numbers side by side.
        const typename Bound::template Rows<Stage> rows{input, grad_output};
        Bound::backward_weight(rows, 1, 0, Bound::input_shape::size, false, gradient);
        if constexpr (Bound::bias_shape::size != 0) {
            Bound::backward_bias(rows, 1, false, gradient);
        }
    } else {
        Bound::template backward_parameters<Stage>(input, grad_output, false, gradient, nullptr);
    }
}

/// The functions of a layer, of which some have a crew as an argument with a default.
template <typename Bound, typename Stage>
void forward_of(const double* parameters, const double* input, double* output, double* saved, double* scratch) {
    Bound::template forward<Stage>(parameters, input, output, saved, scratch);
}
template <typename Bound, typename Stage>
void backward_input_of(const double* parameters, double* grad_input, const double* grad_output, const double* saved,
                       double* scratch) {
    Bound::template backward_input<Stage>(parameters, grad_input, grad_output, saved, scratch);
}

/// A layer that is bound to its shape, behind the elementwise function Before.
template <typename Bound, typename Before, Extent OutputBorder>
constexpr Subject subject_of() {
    using In = layout_t<typename Bound::input_shape, Bound::input_border.height, Bound::input_border.width>;
    using Out = layout_t<typename Bound::output_shape, OutputBorder.height, OutputBorder.width>;
    return {place_of<In>,
            place_of<Out>,
            Bound::weight_shape::size + Bound::bias_shape::size,
            Bound::saved_size,
            &Before::template forward<double>,
            &forward_of<Bound, Stage<In, Out, NoFunction, double>>,
            &backward_input_of<Bound, Stage<In, Out, Before, double>>,
            &backward_parameters<Bound, Stage<In, Out, NoFunction, double>>};
}

/// An elementwise layer leaves its derivative to the layer behind it: to Flatten, or, where its output has a border, to
/// one that copies images.
template <typename L, typename S, Extent OutputBorder>
constexpr Subject elementwise_subject() {
    using Bound = typename L::template At<S>;
    using Behind = std::conditional_t<OutputBorder == Extent{0, 0}, typename Flatten::At<S>, Bound>;
    using In = layout_t<S>;
    using Out = layout_t<S, OutputBorder.height, OutputBorder.width>;
    return {place_of<In>,
            place_of<Out>,
            0,
            0,
            &NoFunction::forward<double>,
            &forward_of<Bound, Stage<In, Out, typename Bound::Function, double>>,
            &backward_input_of<Behind, Stage<Out, Out, typename Bound::Function, double>>,
            nullptr,
            true};
}

/// A layer that computes on a shape of any rank, by the index of a case: features, images, and two and four axes.
template <std::size_t Case>
using AnyShape =
    std::conditional_t<Case % 4 == 0, Shape<11>,
                       std::conditional_t<Case % 4 == 1, Shape<3, 4, 5>,
                                          std::conditional_t<Case % 4 == 2, Shape<3, 7>, Shape<2, 3, 2, 2>>>>;

/// The elementwise function that made the input of a case; every fourth has none.
template <std::size_t Case>
using Before = std::conditional_t<Case % 4 == 0, NoFunction,
                                  std::conditional_t<Case % 4 == 1, kernels::Sigmoid,
                                                     std::conditional_t<Case % 4 == 2, kernels::Tanh, kernels::ReLU>>>;

/// Every third case has borders in its output.
template <std::size_t Case>
constexpr Extent output_border = Case % 3 == 0 ? Extent{1, 2} : Extent{0, 0};

/// Checks the cases 0, ..., Count - 1.
template <std::size_t Count, typename F>
void for_each_case(const F& check) {
    [&]<std::size_t... Case>(std::index_sequence<Case...>) {
        (check(std::integral_constant<std::size_t, Case>{}), ...);
    }(std::make_index_sequence<Count>{});
}
constexpr std::size_t cases = portion(20);

std::string text(const Window& window, Extent image) {
    const auto pair = [](Extent extent) { return std::to_string(extent.height) + "x" + std::to_string(extent.width); };
    return "kernel " + pair(window.kernel) + ", stride " + pair(window.stride) + ", padding " + pair(window.padding) +
           ", dilation " + pair(window.dilation) + ", image " + pair(image);
}

struct ConvCase {
    Window window;
    Extent image;
    std::size_t groups;
    std::size_t in;
    std::size_t out;
};

constexpr ConvCase conv_case(std::size_t index) {
    Draw draw(800, index);
    ConvCase c{};
    c.window.kernel = draw.extent(1, 4);
    c.window.padding = draw.extent(0, 2);
    if (index % 2 == 1) {
        c.window.stride = draw.extent(1, 3);
        c.window.dilation = draw.extent(1, 2);
    }
    c.groups = draw.whole(1, 3);
    c.in = c.groups * draw.whole(1, 2);
    c.out = c.groups * draw.whole(1, 2);
    c.image = draw.image(c.window, 8);
    return c;
}

template <ConvCase C, typename... More>
using Convolution = Conv2d<C.in, C.out, Kernel<C.window.kernel.height, C.window.kernel.width>,
                           Padding<C.window.padding.height, C.window.padding.width>,
                           Stride<C.window.stride.height, C.window.stride.width>,
                           Dilation<C.window.dilation.height, C.window.dilation.width>, Groups<C.groups>, More...>;

struct PoolCase {
    Window window;
    Extent image;
    std::size_t channels;
};

constexpr PoolCase pool_case(std::uint64_t seed, std::size_t index) {
    Draw draw(seed, index);
    PoolCase c{};
    c.window.kernel = draw.extent(1, 5);
    c.window.stride = draw.extent(1, 3);
    c.window.padding = {draw.whole(0, c.window.kernel.height / 2), draw.whole(0, c.window.kernel.width / 2)};
    c.image = draw.image(c.window, 9);
    c.channels = draw.whole(1, 3);
    return c;
}

/// A pooling layer with the window of a case, bound to its image.
template <template <typename...> typename Pool, PoolCase C, typename... More>
using BoundPool = typename Pool<Kernel<C.window.kernel.height, C.window.kernel.width>,
                                Stride<C.window.stride.height, C.window.stride.width>,
                                Padding<C.window.padding.height, C.window.padding.width>,
                                More...>::template At<Shape<C.channels, C.image.height, C.image.width>>;

/// A layer on shapes of several ranks, behind each of the functions, with and without borders of an image.
template <typename L>
void check_any_shape(std::uint64_t seed) {
    for_each_case<8>([&](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        using S = AnyShape<i>;
        // Before<i> takes turns with the shapes: the cases from 4 on take another one for each.
        using Function = Before<(i < 4 ? i : i + 1)>;
        constexpr Extent border = S::rank == 3 && i > 4 ? Extent{1, 2} : Extent{0, 0};
        Draw numbers(seed, i);
        INFO("rank " << S::rank << ", case " << i);
        check_gradients(subject_of<typename L::template At<S>, Function, border>(), off_the_kink(S::size, numbers),
                        numbers);
    });
}

template <typename L>
void check_elementwise(std::uint64_t seed) {
    for_each_case<cases>([&](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr std::array<std::size_t, 3> sizes = [] {
            Draw draw(810, i);
            return std::array{draw.whole(1, 4), draw.whole(1, 7), draw.whole(1, 7)};
        }();
        Draw numbers(seed, i);
        INFO("shape " << sizes[0] << "x" << sizes[1] << "x" << sizes[2]);
        if constexpr (i % 4 == 0) {
            using S = Shape<sizes[0] * sizes[1] * sizes[2]>;
            check_gradients(elementwise_subject<L, S, Extent{0, 0}>(), off_the_kink(S::size, numbers), numbers);
        } else {
            using S = Shape<sizes[0], sizes[1], sizes[2]>;
            check_gradients(elementwise_subject<L, S, output_border<i>>(), off_the_kink(S::size, numbers), numbers);
        }
    });
}

}  // namespace

TEST_CASE("gradients of Conv2d") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr ConvCase c = conv_case(i);
        constexpr Window w = c.window;
        using L = std::conditional_t<i % 5 == 0, Convolution<c, NoBias>, Convolution<c>>;
        using S = Shape<c.in, c.image.height, c.image.width>;
        static_assert(Accepts<L, S>);
        Draw numbers(801, i);
        INFO("channels " << c.in << " -> " << c.out << ", groups " << c.groups << ", " << text(w, c.image));
        check_gradients(subject_of<typename L::template At<S>, Before<i>, output_border<i>>(),
                        off_the_kink(S::size, numbers), numbers);
    });
}

TEST_CASE("gradients of MaxPool2d") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr PoolCase c = pool_case(820, i);
        using Bound = BoundPool<MaxPool2d, c>;
        // Behind ReLU there would be ties, at zero.
        using Function = Before<i % 3>;
        Draw numbers(821, i);
        INFO("channels " << c.channels << ", " << text(c.window, c.image));
        check_gradients(subject_of<Bound, Function, output_border<i>>(),
                        without_ties(Bound::input_shape::size, 822 + i), numbers);
    });
}

TEST_CASE("gradients of AvgPool2d") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr PoolCase c = pool_case(830, i);
        using Bound = BoundPool<AvgPool2d, c>;
        Draw numbers(831, i);
        INFO("channels " << c.channels << ", " << text(c.window, c.image));
        check_gradients(subject_of<Bound, Before<i>, output_border<i>>(),
                        off_the_kink(Bound::input_shape::size, numbers), numbers);
    });
}

TEST_CASE("gradients of Linear") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr std::size_t in = Draw(840, i).whole(1, 40);
        constexpr std::size_t out = Draw(841, i).whole(1, 20);
        using L = std::conditional_t<i % 5 == 0, Linear<in, out, NoBias>, Linear<in, out>>;
        Draw numbers(842, i);
        INFO("features " << in << " -> " << out);
        check_gradients(subject_of<typename L::template At<Shape<in>>, Before<i>, Extent{0, 0}>(),
                        off_the_kink(in, numbers), numbers);
    });
}

TEST_CASE("gradients of ReLU") { check_elementwise<ReLU>(850); }

TEST_CASE("gradients of Sigmoid") { check_elementwise<Sigmoid>(860); }

TEST_CASE("gradients of Tanh") { check_elementwise<Tanh>(870); }

TEST_CASE("gradients of MaxPool2d with CeilMode") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr PoolCase c = pool_case(880, i);
        using Bound = BoundPool<MaxPool2d, c, CeilMode>;
        using Function = Before<i % 3>;
        Draw numbers(881, i);
        INFO("channels " << c.channels << ", " << text(c.window, c.image));
        check_gradients(subject_of<Bound, Function, output_border<i>>(),
                        without_ties(Bound::input_shape::size, 882 + i), numbers);
    });
}

TEST_CASE("gradients of AvgPool2d with CeilMode, and with NoCountPadding") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr PoolCase c = pool_case(890, i);
        using Bound = std::conditional_t<i % 3 == 0, BoundPool<AvgPool2d, c, CeilMode>,
                                         std::conditional_t<i % 3 == 1, BoundPool<AvgPool2d, c, NoCountPadding>,
                                                            BoundPool<AvgPool2d, c, CeilMode, NoCountPadding>>>;
        Draw numbers(891, i);
        INFO("channels " << c.channels << ", " << text(c.window, c.image));
        check_gradients(subject_of<Bound, Before<i>, output_border<i>>(),
                        off_the_kink(Bound::input_shape::size, numbers), numbers);
    });
}

TEST_CASE("gradients of AdaptiveAvgPool2d") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr Extent image = Draw(900, i).extent(1, 9);
        constexpr Extent size = i % 5 == 0 ? Extent{1, 1} : Draw(901, i).extent(1, 11);
        using Bound =
            typename AdaptiveAvgPool2d<size.height, size.width>::template At<Shape<2, image.height, image.width>>;
        Draw numbers(902, i);
        INFO("image " << image.height << "x" << image.width << " -> " << size.height << "x" << size.width);
        check_gradients(subject_of<Bound, Before<i>, output_border<i>>(),
                        off_the_kink(Bound::input_shape::size, numbers), numbers);
    });
}

TEST_CASE("gradients of ZeroPad2d") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr Extent image = Draw(910, i).extent(1, 6);
        constexpr Extent first = Draw(911, i).extent(0, 3);
        constexpr Extent last = Draw(912, i).extent(0, 3);
        using L = ZeroPad2d<first.width, last.width, first.height, last.height>;
        using Bound = typename L::template At<Shape<2, image.height, image.width>>;
        Draw numbers(913, i);
        INFO("image " << image.height << "x" << image.width << ", padding " << first.width << " " << last.width << " "
                      << first.height << " " << last.height << " case " << i);
        check_gradients(subject_of<Bound, Before<i>, output_border<i>>(),
                        off_the_kink(Bound::input_shape::size, numbers), numbers);
    });
}

TEST_CASE("gradients of Upsample") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr Extent image = Draw(920, i).extent(1, 5);
        constexpr Extent scale = Draw(921, i).extent(1, 5);
        using L = Upsample<Scale<scale.height, scale.width>, std::conditional_t<i % 3 == 1, Nearest, Bilinear>>;
        using Bound = typename L::template At<Shape<2, image.height, image.width>>;
        Draw numbers(922, i);
        INFO("image " << image.height << "x" << image.width << ", scale " << scale.height << "x" << scale.width);
        check_gradients(subject_of<Bound, Before<i>, output_border<i>>(),
                        off_the_kink(Bound::input_shape::size, numbers), numbers);
    });
}

TEST_CASE("gradients of Unflatten and Identity") {
    for_each_case<cases>([](auto index) {
        constexpr std::size_t i = decltype(index)::value;
        constexpr Extent image = Draw(930, i).extent(1, 6);
        using S = Shape<2, image.height, image.width>;
        Draw numbers(931, i);
        check_gradients(subject_of<typename Unflatten<2, image.height, image.width>::template At<Shape<S::size>>,
                                   Before<i>, output_border<i>>(),
                        off_the_kink(S::size, numbers), numbers);
        check_gradients(subject_of<Identity::At<S>, Before<i>, output_border<i>>(), off_the_kink(S::size, numbers),
                        numbers);
    });
}

// Kinks lie between -0.1 and 0.1, where no input is, or beyond 1.5.
TEST_CASE("gradients of activations whose derivative is a function of the output") {
    check_elementwise<LeakyReLU<>>(880);
    check_elementwise<LeakyReLU<0.25>>(881);
    check_elementwise<ELU>(882);
    check_elementwise<ELUWith<0.5>>(883);
    check_elementwise<SELU>(884);
    check_elementwise<Softplus>(885);
    check_elementwise<HardtanhWith<-0.05, 2.0>>(886);
    check_elementwise<ReLU6>(887);
    check_elementwise<Hardsigmoid>(888);
}

TEST_CASE("gradients of activations whose derivative is a function of the input") {
    check_any_shape<GELU>(890);
    check_any_shape<GELUTanh>(891);
    check_any_shape<SiLU>(892);
    check_any_shape<Hardswish>(893);
    check_any_shape<SoftplusWith<2.0, 0.1>>(894);
}

TEST_CASE("gradients of PReLU") {
    check_any_shape<PReLU<>>(895);
    Draw numbers(896);
    const auto check = [&]<typename Bound, typename Function, Extent Border>() {
        check_gradients(subject_of<Bound, Function, Border>(), off_the_kink(Bound::input_shape::size, numbers),
                        numbers);
    };
    check.operator()<PReLU<5>::At<Shape<5>>, NoFunction, Extent{0, 0}>();
    check.operator()<PReLU<3>::At<Shape<3, 4, 5>>, kernels::Tanh, Extent{2, 1}>();
    check.operator()<PReLU<3>::At<Shape<3, 7>>, kernels::Tanh, Extent{0, 0}>();
    check.operator()<PReLU<2>::At<Shape<2, 3, 2, 2>>, NoFunction, Extent{0, 0}>();
}

TEST_CASE("gradients of Softmax and LogSoftmax") {
    check_any_shape<Softmax>(897);
    check_any_shape<LogSoftmax>(898);
}
