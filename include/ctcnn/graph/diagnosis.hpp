// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/refusal.hpp>

// From a network's refusal to its error: where the first layer refuses because of the order or the number of the axes
// of Input, the error says so; and it says what to write instead, where that is known. Only networks that are refused
// cost this.
namespace CTCNN_DETAIL::graph {

/// The layer at a place; void where no layer is to blame.
template <typename Place>
struct LayerAt {
    using type = void;
};
template <std::size_t Index, typename L>
struct LayerAt<at_layer<Index, L>> {
    using type = L;
};
template <std::size_t Index, typename Place>
struct LayerAt<in_block<Index, Place>> : LayerAt<Place> {};

template <typename S>
struct WithoutFirstAxis {
    using type = Shape<>;
};
template <std::size_t First, std::size_t... Rest>
struct WithoutFirstAxis<Shape<First, Rest...>> {
    using type = Shape<Rest...>;
};

template <typename S>
struct ChannelsFirst {
    using type = Shape<>;
};
template <std::size_t H, std::size_t W, std::size_t C>
struct ChannelsFirst<Shape<H, W, C>> {
    using type = Shape<C, H, W>;
};

template <typename S>
struct InputOf;
template <std::size_t... Dims>
struct InputOf<Shape<Dims...>> {
    using type = Input<Dims...>;
};

/// Diagnosis: the reason, and what to write instead, if it is known.
template <Reason R, typename... Correction>
struct Diagnosis {
    template <typename... Words>
    using error = refused<R, Words..., Correction...>;
};
template <Reason R, typename S>
using InputDiagnosis = Diagnosis<R, corrected<typename InputOf<S>::type>>;

/// Whether something works on S: a layer, or the spellings of a correction.
template <typename S, typename L>
inline constexpr bool works_on = !Flow<S, L>::refusal::mismatch;
template <typename S, typename... Ls>
inline constexpr bool works_on<S, corrected<Ls...>> = !Flow<S, Ls...>::refusal::mismatch;

/// Whether Input has a batch axis: the layer would work without it. Image is the shape of Input; nothing but Flatten
/// has changed it on the way to the layer.
template <Reason R, typename L, typename Image>
consteval bool has_batch_axis() {
    using One = typename WithoutFirstAxis<Image>::type;
    if constexpr (R == Reason::image_rank) {
        return Image::rank == 4;
    } else if constexpr (R == Reason::sequence_rank && Image::rank == 3) {
        return works_on<One, L>;
    } else if constexpr ((R == Reason::feature_rank || R == Reason::in_features || R == Reason::in_channels) &&
                         (Image::rank == 2 || Image::rank == 4)) {
        return works_on<Shape<One::size>, L> && (Image::dim(0) == 1 || !works_on<Shape<Image::size>, L>);
    } else {
        return false;
    }
}

/// Whether the channels of Input stand last: they are much fewer than rows and columns, and the layer would work with
/// the channels first. Images too narrow for a kernel may be meant, unless they look like the usual ones.
template <Reason R, typename L, typename Image>
consteval bool has_channels_last() {
    if constexpr ((R == Reason::in_channels || R == Reason::kernel_too_large) && Image::rank == 3) {
        constexpr std::size_t height = Image::dim(0);
        constexpr std::size_t width = Image::dim(1);
        constexpr std::size_t channels = Image::dim(2);
        constexpr bool usual = height == width && (channels == 1 || channels == 3 || channels == 4);
        return channels * 4 <= height && channels * 4 <= width && (R == Reason::in_channels || usual) &&
               works_on<typename ChannelsFirst<Image>::type, L>;
    } else {
        return false;
    }
}

template <typename Image, Reason R, typename L, typename S>
consteval auto diagnose() {
    constexpr bool whole = std::is_same_v<S, Image>;
    if constexpr (std::is_void_v<L>) {
        return Diagnosis<R>{};
    } else if constexpr ((whole || std::is_same_v<S, Shape<Image::size>>) && has_batch_axis<R, L, Image>()) {
        using One = typename WithoutFirstAxis<Image>::type;
        using Turned = typename ChannelsFirst<One>::type;
        if constexpr (R == Reason::image_rank && !works_on<One, L> && works_on<Turned, L>) {
            return InputDiagnosis<Reason::batch_axis, Turned>{};
        } else {
            return InputDiagnosis<Reason::batch_axis, One>{};
        }
    } else if constexpr (whole && has_channels_last<R, L, Image>()) {
        return InputDiagnosis<Reason::channels_last, typename ChannelsFirst<Image>::type>{};
    } else if constexpr (whole && R == Reason::image_rank && Image::rank == 2) {
        // Gray images have a channel, too; and so have sequences, below.
        using Gray = Shape<1, Image::dim(0), Image::dim(1)>;
        if constexpr (works_on<Gray, L>) {
            return InputDiagnosis<R, Gray>{};
        } else {
            return Diagnosis<R>{};
        }
    } else if constexpr (whole && R == Reason::sequence_rank && Image::rank == 1 &&
                         works_on<Shape<1, Image::size>, L>) {
        return InputDiagnosis<R, Shape<1, Image::size>>{};
    } else if constexpr (requires { typename L::template correction<S>; }) {
        if constexpr (works_on<S, typename L::template correction<S>>) {
            return Diagnosis<R, typename L::template correction<S>>{};
        } else {
            return Diagnosis<R>{};
        }
    } else {
        return Diagnosis<R>{};
    }
}

template <typename Image, typename R>
struct ErrorOf;
template <typename Image, Reason R, typename Place, typename S, typename... More>
struct ErrorOf<Image, Refusal<R, Place, received<S>, More...>> {
    using type = typename decltype(diagnose<Image, R, typename LayerAt<Place>::type,
                                            S>())::template error<Place, received<S>, More...>;
};

/// The error of a network on images of a shape, by its refusal.
template <typename Image, typename R>
using Error = typename ErrorOf<Image, R>::type;

}  // namespace CTCNN_DETAIL::graph
