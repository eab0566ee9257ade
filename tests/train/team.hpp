// SPDX-License-Identifier: MIT
// How many threads work on a network, which a layer of it asks OpenMP.
#pragma once

#ifdef _OPENMP
#include <omp.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>

namespace team {

inline std::atomic<int> noted = 0;

/// The identity, which notes the size of the team that computes it.
struct Noting : ctcnn::Activation<Noting> {
    template <typename V>
    static constexpr V forward(V x) {
        if (!std::is_constant_evaluated()) {
            noted = omp_get_num_threads();
        }
        return x;
    }
    template <typename V>
    static constexpr V backward(V, V gradient) {
        return gradient;
    }
};

// A batch of 64 is enough work for several threads.
using Net =
    ctcnn::Sequential<ctcnn::Input<512>, ctcnn::Linear<512, 64>, ctcnn::BatchNorm1d<64>, Noting, ctcnn::Linear<64, 3>>;
using Plain = ctcnn::Sequential<ctcnn::Input<512>, ctcnn::Linear<512, 64>, Noting, ctcnn::Linear<64, 3>>;

template <typename N = Net>
N net() {
    N result{};
    ctcnn::initialize(result, ctcnn::KaimingUniform{});
    return result;
}

inline ctcnn::Dataset<Net::input_shape> data(std::size_t count = 512) {
    std::vector<Net::input_tensor> images(count);
    for (std::size_t n = 0; n < count; ++n) {
        images[n](n % 512) = 1;
    }
    return {std::move(images), std::vector<std::uint8_t>(count, std::uint8_t{1})};
}

/// How many threads take part in f() where OpenMP takes 2.
template <typename F>
int size_of(const F& f) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(2);
    noted = 0;
    f();
    omp_set_num_threads(before);
    return noted;
}

}  // namespace team
#endif
