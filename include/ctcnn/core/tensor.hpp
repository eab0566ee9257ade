// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Every array of numbers begins on a cache line, which is also the widest SIMD vector.
inline constexpr std::size_t alignment = 64;

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// TensorView: a tensor that somebody else owns; T may be const. Copying the view copies no numbers.
template <typename T, typename S>
    requires is_shape<S>
class CTCNN_TAG TensorView {
public:
    using value_type = std::remove_const_t<T>;
    using shape = S;

    constexpr explicit TensorView(T* data) : data_(data) {}

    /// The element at an index: weight(o, i, h, w) for Shape<Co, Ci, Kh, Kw>.
    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    constexpr T& operator()(Index... index) const {
        assert(S::contains(index...));
        return data_[S::offset(index...)];
    }

    constexpr std::span<T, S::size> span() const { return std::span<T, S::size>(data_, S::size); }
    constexpr T* data() const { return data_; }
    static constexpr std::size_t size() { return S::size; }

private:
    T* data_;
};

/// Tensor: an owning array of Shape::size numbers, zero unless they are given: Tensor<float, Shape<2, 2>>{1, 2, 3, 4}.
/// It lives where it is declared (no heap), is trivially copyable, and works in constant expressions.
template <typename T, typename S>
    requires is_shape<S>
struct CTCNN_TAG Tensor {
    using value_type = T;
    using shape = S;

    alignas(detail_::alignment) std::array<T, S::size> values{};

    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    constexpr T& operator()(Index... index) {
        assert(S::contains(index...));
        return values[S::offset(index...)];
    }
    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    constexpr const T& operator()(Index... index) const {
        assert(S::contains(index...));
        return values[S::offset(index...)];
    }

    constexpr std::span<T, S::size> span() { return values; }
    constexpr std::span<const T, S::size> span() const { return values; }
    constexpr T* data() { return values.data(); }
    constexpr const T* data() const { return values.data(); }
    constexpr TensorView<T, S> view() { return TensorView<T, S>(values.data()); }
    constexpr TensorView<const T, S> view() const { return TensorView<const T, S>(values.data()); }
    static constexpr std::size_t size() { return S::size; }

    friend constexpr bool operator==(const Tensor&, const Tensor&) = default;
};

}  // namespace ctcnn
