// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>

namespace ctcnn {

template <typename... Layers>
class CTCNN_TAG Sequential;

}  // namespace ctcnn

namespace CTCNN_DETAIL::model {

/// For a static_assert that fails wherever it stands.
template <typename...>
inline constexpr bool never = false;

/// The Input of a network.
template <typename S>
struct SpelledInput {
    using type = S;
};
template <typename S>
struct SpelledInput<InBf16<S>> {
    using type = S;
};
template <typename S>
using WithoutPrecision = typename SpelledInput<S>::type;

template <typename Precision, typename T, typename S, typename... Layers>
struct WithPrecision {
    static_assert(never<Precision>,
                  "with_precision is of networks of floats, and takes bf16, or float for the network itself");
    using type = typename Sequential<S, Layers...>::template with_scalar<T>;
};
template <typename S, typename... Layers>
struct WithPrecision<float, float, S, Layers...> {
    using type = Sequential<S, Layers...>;
};
template <typename S, typename... Layers>
struct WithPrecision<bf16, float, S, Layers...> {
    using type = Sequential<InBf16<S>, Layers...>;
};

/// Whether networks that are not of one type have parameters and buffers of one type.
template <typename Net, typename Other>
concept SameState =
    !std::derived_from<Other, Net> && std::same_as<typename Net::state_type, typename Other::state_type>;

}  // namespace CTCNN_DETAIL::model
