// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/half_cosine.hpp>
#include <ctcnn/optim/settings.hpp>

namespace CTCNN_API {

/// How a learning rate goes from one value to another: along half a cosine, or along a line.
enum class Anneal { cos, linear };

/// OneCycle: a schedule for FitOptions. The learning rate rises from lr / div_factor to lr, where lr is the
/// optimizer's, and falls to lr / div_factor / final_div_factor; the rise takes the part pct_start of the steps. With
/// three_phase the rate first falls to lr / div_factor, as fast as it has risen, and then on. The momentum, or Adam's
/// betas[0], goes the other way: from max_momentum to base_momentum and back. It takes the place of the optimizer's
/// own, unless cycle_momentum is false. A rise of no length (pct_start * steps is 1, where PyTorch divides by zero) is
/// at its end in the first step. An infinite div_factor means from 0 and back to 0.
/// As in    torch.optim.lr_scheduler.OneCycleLR
/// Source   Smith and Topin, "Super-convergence", 2018
struct OneCycle {
    double pct_start = 0.3;
    Anneal anneal_strategy = Anneal::cos;
    bool cycle_momentum = true;
    double base_momentum = 0.85;
    double max_momentum = 0.95;
    double div_factor = 25;
    double final_div_factor = 1e4;
    bool three_phase = false;

    /// Throws   std::invalid_argument for a pct_start outside 0 to 1, factors that are not above 0, momenta that are
    ///          not at least 0 and below 1
    constexpr void validate() const {
        using namespace detail_;
        refuse_unless(
            math::is_finite(pct_start) && pct_start >= 0 && pct_start <= 1,
            "OneCycle::pct_start is the part of the training in which the learning rate rises: choose 0 to 1, such as "
            "0.3 for 30 %");
        // Infinity is allowed, NaN is not.
        refuse_unless(div_factor > 0 && math::is_finite(1 / div_factor), "OneCycle::div_factor must be above 0");
        refuse_unless(final_div_factor > 0 && math::is_finite(1 / final_div_factor),
                      "OneCycle::final_div_factor must be above 0");
        require_below_one(base_momentum, "OneCycle::base_momentum must be at least 0 and below 1");
        require_below_one(max_momentum, "OneCycle::max_momentum must be at least 0 and below 1");
    }

    /// The factor of the learning rate in one of `steps` steps, which are counted from 1.
    constexpr double operator()(std::size_t step, std::size_t steps) const {
        return at(static_cast<double>(step) - 1, rise_of(steps), static_cast<double>(steps) - 1, factors());
    }

    /// The same for a progress from 0 to 1, as if there were very many steps. OneCycle{}(0.3) is 1.
    constexpr double operator()(double progress) const { return at(progress, pct_start, 1, factors()); }

    /// The momentum in one of `steps` steps; none if it is not cycled.
    constexpr std::optional<double> momentum(std::size_t step, std::size_t steps) const {
        if (!cycle_momentum) {
            return std::nullopt;
        }
        return at(static_cast<double>(step) - 1, rise_of(steps), static_cast<double>(steps) - 1,
                  {max_momentum, base_momentum, max_momentum, max_momentum});
    }

private:
    /// A value at the beginning, and at the end of each phase. The second of two phases ends with the last value.
    using Values = std::array<double, 4>;

    constexpr Values factors() const {
        const double initial = 1 / div_factor;
        return {initial, 1, three_phase ? initial : initial / final_div_factor, initial / final_div_factor};
    }

    /// How long the first phase is, in steps, the first of which is at 0.
    constexpr double rise_of(std::size_t steps) const { return pct_start * static_cast<double>(steps) - 1; }

    /// The value at a moment, `now`, of a cycle that ends at `last`.
    constexpr double at(double now, double rise, double last, const Values& values) const {
        const std::array<double, 3> ends{rise, three_phase ? 2 * rise : last, last};
        std::size_t phase = 0;
        double begin = 0;
        while (phase < 2 && now > ends[phase]) {
            begin = ends[phase++];
        }
        // Less than this is a rounding error of a length of 0.
        constexpr double shortest = 1e-12;
        const double length = ends[phase] - begin;
        const double part = now < ends[phase] && length > shortest ? (now - begin) / length : 1;
        const double share = anneal_strategy == Anneal::cos ? detail_::half_cosine(part) : part;
        return (1 - share) * values[phase] + share * values[phase + 1];  // exact at both ends
    }
};

}  // namespace CTCNN_API
