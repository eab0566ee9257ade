// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/parameter_tensor.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/matrix_product.hpp>
#include <ctcnn/optim/adamw.hpp>
#include <ctcnn/optim/settings.hpp>

namespace CTCNN_API {

/// How Muon's learning rate depends on the shape of a matrix of A rows and B columns: lr * sqrt(max(1, A / B)), or
/// 0.2 * lr * sqrt(max(A, B)), at which settings of AdamW can be kept.
enum class AdjustLR { original, match_rms_adamw };

}  // namespace CTCNN_API

namespace CTCNN_DETAIL {

/// The matrix that a weight is: its first axis are the rows, all others the columns.
struct MatrixShape {
    std::size_t rows;
    std::size_t columns;

    constexpr explicit MatrixShape(const ParameterTensor& tensor)
        : rows(tensor.shape[0]), columns(tensor.count / tensor.shape[0]) {}
    constexpr std::size_t least() const { return std::min(rows, columns); }
    constexpr std::size_t most() const { return std::max(rows, columns); }
};

/// The scratch memory of orthogonalize: of a matrix of m rows and n columns, m <= n, itself, its transposed matrix, the
/// next one, its Gram matrix and a polynomial of that.
template <Number V>
constexpr std::size_t orthogonalize_numbers(std::size_t m, std::size_t n) {
    return 2 * m * kernels::row_stride<V>(n) + (n + 2 * m) * kernels::row_stride<V>(m);
}

/// Replaces a matrix by one of the same singular vectors, whose singular values are near 1: steps of a Newton-Schulz
/// iteration. `matrix` has n numbers in each of m rows, or is the transposed matrix.
template <Number V, typename T>
constexpr void orthogonalize(T* matrix, std::size_t m, std::size_t n, bool transposed,
                             const std::array<double, 3>& coefficients, double eps, std::size_t steps,
                             std::span<T> scratch) {
    using kernels::Matrix;
    const std::size_t wide = kernels::row_stride<V>(n);
    const std::size_t narrow = kernels::row_stride<V>(m);
    std::fill(scratch.begin(), scratch.end(), T(0));
    Matrix<T> x{scratch.data(), m, n, wide};
    Matrix<T> next{x.data + m * wide, m, n, wide};
    const Matrix<T> turned{next.data + m * wide, n, m, narrow};
    const Matrix<T> gram{turned.data + n * narrow, m, m, narrow};
    const Matrix<T> polynomial{gram.data + m * narrow, m, m, narrow};
    const auto constant = [](const Matrix<T>& of) { return Matrix<const T>{of.data, of.rows, of.columns, of.stride}; };

    const double norm = math::sqrt(sum_of_squares(matrix, m * n));
    const T scale = static_cast<T>(1 / (norm < eps ? eps : norm));
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            x(i, j) = scale * matrix[transposed ? j * m + i : i * n + j];
        }
    }
    for (std::size_t step = 0; step < steps; ++step) {
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                turned(j, i) = x(i, j);
            }
        }
        // x = c0 x + (c1 G + c2 G G) x with G = x x^T. What `added` is does not matter where its factor is 0, if
        // finite.
        kernels::multiply<V>(constant(x), constant(turned), T(1), polynomial.data, T(0), gram);
        kernels::multiply<V>(constant(gram), constant(gram), static_cast<T>(coefficients[2]), gram.data,
                             static_cast<T>(coefficients[1]), polynomial);
        kernels::multiply<V>(constant(polynomial), constant(x), T(1), x.data, static_cast<T>(coefficients[0]), next);
        std::swap(x, next);
    }
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            matrix[transposed ? j * m + i : i * n + j] = x(i, j);
        }
    }
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// Muon: momentum that is orthogonalized, for the weights of convolutions and of Linear, seen as matrices of one row
/// for each element of the first axis; biases and layers that normalise are updated by AdamW, which has settings of its
/// own.
///   v = momentum * v + (1 - momentum) * gradient;  u = v  (nesterov: momentum * v + (1 - momentum) * gradient)
///   p = p - lr * weight_decay * p;  p = p - r * lr * orthogonalized(u), with r by adjust_lr_fn
/// The matrices are multiplied in the numbers of the network, where PyTorch rounds to bfloat16.
/// As in    torch.optim.Muon (2.9), for convolutions on weight.flatten(1)
/// Source   Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024
struct Muon {
    float lr = 1e-3f;
    float weight_decay = 0.1f;
    float momentum = 0.95f;
    bool nesterov = true;
    std::array<double, 3> ns_coefficients{3.4445, -4.7750, 2.0315};
    double eps = 1e-7;
    std::size_t ns_steps = 5;
    AdjustLR adjust_lr_fn = AdjustLR::original;
    AdamW adamw{};  ///< of what is not a matrix

    /// Throws   std::invalid_argument for what torch.optim.Muon refuses: numbers below 0, 100 steps or more; for a
    ///          momentum of 1 or more, numbers that are not finite, and what AdamW refuses
    constexpr void validate() const {
        using namespace detail_;
        require_from_zero(lr, "Muon::lr, the learning rate, must be a number from 0 on");
        require_from_zero(weight_decay, "Muon::weight_decay must be a number from 0 on");
        require_below_one(static_cast<double>(momentum), "Muon::momentum must be at least 0 and below 1");
        require_from_zero(eps, "Muon::eps must be a number from 0 on");
        for (std::size_t i = 0; i < 3; ++i) {
            refuse_unless(math::is_finite(ns_coefficients[i]), "Muon::ns_coefficients must be numbers");
        }
        refuse_unless(ns_steps < 100, "Muon::ns_steps must be below 100");
        adamw.validate();
    }

    /// The velocity of each parameter; or AdamW's two.
    static constexpr std::size_t state_count = 2;
    /// step() takes whole tensors.
    static constexpr bool whole_tensors = true;

    /// Whether a tensor is a matrix, and not AdamW's.
    static constexpr bool is_matrix(const ParameterTensor& tensor) {
        return tensor.kind == ParameterKind::weight && tensor.shape.size() >= 2;
    }
    /// How many numbers of scratch memory the step of a tensor takes.
    template <typename T>
    static constexpr std::size_t scratch_size(const ParameterTensor& tensor) {
        if (!is_matrix(tensor)) {
            return 0;
        }
        const detail_::MatrixShape shape(tensor);
        return tensor.count + detail_::orthogonalize_numbers<detail_::Lanes<T>>(shape.least(), shape.most());
    }

    /// One step on a whole tensor, as SGD::step, with scratch memory of scratch_size<T>(tensor) numbers or more.
    template <typename T>
    [[gnu::noinline]] constexpr void step(const ParameterTensor& tensor, std::span<T> parameters,
                                          std::span<const T> gradients, std::array<std::span<T>, state_count> state,
                                          std::uint64_t number, std::span<T> scratch) const {
        using namespace detail_;
        if (!is_matrix(tensor)) {
            adamw.step(parameters, gradients, state, number);
            return;
        }
        const T share = static_cast<T>(1 - static_cast<double>(momentum));
        const T keep = static_cast<T>(momentum);
        const std::span<T> update = scratch.first(tensor.count);
        for (std::size_t i = 0; i < tensor.count; ++i) {
            T& velocity = state[0][i];
            velocity = share < 1 ? velocity + share * (gradients[i] - velocity) : gradients[i];
            update[i] = nesterov ? gradients[i] + keep * (velocity - gradients[i]) : velocity;
        }
        const MatrixShape shape(tensor);
        const auto turn = [&]<typename V>(std::type_identity<V>) {
            orthogonalize<V>(update.data(), shape.least(), shape.most(), shape.rows > shape.columns, ns_coefficients,
                             eps, ns_steps,
                             scratch.subspan(tensor.count, orthogonalize_numbers<V>(shape.least(), shape.most())));
        };
        if (__builtin_is_constant_evaluated()) {
            turn(std::type_identity<T>{});
        } else {
            turn(std::type_identity<Lanes<T>>{});
        }
        const double ratio = static_cast<double>(shape.rows) / static_cast<double>(shape.columns);
        const double adjusted = adjust_lr_fn == AdjustLR::original
                                    ? math::sqrt(std::max(1.0, ratio))
                                    : 0.2 * math::sqrt(static_cast<double>(shape.most()));
        const T rate = static_cast<T>(static_cast<double>(lr) * adjusted);
        const T decay = static_cast<T>(static_cast<double>(lr) * static_cast<double>(weight_decay));
        for (std::size_t i = 0; i < tensor.count; ++i) {
            const T decayed = parameters[i] - decay * parameters[i];
            parameters[i] = decayed - rate * update[i];
        }
    }

    /// Calls f for Muon and for its AdamW, each with the same of another Muon: f(given, now).
    template <typename F>
    static constexpr void for_each_pair(const Muon& given, Muon& now, const F& f) {
        f(given, now);
        f(given.adamw, now.adamw);
    }
};

}  // namespace CTCNN_API
