// SPDX-License-Identifier: MIT
// Sums and products of images against naive loops, bit by bit on small integers; buffers have borders, which stay.
#include <ctcnn/kernels/join.hpp>

#include <array>
#include <cstddef>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr std::size_t channels = 3;
constexpr std::size_t height = 4;
constexpr std::size_t width = 5;
constexpr std::size_t pixels = height * width;

using Out = Layout<channels, height, width, 1, 2>;
using Same = Layout<channels, height, width, 0, 1>;
using Plain = Layout<channels, height, width>;
using Pixel = Layout<channels, 1, 1>;

template <typename L>
constexpr Place place_of{L::channels, {L::height, L::width}, L::border};

/// One random image for each lane, and the buffer that holds them.
template <typename L, typename V>
struct Images {
    std::vector<std::vector<scalar_t<V>>> of_lanes;
    Buffer<V> buffer = place_of<L>.template zeros<V>();

    explicit Images(Draw& draw) {
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            of_lanes.push_back(draw.template integers<scalar_t<V>>(L::channels * L::height * L::width));
            place_of<L>.put(buffer, lane, of_lanes.back());
        }
    }
    scalar_t<V> at(std::size_t lane, std::size_t i) const {
        return of_lanes[lane][L::height * L::width == 1 ? i / pixels : i];
    }
};

template <typename V>
void check() {
    using T = scalar_t<V>;
    Draw draw(1);
    Images<Same, V> a(draw);
    Images<Plain, V> b(draw);
    Images<Pixel, V> c(draw);
    Images<Out, V> grad_output(draw);
    const std::array<const V*, 3> inputs{a.buffer.data(), b.buffer.data(), c.buffer.data()};
    using Inputs = List<Same, Plain, Pixel>;

    Buffer<V> sum = place_of<Out>.template zeros<V>();
    Buffer<V> product = place_of<Out>.template zeros<V>();
    kernels::join_forward<kernels::Sum, kernels::ReLU, Out>(List<Same, Plain>{}, {inputs[0], inputs[1]}, sum.data());
    kernels::join_forward<kernels::Product, NoFunction, Out>(Inputs{}, inputs, product.data());

    // Gradients, each through the ReLU that has made the input, or added to what is there.
    Images<Same, V> grad_a = a;
    Images<Plain, V> grad_b = b;
    Images<Pixel, V> grad_c = c;
    Images<Plain, V> sum_gradient = b;
    kernels::add_backward<kernels::AddGradient, Plain, Out>(sum_gradient.buffer.data(), grad_output.buffer.data());
    kernels::multiply_backward<0, kernels::ReLU, Out>(Inputs{}, inputs, grad_a.buffer.data(),
                                                      grad_output.buffer.data());
    kernels::multiply_backward<1, NoFunction, Out>(Inputs{}, inputs, grad_b.buffer.data(), grad_output.buffer.data());
    kernels::multiply_backward<2, kernels::AddGradient, Out>(Inputs{}, inputs, grad_c.buffer.data(),
                                                             grad_output.buffer.data());

    Buffer<V> expected_sum = place_of<Out>.template zeros<V>();
    Buffer<V> expected_product = place_of<Out>.template zeros<V>();
    Buffer<V> expected_a = place_of<Same>.template zeros<V>();
    Buffer<V> expected_b = place_of<Plain>.template zeros<V>();
    Buffer<V> expected_c = place_of<Pixel>.template zeros<V>();
    Buffer<V> expected_gradient = place_of<Plain>.template zeros<V>();
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        std::vector<T> s, p, ga, gb, gs;
        std::vector<T> gc = c.of_lanes[lane];
        for (std::size_t i = 0; i < channels * pixels; ++i) {
            const T x = a.at(lane, i);
            const T y = b.at(lane, i);
            const T z = c.at(lane, i);
            const T g = grad_output.at(lane, i);
            s.push_back(x + y > 0 ? x + y : T(0));
            p.push_back(x * y * z);
            ga.push_back(x > 0 ? g * y * z : T(0));
            gb.push_back(g * x * z);
            gc[i / pixels] += g * x * y;
            gs.push_back(y + g);
        }
        place_of<Out>.put(expected_sum, lane, s);
        place_of<Out>.put(expected_product, lane, p);
        place_of<Same>.put(expected_a, lane, ga);
        place_of<Plain>.put(expected_b, lane, gb);
        place_of<Pixel>.put(expected_c, lane, gc);
        place_of<Plain>.put(expected_gradient, lane, gs);
    }
    const auto equal = [](Buffer<V>& left, Buffer<V>& right) {
        bool same = left.guards_are_untouched() && left.size() == right.size();
        for (std::size_t i = 0; same && i < left.size(); ++i) {
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                same = same && get_lane(left.data()[i], lane) == get_lane(right.data()[i], lane);  // 0 is -0.
            }
        }
        return same;
    };
    CHECK(equal(sum, expected_sum));
    CHECK(equal(product, expected_product));
    CHECK(equal(grad_a.buffer, expected_a));
    CHECK(equal(grad_b.buffer, expected_b));
    CHECK(equal(grad_c.buffer, expected_c));
    CHECK(equal(sum_gradient.buffer, expected_gradient));
}

/// The same input as both factors, in a constant expression.
constexpr std::array<double, 2> squares = [] {
    const std::array<double, 2> x{3, -2};
    std::array<double, 2> output{};
    using L = Layout<2, 1, 1>;
    kernels::join_forward<kernels::Product, NoFunction, L>(
        List<L, L>{}, std::array<const double*, 2>{x.data(), x.data()}, output.data());
    return output;
}();
static_assert(squares == std::array<double, 2>{9, 4});

}  // namespace

TEST_CASE("sums and products as naive loops compute them") {
    check<float>();
    check<double>();
    check<Lanes<float>>();
    check<Lanes<double>>();
}
