// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/run/parallel.hpp>

namespace CTCNN_API::inline CTCNN_TEAM {

/// TimeLimit: ends a call of fit after the first step that ends after so many seconds.
///     fit(net, train_set, Adam{}, {.epochs = 1000}, TimeLimit{.seconds = 60});
/// Throws   std::invalid_argument at the start of fit for seconds that are not finite, or not above 0
/// As in    lightning.pytorch.callbacks.Timer
struct TimeLimit {
    double seconds = 0;

    double begin = 0;  ///< of the call of fit

    void on_train_begin() {
        detail_::refuse_unless(detail_::math::is_finite(seconds) && seconds > 0,
                               "TimeLimit::seconds must be a number above 0");
        begin = detail_::run::seconds();
    }
    bool should_stop() const { return detail_::run::seconds() - begin >= seconds; }
};

}  // namespace CTCNN_API::inline CTCNN_TEAM
