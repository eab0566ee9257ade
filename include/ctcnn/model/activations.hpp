// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/table.hpp>
#include <ctcnn/model/names.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/run/layer_alone.hpp>

namespace CTCNN_API {

/// LayerActivation: what one layer makes of an image.
template <typename T>
struct LayerActivation {
    std::string name;        ///< of the layer, as in PyTorch's named_modules: "0", "stem.1"
    detail_::Indices shape;  ///< {6, 28, 28}
    std::vector<T> values;   ///< in the order of a tensor of that shape
};

/// activations: what each layer of a network makes of one image, in the order in which they run; the last one is
/// net(x). Blocks are opened, and what joins branches stands behind them under the name of the block. Each layer is
/// computed by itself: an activation function behind a convolution has a value of its own here. It is made for looking
/// at networks, and takes memory for all values.
///     for (const auto& layer : activations(net, image)) { draw(layer.name, layer.shape, layer.values); }
/// As in    torch.nn.Module.register_forward_hook
template <AnyNetwork Net>
std::vector<LayerActivation<typename Net::scalar>> activations(const Net& net,
                                                               const typename Net::input_tensor& image) {
    using T = typename Net::scalar;
    using Plan = typename Net::inference_plan;
    constexpr auto& table = detail_::graph::table_of<typename Plan::tree>;
    constexpr auto& layers = detail_::model::placed_layers<Net>;
    std::vector<LayerActivation<T>> result;
    result.reserve(layers.size());
    Plan::template for_each_stage<0, layers.size()>([&](auto leaf) {
        constexpr std::size_t n = decltype(leaf)::value;
        using Output = typename detail_::At<n, typename Plan::leaves>::output_shape;
        std::vector<const T*> inputs;
        for (std::size_t edge = table.first_edge[n]; edge < table.first_edge[n + 1]; ++edge) {
            const std::size_t value = table.values[edge];
            inputs.push_back(value == 0 ? image.data() : result[value - 1].values.data());
        }
        std::vector<T> values(Output::size);
        detail_::run::run_layer<Plan, n>(net.parameters().data(), inputs, values.data());
        result.push_back({layers[n].name(), Output::dims, std::move(values)});
    });
    return result;
}

}  // namespace CTCNN_API
