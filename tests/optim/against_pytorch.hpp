// SPDX-License-Identifier: MIT
// 50 steps of an optimizer on the gradients of the golden file "optimizers", and PyTorch's result.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/core/parameter_tensor.hpp>

#include "../golden/golden.hpp"
#include "catch.hpp"

namespace against_pytorch {

inline const golden::File& file() {
    static const golden::File result("optimizers");
    return result;
}

inline constexpr std::size_t steps = 50;

/// The tensors of the file, one behind the other.
inline const std::vector<ctcnn::ParameterTensor>& tensors() {
    static constexpr std::array<std::size_t, 4> dims_0{6, 1, 5, 5};
    static constexpr std::array<std::size_t, 4> dims_1{20, 2, 1, 3};
    static constexpr std::array<std::size_t, 2> dims_2{4, 6};
    static constexpr std::array<std::size_t, 2> dims_3{10, 4};
    static constexpr std::array<std::size_t, 1> dims_4{10};
    static constexpr std::array<std::size_t, 1> dims_5{7};
    static const std::vector<ctcnn::ParameterTensor> result = [] {
        using Kind = ctcnn::ParameterKind;
        std::vector<ctcnn::ParameterTensor> list{
            {"0.weight", dims_0, 0, 150, Kind::weight}, {"1.weight", dims_1, 0, 120, Kind::weight},
            {"2.weight", dims_2, 0, 24, Kind::weight},  {"3.weight", dims_3, 0, 40, Kind::weight},
            {"3.bias", dims_4, 0, 10, Kind::bias},      {"4.weight", dims_5, 0, 7, Kind::norm}};
        std::size_t offset = 0;
        for (auto& tensor : list) {
            tensor.offset = offset;
            offset += tensor.count;
        }
        return list;
    }();
    return result;
}

/// The parameters after 1 and after 50 steps; part(parameters, gradients, state, number) makes one.
template <typename T, std::size_t States, typename Step>
std::vector<double> trajectory(const Step& step) {
    const std::vector<double>& start = file()["start"];
    const std::vector<double>& curvature = file()["curvature"];
    const std::vector<double>& noise = file()["noise"];
    const std::size_t count = start.size();
    std::vector<T> parameters(start.begin(), start.end());
    std::vector<T> gradients(count);
    std::array<std::vector<T>, States> memory;
    std::array<std::span<T>, States> state;
    for (std::size_t s = 0; s < States; ++s) {
        memory[s].resize(count);
        state[s] = memory[s];
    }
    std::vector<double> result;
    for (std::uint64_t number = 1; number <= steps; ++number) {
        for (std::size_t i = 0; i < count; ++i) {
            gradients[i] = static_cast<T>(curvature[i]) * parameters[i] +
                           static_cast<T>(noise[(static_cast<std::size_t>(number) - 1) * count + i]);
        }
        step(std::span<T>(parameters), std::span<const T>(gradients), state, number);
        if (number == 1 || number == steps) {
            result.insert(result.end(), parameters.begin(), parameters.end());
        }
    }
    return result;
}

/// The same in parts of 1, 2, 3, ... parameters: with and without full registers, from every alignment.
template <typename T, typename Optimizer>
std::vector<double> trajectory_of(const Optimizer& optimizer, bool in_parts = false) {
    constexpr std::size_t states = Optimizer::state_count;
    return trajectory<T, states>(
        [&](std::span<T> p, std::span<const T> g, const std::array<std::span<T>, states>& state, std::uint64_t number) {
            std::size_t size = in_parts ? 1 : p.size();
            for (std::size_t first = 0; first < p.size(); first += size++) {
                const std::size_t count = std::min(size, p.size() - first);
                std::array<std::span<T>, states> part;
                for (std::size_t s = 0; s < states; ++s) {
                    part[s] = state[s].subspan(first, count);
                }
                optimizer.step(p.subspan(first, count), g.subspan(first, count), part, number);
            }
        });
}

/// Checks that an optimizer goes where PyTorch goes, in double and in float, and that parts do not matter.
template <typename Optimizer>
void check(const std::string& name, const Optimizer& optimizer, golden::Tolerance single = golden::float_tolerance) {
    optimizer.validate();
    const std::vector<double>& expected = file()[name];
    const std::vector<double> fine = trajectory_of<double>(optimizer);
    // 50 steps, each of which rounds a few times.
    golden::check_close(name + " in double", fine, expected, {1e-12, 1e-13});
    const std::vector<double> coarse = trajectory_of<float>(optimizer);
    golden::check_close(name + " in float", coarse, expected, single);
    CHECK(trajectory_of<double>(optimizer, true) == fine);
    CHECK(trajectory_of<float>(optimizer, true) == coarse);
}

/// Where a parameter goes from 0 by a large gradient and then by a small one, whose digits a large number has no room
/// for; and what the optimizer remembers then.
template <typename Optimizer>
std::pair<float, std::array<float, Optimizer::state_count>> large_then_small(const Optimizer& optimizer) {
    std::array<float, 1> p{0};
    std::array<std::array<float, 1>, Optimizer::state_count> memory{};
    std::array<std::span<float>, Optimizer::state_count> state;
    std::copy(memory.begin(), memory.end(), state.begin());
    std::uint64_t number = 0;
    for (const float gradient : {1e6f, 0x1p-10f}) {
        optimizer.template step<float>(p, std::array<float, 1>{gradient}, state, ++number);
    }
    std::array<float, Optimizer::state_count> remembered;
    std::transform(memory.begin(), memory.end(), remembered.begin(), [](const auto& of) { return of[0]; });
    return {p[0], remembered};
}

/// Whether settings are refused.
template <typename Settings>
bool is_refused(const Settings& settings) {
    try {
        settings.validate();
    } catch (const std::invalid_argument&) {
        return true;
    }
    return false;
}

inline constexpr float nan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace against_pytorch
