// SPDX-License-Identifier: MIT
#include <ctcnn/core/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <type_traits>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using Matrix = Tensor<float, Shape<2, 3>>;

constexpr Matrix counted{1, 2, 3, 4, 5, 6};

constexpr float sum_after_writing() {
    Matrix matrix{};
    matrix(1, 2) = 5;
    matrix.view()(0, 1) = 7;
    matrix.span()[0] = 1;
    float sum = 0;
    for (const float value : matrix.span()) {
        sum += value;
    }
    return sum;
}

}  // namespace

static_assert(counted(0, 0) == 1 && counted(0, 2) == 3 && counted(1, 0) == 4 && counted(1, 2) == 6);
static_assert(Matrix{}(1, 1) == 0 && Matrix{3}(0, 0) == 3 && Matrix{3}(0, 1) == 0);
static_assert(sum_after_writing() == 13);
static_assert(counted == Matrix{1, 2, 3, 4, 5, 6} && counted != Matrix{});

// A plain value: it lies where it is declared, aligned, and can be copied as bytes.
static_assert(std::is_trivially_copyable_v<Matrix> && std::is_aggregate_v<Matrix>);
static_assert(alignof(Matrix) == alignment && sizeof(Matrix) == 64 && sizeof(Tensor<float, Shape<17>>) == 128);
static_assert(Matrix::size() == 6 && std::is_same_v<Matrix::shape, Shape<2, 3>>);
static_assert(std::is_same_v<Matrix::value_type, float>);

// Constness goes with the tensor; a view may be copied and is const in its numbers or not.
static_assert(std::is_same_v<decltype(counted.span()), std::span<const float, 6>>);
static_assert(std::is_same_v<decltype(Matrix{}.span()), std::span<float, 6>>);
static_assert(std::is_same_v<decltype(counted.view()), TensorView<const float, Shape<2, 3>>>);
static_assert(std::is_same_v<decltype(counted.view()(0, 0)), const float&>);
static_assert(std::is_same_v<TensorView<const float, Shape<2>>::value_type, float>);

// An index has as many numbers as the shape has axes, and the shape is a shape.
template <typename T, typename... Index>
concept Indexable = requires(T tensor, Index... index) { tensor(index...); };
static_assert(Indexable<Matrix, int, int> && !Indexable<Matrix, int> && !Indexable<Matrix, int, int, int>);
static_assert(Indexable<TensorView<float, Shape<2, 3>>, int, int> && !Indexable<TensorView<float, Shape<2, 3>>, int>);

TEST_CASE("a view reads and writes what somebody else owns") {
    Tensor<double, Shape<2, 2, 2>> owner;
    std::iota(owner.values.begin(), owner.values.end(), 0.0);
    const auto view = owner.view();
    CHECK(view(1, 0, 1) == 5);
    view(1, 0, 1) = 50;
    CHECK(owner(1, 0, 1) == 50);
    CHECK(view.data() == owner.data());
    CHECK(view.span().size() == 8);

    const TensorView<double, Shape<2, 2, 2>> copy = view;
    copy.span()[0] = -1;
    CHECK(owner(0, 0, 0) == -1);
}

TEST_CASE("every tensor begins on a cache line") {
    const Tensor<float, Shape<3>> tensors[3]{};
    for (const auto& tensor : tensors) {
        CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64 == 0);
    }
}
