// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/parameter_tensor.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/optim/tensor_step.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/parameter_tensors.hpp>
#include <ctcnn/train/schedule.hpp>
#include <ctcnn/train/step.hpp>

namespace CTCNN_DETAIL::train {

/// OptimizerOf: what training needs of an optimizer (optim/sgd.hpp).
template <typename Optimizer, typename T>
concept OptimizerOf = requires(const Optimizer& optimizer, std::span<T> parameters, std::span<const T> gradients,
                               std::array<std::span<T>, Optimizer::state_count> state) {
    optimizer.step(parameters, gradients, state, std::uint64_t{1});
} || TensorOptimizer<Optimizer, T>;

/// How large a gradient may be, from FitOptions.
struct Clipping {
    float norm;
    float value;
    bool apart;  ///< whether updates wait for the whole gradient

    /// Throws   std::invalid_argument for limits below 0, infinite or NaN, and for both
    Clipping(const FitOptions& options, bool whole_tensors)
        : norm(options.clip_grad_norm), value(options.clip_grad_value), apart(whole_tensors || norm > 0 || value > 0) {
        require_from_zero(norm, "FitOptions::clip_grad_norm must be a number from 0 on; 0 is no limit");
        require_from_zero(value, "FitOptions::clip_grad_value must be a number from 0 on; 0 is no limit");
        refuse_unless(!(norm > 0 && value > 0),
                      "clip the gradient by clip_grad_norm or by clip_grad_value, not by both");
    }
};

}  // namespace CTCNN_DETAIL::train

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// ParameterUpdates: an optimizer, what it remembers of each parameter, and how the gradient of a step becomes an
/// update: part by part while it is being completed, or apart, where an update needs the whole gradient or whole
/// tensors.
template <typename Net, typename Optimizer>
class ParameterUpdates {
    using T = typename Net::scalar;
    using Buffers = StepWorkspace<Net, Lanes<T>>;
    static constexpr std::size_t count = Net::parameter_count;
    static constexpr bool by_tensor = TensorOptimizer<Optimizer, T>;
    static constexpr bool whole_tensors = by_tensor && detail_::whole_tensors<Optimizer>;

public:
    ParameterUpdates(T* parameters, const Optimizer& optimizer, const FitOptions& options)
        : parameters_(parameters),
          optimizer_(optimizer),
          scheduled_(optimizer_, options.schedule),
          clipping_(options, whole_tensors),
          state_(Optimizer::state_count * count),
          scratch_(scratch_size == 0 ? 0 : scratch_size * run::thread_count(options.threads)),
          squares_(clipping_.norm > 0 ? parts : 0) {
        if constexpr (by_tensor) {
            if constexpr (requires { Optimizer::template names_exist<parameter_tensors<Net>>(); }) {
                static_cast<void>(Optimizer::template names_exist<parameter_tensors<Net>>());
            }
        }
        train::validate(optimizer_);
    }
    ParameterUpdates(const ParameterUpdates&) = delete;
    ParameterUpdates& operator=(const ParameterUpdates&) = delete;

    const Optimizer& optimizer() const { return optimizer_; }
    /// The first number of each parameter, then the second, ...
    std::span<T> state() { return {state_.data(), state_.size()}; }
    std::span<const T> state() const { return {state_.data(), state_.size()}; }
    /// Whether updates wait for the whole gradient.
    bool apart() const { return clipping_.apart; }

    /// The learning rate of a step.
    void begin_step(const ScheduleStep& step) { scheduled_.begin_step(step); }
    template <typename F>
    void for_each_rate(const F& f) const {
        scheduled_.for_each_rate(f);
    }
    void set_last_rates(std::vector<double> rates) { scheduled_.set_last_rates(std::move(rates)); }

    /// The update of some parameters, from `offset` on, in a step that is counted from 1.
    void update(Buffers& buffers, std::size_t offset, std::size_t size, std::size_t number, std::size_t member) {
        const auto& optimizer = *scheduled_;
        T* parameters = parameters_;
        const T* gradients = buffers.gradients();
        std::array<std::span<T>, Optimizer::state_count> part;
        if constexpr (by_tensor) {
            for_each_tensor(offset, size, [&](const ParameterTensor& tensor, std::size_t from, std::size_t length) {
                for (std::size_t s = 0; s < Optimizer::state_count; ++s) {
                    part[s] = std::span<T>(state_.data() + s * count + from, length);
                }
                optimizer.step(tensor, std::span<T>(parameters + from, length),
                               std::span<const T>(gradients + from, length), part, number,
                               std::span<T>(scratch_.data() + member * scratch_size, scratch_size));
            });
        } else {
            for (std::size_t s = 0; s < Optimizer::state_count; ++s) {
                part[s] = std::span<T>(state_.data() + s * count + offset, size);
            }
            optimizer.step(std::span<T>(parameters + offset, size), std::span<const T>(gradients + offset, size), part,
                           number);
        }
    }

    /// The updates that need the whole gradient, or whole tensors, of a step whose gradient is finite; called by all
    /// members of a team.
    void update_apart(run::Team& team, Buffers& buffers, std::size_t number) {
        if (clipping_.norm > 0) {
            team.for_each(parts, [&](std::size_t part) {
                const std::size_t offset = part * part_size;
                const std::size_t size = std::min(part_size, count - offset);
                double sum = 0;
                if constexpr (by_tensor) {
                    for_each_tensor(offset, size,
                                    [&](const ParameterTensor& tensor, std::size_t from, std::size_t length) {
                                        if (!is_frozen<Optimizer>(tensor)) {
                                            sum += sum_of_squares(buffers.gradients() + from, length);
                                        }
                                    });
                } else {
                    sum = sum_of_squares(buffers.gradients() + offset, size);
                }
                squares_[part] = sum;
            });
            team.barrier();
            // An item, too: a member that is late may be here when the others are in the next step.
            team.for_each(1, [&](std::size_t) {
                double sum = 0;
                for (std::size_t part = 0; part < parts; ++part) {
                    sum += squares_[part];
                }
                const double share = static_cast<double>(clipping_.norm) / (math::sqrt(sum) + 1e-6);
                factor_ = static_cast<T>(share < 1 ? share : 1);
            });
            team.barrier();
        }
        const T limit = static_cast<T>(clipping_.value);
        const auto update_part = [&](std::size_t offset, std::size_t size) {
            T* gradients = buffers.gradients() + offset;
            for (std::size_t i = 0; i < size; ++i) {
                gradients[i] = limit > 0 ? at_most(at_least(gradients[i], -limit), limit) : factor_ * gradients[i];
            }
            update(buffers, offset, size, number, team.member());
        };
        if constexpr (whole_tensors) {
            constexpr auto& tensors = parameter_tensors<Net>;
            team.for_each(tensors.size(), [&](std::size_t n) { update_part(tensors[n].offset, tensors[n].count); });
        } else {
            team.for_each(parts, [&](std::size_t part) {
                update_part(part * part_size, std::min(part_size, count - part * part_size));
            });
        }
        team.barrier();
    }

private:
    /// How much scratch memory a thread has.
    static constexpr std::size_t scratch_size = [] {
        std::size_t most = 0;
        if constexpr (by_tensor) {
            for (const ParameterTensor& tensor : parameter_tensors<Net>) {
                most = std::max(most, detail_::scratch_size<Optimizer, T>(tensor));
            }
        }
        return most;
    }();
    static_assert(whole_tensors || scratch_size == 0,
                  "scratch memory is for optimizers of whole tensors: add static constexpr bool whole_tensors = true");
    /// How many parameters are updated at a time, where whole tensors are not needed.
    static constexpr std::size_t part_size = 4096;
    static constexpr std::size_t parts = (count + part_size - 1) / part_size;

    /// f(tensor, offset, size) for each tensor of which some parameters are a part.
    template <typename F>
    static void for_each_tensor(std::size_t offset, std::size_t size, const F& f) {
        for (const ParameterTensor& tensor : parameter_tensors<Net>) {
            const std::size_t begin = std::max(offset, tensor.offset);
            const std::size_t end = std::min(offset + size, tensor.offset + tensor.count);
            if (begin < end) {
                f(tensor, begin, end - begin);
            }
        }
    }

    T* parameters_;
    Optimizer optimizer_;
    ScheduledOptimizer<Optimizer> scheduled_;
    Clipping clipping_;
    AlignedArray<T> state_;
    AlignedArray<T> scratch_;       // of each thread, for whole tensors
    AlignedArray<double> squares_;  // the sum of the squares of each part of the gradient
    T factor_ = 1;                  // of the gradient, whose norm is clipped
};

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM
