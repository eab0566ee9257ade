// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/by_definition.hpp>
#include <ctcnn/kernels/conv2d/depthwise.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/in_pairs.hpp>
#include <ctcnn/kernels/conv2d/one_channel.hpp>
#include <ctcnn/kernels/conv2d/pointwise.hpp>
#include <ctcnn/kernels/conv2d/single_image.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/transposed.hpp>
#include <ctcnn/kernels/conv2d/winograd.hpp>
#include <ctcnn/kernels/conv2d/winograd2d.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

template <typename... W>
struct WayList {};

/// All ways. Each direction of a stage takes the first one that has it, is possible there and pays.
using Ways =
    WayList<OneChannel, Depthwise, Winograd2d, Winograd, SingleImage, Pointwise, Transposed, Direct, ByDefinition>;
/// Of a PairStage, those of pairs and, as a plain stage, those of floats: filtering on both axes saves more products.
using WaysOfPairs = WayList<Winograd2d, InPairs, OneChannel, Depthwise, Winograd, SingleImage, Pointwise, Transposed,
                            Direct, ByDefinition>;
template <typename Stage>
using WaysOf = std::conditional_t<terms<typename Stage::Factor> == 2, WaysOfPairs, Ways>;

/// The stage as a way sees it.
template <typename W, typename Stage>
using StageOf = std::conditional_t<W::in_pairs, Stage, typename Stage::InFloats>;

/// No way has the direction: backward is then one after the other.
struct NoWay : Way {
    static constexpr const char* name = "none";
};

/// Whether a way has a direction of a stage, and pays there.
template <typename W, typename Stage, Direction D>
concept Pays = W::has(D) && W::template possible<StageOf<W, Stage>> && W::template profitable<StageOf<W, Stage>>(D);

/// The first way of the list that pays.
template <Direction D, typename Stage, typename... W>
consteval auto choose(WayList<W...>) {
    constexpr std::size_t place = [] {
        const bool pays[] = {Pays<W, Stage, D>...};
        std::size_t n = 0;
        while (n < sizeof...(W) && !pays[n]) {
            ++n;
        }
        return n;
    }();
    return At<place, List<W..., NoWay>>{};
}

/// The way that a direction of a stage takes. The function of the stage has no part in the choice.
template <Direction D, typename Stage>
using WayFor = decltype(choose<D, typename Stage::WithoutFunction>(WaysOf<Stage>{}));

/// What a PairStage reads as its parameters.
template <typename Stage>
using Packed = PairedConvolution<Stage::geometry, typename Stage::V, WayFor<Direction::forward, Stage>::in_pairs,
                                 WayFor<Direction::backward_input, Stage>::in_pairs ||
                                     WayFor<Direction::backward, Stage>::in_pairs>;
template <typename Stage>
inline constexpr bool packs =
    WayFor<Direction::forward, Stage>::in_pairs || WayFor<Direction::backward_input, Stage>::in_pairs ||
    WayFor<Direction::backward, Stage>::in_pairs;

/// The weights that the way of a direction reads.
template <Direction D, typename Stage>
constexpr const typename Stage::T* weights_for(const typename Stage::T* weight) {
    if constexpr (!WayFor<D, Stage>::in_pairs) {
        return weight;
    } else if constexpr (D == Direction::forward) {
        return weight + Packed<Stage>::forward;
    } else {
        return weight + Packed<Stage>::backward;
    }
}

/// How many elements V the way of a direction needs for the time of a call.
template <Direction D, typename Stage>
inline constexpr std::size_t scratch_of = WayFor<D, Stage>::template scratch_size<StageOf<WayFor<D, Stage>, Stage>>;
/// How many the ways of a stage need.
template <typename Stage>
inline constexpr std::size_t scratch_size =
    std::max({scratch_of<Direction::forward, Stage>, scratch_of<Direction::backward_input, Stage>,
              scratch_of<Direction::backward_parameters, Stage>, scratch_of<Direction::backward, Stage>});

/// How many elements forward puts on the stack, in arrays.
template <typename Stage>
inline constexpr std::size_t stack_size = WayFor<Direction::forward, Stage>::template stack_size<Stage>;

/// Whether forward of tiles of images can go row by row.
template <typename Stage>
inline constexpr bool by_rows = is_lanes<typename Stage::V> && WayFor<Direction::forward, Stage>::by_rows;

template <typename Stage, typename Bias>
constexpr void forward_rows(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                            typename Stage::V* output, typename Stage::V* scratch, Range rows) {
    using Chosen = WayFor<Direction::forward, Stage>;
    Chosen::template forward_rows<StageOf<Chosen, Stage>>(input, weight, bias, output, scratch, rows);
}

/// Calls f(crew) where the crew shares a direction; else, for its first member, f().
template <Direction D, typename Stage, typename Crew, typename F>
[[gnu::always_inline]] constexpr void shared(Crew crew, const F& f) {
    if constexpr (WayFor<D, Stage>::shares(D)) {
        f(crew);
    } else if (crew.is_first()) {
        f();
    }
}

template <typename Stage, typename Bias, typename Crew = OneThread>
constexpr void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                       typename Stage::V* output, typename Stage::V* scratch, Crew crew = {}) {
    using Chosen = WayFor<Direction::forward, Stage>;
    using Seen = StageOf<Chosen, Stage>;
    constexpr Range all{0, Stage::Out::height};
    if constexpr (Chosen::by_rows) {
        if constexpr (Chosen::shares(Direction::forward) && Chosen::template scratch_size<Seen> != 0) {
            Chosen::template forward_rows<Seen>(input, weight, bias, output, scratch, all, crew);
        } else if constexpr (Chosen::shares(Direction::forward)) {
            Chosen::template forward_rows<Seen>(input, weight, bias, output, scratch, crew.share(Stage::Out::height));
        } else if (crew.is_first()) {
            Chosen::template forward_rows<Seen>(input, weight, bias, output, scratch, all);
        }
        return;
    } else if constexpr (!is_lanes<typename Stage::V>) {
        if (__builtin_is_constant_evaluated()) {
            // Vectors are no part of constant expressions.
            Direct::forward_rows<Stage>(input, weight, bias, output, scratch, all);
            return;
        }
    }
    if constexpr (!Chosen::by_rows) {
        shared<Direction::forward, Stage>(crew, [&](auto... with) __attribute__((always_inline)) {
            Chosen::template forward<Seen>(input, weights_for<Direction::forward, Stage>(weight), bias, output, scratch,
                                           with...);
        });
    }
}

template <typename Stage, typename Crew = OneThread>
constexpr void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                              const typename Stage::V* grad_output, typename Stage::V* scratch, Crew crew = {}) {
    using Chosen = WayFor<Direction::backward_input, Stage>;
    shared<Direction::backward_input, Stage>(crew, [&](auto... with) __attribute__((always_inline)) {
        Chosen::template backward_input<StageOf<Chosen, Stage>>(
            grad_input, weights_for<Direction::backward_input, Stage>(weight), grad_output, scratch, with...);
    });
}

template <typename Stage, typename Crew = OneThread>
constexpr void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                   typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                   typename Stage::V* scratch, Crew crew = {}) {
    using Chosen = WayFor<Direction::backward_parameters, Stage>;
    shared<Direction::backward_parameters, Stage>(crew, [&](auto... with) __attribute__((always_inline)) {
        Chosen::template backward_parameters<StageOf<Chosen, Stage>>(input, grad_output, add, grad_weight, grad_bias,
                                                                     scratch, with...);
    });
}

template <typename Stage, typename Crew = OneThread>
constexpr void backward(typename Stage::V* grad_input, const typename Stage::T* weight,
                        const typename Stage::V* grad_output, bool add, typename Stage::T* grad_weight,
                        typename Stage::T* grad_bias, typename Stage::V* scratch, Crew crew = {}) {
    using Chosen = WayFor<Direction::backward, Stage>;
    if constexpr (std::is_same_v<Chosen, NoWay>) {
        backward_parameters<typename Stage::WithoutFunction>(grad_input, grad_output, add, grad_weight, grad_bias,
                                                             scratch, crew);
        crew.barrier();  // the gradient takes the place of the input
        backward_input<Stage>(grad_input, weight, grad_output, scratch, crew);
    } else {
        shared<Direction::backward, Stage>(crew, [&](auto... with) __attribute__((always_inline)) {
            Chosen::template backward<StageOf<Chosen, Stage>>(
                grad_input, weights_for<Direction::backward, Stage>(weight), grad_output, add, grad_weight, grad_bias,
                scratch, with...);
        });
    }
}

}  // namespace CTCNN_DETAIL::kernels::conv2d
