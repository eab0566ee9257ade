// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/image_order.hpp>
#include <ctcnn/train/round.hpp>

namespace CTCNN_DETAIL::train {

/// What f(images, targets) returns for a data set, which may be augmented, or draw the images of an epoch. One
/// static_assert at most fails; then the result is empty.
/// Throws   what view_of throws
template <typename Net, typename Report, typename Data, typename Loss, typename F>
Report on_data(const Data& dataset, const Loss& loss, ImageOrder& order, const F& f) {
    order.shuffle_images();
    if constexpr (requires { dataset.pipeline(); }) {
        using Pipeline = std::remove_cvref_t<decltype(dataset.pipeline())>;
        return on_data<Net, Report>(dataset.data(), loss, order, [&](const auto& images, const auto& targets) {
            using Image = typename std::remove_cvref_t<decltype(images)>::value_type;
            return f(AugmentedImages<Image, Pipeline>{images, &dataset.pipeline()}, targets);
        });
    } else if constexpr (requires(std::span<std::uint32_t> drawn) { dataset.sample(0, 0, drawn); }) {
        return on_data<Net, Report>(dataset.data(), loss, order, [&](const auto& images, const auto& targets) {
            order.sample_images(dataset);
            return f(images, targets);
        });
    } else {
        const auto data = view_of<Net>(dataset, loss);
        using Target = typename decltype(data.targets)::value_type;
        if constexpr (!check_loss<Net, Loss, Target>()) {
            return {};
        } else if constexpr (std::integral<Target>) {
            // A copy: labels that the data set changes meanwhile may have no output.
            const std::vector<Target> labels(data.targets.begin(), data.targets.end());
            return f(as_read(data.images), std::span<const Target>(labels));
        } else {
            return f(as_read(data.images), data.targets);
        }
    }
}

}  // namespace CTCNN_DETAIL::train
