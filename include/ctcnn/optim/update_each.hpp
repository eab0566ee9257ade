// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Forgets a running mean of which a new number is the whole: the rounding errors of `share * (new - old) + old` may be
/// larger than the new number. Apart from the update, whose code must be the same for scalars and lanes.
template <typename T>
constexpr void forget_unless_shared(std::span<T> mean, T share) {
    if (!(share < 1)) {
        for (T& number : mean) {
            number = 0;
        }
    }
}

/// update(parameter, gradient, state) for each parameter: V is a register of them, or a single one. The update does the
/// same operations for both, and each sum in it has one product, so that a compiler that fuses them has no choice: the
/// result does not depend on how the parameters are cut into parts.
template <typename T, std::size_t States, typename Update>
[[gnu::always_inline]] constexpr void update_each(std::span<T> parameters, std::span<const T> gradients,
                                                  const std::array<std::span<T>, States>& state, const Update& update) {
    const std::size_t count = parameters.size();
    T* p = parameters.data();
    const T* g = gradients.data();
    std::size_t i = 0;
    if (!__builtin_is_constant_evaluated()) {
        using V = Lanes<T>;
        for (; i + V::count <= count; i += V::count) {
            std::array<V, States> numbers{};
            for (std::size_t s = 0; s < States; ++s) {
                numbers[s] = V::load(state[s].data() + i);
            }
            V parameter = V::load(p + i);
            update(parameter, V::load(g + i), numbers);
            parameter.store(p + i);
            for (std::size_t s = 0; s < States; ++s) {
                numbers[s].store(state[s].data() + i);
            }
        }
    }
    for (; i < count; ++i) {
        std::array<T, States> numbers{};
        for (std::size_t s = 0; s < States; ++s) {
            numbers[s] = state[s][i];
        }
        update(p[i], g[i], numbers);
        for (std::size_t s = 0; s < States; ++s) {
            state[s][i] = numbers[s];
        }
    }
}

}  // namespace CTCNN_DETAIL
