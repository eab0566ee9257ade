// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// How a learning rate goes from one value to another: along half a cosine, or along a line.
enum class Anneal { cos, linear };

/// OneCycle: a learning rate that rises from lr / div_factor to lr, and falls to lr / div_factor / final_div_factor, where lr
/// is the optimizer's: {.schedule = OneCycle{}}. The rise takes the part pct_start of the training.
/// An infinite div_factor means from 0 and back to 0.
/// As in    torch.optim.lr_scheduler.OneCycleLR (which counts whole steps, and has its peak one step earlier)
/// Source   Smith and Topin, "Super-convergence", 2018
struct OneCycle {
    double pct_start = 0.3;
    Anneal anneal_strategy = Anneal::cos;
    double div_factor = 25;
    double final_div_factor = 1e4;

    /// The factor of the learning rate, for a progress from 0 to 1. OneCycle{}(0.3) is 1.
    constexpr double operator()(double progress) const {
        const double initial = 1 / div_factor;
        if (progress < pct_start) {
            return between(initial, 1, progress / pct_start);
        }
        const double fall = 1 - pct_start;
        return between(1, initial / final_div_factor, fall > 0 ? (progress - pct_start) / fall : 0);
    }

private:
    constexpr double between(double from, double to, double part) const {
        return from + (to - from) * (anneal_strategy == Anneal::cos ? half_cosine(part) : part);
    }

    /// (1 - cos(pi x)) / 2 for x from 0 to 1, by the Taylor series of sin(pi (x - 1/2)): the same bits on every platform.
    static constexpr double half_cosine(double x) {
        const double angle = 3.14159265358979323846 * (x - 0.5);
        double term = angle;
        double sine = angle;
        // The first term left out is below 2^-53.
        for (int n = 2; n <= 20; n += 2) {
            term *= -angle * angle / (n * (n + 1));
            sine += term;
        }
        return 0.5 + 0.5 * sine;
    }
};

}  // namespace CTCNN_API
