// SPDX-License-Identifier: MIT
#include <ctcnn/graph/words.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <ctcnn/core/mismatch.hpp>
#include <ctcnn/core/shape.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// A layer that refuses everything, with a text of its own.
template <std::size_t Length>
struct Refusing {
    static constexpr std::string_view text = "0123456789 123456789 123456789 123456789 123456789 123456789";
    template <std::size_t... Dims>
    static constexpr Mismatch check(Shape<Dims...>) {
        return text.substr(0, Length);
    }
};

template <typename Words>
struct Pieces;
template <Name... Texts>
struct Pieces<says<Texts...>> {
    static constexpr std::size_t count = sizeof...(Texts);
    static constexpr std::size_t longest = std::max({Texts.view().size()...});
    /// With blanks where the text was cut.
    static constexpr bool are(std::string_view whole) {
        std::size_t at = 0;
        return ((whole.substr(std::exchange(at, at + Texts.view().size() + 1), Texts.view().size()) == Texts.view()) &&
                ...) &&
               at == whole.size() + 1;
    }
};

template <std::size_t Length>
using PiecesOf = Pieces<decltype(graph::says_of<Refusing<Length>, Shape<4>>())>;

}  // namespace

TEST_CASE("a refusal says no more than that there is one", "[graph]") {
    STATIC_REQUIRE(bool(graph::Refusal<Reason::in_features, the_sequence>::mismatch));
    STATIC_REQUIRE(graph::Refusal<Reason::in_features, the_sequence>::mismatch.reason == Reason::in_features);
    STATIC_REQUIRE_FALSE(bool(graph::Accepted::mismatch));
}

TEST_CASE("a layer's own words are cut where the compiler would", "[graph]") {
    STATIC_REQUIRE(PiecesOf<20>::count == 1);
    STATIC_REQUIRE(PiecesOf<20>::are(Refusing<20>::text.substr(0, 20)));
    STATIC_REQUIRE(PiecesOf<60>::are(Refusing<60>::text));
#if defined(__clang__)
    // It shows 36 characters: the last blank before them is the 30th.
    STATIC_REQUIRE(PiecesOf<36>::count == 1);
    STATIC_REQUIRE(PiecesOf<37>::count == 2);
    STATIC_REQUIRE(PiecesOf<60>::count == 2);
    STATIC_REQUIRE(PiecesOf<60>::longest == 30);
#else
    STATIC_REQUIRE(PiecesOf<60>::count == 1);
#endif
    // A blank behind the longest piece ends it.
    constexpr std::string_view fitting = "012345678901234567890123456789012345 7";
    STATIC_REQUIRE(graph::first_piece(fitting).size() ==
                   (graph::first_piece(Refusing<60>::text).size() < 60 ? 36 : fitting.size()));
    // Without a blank there is nowhere better.
    constexpr std::string_view unbroken = "0123456789012345678901234567890123456789";
    STATIC_REQUIRE(graph::first_piece(unbroken).size() ==
                   (graph::first_piece(Refusing<60>::text).size() < 60 ? 36 : 40));
}
