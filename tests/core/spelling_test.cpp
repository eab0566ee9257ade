// SPDX-License-Identifier: MIT
#include <ctcnn/core/spelling.hpp>

#include <cstddef>

#include "catch.hpp"

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>

namespace user {
template <typename T, std::size_t N>
struct Pair {};
}  // namespace user

namespace {

using namespace ctcnn;

template <typename T>
constexpr auto spelled(std::size_t most = 200) {
    detail_::Text<240> text;
    detail_::append_spelling<T>(text, most);
    return text;
}
static_assert(spelled<int>().view() == "int");
static_assert(spelled<Shape<400>>().view() == "Shape<400>");
static_assert(spelled<user::Pair<user::Pair<Kernel<3>, 1>, 2>>().view() == "user::Pair<user::Pair<Kernel<3>, 1>, 2>");
static_assert(spelled<Shape<400>>(5).view() == "Shape...");
// 200 characters, if nothing else is said.
using Numbers =
    Shape<1000000001, 1000000002, 1000000003, 1000000004, 1000000005, 1000000006, 1000000007, 1000000008, 1000000009,
          1000000010, 1000000011, 1000000012, 1000000013, 1000000014, 1000000015, 1000000016, 1000000017>;
static_assert([] {
    detail_::Text<240> text;
    detail_::append_spelling<Numbers>(text);
    return text.length == 203 && text.view().ends_with("...");
}());

}  // namespace

TEST_CASE("spelled in constant expressions alone") { CHECK(spelled<Shape<1, 2>>().view() == "Shape<1, 2>"); }
