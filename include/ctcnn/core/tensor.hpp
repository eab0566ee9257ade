// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/storage.hpp>
#include <ctcnn/core/target.hpp>

namespace ctcnn {

/// TensorView: a view of elements that another object owns; T may be const. Copying the view copies no elements.
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

/// Tensor: an owning array of Shape::size elements, zero unless they are given: Tensor<float, Shape<2, 2>>{1, 2, 3, 4}.
/// It lies where it is declared, has sizeof(T) * Shape::size bytes, is trivially copyable, and works in constant
/// expressions. The elements of a tensor of more than 1 MiB lie on the heap, where there is one.
template <typename T, typename S>
    requires is_shape<S>
struct CTCNN_TAG Tensor {
    using value_type = T;
    using shape = S;

    std::conditional_t<(S::size * sizeof(T) <= detail_::most_inside_tensor), std::array<T, S::size>,
                       detail_::HeapArray<T, S::size>>
        values{};

    /// The element at an index; of a temporary tensor a copy of it.
    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    constexpr T& operator()(Index... index) & {
        assert(S::contains(index...));
        return values[S::offset(index...)];
    }
    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    constexpr const T& operator()(Index... index) const& {
        assert(S::contains(index...));
        return values[S::offset(index...)];
    }
    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    constexpr T operator()(Index... index) const&& {
        assert(S::contains(index...));
        return values[S::offset(index...)];
    }

    constexpr std::span<T, S::size> span() & { return std::span<T, S::size>(values.data(), S::size); }
    constexpr std::span<const T, S::size> span() const& { return std::span<const T, S::size>(values.data(), S::size); }
    constexpr T* data() & { return values.data(); }
    constexpr const T* data() const& { return values.data(); }
    constexpr TensorView<T, S> view() & { return TensorView<T, S>(values.data()); }
    constexpr TensorView<const T, S> view() const& { return TensorView<const T, S>(values.data()); }
    static constexpr std::size_t size() { return S::size; }

    // A temporary tensor is gone before its elements are read: keep it in a variable.
    std::span<const T, S::size> span() const&& = delete;
    const T* data() const&& = delete;
    TensorView<const T, S> view() const&& = delete;

    friend constexpr bool operator==(const Tensor&, const Tensor&) = default;
};

}  // namespace ctcnn
