// SPDX-License-Identifier: MIT
#include <ctcnn/core/indices.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "catch.hpp"

using ctcnn::detail_::Indices;

namespace {

constexpr std::array<std::size_t, 3> dims{6, 28, 27};
constexpr Indices all = dims;
static_assert(all.size() == 3 && all[0] == 6 && all[2] == 27);
static_assert(std::equal(all.begin(), all.end(), dims.begin(), dims.end()));

constexpr Indices first_two(dims.data(), 2);
static_assert(first_two.size() == 2 && first_two.end() == dims.data() + 2);

constexpr Indices none;
static_assert(none.size() == 0 && none.begin() == none.end());

}  // namespace

TEST_CASE("indices convert to a span of the same elements", "[core]") {
    const std::span<const std::size_t> span = all;
    CHECK(span.data() == dims.data());
    CHECK(span.size() == 3);
}
