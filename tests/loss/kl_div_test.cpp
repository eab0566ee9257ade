// SPDX-License-Identifier: MIT
#include <ctcnn/loss/kl_div.hpp>

#include <array>
#include <cmath>
#include <limits>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include "golden_losses.hpp"

using namespace ctcnn;

namespace {

using Target = Tensor<double, Shape<2>>;

constexpr double of(std::array<double, 2> outputs, Target target, const KLDivLoss& loss) {
    std::array<double, 2> gradient{};
    return loss.evaluate<2, double>(outputs.data(), std::array<const Target*, 1>{&target}, 1.0, gradient.data());
}

}  // namespace

// In constant expressions: a certain target, of which the other element adds 0, and its logarithm.
static_assert(of({-1, -2}, {1, 0}, {}) == 1);
static_assert(of({-1, -2}, {0, -1e4}, {.log_target = true}) == 1);

TEST_CASE("a target that is no probability, or the logarithm of 0, gives no finite loss, as in PyTorch") {
    CHECK(std::isnan(of({-1, -2}, {0.5, -0.5}, {})));
    CHECK_FALSE(std::isfinite(of({-1, -2}, {0, -std::numeric_limits<double>::infinity()}, {.log_target = true})));
}

TEST_CASE("the divergence is PyTorch's, of probabilities and of their logarithms") {
    golden_losses::check(KLDivLoss{}, "probabilities", "kl_div");
    golden_losses::check(KLDivLoss{.log_target = true}, "logarithms", "kl_div_log");
    golden_losses::check_differences(KLDivLoss{}, Tensor<double, Shape<4>>{0.25, 0, 0.5, 0.25}, {-1, -2, -3, -4});
    golden_losses::check_differences(KLDivLoss{.log_target = true}, Tensor<double, Shape<4>>{-1, -2, -3, -4},
                                     {-2, -2, 0, -4});
}
