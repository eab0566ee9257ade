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

/// OnHeap: a value on the heap, uninitialized where X is. One that has been moved from can be assigned to and
/// destroyed, and nothing else.
template <typename X>
class OnHeap {
public:
    constexpr OnHeap() : own_(new X), value_(own_) {}
    constexpr OnHeap(const OnHeap& other) : own_(new X(other.get())), value_(own_) {}
    constexpr OnHeap(OnHeap&& other) noexcept
        : own_(std::exchange(other.own_, nullptr)), value_(std::exchange(other.value_, nullptr)) {}
    /// Allocates only where this one has been moved from, or is a constant.
    constexpr OnHeap& operator=(const OnHeap& other) {
        if (own_ == nullptr) {
            own_ = new X(other.get());
            value_ = own_;
        } else {
            *own_ = other.get();
        }
        return *this;
    }
    constexpr OnHeap& operator=(OnHeap&& other) noexcept {
        std::swap(own_, other.own_);
        std::swap(value_, other.value_);
        return *this;
    }
    constexpr ~OnHeap() { delete own_; }

    /// The value Source::value() in static memory, which is not copied before it is to be changed.
    template <typename Source>
    static consteval OnHeap constant() {
        return OnHeap(&stored<Source>);
    }

    constexpr X& get() {
        assert(value_ != nullptr && "this object has been moved from: assign to it first");
        if (own_ == nullptr) {
            own_ = new X(*value_);
            value_ = own_;
        }
        return *own_;
    }
    constexpr const X& get() const {
        assert(value_ != nullptr && "this object has been moved from: assign to it first");
        return *value_;
    }

private:
    template <typename Source>
    static constexpr X stored = Source::value();

    constexpr explicit OnHeap(const X* constant) : own_(nullptr), value_(constant) {}

    X* own_;  // null for a constant
    const X* value_;
};

/// Held: a value inside the object if it has at most `Limit` bytes, else on the heap.
template <typename X, std::size_t Limit>
using Held = std::conditional_t<(sizeof(X) <= Limit), Inside<X>, OnHeap<X>>;

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
