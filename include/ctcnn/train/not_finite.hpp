// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/names.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/train/step.hpp>
#include <ctcnn/train/stored_image.hpp>

namespace CTCNN_DETAIL::train {

/// NotFinite: what is infinite or NaN in a step, and where that was found first. before, name and behind say where
/// together; the name is a layer's or an image's.
struct NotFinite {
    std::size_t epoch;
    std::size_t step;
    std::string layer;
    std::string_view what;
    std::string_view before;
    std::string_view name;
    std::string_view behind;
    std::string_view end = " infinity or NaN; try a smaller learning rate, and look for NaN in the images";

    [[gnu::cold]] std::string sentence() const {
        Text<128> begin;
        begin.append("the ");
        begin.append(what);
        begin.append(" not finite in step ");
        begin.append_number(step);
        begin.append(" of epoch ");
        begin.append_number(epoch);
        begin.append(": ");
        std::string text(begin.view());
        return text.append(before).append(name).append(behind).append(end);
    }
};

}  // namespace CTCNN_DETAIL::train

namespace ctcnn {

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wweak-vtables"  // A header has no source file for a vtable.
#endif
/// LossNotFinite: the loss of a training step, its gradient or the mean or variance of a batch was infinite or NaN, and
/// that step was not taken; or a step has made parameters infinite, or running statistics were so before it.
class LossNotFinite : public std::runtime_error {
public:
    [[gnu::cold]] explicit LossNotFinite(const detail_::train::NotFinite& found)
        : std::runtime_error(found.sentence()), epoch_(found.epoch), step_(found.step), layer_(found.layer) {}

    /// Both count from 1.
    std::size_t epoch() const { return epoch_; }
    std::size_t step() const { return step_; }
    /// The first layer with a number that is not finite, as in a state_dict: "3"; empty if it is the images or the loss
    /// itself.
    const std::string& layer() const { return layer_; }

private:
    std::size_t epoch_;
    std::size_t step_;
    std::string layer_;
};
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace ctcnn

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// Finds where the first number that is not finite comes from, and throws. `workspace` is that of the step, and is used
/// for a forward pass. overflow: the loss and its gradient were finite, but the updated parameters or the running
/// statistics are not.
template <Number V, typename Net, typename Images, typename Workspace>
[[gnu::cold, gnu::noinline]] void throw_not_finite(const Net& net, const Images& batch, Workspace& workspace,
                                                   std::size_t epoch, std::size_t step, double loss, bool overflow) {
    using T = typename Net::scalar;
    using Plan = typename Net::template plan_of<V>;
    // Loops over tables, not code for each layer: what runs once at most should cost little to compile.
    constexpr auto& layers = model::placed_layers<Net>;
    const auto first_not_finite = [&](const T* numbers) -> const model::PlacedLayer* {
        for (const model::PlacedLayer& layer : layers) {
            if (!math::all_finite(numbers + layer.parameter_offset, layer.parameter_count)) {
                return &layer;
            }
        }
        return nullptr;
    };
    const T* parameters = net.parameters().data();
    if (const auto* layer = first_not_finite(parameters)) {
        const std::string name = layer->name();
        throw LossNotFinite(
            {epoch, step, name, overflow ? "parameters are" : "loss is", "the parameters of layer ", name, " hold"});
    }
    const T* running = parameters + Net::parameter_count;
    for (const model::PlacedLayer& layer : layers) {
        if (overflow && !math::all_finite(running, layer.buffer_count)) {
            const std::string name = layer.name();
            throw LossNotFinite({epoch, step, name, "running statistics are", "those of layer ", name, " hold"});
        }
        running += layer.buffer_count;
    }
    const std::string_view what = math::is_finite(static_cast<T>(loss)) ? "gradient is" : "loss is";
    auto& tile = workspace.tile();
    for (std::size_t n = 0; n < batch.count; ++n) {
        std::array<const T*, lane_count<V>> images{};
        const auto& image = batch.images[batch.at(n)];
        constexpr bool is_stored = StoredImage<std::remove_cvref_t<decltype(image)>>;
        [[maybe_unused]] AlignedArray<T> decoded(is_stored ? Net::input_shape::size : 0);
        if constexpr (is_stored) {
            images.fill(numbers_of<T>(image, decoded.data()));
        } else {
            images.fill(image.data());
        }
        workspace.forward(parameters, images);
        for (std::size_t k = 0; k <= Plan::stage_count; ++k) {
            // Where a sum has taken the place of a term, the term is known by the sum alone: if the other terms are
            // finite, and the sum is not, neither was the term.
            if (Plan::becomes_sum(k) || math::all_finite(tile.buffer(k), Plan::buffer_size(k))) {
                continue;
            }
            if (k == 0) {
                Text<20> number;
                number.append_number(batch.at(n));
                throw LossNotFinite({epoch, step, {}, what, "image ", number.view(), " holds"});
            }
            const std::string name = layers[Plan::leaf_of(Plan::first_in_place(k) - 1)].name();
            throw LossNotFinite({epoch, step, name, what, "the output of layer ", name, " holds"});
        }
    }
    if (!(workspace.divisor() > 0)) {
        throw LossNotFinite({epoch,
                             step,
                             {},
                             what,
                             "the weights of all labels of the batch are 0",
                             {},
                             {},
                             "; leave such images out, or ignore their label with ignore_index"});
    }
    const std::size_t unfit = overflow ? Plan::stage_count : workspace.unfit_statistics();
    if (unfit != Plan::stage_count) {
        const std::string name = layers[Plan::leaf_of(unfit)].name();
        const bool loss_is_finite = math::is_finite(static_cast<T>(loss));
        throw LossNotFinite({epoch, step, name, loss_is_finite ? "statistics of the batch are" : what,
                             "the mean or the variance in layer ", name, " is"});
    }
    if (const auto* layer = first_not_finite(workspace.gradients())) {
        const std::string name = layer->name();
        throw LossNotFinite({epoch, step, name, what, "the gradient of layer ", name, " holds"});
    }
    throw LossNotFinite({epoch, step, {}, what, "the outputs are finite, but the loss is", {}, {}});
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM
