// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>

// What the layers of a program's own see of a tile of images: elements by their indices, as if there were one image
// without a border.
namespace CTCNN_DETAIL {

/// Positions: the indices of all elements of a shape in row-major order, as in
/// for (const auto [c, h, w] : Positions<Shape<3, 4, 4>>{}).
template <typename S>
struct Positions {
    class Iterator {
    public:
        constexpr explicit Iterator(std::size_t left) : left_(left) {}

        constexpr const std::array<std::size_t, S::rank>& operator*() const { return index_; }
        constexpr Iterator& operator++() {
            --left_;
            for (std::size_t axis = S::rank; axis-- > 0;) {
                if (++index_[axis] < dims[axis]) {
                    break;
                }
                index_[axis] = 0;
            }
            return *this;
        }
        friend constexpr bool operator==(const Iterator& a, const Iterator& b) { return a.left_ == b.left_; }

    private:
        static constexpr auto dims = S::dims;

        std::array<std::size_t, S::rank> index_{};
        std::size_t left_;
    };

    static constexpr Iterator begin() { return Iterator(S::size); }
    static constexpr Iterator end() { return Iterator(0); }
};

/// What all views have. V is the type of an element: a float, a double, or Lanes.
template <Number V, typename S>
struct AnyTileView {
    using value_type = V;
    using shape = S;

    static constexpr std::size_t size() { return S::size; }
    static constexpr Positions<S> indices() { return {}; }
    /// A constant in all lanes.
    [[gnu::always_inline]] static constexpr V constant(double value) {
        return broadcast<V>(static_cast<scalar_t<V>>(value));
    }

protected:
    /// The number of an element in row-major order.
    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    [[gnu::always_inline]] static constexpr std::size_t number(Index... index) {
        assert(S::contains(index...));
        constexpr auto dims = S::dims;
        std::size_t axis = 0;
        std::size_t result = 0;
        ((result = result * dims[axis++] + static_cast<std::size_t>(index)), ...);
        return result;
    }
};

/// TileView: the elements of a tile of images in a buffer with layout L. V is const where they are only read.
template <typename V, typename S, typename L>
class TileView : public AnyTileView<std::remove_const_t<V>, S> {
public:
    constexpr explicit TileView(V* data) : data_(data) {}

    /// The element at an index: x(c, h, w) for an image.
    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    [[gnu::always_inline]] constexpr V& operator()(Index... index) const {
        if constexpr (S::rank == 3) {
            assert(S::contains(index...));
            return data_[L::offset(static_cast<std::size_t>(index)...)];
        } else {
            return (*this)[TileView::number(index...)];
        }
    }
    /// The i-th element in row-major order, whatever the shape.
    [[gnu::always_inline]] constexpr V& operator[](std::size_t i) const {
        assert(i < S::size);
        if constexpr (L::contiguous) {
            return data_[L::origin + i];
        } else {
            return data_[L::offset(i / (L::height * L::width), i / L::width % L::height, i % L::width)];
        }
    }

private:
    V* data_;
};

/// ParameterView: a parameter, which all images share.
template <Number V, typename S>
class ParameterView : public AnyTileView<V, S> {
public:
    constexpr explicit ParameterView(const scalar_t<V>* data) : data_(data) {}

    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    [[gnu::always_inline]] constexpr V operator()(Index... index) const {
        return (*this)[ParameterView::number(index...)];
    }
    [[gnu::always_inline]] constexpr V operator[](std::size_t i) const {
        assert(i < S::size);
        return broadcast<V>(data_[i]);
    }

private:
    const scalar_t<V>* data_;
};

/// GradientElement: a sum of many terms, `grad_weight(c) += term`, and what its roundings have lost.
/// Source   T. Ogita, S. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005), algorithm 4.1
template <Number V>
class GradientElement {
public:
    [[gnu::always_inline]] constexpr GradientElement(V& sum, V& lost) : sum_(sum), lost_(lost) {}

    [[gnu::always_inline]] constexpr void operator+=(V term) const {
        const V sum = as_computed(sum_ + term);
        const V added = as_computed(sum - sum_);
        lost_ = lost_ + ((sum_ - as_computed(sum - added)) + (term - added));
        sum_ = sum;
    }
    [[gnu::always_inline]] constexpr void operator-=(V term) const { *this += -term; }

private:
    V& sum_;
    V& lost_;
};

/// GradientView: the gradient with respect to a parameter: two elements V for each element of the shape.
template <Number V, typename S>
class GradientView : public AnyTileView<V, S> {
public:
    constexpr explicit GradientView(V* sums) : sums_(sums) {}

    template <typename... Index>
        requires(sizeof...(Index) == S::rank)
    [[gnu::always_inline]] constexpr GradientElement<V> operator()(Index... index) const {
        return (*this)[GradientView::number(index...)];
    }
    [[gnu::always_inline]] constexpr GradientElement<V> operator[](std::size_t i) const {
        assert(i < S::size);
        return {sums_[2 * i], sums_[2 * i + 1]};
    }

private:
    V* sums_;
};

}  // namespace CTCNN_DETAIL
