// SPDX-License-Identifier: MIT
//
// The convolutions of DS-CNN and ResNet-8 on one thread and a tile of images: the way and the time of each direction, the
// operations a second, and how near it is to what binds it, measured in the same run: the peak of multiply-adds, and the
// time that the caches take to deliver what is read and written if that is done once. Every buffer is hot.
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

/// Seconds to read, to write, or to read and write each element of a buffer once, as fast as the caches deliver them.
double read_time(detail_::AlignedVector<V>& elements) {
    return fastest([&] {
        V sum[8]{};
        for (std::size_t i = 0; i + 8 <= elements.size(); i += 8) {
            detail_::kernels::unroll<8>([&](std::size_t n)
                                            __attribute__((always_inline)) { sum[n] += elements[i + n]; });
        }
        detail_::kernels::unroll<7>([&](std::size_t n) __attribute__((always_inline)) { sum[0] += sum[n + 1]; });
        benchmarks::keep(sum[0]);
    });
}
double write_time(detail_::AlignedVector<V>& elements) {
    return fastest([&] {
        V zero{};
        detail_::hold_in_register(zero);
        for (V& element : elements) {
            element = zero;
        }
        benchmarks::keep(elements[0]);
    });
}
double update_time(detail_::AlignedVector<V>& elements) {
    return fastest([&] {
        for (V& element : elements) {
            element = element + element;
        }
        benchmarks::keep(elements[0]);
    });
}

const char* part_of_name = "";

/// As tiles of images lie in a network: planes that would share few sets of the cache are apart.
template <typename S, std::size_t BorderHeight = 0, std::size_t BorderWidth = 0>
using LayoutInTiles = detail_::layout_t<
    S, BorderHeight, BorderWidth,
    (detail_::layout_t<S, BorderHeight, BorderWidth>::plane * sizeof(V) % detail_::set_period == 0 ? 1 : 0)>;

template <typename Layer, typename Image>
void measure(const char* name) {
    if (std::strstr(name, part_of_name) == nullptr) {
        return;
    }
    using At = typename Layer::template At<Image>;
    using In = LayoutInTiles<Image, At::input_border.height, At::input_border.width>;
    using Out = LayoutInTiles<typename At::output_shape>;
    using Forward = detail_::Stage<In, Out, detail_::NoFunction, V>;
    using Backward = detail_::Stage<In, Out, detail_::kernels::ReLU, V>;
    constexpr std::size_t parameters = At::weight_shape::size + At::bias_shape::size;
    detail_::AlignedVector<V> input(In::size), zeros(In::size), output(Out::size), grad_output(Out::size),
        scratch(At::template scratch_size<Forward>);
    detail_::AlignedVector<float> weight(parameters), gradient(parameters);
    fill(input, 0, 1);
    fill(grad_output, -1, 1);
    fill(weight, -1, 1);

    const double peak = benchmarks::fma_peak(1, 3);
    const double operations = 2.0 * static_cast<double>(At::multiply_adds * V::count);
    const double read_output = read_time(grad_output);
    const double forward_traffic = read_time(input) + write_time(output);
    const double input_traffic = read_output + update_time(zeros);
    const double parameters_traffic = read_output + read_time(input);
    namespace ways = detail_::kernels::conv2d;
    using Stage = detail_::kernels::ConvStage<At::geometry, Forward>;
    const auto report = [&](const char* direction, const char* way, double factor, double traffic, const auto& call) {
        const double seconds = fastest(call);
        const double speed = factor * operations / seconds * 1e-9;
        const double of_peak = 100 * speed / peak;
        const double of_caches = 100 * traffic / seconds;
        std::printf("%-26s %-10s %-12s %9.2f us %7.1f GFLOP/s %6.1f %% of peak %6.1f %% of the caches: %5.1f %%\n",
                    name, direction, way, seconds * 1e6, speed, of_peak, of_caches, std::max(of_peak, of_caches));
        std::fflush(stdout);
    };
    report("forward", ways::WayFor<ways::Direction::forward, Stage>::name, 1, forward_traffic, [&] {
        At::template forward<Forward>(weight.data(), input.data(), output.data(), static_cast<V*>(nullptr),
                                      scratch.data());
    });
    report("input", ways::WayFor<ways::Direction::backward_input, Stage>::name, 1, input_traffic, [&] {
        At::template backward_input<Backward>(weight.data(), zeros.data(), grad_output.data(),
                                              static_cast<const V*>(nullptr), scratch.data());
    });
    report("parameters", ways::WayFor<ways::Direction::backward_parameters, Stage>::name, 1, parameters_traffic, [&] {
        At::template backward_parameters<Forward>(input.data(), grad_output.data(), false, gradient.data(),
                                                  scratch.data());
    });
    report("both", ways::WayFor<ways::Direction::backward, Stage>::name, 2, input_traffic + parameters_traffic, [&] {
        At::template backward<Backward>(weight.data(), zeros.data(), grad_output.data(), false, gradient.data(),
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
