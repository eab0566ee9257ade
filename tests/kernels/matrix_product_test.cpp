// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/matrix_product.hpp>

#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn::detail_;
using kernels::Matrix;

namespace {

template <Number V>
void check(std::size_t m, std::size_t k, std::size_t n, Draw& draw) {
    using T = scalar_t<V>;
    CAPTURE(m, k, n, lane_count<V>);
    const std::size_t left_stride = kernels::row_stride<V>(k);
    const std::size_t stride = kernels::row_stride<V>(n);
    REQUIRE((stride >= n && stride < n + lane_count<V> && stride % lane_count<V> == 0));
    // Whole numbers, whose products and sums are exact.
    std::vector<T> left(m * left_stride);
    std::vector<T> right(k * stride);
    std::vector<T> added(m * stride);
    std::vector<T> result(m * stride, T(99));
    const auto fill = [&draw](std::vector<T>& numbers, std::size_t columns, std::size_t apart) {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            numbers[i] = i % apart < columns ? static_cast<T>(draw.whole(0, 8)) - T(4) : T(0);
        }
    };
    fill(left, k, left_stride);
    fill(right, n, stride);
    fill(added, n, stride);
    kernels::multiply<V, T>({left.data(), m, k, left_stride}, {right.data(), k, n, stride}, T(2), added.data(), T(-3),
                            {result.data(), m, n, stride});
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < stride; ++j) {
            T sum = 0;
            for (std::size_t l = 0; l < k; ++l) {
                sum += left[i * left_stride + l] * right[l * stride + j];
            }
            REQUIRE(result[i * stride + j] == 2 * sum - 3 * added[i * stride + j]);
        }
    }
    // A matrix may be added to its own product.
    kernels::multiply<V, T>({left.data(), m, k, left_stride}, {right.data(), k, n, stride}, T(2), added.data(), T(-3),
                            {added.data(), m, n, stride});
    REQUIRE(added == result);
}

constexpr float product() {
    const float left[] = {1, 2};
    const float right[] = {3, 4};
    const float added[] = {5};
    float result[1] = {};
    kernels::multiply<float, float>({left, 1, 2, 2}, {right, 2, 1, 1}, 10, added, 2, {result, 1, 1, 1});
    return result[0];
}
static_assert(product() == 10 * (1 * 3 + 2 * 4) + 2 * 5);

}  // namespace

TEST_CASE("products of matrices are exact for whole numbers") {
    Draw draw(1);
    for (const std::size_t m : {1u, 2u, 3u, 4u, 5u, 8u, 11u}) {
        for (const std::size_t n : {1u, 7u, 8u, 9u, 16u, 17u, 33u, 50u}) {
            for (const std::size_t k : {1u, 2u, 13u}) {
                check<Lanes<float>>(m, k, n, draw);
                check<Lanes<double>>(m, k, n, draw);
                check<float>(m, k, n, draw);
            }
        }
    }
}
