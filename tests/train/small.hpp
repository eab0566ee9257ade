// SPDX-License-Identifier: MIT
// A small network and data for it, which the tests of training share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>

#include "draw.hpp"

namespace small {

using Net = ctcnn::Sequential<ctcnn::Input<1, 6, 5>, ctcnn::Conv2d<1, 4, ctcnn::Kernel<3>, ctcnn::Padding<1>>,
                              ctcnn::Tanh, ctcnn::MaxPool2d<ctcnn::Kernel<2>>, ctcnn::Flatten, ctcnn::Linear<24, 3>>;
using Data = ctcnn::Dataset<Net::input_shape>;

inline Net net(std::uint64_t seed = 1) {
    Net result{};
    ctcnn::initialize(result, ctcnn::XavierUniform{.gain = 2}, seed);
    return result;
}

/// Images of noise in which two of the six rows are brighter: the label says which two.
inline Data data(std::size_t count, std::uint64_t seed = 1) {
    Draw draw(seed);
    std::vector<Net::input_tensor> images(count);
    std::vector<std::uint8_t> labels(count);
    for (std::size_t n = 0; n < count; ++n) {
        labels[n] = static_cast<std::uint8_t>(draw.whole(0, 2));
        for (std::size_t h = 0; h < 6; ++h) {
            for (std::size_t w = 0; w < 5; ++w) {
                images[n](0, h, w) = draw.real(-0.5f, 0.5f) + (h / 2 == labels[n] ? 0.75f : 0.0f);
            }
        }
    }
    return Data(std::move(images), std::move(labels));
}

/// The parameters of a network, or the elements of an array.
inline std::span<const float> elements_of(std::span<const float> elements) { return elements; }
template <typename Net>
    requires requires(const Net& net) { net.parameters(); }
std::span<const float> elements_of(const Net& net) {
    return net.parameters();
}

/// Whether two arrays of numbers, or the parameters of two networks, are equal bit by bit, so that 0 is not -0, and NaN
/// is NaN.
template <typename A, typename B>
bool same_bits(const A& a, const B& b) {
    const std::span<const float> left = elements_of(a);
    const std::span<const float> right = elements_of(b);
    return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size_bytes()) == 0;
}

/// FNV-1a of the bytes, 64 bits (Fowler, Noll, Vo: RFC 9923).
inline std::uint64_t hash_of(std::span<const float> numbers) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::byte byte : std::as_bytes(numbers)) {
        hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
    }
    return hash;
}

}  // namespace small
