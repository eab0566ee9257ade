// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string_view>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/spelling.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/layers/custom/bound.hpp>
#include <ctcnn/layers/custom/members.hpp>
#include <ctcnn/layers/custom/parameters.hpp>

namespace CTCNN_API {

/// CustomLayer: the base of a layer outside the library, which says what it computes. This one multiplies each channel
/// by a number that is learned:
///     template <std::size_t C>
///     struct Scale : CustomLayer<Scale<C>> {
///         using parameters = Parameters<Parameter<"weight", Shape<C>, InitialValue<1.0>>>;
///         template <std::size_t Channels, std::size_t H, std::size_t W>
///         static consteval Mismatch check(Shape<Channels, H, W>) {
///             return Channels == C ? Mismatch{} : Mismatch{Reason::in_channels, C};
///         }
///         static constexpr void forward(auto x, auto y, auto weight) {
///             for (const auto [c, h, w] : x.indices()) y(c, h, w) = x(c, h, w) * weight(c);
///         }
///         static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
///             for (const auto [c, h, w] : x.indices()) {
///                 grad_x(c, h, w) = grad_y(c, h, w) * weight(c);
///                 grad_weight(c) += grad_y(c, h, w) * x(c, h, w);
///             }
///         }
///     };
/// forward and backward get views of a tile of images: an element is a V, a number of each of its images. What they
/// write is zero before.
/// May be left out   check: any shape; output_shape, a Shape or a template of the input's: that of the input;
///                   parameters, or a template of the input's shape: none; multiply_adds(Shape): 0;
///                   name, for summary, and onnx, the operator, for export_onnx: each a std::string_view
/// Refuses  what check refuses · image_rank, feature_rank for a shape that check does not take · own_reason ·
///          incomplete_layer
template <typename Self>
struct CustomLayer {
    using custom_layer = Self;

    template <typename S>
    static consteval Mismatch answer() {
        using namespace detail_;
        if constexpr (!NamesCheck<Self>) {
            return {};
        } else if constexpr (ChecksInConstants<Self, S> && requires {
                                 { (Self::check)(S{}) } -> std::same_as<Mismatch>;
                             }) {
            return (Self::check)(S{});
        } else if constexpr (ChecksShape<Self, S>) {
            return {"static consteval Mismatch check(Shape<...>)", Reason::incomplete_layer};
        } else if constexpr (S::rank != 3 && ChecksShape<Self, Shape<1, 1, 1>>) {
            return {Reason::image_rank};
        } else if constexpr (S::rank != 1 && ChecksShape<Self, Shape<1>>) {
            return {Reason::feature_rank};
        } else {
            return {"the layer has no check for shapes of this kind"};
        }
    }

    template <typename S>
    using At = detail_::BoundCustom<Self, S>;

    static constexpr void describe(detail_::Description& text) {
        if constexpr (requires { std::string_view(Self::name); }) {
            text.append(Self::name);
        } else {
            detail_::append_spelling<Self>(text);
        }
    }
};

}  // namespace CTCNN_API
