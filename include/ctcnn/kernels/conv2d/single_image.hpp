// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/conv2d/single_image_direct.hpp>
#include <ctcnn/kernels/conv2d/single_image_winograd.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/single_image.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// SingleImage: forward of one image with all lanes at work on it, at run time only. The lanes run along the columns of
/// the output or along its channels, and columns are filtered where that pays.
struct SingleImage : Way {
    static constexpr const char* name = "single image";
    static constexpr bool has(Direction direction) { return direction == Direction::forward; }
    template <typename Stage>
    using WinogradPlan =
        SingleWinogradPlan<Stage::geometry, typename Stage::In, typename Stage::Out, typename Stage::V>;
    template <typename Stage>
    static constexpr bool along_channels = has_wide_channels<Stage::geometry, typename Stage::Out, typename Stage::V>;

    template <typename Stage>
    static constexpr bool possible = [] {
        if constexpr (std::floating_point<typename Stage::V>) {
            return along_channels<Stage> || has_wide_columns<Stage::geometry, typename Stage::Out, typename Stage::V>;
        } else {
            return false;
        }
    }();
    template <typename Stage>
    static constexpr bool profitable(Direction) {
        return true;
    }
    template <typename Stage>
    static constexpr std::size_t stack_size = [] {
        if constexpr (WinogradPlan<Stage>::pays) {
            return WinogradPlan<Stage>::stack_numbers;
        } else if constexpr (along_channels<Stage>) {
            return wide_channels_numbers<Stage::geometry, typename Stage::Out, typename Stage::V>;
        } else {
            return std::size_t{0};
        }
    }();

    template <typename Stage, typename Bias>
    static void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V*) {
        using In = typename Stage::In;
        using Out = typename Stage::Out;
        using Activation = typename Stage::Function;
        using T = typename Stage::T;
        constexpr const Conv2dGeometry& G = Stage::geometry;
        if constexpr (along_channels<Stage> && WinogradPlan<Stage>::pays) {
            forward_wide_channels_winograd<G, In, Out, T>(input, weight, bias, output);
        } else if constexpr (along_channels<Stage>) {
            forward_wide_channels<G, In, Out, T>(input, weight, bias, output);
        } else if constexpr (WinogradPlan<Stage>::pays) {
            forward_wide_winograd<G, In, Out, T>(input, weight, bias, output);
        } else {
            forward_wide<G, In, Out, T>(input, weight, bias, output);
        }
        if constexpr (std::is_same_v<Activation, NoFunction>) {
        } else if constexpr (Out::contiguous) {
            map_wide<Activation>(output, Out::size);
        } else {
            for (std::size_t row = 0; row < Out::channels * Out::height; ++row) {
                map_wide<Activation>(output + Out::offset(row / Out::height, row % Out::height, 0), Out::width);
            }
        }
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d
