// SPDX-License-Identifier: MIT
//
// The convolutions of DS-CNN and ResNet-8 on one thread and a tile of images: the time of each direction, the
// operations a second, and their part of the peak that is measured in the same run. Every buffer is hot.
//     convolutions [part of a name]
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/ctcnn.hpp>

#include "cases.hpp"
#include "peak.hpp"

namespace {

using namespace ctcnn;
using V = detail_::Lanes<float>;

template <typename T>
void fill(detail_::AlignedVector<T>& elements, float low, float high) {
    constexpr std::size_t lanes = detail_::lane_count<T>;
    const detail_::Philox random(1);
    for (std::size_t i = 0; i < elements.size() * lanes; ++i) {
        detail_::set_lane(elements[i / lanes], i % lanes, random.uniform(i, low, high));
    }
}

/// Seconds of the fastest of many calls; several calls are timed together where one is short.
template <typename Call>
double fastest(const Call& call) {
    const double once = [&] {
        call();
        const double begin = benchmarks::now();
        call();
        return benchmarks::now() - begin;
    }();
    const auto calls = static_cast<std::size_t>(std::max(1.0, 1e-4 / once));
    double best = once;
    const double stop = benchmarks::now() + 0.15;
    for (std::size_t sample = 0; sample < 20 || benchmarks::now() < stop; ++sample) {
        const double begin = benchmarks::now();
        for (std::size_t i = 0; i < calls; ++i) {
            call();
        }
        best = std::min(best, (benchmarks::now() - begin) / static_cast<double>(calls));
    }
    return best;
}

const char* part_of_name = "";

template <typename Layer, typename Image>
void measure(const char* name) {
    if (std::strstr(name, part_of_name) == nullptr) {
        return;
    }
    using At = typename Layer::template At<Image>;
    using In = detail_::layout_t<Image, At::input_border.height, At::input_border.width>;
    using Out = detail_::layout_t<typename At::output_shape>;
    using Before = detail_::kernels::ReLU;
    constexpr std::size_t parameters = At::weight_shape::size + At::bias_shape::size;
    detail_::AlignedVector<V> input(In::size), zeros(In::size), output(Out::size), grad_output(Out::size),
        scratch(At::template scratch_size<In, Out, V>);
    detail_::AlignedVector<float> weight(parameters), gradient(parameters);
    fill(input, 0, 1);
    fill(grad_output, -1, 1);
    fill(weight, -1, 1);

    const double peak = benchmarks::fma_peak(1, 3);
    const double operations = 2.0 * static_cast<double>(At::multiply_adds * V::count);
    const auto report = [&](const char* direction, double factor, const auto& call) {
        const double seconds = fastest(call);
        const double speed = factor * operations / seconds * 1e-9;
        std::printf("%-26s %-12s %9.2f us %7.1f GFLOP/s %6.1f %%\n", name, direction, seconds * 1e6, speed,
                    100 * speed / peak);
        std::fflush(stdout);
    };
    report("forward", 1, [&] {
        At::template forward<In, Out, detail_::NoFunction>(weight.data(), input.data(), output.data(),
                                                           static_cast<V*>(nullptr), scratch.data());
    });
    report("input", 1, [&] {
        At::template backward_input<In, Out, Before>(weight.data(), zeros.data(), grad_output.data(),
                                                     static_cast<const V*>(nullptr), scratch.data());
    });
    report("parameters", 1, [&] {
        At::template backward_parameters<In, Out>(input.data(), grad_output.data(), false, gradient.data(),
                                                  scratch.data());
    });
    report("both", 2, [&] {
        At::template backward<In, Out, Before>(weight.data(), zeros.data(), grad_output.data(), false, gradient.data(),
                                               scratch.data());
    });
}

template <std::size_t C, typename... Options>
using Depthwise = Conv2d<C, C, Kernel<3>, Padding<1>, Groups<C>, Options...>;

}  // namespace

int main(int argument_count, char** arguments) {
    part_of_name = argument_count > 1 ? arguments[1] : "";
    measure<Conv2d<1, 64, Kernel<10, 4>, Stride<2>, Padding<5, 1>>, Shape<1, 49, 10>>("ds_cnn first 49x10");
    measure<Depthwise<64>, Shape<64, 25, 5>>("ds_cnn 3x3 dw 25x5");
    measure<Conv2d<64, 64, Kernel<1>>, Shape<64, 25, 5>>("ds_cnn 1x1 25x5");
    measure<Depthwise<64>, Shape<64, 28, 28>>("3x3 dw 28x28");
    measure<Depthwise<64, Stride<2>>, Shape<64, 28, 28>>("3x3 dw stride 2 28x28");
    measure<Conv2d<64, 64, Kernel<1>>, Shape<64, 28, 28>>("1x1 64-64 28x28");
    measure<Depthwise<64>, Shape<64, 14, 14>>("3x3 dw 14x14");
    measure<Depthwise<64, Stride<2>>, Shape<64, 14, 14>>("3x3 dw stride 2 14x14");
    measure<Conv2d<64, 64, Kernel<1>>, Shape<64, 14, 14>>("1x1 64-64 14x14");
    measure<Conv2d<3, 16, Kernel<3>, Padding<1>>, Shape<3, 32, 32>>("resnet 3x3 3-16 32x32");
    measure<Conv2d<16, 16, Kernel<3>, Padding<1>>, Shape<16, 32, 32>>("resnet 3x3 16-16 32x32");
    measure<Conv2d<16, 32, Kernel<3>, Padding<1>, Stride<2>>, Shape<16, 32, 32>>("resnet 3x3 16-32 s2 32x32");
    measure<Conv2d<16, 32, Kernel<1>, Stride<2>>, Shape<16, 32, 32>>("resnet 1x1 16-32 s2 32x32");
    measure<Conv2d<32, 32, Kernel<3>, Padding<1>>, Shape<32, 16, 16>>("resnet 3x3 32-32 16x16");
    measure<Conv2d<32, 64, Kernel<3>, Padding<1>, Stride<2>>, Shape<32, 16, 16>>("resnet 3x3 32-64 s2 16x16");
    measure<Conv2d<32, 64, Kernel<1>, Stride<2>>, Shape<32, 16, 16>>("resnet 1x1 32-64 s2 16x16");
    measure<Conv2d<64, 64, Kernel<3>, Padding<1>>, Shape<64, 8, 8>>("resnet 3x3 64-64 8x8");
}
