// SPDX-License-Identifier: MIT
#include <ctcnn/optim/power.hpp>

#include "catch.hpp"

using ctcnn::detail_::power;

static_assert(power(3, 0) == 1 && power(3, 1) == 3 && power(3, 4) == 81 && power(2, 10) == 1024 && power(0, 0) == 1);
static_assert(power(0.5, 60) == 1.0 / (1LL << 60));

TEST_CASE("powers of a number near 1 keep their digits") {
    // e^-1 = 0.367879..., and (1 - 1/n)^n is below it by the share 1/(2n).
    CHECK(power(1 - 1e-6, 1'000'000) == Approx(0.36787944117144233 * (1 - 0.5e-6)).epsilon(1e-10));
}
