// SPDX-License-Identifier: MIT
#include <ctcnn/core/storage.hpp>

#include <array>
#include <type_traits>
#include <utility>

#include "aborts.hpp"
#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

using Small = std::array<float, 4>;

// The same in a constant expression as at run time: copies are deep, and what has been moved from can be assigned to.
template <typename Array>
constexpr bool is_a_value() {
    Array a{};
    bool right = a[0] == 0 && a[3] == 0 && a.size() == 4;
    a[1] = 5;
    Array b = a;
    b[1] = 6;
    right = right && a[1] == 5 && b[1] == 6 && a != b;
    Array c = std::move(b);
    right = right && c[1] == 6;
    b = c;
    right = right && b == c;
    a = std::move(c);
    right = right && a[1] == 6;
    a = Array{{1, 2}};
    right = right && a[0] == 1 && a[1] == 2 && a[2] == 0;
    float sum = 0;
    for (const float element : a) {
        sum += element;
    }
    return right && sum == 3;
}

}  // namespace

static_assert(is_a_value<HeapArray<float, 4>>());
static_assert(is_a_value<std::array<float, 4>>());

// The limit decides, itself included.
static_assert(std::is_same_v<Held<Small, 16>, Inside<Small>> && std::is_same_v<Held<Small, 15>, OnHeap<Small>>);
static_assert(sizeof(Held<Small, 16>) == 16 && sizeof(Held<Small, 15>) == sizeof(void*));
static_assert(std::is_trivially_copyable_v<Held<Small, 16>> && !std::is_trivially_copyable_v<Held<Small, 15>>);
static_assert(std::is_nothrow_move_constructible_v<OnHeap<Small>> && std::is_nothrow_move_assignable_v<OnHeap<Small>>);

TEST_CASE("a value on the heap is a value") {
    CHECK(is_a_value<HeapArray<float, 4>>());
    HeapArray<double, 3> a{1, 2, 3};
    const HeapArray<double, 3>& self = a;
    a = self;
    CHECK(a[2] == 3);
    OnHeap<Small> b;
    b.get() = {1, 2, 3, 4};
    const OnHeap<Small> c = b;
    CHECK(c.get()[3] == 4);
    CHECK(&c.get() != &b.get());
}

namespace {
struct Source {
    static constexpr Small value() { return {1, 2, 3, 4}; }
};
using Constant = OnHeapOrConstant<Small>;
}  // namespace

TEST_CASE("a constant is copied to the heap before it is changed, and not before") {
    Constant a = Constant::constant<Source>();
    const Small* constant = &std::as_const(a).get();
    const Constant other = Constant::constant<Source>();
    CHECK(constant == &other.get());
    a.get()[0] = 7;
    a.get()[1] = 8;
    CHECK(std::as_const(a).get() == Small{7, 8, 3, 4});
    CHECK(&std::as_const(a).get() == &a.get());
    CHECK(*constant == Small{1, 2, 3, 4});

    Constant b = Constant::constant<Source>();
    b = a;
    CHECK(std::as_const(b).get() == Small{7, 8, 3, 4});
    CHECK(&std::as_const(b).get() != &std::as_const(a).get());
    const Constant c = b;
    b.get()[3] = 9;
    CHECK(c.get()[3] == 4);
    b = Constant::constant<Source>();
    CHECK(&std::as_const(b).get() == constant);
    const Constant copy = b;
    CHECK(&copy.get() != constant);
}

#if CTCNN_TEST_ABORTS
TEST_CASE("what has been moved from ends the program when it is read, and so do too many elements") {
    OnHeap<Small> a;
    const OnHeap<Small> b = std::move(a);
    CHECK(aborts([&] { a.get()[0] = 1; }));
    CHECK(aborts([&] { static_cast<void>(std::as_const(a).get()[0]); }));
    CHECK(!aborts([&] { static_cast<void>(b.get()); }));
    CHECK(aborts([] { HeapArray<int, 2>{1, 2, 3}; }));
    CHECK(!aborts([] { HeapArray<int, 2>{1, 2}; }));
}
#endif
