// SPDX-License-Identifier: MIT
//
// Layers of a program's own, which refuse.
#pragma once

#include <ctcnn/graph/refusal.hpp>

#include <cstddef>

#include <ctcnn/layers/custom.hpp>

#include "use.hpp"

namespace user {

using namespace ctcnn;

struct Even : CustomLayer<Even> {
    template <std::size_t F>
    static consteval Mismatch check(Shape<F>) {
        if (F % 2 != 0) {
            return {"[odd_features] Even takes an even number of features, and an odd number arrives"};
        }
        return {};
    }
    static constexpr void forward(auto x, auto y) {
        for (const auto [f] : x.indices()) {
            y(f) = x(f);
        }
    }
    static constexpr void backward(auto, auto grad_y, auto grad_x) {
        for (const auto [f] : grad_x.indices()) {
            grad_x(f) = grad_y(f);
        }
    }
};

template <std::size_t C>
struct Scale : CustomLayer<Scale<C>> {
    using parameters = Parameters<Parameter<"weight", Shape<C>, InitialValue<1.0>>>;
    template <typename S>
    using correction = corrected<Scale<S::dim(0)>>;

    template <std::size_t Channels, std::size_t H, std::size_t W>
    static consteval Mismatch check(Shape<Channels, H, W>) {
        return Channels == C ? Mismatch{} : Mismatch{Reason::in_channels, C};
    }
    static constexpr void forward(auto x, auto y, auto weight) {
        for (const auto [c, h, w] : x.indices()) {
            y(c, h, w) = x(c, h, w) * weight(c);
        }
    }
    static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
        for (const auto [c, h, w] : x.indices()) {
            grad_x(c, h, w) = grad_y(c, h, w) * weight(c);
            grad_weight(c) += grad_y(c, h, w) * x(c, h, w);
        }
    }
};

}  // namespace user

using namespace ctcnn;
