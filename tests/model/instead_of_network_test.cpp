// SPDX-License-Identifier: MIT
#include <ctcnn/model/instead_of_network.hpp>

#include <cstddef>

#include "catch.hpp"

using ctcnn::detail_::model::any_number;
using ctcnn::detail_::model::AnyNumber;

namespace {

// Whatever a program asserts of a number of a refused network is true: it is large, but below a limit of 2 or more.
template <typename X>
constexpr bool agrees(X x) {
    return any_number == x && x == any_number && any_number != x && x != any_number && any_number > x &&
           any_number >= x;
}
static_assert(agrees(0) && agrees(7) && agrees(std::size_t{61'706}) && agrees(-1) && agrees(2.5));
static_assert(any_number < 7U && any_number <= 7U);
static_assert(any_number == any_number && any_number != any_number && any_number > any_number &&
              any_number >= any_number);

constexpr AnyNumber changed() {
    AnyNumber number = any_number;
    number += 3;
    number *= 4U;
    return number;
}
static_assert(changed() == any_number && any_number * 3 + 1 == 8 && 100 / any_number == 7 && any_number % 4 == 2);

}  // namespace

TEST_CASE("numbers of refused networks agree to everything", "[model]") {
    std::size_t count = 0;
    for (std::size_t n = 0; n < std::size_t{any_number}; ++n) {
        ++count;
    }
    CHECK(count == 1);
}
