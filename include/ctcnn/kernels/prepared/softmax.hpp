// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/prepared/blocks.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

/// Softmax: output(c, h, w) = f(e^input(c, h, w) / sum over k of e^input(k, h, w)); with Log, f of its logarithm. The
/// largest element is subtracted from all, so that no power is too large. All are NaN if one is.
/// Layouts  In, Out (C, H, W), blocked, or features
template <bool Log, typename Stage>
struct Softmax {
    using V = typename Stage::V;
    using T = scalar_t<V>;
    using In = as_blocked_t<typename Stage::In, V::count>;
    using Out = as_blocked_t<typename Stage::Out, V::count>;
    static_assert(In::channels == Out::channels && In::height == Out::height && In::width == Out::width);

    static constexpr std::size_t packed_size = 0;
    static constexpr std::size_t scratch_size = 0;
    static void pack(const T*, const T*, T*) {}

    [[gnu::noinline]] static void forward(const T*, const T* input, T* output, T*) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            for (std::size_t w = 0; w < Out::width; ++w) {
                of_pixel(input + In::offset(0, h, w), output + Out::offset(0, h, w));
            }
        }
    }

private:
    using Mask = ChannelMask<Out, V>;
    static constexpr T below_all =
        takes_finite_for_granted ? std::numeric_limits<T>::lowest() : -std::numeric_limits<T>::infinity();

    [[gnu::always_inline]] static void of_pixel(const T* input, T* output) {
        const auto element = [=](std::size_t block)
                                 __attribute__((always_inline)) { return V::load(input + block * In::plane); };
        V largest = element(Out::blocks - 1) + behind_channels(below_all);
        for (std::size_t block = 0; block + 1 < Out::blocks; ++block) {
            largest = larger(largest, element(block));
        }
        const V shift = broadcast<V>(largest_lane(largest));
        const V sums = pairwise_sum<V>(0, Out::blocks, [&](V sum, std::size_t block) {
            V power = math::exp(element(block) - shift);
            Mask(block).apply(power);
            if constexpr (!Log) {
                power.store(output + block * Out::plane);
            }
            return sum + power;
        });
        const T sum = sum_lanes(sums);
        const V last = broadcast<V>(Log ? math::log(sum) : 1 / sum);
        for (std::size_t block = 0; block < Out::blocks; ++block) {
            T* place = output + block * Out::plane;
            V value = Log ? element(block) - shift - last : V::load(place) * last;
            value = Stage::Function::forward(value);
            Mask(block).apply(value);
            value.store(place);
        }
    }

    /// A number in the lanes of the last block that are no channels, zero in the others.
    [[gnu::always_inline]] static V behind_channels(T number) {
        V result{};
        for (std::size_t lane = (Out::channels - 1) % V::count + 1; lane < V::count; ++lane) {
            set_lane(result, lane, number);
        }
        return result;
    }
    [[gnu::always_inline]] static T largest_lane(const V& value) {
        T lanes[V::count];
        value.store(lanes);
        T result = lanes[0];
        for (std::size_t lane = 1; lane < V::count; ++lane) {
            result = larger(result, lanes[lane]);
        }
        return result;
    }
};

}  // namespace CTCNN_DETAIL::kernels::prepared
