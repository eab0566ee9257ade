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

/// Whether two arrays of numbers are equal bit by bit, so that 0 is not -0, and NaN is NaN.
inline bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
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
