// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_API {

/// LogOptions: what CSVLogger and TensorBoard write beside the values of the epochs.
struct LogOptions {
    std::size_t every_n_steps = 0;  ///< the loss and the learning rate of each n-th step of all epochs; 0: of none
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::io {

/// The name of the n-th of some learning rates: that of the only one, or with a separator and a number.
template <typename Rates>
std::string name_of_rate(std::string_view name, std::string_view separator, const Rates& rates, std::size_t n) {
    return rates.size() == 1 ? std::string(name) : sentence({name, separator, decimal(std::uint64_t{n})});
}

/// Whether the step that was just made is one of those that are written.
template <typename Trainer>
bool is_logged(const LogOptions& options, const Trainer& trainer) {
    return options.every_n_steps != 0 && trainer.steps() % options.every_n_steps == 0;
}

}  // namespace CTCNN_DETAIL::io
