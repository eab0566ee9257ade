// SPDX-License-Identifier: MIT
#include <ctcnn/model/instead_of_network.hpp>

#include <cstddef>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_::model;

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

// So with its shapes, tensors and names. Here the error is none.
struct NoError {};
using S = AnyShape<NoError>;
static_assert(is_shape<S> && !detail_::is_known_shape<S> && S::contains(1, 2) && S::offset(1, 2) == 7);
static_assert(S{} == Shape<2, 3>{} && S{} == Shape<5>{} && S::dim(3) == 5 && S::size == 7 && S::rank == 3);
constexpr AnyTensor<NoError, float> tensor{};
static_assert(tensor == 5 && tensor == Tensor<float, Shape<2>>{1, 2} && tensor.size() == 9);
static_assert(AnyText{} == "0.weight" && AnyText{}.size() == 4);
constexpr AnyTensors<NoError> tensors{};
static_assert(!tensors.empty() && tensors.size() == 3 && tensors.end() - tensors.begin() == 1);
static_assert(tensors[4].name == "any" && tensors[4].offset == 3 && tensors[4].count == 4);
constexpr AnyDims dims{};
static_assert(dims[3] == 5 && dims.size() == 2 && dims.end() - dims.begin() == 1 && *dims.begin() == 6);

}  // namespace

TEST_CASE("numbers of refused networks agree to everything", "[model]") {
    std::size_t count = 0;
    for (std::size_t n = 0; n < std::size_t{any_number}; ++n) {
        ++count;
    }
    CHECK(count == 1);
}
