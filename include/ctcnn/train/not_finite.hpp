// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/hana/for_each.hpp>

#include <ctcnn/core/math.hpp>
#include <ctcnn/model/forward.hpp>
#include <ctcnn/model/names.hpp>
#include <ctcnn/train/gather.hpp>
#include <ctcnn/train/step.hpp>

namespace ctcnn {

/// LossNotFinite: the loss of a training step was infinite or NaN. The parameters are those before the step.
class LossNotFinite : public std::runtime_error {
public:
    LossNotFinite(std::size_t epoch, std::size_t step, const std::string& layer, const std::string& what)
        : std::runtime_error("the loss is not finite in step " + std::to_string(step) + " of epoch " +
                             std::to_string(epoch) + ": " + what +
                             "; try a smaller learning rate, and look for NaN in the images"),
          epoch_(epoch),
          step_(step),
          layer_(layer) {}

    /// Both count from 1.
    std::size_t epoch() const { return epoch_; }
    std::size_t step() const { return step_; }
    /// The first layer with a number that is not finite, as in a state_dict: "3"; empty if it is the images or the loss itself.
    const std::string& layer() const { return layer_; }

private:
    std::size_t epoch_;
    std::size_t step_;
    std::string layer_;
};

namespace train {

/// Finds where the first number that is not finite comes from, and throws.
template <typename Net, typename Images>
[[noreturn]] void throw_not_finite(const Net& net, const Images& batch, std::size_t epoch, std::size_t step) {
    using T = typename Net::scalar;
    using Plan = typename Net::plan;
    const auto broken = [](const T* data, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            if (!math::is_finite(data[i])) {
                return true;
            }
        }
        return false;
    };
    std::vector<std::string> names;
    boost::hana::for_each(model::named_layers<Net>,
                          [&](auto named) { names.push_back(decltype(named)::type::name()); });

    std::string parameter_layer;
    boost::hana::for_each(model::named_parameters<Net>, [&](auto named) {
        using Layer = typename decltype(named)::type;
        if (parameter_layer.empty() && broken(net.parameters().data() + Layer::parameter_offset,
                                              model::parameter_count<typename Layer::Bound>())) {
            parameter_layer = Layer::name();
        }
    });
    if (!parameter_layer.empty()) {
        throw LossNotFinite(epoch, step, parameter_layer,
                            "the parameters of layer " + parameter_layer + " hold infinity or NaN");
    }
    const auto workspace = std::make_unique<model::TileWorkspace<Plan, T>>();
    for (std::size_t n = 0; n < batch.count; ++n) {
        gather<typename Plan::InputLayout>(std::array<const T*, 1>{batch.images[batch.at(n)].data()},
                                           workspace->buffer(0));
        model::forward<Plan>(net.parameters().data(), *workspace);
        if (broken(workspace->buffer(0), Plan::buffer_offsets[1])) {
            throw LossNotFinite(epoch, step, "", "image " + std::to_string(batch.at(n)) + " holds infinity or NaN");
        }
        for (std::size_t k = 0; k < Plan::stage_count; ++k) {
            const std::size_t size =
                k + 1 < Plan::stage_count ? Plan::buffer_offsets[k + 2] - Plan::buffer_offsets[k + 1] : Plan::output_size;
            if (broken(workspace->buffer(k + 1), size)) {
                const std::string& name = names[Plan::leaf_of(k)];
                throw LossNotFinite(epoch, step, name, "the output of layer " + name + " holds infinity or NaN");
            }
        }
    }
    throw LossNotFinite(epoch, step, "", "the outputs are finite, but the loss of them is not");
}

}  // namespace train
}  // namespace ctcnn
