// SPDX-License-Identifier: MIT
#include <ctcnn/model/embedded.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/inference.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Net = Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1>>;

struct InOrder {
    static consteval std::array<EmbeddedTensor, 4> tensors() {
        return {{{"0.weight", {2, 3}}, {"0.bias", {2}}, {"2.weight", {1, 2}}, {"2.bias", {1}}}};
    }
    static consteval std::array<float, 11> values() { return {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}; }
};
// The order of safetensors files.
struct ByName {
    static consteval std::array<EmbeddedTensor, 4> tensors() {
        return {{{"0.bias", {2}}, {"0.weight", {2, 3}}, {"2.bias", {1}}, {"2.weight", {1, 2}}}};
    }
    static consteval std::array<float, 11> values() { return {{7, 8, 1, 2, 3, 4, 5, 6, 11, 9, 10}}; }
};

constexpr Net in_order = embedded<Net, InOrder>();
constexpr Net by_name = embedded<Net, ByName>();
static_assert(in_order.layer<0>().weight(1, 2) == 6 && in_order.layer<0>().bias(1) == 8);
static_assert(in_order.layer<2>().weight(0, 1) == 10 && in_order.layer<2>().bias(0) == 11);
static_assert(in_order({1, 0, 0}) == Tensor<float, Shape<1>>{(1 + 7) * 9 + (4 + 8) * 10 + 11});
static_assert(predict(by_name, {1, 0, 0}) == 1);  // The single output is 203.

// What differs first: a tensor of the network, or one that only the file has.
struct OneMore {
    static consteval std::array<EmbeddedTensor, 5> tensors() {
        return {{{"0.weight", {2, 3}}, {"0.bias", {2}}, {"2.weight", {1, 2}}, {"2.bias", {1}}, {"3.bias", {1}}}};
    }
};
struct OneMoreInFront {
    static consteval std::array<EmbeddedTensor, 5> tensors() {
        return {{{"3.bias", {1}}, {"0.weight", {2, 3}}, {"0.bias", {2}}, {"2.weight", {1, 2}}, {"2.bias", {1}}}};
    }
};
struct OtherSize {
    static consteval std::array<EmbeddedTensor, 4> tensors() {
        return {{{"0.weight", {2, 3}}, {"0.bias", {3}}, {"2.weight", {1, 2}}, {"2.bias", {1}}}};
    }
};
struct OtherRank {
    static consteval std::array<EmbeddedTensor, 4> tensors() {
        return {{{"0.weight", {2, 3}}, {"0.bias", {2}}, {"2.weight", {1, 2}}, {"2.bias", {1, 1}}}};
    }
};
struct OtherName {
    static consteval std::array<EmbeddedTensor, 4> tensors() {
        return {{{"1.weight", {2, 3}}, {"0.bias", {2}}, {"2.weight", {1, 2}}, {"2.bias", {1}}}};
    }
};
using detail_::model::no_tensor;
template <typename File>
constexpr bool differs(std::size_t in_network, std::size_t in_file) {
    constexpr auto difference = detail_::model::first_difference<Net, File>();
    return difference.in_network == in_network && difference.in_file == in_file;
}
static_assert(differs<InOrder>(no_tensor, no_tensor) && differs<ByName>(no_tensor, no_tensor));
static_assert(differs<OneMore>(no_tensor, 4) && differs<OneMoreInFront>(no_tensor, 0) && differs<OtherSize>(1, 1) &&
              differs<OtherRank>(3, 3) && differs<OtherName>(0, no_tensor));
static_assert(EmbeddedTensor{"", {}}.count() == 1 && EmbeddedTensor{"", {3, 1, 4}}.count() == 12);

// What is not learned is embedded, too: y = (x - mean) / sqrt(var + eps) * weight + bias.
using Normed = Sequential<Input<2>, Linear<2, 2, NoBias>, BatchNorm1d<2, Eps<0.25>>, Linear<2, 1, NoBias>>;
struct NormedFile {
    static consteval std::array<EmbeddedTensor, 6> tensors() {
        return {{{"0.weight", {2, 2}},
                 {"1.bias", {2}},
                 {"1.running_mean", {2}},
                 {"1.running_var", {2}},
                 {"1.weight", {2}},
                 {"2.weight", {1, 2}}}};
    }
    static consteval std::array<float, 14> values() {
        return {{1, 0, 0, 1, 10, 20, 3, 5, 3.75f, 15.75f, 6, 7, 1, 100}};
    }
};
constexpr Normed normed = embedded<Normed, NormedFile>();
static_assert(normed.buffers()[0] == 3 && normed.buffers()[1] == 5 && normed.buffers()[3] == 15.75f);
static_assert(normed({7, 13})(0) == (7 - 3) / 2 * 6 + 10 + 100 * ((13 - 5) / 4 * 7 + 20));

// A network without parameters, and one of a single tensor.
using Plain = Sequential<Input<2>, Linear<2, 1, NoBias>>;
struct OneTensor {
    static consteval std::array<EmbeddedTensor, 1> tensors() { return {{{"0.weight", {1, 2}}}}; }
    static consteval std::array<float, 2> values() { return {{3, -0.0f}}; }
};
constexpr Plain plain = embedded<Plain, OneTensor>();
static_assert(plain({2, 1})(0) == 6);

// A network whose parameters lie on the heap, where there is one.
constexpr std::size_t width = 300;
using Large = Sequential<Input<width>, Linear<width, width, NoBias>>;
struct LargeFile {
    static consteval std::array<EmbeddedTensor, 1> tensors() { return {{{"0.weight", {width, width}}}}; }
    static consteval std::array<float, width * width> values() {
        std::array<float, width * width> values{};
        values[1] = 5;
        values.back() = 7;
        return values;
    }
};
constexpr Large large = embedded<Large, LargeFile>();
static_assert(large.layer<0>().weight(0, 1) == 5 && large.layer<0>().weight(width - 1, width - 1) == 7);

}  // namespace

TEST_CASE("tensors are found by name, in any order") {
    for (std::size_t n = 0; n < Net::parameter_count; ++n) {
        CHECK(in_order.parameters()[n] == static_cast<float>(n + 1));
        CHECK(by_name.parameters()[n] == in_order.parameters()[n]);
    }
}

TEST_CASE("an embedded network is a constant, and its copies are not") {
    Net copy = in_order;
    copy.parameters()[0] = 20;
    CHECK(in_order.parameters()[0] == 1);
    CHECK(copy.parameters()[0] == 20);
    CHECK(copy.parameters()[1] == 2);
}

TEST_CASE("a large embedded network is the same") {
    STATIC_REQUIRE(!std::is_trivially_copyable_v<Large>);
    const float* constants = large.parameters().data();
    Large copy = large;
    copy.parameters()[1] = 6;
    CHECK(copy.parameters().back() == 7);
    CHECK(large.parameters()[1] == 5);

    // Also where it is no constant: it is copied before it is changed, and not before.
    Large direct = embedded<Large, LargeFile>();
    CHECK(std::as_const(direct).parameters().data() == constants);
    direct.parameters()[1] = 8;
    CHECK(direct.parameters().back() == 7);
    CHECK(large.parameters()[1] == 5);

    Large assigned = embedded<Large, LargeFile>();
    assigned = copy;
    CHECK(assigned.parameters()[1] == 6);
    assigned = large;
    CHECK(assigned.parameters()[1] == 5);
    CHECK(std::as_const(assigned).parameters().data() != constants);
    assigned = embedded<Large, LargeFile>();
    CHECK(std::as_const(assigned).parameters().data() == constants);
    CHECK(large.parameters()[1] == 5);
}

TEST_CASE("statistics of an embedded network are those of the file, in a program as in a constant expression") {
    const Normed copy = normed;
    const Normed::input_tensor at_means{3, 5};
    CHECK(copy(at_means)(0) == 10 + 100 * 20);
    CHECK(normed(at_means)(0) == 10 + 100 * 20);
}
