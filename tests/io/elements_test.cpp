// SPDX-License-Identifier: MIT
#include <ctcnn/io/elements.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "catch.hpp"

using namespace ctcnn::detail_::io;
using ctcnn::Dtype;

TEST_CASE("values that a dtype cannot hold are told from those that it can", "[io]") {
    const auto fits = [](Dtype dtype, double value) {
        std::array<std::byte, 8> bytes{};
        return write_element(dtype, std::bit_cast<std::uint64_t>(value), bytes.data());
    };
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(fits(Dtype::float16, 65519.99));
    CHECK_FALSE(fits(Dtype::float16, 65520));
    CHECK(fits(Dtype::float16, infinity));
    CHECK(fits(Dtype::float16, std::nan("")));
    CHECK(fits(Dtype::bfloat16, 3.38e38));
    CHECK_FALSE(fits(Dtype::bfloat16, -3.4e38));
    CHECK(fits(Dtype::float32, 3.4028235e38));
    CHECK_FALSE(fits(Dtype::float32, 3.4028236e38));
    CHECK(fits(Dtype::float64, 1e308));
    for (int value = -128; value <= 127; ++value) {
        CHECK(fits(Dtype::int8, value));
    }
    CHECK(fits(Dtype::int8, -0.0));
    for (const double value : {-129.0, 128.0, 0.5, -0.25, 1e300, infinity, -infinity, std::nan("")}) {
        CHECK_FALSE(fits(Dtype::int8, value));
    }
}
