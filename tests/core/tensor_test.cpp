// SPDX-License-Identifier: MIT
#include <ctcnn/core/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "aborts.hpp"
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

// A plain value: it lies where it is declared, holds its elements and nothing else, and can be copied as bytes.
static_assert(std::is_trivially_copyable_v<Matrix> && std::is_aggregate_v<Matrix>);
static_assert(sizeof(Matrix) == 6 * sizeof(float) && sizeof(Tensor<float, Shape<17>>) == 17 * sizeof(float));
static_assert(sizeof(Tensor<float, Shape<1>>) == sizeof(float) &&
              sizeof(Tensor<double, Shape<3>>) == 3 * sizeof(double));
static_assert(sizeof(Tensor<float, Shape<1, 28, 28>>) == 784 * sizeof(float));
static_assert(sizeof(Tensor<float, Shape<3, 224, 224>>) == 3 * 224 * 224 * sizeof(float));
static_assert(sizeof(Tensor<std::uint8_t, Shape<3>>) == 3);
static_assert(sizeof(Tensor<float, Shape<512, 512>>) == most_inside_tensor);

// A larger one keeps its elements on the heap, and is a value all the same.
using Large = Tensor<float, Shape<512, 513>>;
static_assert(sizeof(Large) == sizeof(void*) && !std::is_trivially_copyable_v<Large>);
static_assert(std::is_copy_constructible_v<Large> && std::is_nothrow_move_constructible_v<Large>);
static_assert(Matrix::size() == 6 && std::is_same_v<Matrix::shape, Shape<2, 3>>);
static_assert(std::is_same_v<Matrix::value_type, float>);

// Constness goes with the tensor; a view may be copied and is const in its numbers or not.
static_assert(std::is_same_v<decltype(counted.span()), std::span<const float, 6>>);
static_assert(std::is_same_v<decltype(std::declval<Matrix&>().span()), std::span<float, 6>>);
static_assert(std::is_same_v<decltype(counted.view()), TensorView<const float, Shape<2, 3>>>);
static_assert(std::is_same_v<decltype(counted.view()(0, 0)), const float&>);
static_assert(std::is_same_v<TensorView<const float, Shape<2>>::value_type, float>);

// An index has as many numbers as the shape has axes, and the shape is a shape.
template <typename T, typename... Index>
concept Indexable = requires(T tensor, Index... index) { tensor(index...); };
static_assert(Indexable<Matrix, int, int> && !Indexable<Matrix, int> && !Indexable<Matrix, int, int, int>);
static_assert(Indexable<TensorView<float, Shape<2, 3>>, int, int> && !Indexable<TensorView<float, Shape<2, 3>>, int>);

// Of a temporary tensor, an element is a copy, and there are no views.
template <typename T>
concept Viewable = requires(T tensor) { static_cast<T&&>(tensor).span(); } || requires(T tensor) {
    static_cast<T&&>(tensor).data();
} || requires(T tensor) { static_cast<T&&>(tensor).view(); };
static_assert(Viewable<Matrix&> && Viewable<const Matrix&> && !Viewable<Matrix> && !Viewable<const Matrix>);
static_assert(!Viewable<Large> && Viewable<Large&>);
static_assert(std::is_same_v<decltype(Matrix{}(0, 0)), float> && Matrix{1, 2}(0, 1) == 2);
static_assert(std::is_same_v<decltype(std::declval<Matrix&>()(0, 0)), float&>);

TEST_CASE("a large tensor is copied as a whole, and moved without a copy") {
    Large a{};
    std::iota(a.span().begin(), a.span().end(), 0.f);
    Large b = a;
    CHECK(b == a);
    b(3, 4) = -1;
    CHECK(a(3, 4) == 3 * 513 + 4);
    const float* elements = b.data();
    Large c = std::move(b);
    CHECK(c.data() == elements);
    b = a;  // What has been moved from can be assigned to.
    CHECK(b == a);
    Large d{};
    elements = d.data();
    d = a;  // Nothing is allocated for it.
    CHECK(d.data() == elements);
    CHECK(d == a);
    d = std::move(c);
    CHECK(d(3, 4) == -1);
    Large& self = d;
    d = self;
    CHECK(d(3, 4) == -1);
    std::vector<Large> many(3, a);
    many.push_back(d);
    CHECK(many[0] == a);
    CHECK(many[3] == d);
    CHECK(Large{{1, 2, 3}}(0, 2) == 3);
}

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

TEST_CASE("a vector of tensors has no gaps, so that files may be read into it") {
    std::vector<Tensor<float, Shape<3>>> tensors(4);
    tensors[2](1) = 5;
    CHECK(tensors[0].data() + 3 == tensors[1].data());
    CHECK(tensors[0].data()[2 * 3 + 1] == 5);
}

#if CTCNN_TEST_ABORTS
TEST_CASE("an index outside a tensor ends the program") {
    Matrix matrix{};
    const volatile int two = 2;
    CHECK(aborts([&] { matrix(two, 0) = 1; }));
    CHECK(aborts([&] { static_cast<void>(std::as_const(matrix)(0, two + 1)); }));
    CHECK(aborts([&] { static_cast<void>(Matrix{}(two, 0)); }));
    CHECK(aborts([&] { matrix.view()(0, two + 1) = 1; }));
    CHECK(!aborts([&] { matrix.view()(1, two) = matrix(1, two) + std::as_const(matrix)(1, two) + Matrix{}(1, two); }));
}
#endif
