// SPDX-License-Identifier: MIT
#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/inference.hpp>

#include "catch.hpp"

#if defined(BOOST_HANA_CONFIG_HPP)
#error "names() must not need Boost.Hana"
#endif

using namespace ctcnn;

namespace {

using Block = Sequential<ReLU, Conv2d<6, 6, Kernel<3, 2>, Groups<2>, NoBias>, Sequential<Conv2d<6, 4, Kernel<1>>>>;
using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>>, Sigmoid, MaxPool2d<Kernel<2>>, Block, Flatten,
                       LazyLinear<10>>;

/// A layer that has parameters of other names.
struct Gain {
    template <typename S>
    struct At : Linear<4, 2>::template At<S> {
        using layer = Gain;
        static constexpr std::array<std::size_t, 3> scale_shape{2, 2, 2};
        static constexpr std::array<std::size_t, 1> shift_shape{2};
        static constexpr std::array<detail_::LayerTensor, 2> tensors{{{"scale", scale_shape}, {"shift", shift_shape}}};
    };
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        return (Linear<4, 2>::check)(shape);
    }
};
using WithGain = Sequential<Input<4>, Sequential<ReLU, Gain>, Linear<2, 1, NoBias>>;

template <typename N>
constexpr bool fills_parameters() {
    std::size_t offset = 0;
    for (const NamedTensor& tensor : N::names()) {
        std::size_t count = 1;
        for (const std::size_t dim : tensor.shape) {
            count *= dim;
        }
        if (tensor.offset != offset || tensor.count != count) {
            return false;
        }
        offset += count;
    }
    return offset == N::parameter_count;
}

template <typename N>
constexpr bool has_names(std::array<std::string_view, N::names().size()> expected) {
    for (std::size_t n = 0; n < expected.size(); ++n) {
        if (N::names()[n].name != expected[n]) {
            return false;
        }
    }
    return true;
}

template <std::size_t... Dims>
constexpr bool has_shape(const NamedTensor& tensor) {
    constexpr std::array expected{Dims...};
    bool same = tensor.shape.size() == expected.size();
    for (std::size_t n = 0; same && n < expected.size(); ++n) {
        same = tensor.shape[n] == expected[n];
    }
    return same;
}

// The largest index of a layer has two digits.
template <typename... Ls>
using Twelve = Sequential<Input<2>, Ls..., Ls..., Ls...>;
using Deep = Twelve<Linear<2, 2>, ReLU, Linear<2, 2, NoBias>, Tanh>;

}  // namespace

static_assert(has_names<Net>({"0.weight", "0.bias", "3.1.weight", "3.2.0.weight", "3.2.0.bias", "5.weight", "5.bias"}));
static_assert(has_shape<6, 1, 5, 5>(Net::names()[0]) && has_shape<6>(Net::names()[1]));
static_assert(has_shape<6, 3, 3, 2>(Net::names()[2]) && has_shape<4, 6, 1, 1>(Net::names()[3]));
static_assert(has_shape<10, 440>(Net::names()[5]) && has_shape<10>(Net::names()[6]));
static_assert(fills_parameters<Net>() && fills_parameters<Net::with_scalar<double>>());
static_assert(has_names<Deep>({"0.weight", "0.bias", "2.weight", "4.weight", "4.bias", "6.weight", "8.weight", "8.bias",
                               "10.weight"}));
static_assert(Sequential<Input<3>, ReLU, Flatten>::names().empty());
static_assert(has_names<WithGain>({"0.1.scale", "0.1.shift", "1.weight"}) && fills_parameters<WithGain>());
static_assert(std::same_as<std::remove_cvref_t<decltype(Net::names())>, std::array<NamedTensor, 7>>);

template <typename L, typename S>
constexpr std::size_t tensors_of = detail_::model::tensor_count<typename L::template At<S>>();
static_assert(tensors_of<Linear<4, 2>, Shape<4>> == 2 && tensors_of<Linear<4, 2, NoBias>, Shape<4>> == 1 &&
              tensors_of<ReLU, Shape<4>> == 0 && tensors_of<Gain, Shape<4>> == 2);

// A tensor that only has a name and a shape begins at zero.
constexpr detail_::LayerTensor plain{"scale", Gain::At<Shape<4>>::scale_shape};
static_assert(plain.fan_in == 0 && plain.fan_out == 0 && plain.initial == 0 && plain.count() == 8);

TEST_CASE("names, shapes and offsets are those of the views") {
    auto net = Net{};
    const auto same = [&net](std::size_t index, const auto& view) {
        CHECK(net.parameters().data() + Net::names()[index].offset == view.data());
        CHECK(Net::names()[index].count == view.size());
    };
    same(0, net.layer<0>().weight);
    same(1, net.layer<0>().bias);
    same(2, net.layer<3>().layer<1>().weight);
    same(3, net.layer<3>().layer<2>().layer<0>().weight);
    same(4, net.layer<3>().layer<2>().layer<0>().bias);
    same(5, net.layer<5>().weight);
    same(6, net.layer<5>().bias);
}
