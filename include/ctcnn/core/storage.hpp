// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <initializer_list>
#include <type_traits>
#include <utility>

#include <ctcnn/core/target.hpp>

// Where a value lies that may be large: inside the object, or on the heap. Either way it is a value: a copy is a copy
// of all of it, and a constant expression may have it.
namespace CTCNN_DETAIL {

/// Inside: a value inside the object, uninitialized where X is.
template <typename X>
struct Inside {
    X value;

    /// The value Source::value().
    template <typename Source>
    static consteval Inside constant() {
        return {Source::value()};
    }

    constexpr X& get() { return value; }
    constexpr const X& get() const { return value; }
};

/// OnHeap: a value on the heap, uninitialized where X is. One that has been moved from, or made of nullptr, can be
/// assigned to and destroyed, and nothing else.
template <typename X>
class OnHeap {
public:
    constexpr OnHeap() : value_(new X) {}
    constexpr explicit OnHeap(std::nullptr_t) noexcept : value_(nullptr) {}
    constexpr explicit OnHeap(const X& value) : value_(new X(value)) {}
    constexpr OnHeap(const OnHeap& other) : OnHeap(other.get()) {}
    constexpr OnHeap(OnHeap&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
    /// Allocates only where this one has no value.
    constexpr OnHeap& operator=(const X& value) {
        if (value_ == nullptr) {
            value_ = new X(value);
        } else {
            *value_ = value;
        }
        return *this;
    }
    constexpr OnHeap& operator=(const OnHeap& other) { return *this = other.get(); }
    constexpr OnHeap& operator=(OnHeap&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    constexpr ~OnHeap() { delete value_; }

    constexpr X& get() {
        assert(value_ != nullptr && "this object has been moved from: assign to it first");
        return *value_;
    }
    constexpr const X& get() const {
        assert(value_ != nullptr && "this object has been moved from: assign to it first");
        return *value_;
    }

private:
    X* value_;
};

/// OnHeapOrConstant: OnHeap, or a constant in static memory, which is copied to the heap before it is changed.
template <typename X>
class OnHeapOrConstant {
public:
    constexpr OnHeapOrConstant() = default;
    constexpr OnHeapOrConstant(const OnHeapOrConstant& other) : own_(other.get()) {}
    constexpr OnHeapOrConstant(OnHeapOrConstant&&) noexcept = default;
    constexpr OnHeapOrConstant& operator=(const OnHeapOrConstant& other) {
        own_ = other.get();
        constant_ = nullptr;
        return *this;
    }
    constexpr OnHeapOrConstant& operator=(OnHeapOrConstant&&) noexcept = default;

    /// The value Source::value().
    template <typename Source>
    static consteval OnHeapOrConstant constant() {
        return OnHeapOrConstant(&stored<Source>);
    }

    constexpr X& get() {
        if (constant_ != nullptr) {
            own_ = *constant_;
            constant_ = nullptr;
        }
        return own_.get();
    }
    constexpr const X& get() const { return constant_ != nullptr ? *constant_ : own_.get(); }

private:
    template <typename Source>
    static constexpr X stored = Source::value();

    constexpr explicit OnHeapOrConstant(const X* constant) : own_(nullptr), constant_(constant) {}

    OnHeap<X> own_;
    const X* constant_ = nullptr;
};

/// Held: a value inside the object if it has at most `Limit` bytes, else on the heap.
template <typename X, std::size_t Limit, template <typename> typename Heap = OnHeap>
using Held = std::conditional_t<(sizeof(X) <= Limit), Inside<X>, Heap<X>>;

/// HeapArray: what std::array is, on the heap.
template <typename T, std::size_t N>
class HeapArray {
public:
    using value_type = T;

    constexpr HeapArray() = default;
    /// The first elements; the others are zero.
    constexpr HeapArray(std::initializer_list<T> first) {
        assert(first.size() <= N);
        std::copy(first.begin(), first.end(), begin());
    }

    constexpr T* data() { return held_.get().values.data(); }
    constexpr const T* data() const { return held_.get().values.data(); }
    constexpr T* begin() { return data(); }
    constexpr const T* begin() const { return data(); }
    constexpr T* end() { return data() + N; }
    constexpr const T* end() const { return data() + N; }
    constexpr T& operator[](std::size_t i) { return data()[i]; }
    constexpr const T& operator[](std::size_t i) const { return data()[i]; }
    static constexpr std::size_t size() { return N; }

    friend constexpr bool operator==(const HeapArray& a, const HeapArray& b) { return a.held_.get() == b.held_.get(); }

private:
    struct Elements {
        std::array<T, N> values{};
        friend constexpr bool operator==(const Elements&, const Elements&) = default;
    };
    OnHeap<Elements> held_;
};

}  // namespace CTCNN_DETAIL
