// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// What a layer computes, or another one behind its function as it stores: the largest, or the mean, of the elements of
/// windows of 2 x 2 pixels that do not overlap. A row or column that remains at the end is left out.
enum class Pooling { none, max2x2, average2x2 };

/// The form of a value in a prepared network: channels one after the other (Layout), or blocks of channels
/// (BlockedLayout).
enum class ValueForm { planar, blocked };

/// PreparedFacts: what the plan of a prepared network knows of a layer and its prepared kernel (core/layer.hpp).
struct PreparedFacts {
    bool offered = false;                  ///< whether there is one
    ValueForm reads = ValueForm::blocked;  ///< the form of its input
    bool reads_either = false;             ///< the other form, too
    bool follows = false;                  ///< used only where the input is blocked already
    bool has_features = false;             ///< reads a value in either form as features, and writes features
    Extent border{0, 0};                   ///< of zeros, around a blocked input
    Extent more{0, 0};                     ///< rows and columns of zeros behind the border of a blocked input
    bool takes_pooling = false;            ///< whether it can do the pooling behind it
    Pooling pooling = Pooling::none;       ///< what the layer itself computes
};

/// WeightedStage: a stage of a prepared network whose large weights are stored as StoredWeight.
template <typename In, typename Out, typename Function, Number Element, typename StoredWeight>
struct WeightedStage : Stage<In, Out, Function, Element> {
    using Weight = StoredWeight;
};

/// Weights of more bytes than this are large: the cache that is nearest to a core does not hold them, so that reading
/// them takes the time of a Linear layer.
inline constexpr std::size_t most_near_weights = 32 * 1024;

/// What a layer with so many weights stores them as.
template <typename Stage, std::size_t Count>
using stored_weight_t = std::conditional_t<(Count * sizeof(typename Stage::T) > most_near_weights),
                                           typename Stage::Weight, typename Stage::T>;

}  // namespace CTCNN_DETAIL
