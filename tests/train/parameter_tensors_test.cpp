// SPDX-License-Identifier: MIT
#include <ctcnn/train/parameter_tensors.hpp>

#include <ctcnn/ctcnn.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "catch.hpp"

using namespace ctcnn;

namespace {

/// A factor for each channel, a drawn matrix that mixes them, and a bias.
struct Mix : CustomLayer<Mix> {
    using parameters = Parameters<Parameter<"factors", Shape<5>, InitialValue<1.0>>, Parameter<"mixing", Shape<5, 5>>,
                                  Parameter<"bias", Shape<5>>>;

    static constexpr void forward(auto x, auto y, auto, auto, auto) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = x[i];
        }
    }
    static constexpr void backward(auto x, auto, auto, auto, auto grad_y, auto grad_x, auto, auto, auto) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            grad_x[i] = grad_y[i];
        }
    }
};

using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>, Padding<1>>, BatchNorm2d<4>, PReLU<4>,
                       Named<"body", Residual<Conv2d<4, 4, Kernel<3>, Padding<1>, NoBias>, GroupNorm<2, 4>>>,
                       LayerNorm<>, ConvTranspose2d<4, 3, Kernel<2>>, Flatten, Linear<243, 5>, Mix>;

constexpr auto& tensors = detail_::train::parameter_tensors<Net>;

struct Expected {
    std::string_view name;
    ParameterKind kind;
};
constexpr Expected expected[] = {
    {"0.weight", ParameterKind::weight},    {"0.bias", ParameterKind::bias},
    {"1.weight", ParameterKind::norm},      {"1.bias", ParameterKind::norm},
    {"2.weight", ParameterKind::other},     {"body.0.weight", ParameterKind::weight},
    {"body.1.weight", ParameterKind::norm}, {"body.1.bias", ParameterKind::norm},
    {"4.weight", ParameterKind::norm},      {"4.bias", ParameterKind::norm},
    {"5.weight", ParameterKind::weight},    {"5.bias", ParameterKind::bias},
    {"7.weight", ParameterKind::weight},    {"7.bias", ParameterKind::bias},
    {"8.factors", ParameterKind::other},    {"8.mixing", ParameterKind::weight},
    {"8.bias", ParameterKind::bias},
};
constexpr bool all_right = [] {
    std::size_t offset = 0;
    for (std::size_t n = 0; n < tensors.size(); ++n) {
        if (tensors[n].name != expected[n].name || tensors[n].kind != expected[n].kind || tensors[n].offset != offset) {
            return false;
        }
        offset += tensors[n].count;
    }
    return offset == Net::parameter_count;
}();
static_assert(tensors.size() == std::size(expected) && all_right);
static_assert(tensors[5].shape.size() == 4 && tensors[5].shape[0] == 4 && tensors[5].shape[3] == 3);

}  // namespace

TEST_CASE("the tensors of a network are those of its names, without running statistics") {
    std::size_t learned = 0;
    for (const NamedTensor& named : Net::names()) {
        if (learned < tensors.size() && named.name == tensors[learned].name) {
            CHECK(named.offset == tensors[learned].offset);
            CHECK(named.count == tensors[learned].count);
            ++learned;
        } else {
            CHECK(named.name.find("running") != std::string_view::npos);
        }
    }
    CHECK(learned == tensors.size());
}
