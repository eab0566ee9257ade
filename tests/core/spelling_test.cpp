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

}  // namespace

TEST_CASE("spelled in constant expressions alone") { CHECK(spelled<Shape<1, 2>>().view() == "Shape<1, 2>"); }
