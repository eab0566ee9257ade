// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

/// convert: an image from one layout to another one, planar or blocked. The border is left alone.
template <typename In, typename Out, typename T>
[[gnu::noinline]] void convert(const T* input, T* output) {
    const auto offset = []<typename L>(L, std::size_t c, std::size_t h, std::size_t w) {
        if constexpr (is_blocked<L>) {
            return L::offset_of_channel(c, h, w);
        } else {
            return L::offset(c, h, w);
        }
    };
    constexpr std::size_t channels = [] {
        if constexpr (is_blocked<Out>) {
            return Out::blocks * Out::count;
        } else {
            return Out::channels;
        }
    }();
    for (std::size_t h = 0; h < Out::height; ++h) {
        for (std::size_t w = 0; w < Out::width; ++w) {
            for (std::size_t c = 0; c < channels; ++c) {
                output[offset(Out{}, c, h, w)] = c < In::channels ? input[offset(In{}, c, h, w)] : T{};
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels::prepared
