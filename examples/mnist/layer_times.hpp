// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ctcnn/model/network.hpp>

#include "html_report.hpp"

namespace mnist {

/// Seconds of one call, the fastest of five samples of half a millisecond or more.
template <typename Work>
double fastest_call(const Work& work) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::duration<double> shortest_sample(0.5e-3);
    std::size_t calls = 1;
    double best = 0;
    for (int samples = 0; samples < 5;) {
        const auto begin = Clock::now();
        for (std::size_t i = 0; i < calls; ++i) {
            work();
            asm volatile("" : : : "memory");
        }
        const std::chrono::duration<double> duration = Clock::now() - begin;
        if (duration < shortest_sample) {
            calls *= 2;
            continue;
        }
        const double seconds = duration.count() / static_cast<double>(calls);
        best = samples == 0 ? seconds : std::min(best, seconds);
        ++samples;
    }
    return best;
}

/// The time of each layer in inference, for an image of a full tile, on one thread. The layers run one after the other
/// on what the ones before have made, each often enough to be measured, so that its values are in the cache.
template <ctcnn::AnyNetwork Net>
std::vector<ReportTime> layer_times(const Net& net) {
    namespace run = ctcnn::detail_::run;
    namespace graph = ctcnn::detail_::graph;
    using T = typename Net::scalar;
    using V = ctcnn::detail_::Lanes<T>;
    using Plan = typename Net::template inference_plan_of<V>;
    constexpr std::size_t tiles = Plan::template tiles_together<V>;
    using Workspace = run::InferenceWorkspace<Plan, V, tiles>;

    const auto workspace = std::make_unique<Workspace>();
    const T* parameters = net.parameters().data();
    const auto multiply_adds = []<typename... Leaf>(ctcnn::detail_::List<Leaf...>) {
        return std::array<std::uint64_t, sizeof...(Leaf)>{Leaf::multiply_adds...};
    }(typename Plan::leaves{});
    const auto fill_input = [&](std::size_t tile) {
        std::fill_n(workspace->input(tile), Plan::InputLayout::size, V::broadcast(T(0.5)));
        ctcnn::detail_::clear_border<typename Plan::InputLayout>(workspace->input(tile));
    };
    for (std::size_t tile = tiles; tile-- > 0;) {
        fill_input(tile);
        run::infer_alone(parameters, *workspace, tile);
    }
    fill_input(0);

    std::vector<ReportTime> times;
    Plan::template for_each_stage<>([&](auto stage) {
        constexpr std::size_t k = decltype(stage)::value;
        using Stage = typename Plan::template Stage<k>;
        constexpr bool together = k >= Plan::together_from;
        run::detail::InferenceTile<Workspace> tile{*workspace, 0};
        double seconds = 0;
        if constexpr (together) {
            std::array<const V*, tiles> inputs{};
            std::array<V*, tiles> outputs{};
            std::array<V*, tiles> scratches{};
            for (std::size_t t = 0; t < tiles; ++t) {
                inputs[t] = workspace->buffer(k, t);
                outputs[t] = workspace->buffer(k + 1, t);
                scratches[t] = workspace->scratch.data();
            }
            seconds = fastest_call([&] {
                Stage::Layer::template forward_tiles<typename Stage::template Forward<V>, tiles>(
                    parameters + Stage::parameter_offset, inputs, outputs, scratches);
            });
        } else {
            ctcnn::detail_::clear_border<typename Stage::Out>(workspace->buffer(k + 1));
            seconds =
                fastest_call([&] { run::detail::run_stage<Plan, k, V>(parameters, tile, run::Inference<Plan, V>{}); });
        }
        const std::size_t head = Plan::graph.stages[k].layer;
        const std::size_t function = Plan::graph.stages[k].function;
        std::vector<std::size_t> layers{head};
        if (function != graph::nothing && function != head) {
            layers.push_back(function);
        }
        times.push_back(
            {layers, multiply_adds[head], seconds / static_cast<double>(V::count * (together ? tiles : 1))});
    });
    return times;
}

}  // namespace mnist
