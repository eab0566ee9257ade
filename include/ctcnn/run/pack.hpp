// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::run {

/// f(0), ..., f(count - 1).
inline constexpr auto one_by_one = [](std::size_t count, const auto& f) {
    for (std::size_t n = 0; n < count; ++n) {
        f(n);
    }
};

/// pack: a network's parameters, and behind them what is not learned, as its kernels of elements V read them: layers
/// that pack theirs do, those of the others are copied. for_each(count, f) is to call f(0), ..., f(count - 1), in any
/// order. What backward alone needs is packed only with `backward`.
template <typename Plan, Number V, typename ForEach>
void pack(const scalar_t<V>* parameters, scalar_t<V>* packed, bool backward, const ForEach& for_each) {
    Plan::for_each_stage([&](auto k) {
        using Here = typename Plan::template Stage<decltype(k)::value>;
        using Layer = typename Here::Layer;
        using Stage = typename Here::template Forward<V>;
        const scalar_t<V>* from = parameters + Here::parameter_offset;
        scalar_t<V>* to = packed + Plan::template packed_offsets<V>[k];
        if constexpr (requires { Layer::template packed_size<Stage>; }) {
            const bool both = backward && Plan::wants_gradient(Plan::input_of(k));
            for_each(Layer::template pack_parts<Stage>,
                     [=](std::size_t part) { Layer::template pack<Stage>(from, to, part, both); });
        } else if constexpr (Here::parameters != 0) {
            for_each(1, [=](std::size_t) { std::copy_n(from, Here::parameters, to); });
        }
    });
    constexpr std::size_t buffers = Plan::buffer_offsets.back();
    if constexpr (buffers != 0) {
        for_each(1, [=](std::size_t) {
            std::copy_n(parameters + Plan::parameter_count, buffers,
                        packed + Plan::template packed_offsets<V>[Plan::stage_count]);
        });
    }
}

}  // namespace CTCNN_DETAIL::run
