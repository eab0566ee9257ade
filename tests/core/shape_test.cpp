// SPDX-License-Identifier: MIT
#include <ctcnn/core/shape.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

#include "catch.hpp"

using namespace ctcnn;

static_assert(Shape<6, 5, 4>::rank == 3 && Shape<6, 5, 4>::size == 120);
static_assert(Shape<400>::rank == 1 && Shape<400>::size == 400);
static_assert(Shape<>::rank == 0 && Shape<>::size == 1);
static_assert(Shape<3, 0, 2>::size == 0);
static_assert(Shape<6, 5, 4>::largest_dim() == 6 && Shape<4, 6, 5>::largest_dim() == 6 &&
              Shape<4, 5, 6>::largest_dim() == 6);
static_assert(Shape<>::largest_dim() == 0);
static_assert(Shape<6, 5, 4>::dims == std::array<std::size_t, 3>{6, 5, 4});
static_assert(Shape<6, 5, 4>::dim(0) == 6 && Shape<6, 5, 4>::dim(1) == 5 && Shape<6, 5, 4>::dim(2) == 4);

// A shape is a type and a value, and carries nothing.
static_assert(std::is_empty_v<Shape<1, 28, 28>> && std::is_trivially_copyable_v<Shape<1, 28, 28>>);
static_assert(Shape<10>{} == Shape<10>{});
static_assert(Shape<10>{} != Shape<11>{});
static_assert(Shape<2, 3>{} != Shape<3, 2>{});
static_assert(Shape<6>{} != Shape<2, 3>{});
static_assert(Shape<1, 1, 1>{} != Shape<1>{});
static_assert(!std::is_same_v<Shape<10>, Shape<10, 1>>);

// Row-major: the last axis is the fastest.
static_assert(Shape<2, 3>::offset(1, 2) == 5);
static_assert(Shape<6, 1, 5, 5>::offset(5, 0, 4, 4) == 149);
static_assert(Shape<4, 3, 2>::offset(1, 0, 0) == 6 && Shape<4, 3, 2>::offset(0, 1, 0) == 2);
static_assert(Shape<2, 3>::contains(1, 2) && !Shape<2, 3>::contains(1, 3) && !Shape<2, 3>::contains(2, 0));
static_assert(!Shape<2, 3>::contains(-1, 0));

static_assert(is_shape<Shape<1>> && is_shape<Shape<>> && !is_shape<int> && !is_shape<Input<1>>);
static_assert(is_input<Input<1, 28, 28>> && is_input<Input<>> && !is_input<Shape<1>> && !is_input<int>);
static_assert(std::is_same_v<Input<1, 28, 28>::shape, Shape<1, 28, 28>>);

TEST_CASE("offset counts through a tensor in order, each element once") {
    using S = Shape<3, 4, 5>;
    std::size_t expected = 0;
    for (std::size_t c = 0; c < S::dim(0); ++c) {
        for (std::size_t h = 0; h < S::dim(1); ++h) {
            for (std::size_t w = 0; w < S::dim(2); ++w) {
                REQUIRE(S::contains(c, h, w));
                REQUIRE(S::offset(c, h, w) == expected++);
            }
        }
    }
    CHECK(expected == S::size);
}
