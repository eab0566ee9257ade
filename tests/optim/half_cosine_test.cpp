// SPDX-License-Identifier: MIT
#include <ctcnn/optim/half_cosine.hpp>

#include <cmath>

#include "catch.hpp"

using ctcnn::detail_::half_cosine;

static_assert(half_cosine(0) == 0 && half_cosine(1) == 1);

TEST_CASE("half a cosine is that of the standard library") {
    for (int i = 0; i <= 1000; ++i) {
        const double x = i / 1000.0;
        CAPTURE(x);
        CHECK(std::abs(half_cosine(x) - (1 - std::cos(3.14159265358979323846 * x)) / 2) <= 4e-16);
        CHECK(half_cosine(x) + half_cosine(1 - x) == Approx(1).epsilon(4e-16));
    }
}
