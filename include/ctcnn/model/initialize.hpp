// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/names.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_API {

/// XavierUniform: weights uniform in +-gain * sqrt(6 / (fan_in + fan_out)).
/// As in    torch.nn.init.xavier_uniform_
/// Source   Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
///          2010
struct XavierUniform {
    double gain = 1;

    /// Throws   std::invalid_argument for a gain that is negative, infinite or NaN
    constexpr void validate() const {
        if (!(detail_::math::is_finite(gain) && gain >= 0)) {
            throw std::invalid_argument("XavierUniform::gain must be a number from 0 on");
        }
    }

    constexpr double bound(std::size_t fan_in, std::size_t fan_out) const {
        return gain * detail_::math::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
    }
};

/// KaimingUniform: weights uniform in +-sqrt(6 / ((1 + a^2) * fan_in)). With the default a, PyTorch's own
/// initialisation of Linear and Conv2d, that is +-1 / sqrt(fan_in); a = 0 is meant for ReLU.
/// As in    torch.nn.init.kaiming_uniform_
/// Source   He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015
struct KaimingUniform {
    double a = 2.23606797749979;  // sqrt(5)

    /// Throws   std::invalid_argument for an a that is infinite or NaN
    constexpr void validate() const {
        if (!detail_::math::is_finite(a)) {
            throw std::invalid_argument("KaimingUniform::a, the slope of the ReLU below 0, must be a number");
        }
    }

    constexpr double bound(std::size_t fan_in, std::size_t) const {
        return detail_::math::sqrt(6.0 / ((1 + a * a) * static_cast<double>(fan_in)));
    }
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::model {

template <typename Initializer>
consteval bool check_initializer() {
    constexpr bool right = requires(const Initializer& initializer, std::size_t fan_in, std::size_t fan_out) {
        { initializer.bound(fan_in, fan_out) } -> std::convertible_to<double>;
    };
    static_assert(right,
                  "the second argument of initialize is an initializer, such as KaimingUniform{} or XavierUniform{}; "
                  "the third is the seed");
    return right;
}

/// Parameters from number `first` on, uniform in +-bound. Each has its own random number.
template <typename T>
[[gnu::noinline]] constexpr void fill_uniform(std::span<T> parameters, std::size_t first, double bound,
                                              const Philox& random) {
    if (!(math::is_finite(bound) && bound >= 0 && bound <= static_cast<double>(std::numeric_limits<T>::max()))) {
        throw std::invalid_argument(
            "the initializer gives a bound that is negative, NaN or too large for the parameters: "
            "it must be a number from 0 on");
    }
    std::array<std::uint32_t, 4> block = random.block(first / 4);
    for (std::size_t n = 0; n < parameters.size(); ++n) {
        const std::size_t i = first + n;
        if (i % 4 == 0) {
            block = random.block(i / 4);
        }
        const double unit = static_cast<double>(block[i % 4] >> 8) * 0x1p-24;
        parameters[n] = static_cast<T>(bound * (2 * unit - 1));
    }
}

template <typename Net, typename Initializer>
constexpr void initialize_with(Net& net, const Initializer& initializer, std::uint64_t seed) {
    using T = typename Net::scalar;
    if constexpr (requires { initializer.validate(); }) {
        initializer.validate();
    }
    const Philox random(seed);
    const auto fill = [&](std::size_t offset, std::size_t count, double bound) {
        fill_uniform(std::span<T>(net.parameters()).subspan(offset, count), offset, bound, random);
    };
    T* buffers = net.parameters().data() + Net::parameter_count;
    for (const PlacedLayer& layer : placed_layers<Net>) {
        for (std::size_t i = 0; i < layer.buffer_count; ++i) {
            *buffers++ = static_cast<T>(layer.initial_buffers[2 * i / layer.buffer_count]);
        }
        const std::size_t weights = layer.weight_count;
        T* parameters = net.parameters().data() + layer.parameter_offset;
        if (layer.tensors != nullptr) {
            std::size_t offset = layer.parameter_offset;
            for (std::size_t n = 0; n < layer.tensor_count; ++n) {
                const LayerTensor& tensor = layer.tensors[n];
                const std::size_t count = tensor.count();
                if (tensor.fan_out != 0) {
                    fill(offset, count, initializer.bound(tensor.fan_in, tensor.fan_out));
                } else if (tensor.fan_in != 0) {
                    fill(offset, count, 1 / math::sqrt(static_cast<double>(tensor.fan_in)));
                }
                for (std::size_t i = 0; tensor.fan_in == 0 && i < count; ++i) {
                    *parameters++ = static_cast<T>(tensor.initial);
                }
                parameters = net.parameters().data() + (offset += count);
            }
        } else if (layer.parameter_count != 0 && layer.fan_in == 0) {
            for (std::size_t i = 0; i < layer.parameter_count; ++i) {
                parameters[i] = static_cast<T>(layer.initial[i < weights ? 0 : 1]);
            }
        } else if (layer.parameter_count != 0) {
            fill(layer.parameter_offset, weights, initializer.bound(layer.fan_in, layer.fan_out));
            fill(layer.parameter_offset + weights, layer.parameter_count - weights,
                 1 / math::sqrt(static_cast<double>(layer.fan_in)));
        }
    }
}

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// initialize: sets all parameters at random: weights as `initializer` says, biases uniform in +-1 / sqrt(fan_in) as
/// PyTorch does. The same seed gives the same parameters on every platform; works in constant expressions too.
/// Throws   std::invalid_argument for an initializer whose settings make no sense, or that gives a bound that is
///          negative, NaN or too large for the parameters
template <AnyNetwork Net, typename Initializer>
constexpr void initialize(Net& net, const Initializer& initializer, std::uint64_t seed = 0) {
    if constexpr (detail_::model::check_initializer<Initializer>()) {
        detail_::model::initialize_with(net, initializer, seed);
    }
}
template <RefusedNetwork Net, typename... Arguments>
constexpr void initialize(Net&, const Arguments&...) {}

}  // namespace CTCNN_API
